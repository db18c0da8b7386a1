import { stripVTControlCharacters } from 'node:util'
import { renderToString } from 'ink'
import { createElement } from 'react'
import type { Action, ActionsFor } from '../../../src/dashboard/action.ts'
import { Frame } from '../../../src/dashboard/frame.tsx'
import { readStroke } from '../../../src/dashboard/keys.ts'
import { knownSnapshot, selectedEntry } from '../../../src/dashboard/selection.ts'
import type { HealthRow, Live, Planned, Problem, Settled, Snapshot, Waiting } from '../../../src/dashboard/snapshot.ts'
import { type Event, initialState, reduce, type Size, type State } from '../../../src/dashboard/state.ts'
import type { Picture } from '../../../src/dashboard/views/details.ts'
import { screenLines, scrollLimit } from '../../../src/dashboard/views/screen-lines.ts'

/** A world for the screen: Saturday, 21 November 2026, 15:00 in Berlin. */
export const NOW = new Date('2026-11-21T14:00:00Z')
export const SMALL: Size = { columns: 80, rows: 24 }
export const LARGE: Size = { columns: 120, rows: 40 }

const minutes = (count: number) => new Date(NOW.getTime() + count * 60_000)

function picture(n: number, file: string) {
  return {
    mediaItemId: `00000000-0000-4000-8000-0000000000${String(n).padStart(2, '0')}`,
    file: `stories/${file}`,
    path: `/nowhere/stories/${file}`,
    title: null,
    linkUrl: null,
    tags: [],
    category: 'memes',
  }
}

export function planned(n: number, inMinutes: number, more: Partial<Planned> & { name?: string } = {}): Planned {
  const { name = `picture-${n}.jpg`, ...values } = more
  return {
    ...picture(n, name),
    kind: 'planned',
    id: `planned-${n}`,
    storyNumber: n,
    slot: null,
    channel: 'telegram',
    scheduledFor: minutes(inMinutes),
    status: 'pending',
    isSample: false,
    lastError: null,
    waitsFor: null,
    attempt: 0,
    nextRetryAt: null,
    ...values,
  }
}

export function waiting(n: number, agoMinutes: number, more: Partial<Waiting> = {}): Waiting {
  const { attempt: _, nextRetryAt: __, kind: ___, ...story } = planned(n, -agoMinutes)
  const own = { kind: 'waiting', status: 'awaiting_team', since: minutes(-agoMinutes), isBeingRead: false } as const
  return { ...story, ...own, missedAt: minutes(24 * 60 - agoMinutes), ...more }
}

export function settled(n: number, agoMinutes: number, more: Partial<Settled> = {}): Settled {
  return {
    ...picture(n, `old-${n}.jpg`),
    kind: 'settled',
    id: `settled-${n}`,
    queueItemId: `planned-${n}`,
    storyNumber: n,
    slot: null,
    channel: 'telegram',
    status: 'posted',
    reason: null,
    endedAt: minutes(-agoMinutes),
    scheduledFor: minutes(-agoMinutes - 5),
    by: '@sarah',
    tookSeconds: 240,
    permalink: null,
    ...more,
  }
}

export const problem: Problem = {
  kind: 'problem',
  mediaItemId: 'p1',
  file: 'stories/memes/broken.jpg',
  path: '/nowhere/broken.jpg',
  problem: 'the file is no picture',
}

export function check(
  name: string,
  status: HealthRow['status'],
  details: string,
  fix: string | null = null,
): HealthRow {
  return { kind: 'check', name, title: name, status, details, fix }
}

const listed = <T>(entries: readonly T[]) => ({ entries, total: entries.length })

export function snapshot(changes: Partial<Snapshot> = {}): Snapshot {
  const checks = [check('database', 'healthy', 'answers'), check('last-tick', 'healthy', '2 minutes ago')]
  return {
    takenAt: NOW,
    timeZone: 'Europe/Berlin',
    isDryRun: false,
    paused: null,
    next: listed([
      planned(47, 12, { name: 'memes/mug.jpg' }),
      planned(48, 180),
      planned(49, 26 * 60, { channel: 'instagram' }),
    ]),
    waiting: listed([waiting(46, 185), waiting(45, 50, { status: 'unconfirmed', missedAt: null })]),
    recent: listed([
      settled(44, 60),
      settled(43, 30 * 60, { status: 'missed', by: null, tookSeconds: null, reason: 'nobody acted' }),
    ]),
    library: {
      active: 412,
      samples: 0,
      planned: 5,
      runwayDays: 23,
      categories: [
        { category: 'memes', active: 300, free: 150, planned: 4 },
        { category: null, active: 112, free: 112, planned: 1 },
      ],
      locks: [{ reason: 'recent_post', count: 12 }],
      problems: listed([problem]),
    },
    health: { status: 'healthy', checks, lastTickAt: minutes(-2), lastPollAt: minutes(-1) },
    ...changes,
  }
}

export const EMPTY = snapshot({
  next: listed([]),
  waiting: listed([]),
  recent: listed([]),
  library: { active: 0, samples: 0, planned: 0, runwayDays: null, categories: [], locks: [], problems: listed([]) },
})

/** 500 stories, half of them automatic. */
export const BUSY = snapshot({
  next: {
    entries: Array.from({ length: 500 }, (_, i) =>
      planned(100 + i, 30 + i * 77, { channel: i % 2 ? 'instagram' : 'telegram' }),
    ),
    total: 812,
  },
  recent: listed(Array.from({ length: 200 }, (_, i) => settled(1000 + i, 45 + i * 200))),
})

export const connected = (given: Snapshot): Live => ({ kind: 'connected', snapshot: given, by: 'notify' })

export function stateOf(live: Live = connected(snapshot()), size: Size = SMALL): State {
  return reduce(initialState(NOW, size), { type: 'live', live, now: NOW })
}

export const apply = (state: State, ...events: Event[]): State => events.reduce(reduce, state)

/** What fits a planned story. */
export const SKIP: Action = {
  verb: 'skip',
  label: 'skip',
  command: 'skip',
  args: ['planned-47'],
  options: {},
  question: 'Skip #47 mug.jpg? Its picture rests for a while.',
  asks: null,
}
export const REPLAN: Action = {
  ...SKIP,
  verb: 're-plan',
  label: 're-plan',
  command: 'reschedule',
  question: null,
  asks: { prompt: 'New time', option: 'at', preset: '2026-11-21 15:12', isRequired: true },
}
export const PAUSE: Action = {
  ...REPLAN,
  verb: 'pause',
  label: 'pause',
  command: 'pause',
  args: [],
  asks: { prompt: 'Why?', option: 'reason', preset: '', isRequired: false },
}
const TICK: Action = {
  ...SKIP,
  verb: 'run tick',
  label: 'run tick',
  command: 'process-queue',
  args: [],
  question: null,
}
export const someActions: ActionsFor = (entry) =>
  entry?.kind === 'planned' ? [SKIP, REPLAN, PAUSE, TICK] : [PAUSE, TICK]

/** Presses keys as the controller does, without what they set off outside. */
export function press(state: State, ...strokes: string[]): State {
  return strokes.reduce((now, stroke) => {
    const actions = actionsOf(now)
    const intent = readStroke(now, stroke, actions)
    if (intent === null || intent.type === 'effect' || intent.type === 'unfit') return now
    if (intent.type !== 'go') return reduce(now, intent)
    const scroll = scrollLimit({ state: now, actions, picture: NO_PICTURE })
    const by = intent.by * { line: 1, page: 10, end: 1000 }[intent.unit]
    return reduce(now, { type: intent.unit === 'line' ? 'move' : 'scroll', by, scroll })
  }, state)
}

function actionsOf(state: State): readonly Action[] {
  const known = knownSnapshot(state)
  return known === null || state.live.kind !== 'connected' ? [] : someActions(selectedEntry(state), known)
}

export const NO_PICTURE: Picture = { kind: 'none' }

/** What a person reads, line by line, as Ink renders it. */
export function frameOf(state: State, shownPicture: Picture = NO_PICTURE): string[] {
  const lines = screenLines({ state, actions: actionsOf(state), picture: shownPicture })
  const frame = renderToString(createElement(Frame, { lines, isColoured: true }), { columns: state.size.columns })
  return stripVTControlCharacters(frame)
    .split('\n')
    .map((line) => line.trimEnd())
}
