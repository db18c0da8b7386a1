import { describe, expect, it } from 'vitest'
import { type Action, VERBS } from '../../src/dashboard/action.ts'
import { actionsFor } from '../../src/dashboard/actions-for.ts'
import type { Entry, Planned, Settled, Snapshot, Waiting } from '../../src/dashboard/snapshot.ts'
import { HISTORY_STATUSES } from '../../src/db/schema.ts'

const AT = new Date('2026-11-22T13:30:00Z')
const PICTURE = {
  ...{ mediaItemId: 'media-1', file: 'stories/mugs/mug.jpg', path: '/m/stories/mugs/mug.jpg' },
  ...{ title: null, linkUrl: null, tags: [], category: 'mugs' },
}
const STORY = {
  ...{ ...PICTURE, id: 'item-1', storyNumber: 47, slot: null, scheduledFor: AT },
  ...{ isSample: false, lastError: null, waitsFor: null },
  channel: 'telegram',
} as const

const planned = (values: Partial<Planned> = {}): Planned => ({
  ...{ ...STORY, attempt: 0, nextRetryAt: null },
  kind: 'planned',
  status: 'pending',
  ...values,
})
const waiting = (values: Partial<Waiting> = {}): Waiting => ({
  ...{ ...STORY, since: AT, missedAt: null, isBeingRead: false },
  kind: 'waiting',
  status: 'awaiting_team',
  ...values,
})
const settled = (values: Partial<Settled> = {}): Settled => ({
  ...{ ...PICTURE, id: 'history-1', queueItemId: 'item-1', storyNumber: 47, slot: null, channel: 'telegram' },
  ...{ reason: null, endedAt: AT, scheduledFor: AT, by: '@ana', tookSeconds: null, permalink: null },
  kind: 'settled',
  status: 'posted',
  ...values,
})
const problem: Entry = { kind: 'problem', mediaItemId: 'media-1', file: 'a', path: '/a', problem: 'gone' }
const check: Entry = { kind: 'check', name: 'bot', title: 'Bot', status: 'healthy', details: '', fix: null }

const SNAPSHOT = { timeZone: 'Europe/Berlin', paused: null } as Snapshot
const PAUSED = { ...SNAPSHOT, paused: { by: '@ana', reason: null, since: AT } }

const verbs = (entry: Entry | null, snapshot = SNAPSHOT) => actionsFor(entry, snapshot).map(({ verb }) => verb)
const ALWAYS = ['pause', 'run tick', 'check health']

function actionOf(entry: Entry | null, verb: Action['verb'], snapshot = SNAPSHOT): Action {
  const found = actionsFor(entry, snapshot).find((action) => action.verb === verb)
  if (!found) throw new Error(`no ${verb}`)
  return found
}

describe('which verbs fit', () => {
  const MOVABLE = ['post now', 'skip', 're-plan', 'hold', 'cancel']
  const DOUBT = ['hold', 'confirm posted', 'confirm not posted']
  it.each<[string, Entry | null, string[]]>([
    ['nothing', null, []],
    ['a planned story', planned(), MOVABLE],
    ['one that waits for its retry', planned({ status: 'retrying' }), MOVABLE],
    ['one that is being sent', planned({ status: 'processing' }), ['hold']],
    ['a sample, which is never sent', planned({ isSample: true }), MOVABLE.slice(1)],
    ['a card with the team', waiting(), ['skip', 'hold', 'confirm posted', 'cancel']],
    ['a message in doubt', waiting({ status: 'unconfirmed' }), [...DOUBT, 'confirm sent']],
    ['a publish in doubt', waiting({ status: 'unconfirmed', channel: 'instagram' }), DOUBT],
    ['posted by a person', settled(), ['hold', 'undo']],
    ['published by Storyline: it is live', settled({ by: null, channel: 'instagram' }), ['hold']],
    ['skipped', settled({ status: 'skipped' }), ['hold', 'undo']],
    ['rejected', settled({ status: 'rejected' }), ['hold', 'undo']],
    ['cancelled by a person', settled({ status: 'cancelled' }), ['hold', 'retry', 'undo']],
    ['cancelled by Storyline', settled({ status: 'cancelled', by: null }), ['hold', 'retry', 'undo']],
    ['failed', settled({ status: 'failed', by: null }), ['hold', 'retry']],
    ['missed', settled({ status: 'missed', by: null }), ['hold', 'retry']],
    ['a picture that is not used', problem, []],
    ['a check', check, []],
  ])('%s', (_, entry, expected) => {
    expect(verbs(entry)).toEqual([...expected, ...ALWAYS])
  })

  it('every way to end has some', () => {
    for (const status of HISTORY_STATUSES) expect(verbs(settled({ status })).length).toBeGreaterThan(ALWAYS.length + 1)
  })

  it('what is paused can be resumed, and nothing is paused twice', () => {
    expect(verbs(null, PAUSED)).toEqual(['resume', 'resume and send', 'run tick', 'check health'])
  })

  it('in the order of the verbs', () => {
    for (const entry of [planned(), waiting({ status: 'unconfirmed' }), settled({ status: 'cancelled' })]) {
      const places = verbs(entry).map((verb) => VERBS.indexOf(verb))
      expect(places).toEqual([...places].sort((a, b) => a - b))
    }
  })
})

describe('what they do', () => {
  it.each<[Action['verb'], Entry | null, Pick<Action, 'command' | 'args' | 'options'>]>([
    ['post now', planned(), { command: 'reschedule', args: ['item-1'], options: { now: true } }],
    ['re-plan', planned(), { command: 'reschedule', args: ['item-1'], options: {} }],
    ['skip', waiting(), { command: 'skip', args: ['item-1'], options: {} }],
    ['hold', settled(), { command: 'lock-media', args: ['media-1'], options: {} }],
    ['cancel', planned(), { command: 'cancel', args: ['item-1'], options: {} }],
    ['retry', settled({ status: 'failed' }), { command: 'retry', args: ['history-1'], options: {} }],
    ['undo', settled(), { command: 'undo', args: ['history-1'], options: {} }],
    ['confirm posted', waiting(), { command: 'confirm', args: ['item-1'], options: { posted: true } }],
    [
      'confirm not posted',
      waiting({ status: 'unconfirmed' }),
      { command: 'confirm', args: ['item-1'], options: { notPosted: true } },
    ],
    [
      'confirm sent',
      waiting({ status: 'unconfirmed' }),
      { command: 'confirm', args: ['item-1'], options: { sent: true } },
    ],
    ['run tick', null, { command: 'process-queue', args: [], options: {} }],
    ['check health', null, { command: 'check-health', args: [], options: {} }],
  ])('%s', (verb, entry, expected) => {
    expect(actionOf(entry, verb)).toMatchObject({ ...expected, label: verb })
  })

  it('resume never asks what to do with what is overdue: nobody could answer behind the screen', () => {
    expect(actionOf(null, 'resume', PAUSED).options).toEqual({ replan: true })
  })

  it('a new time starts from the old one, in the time zone', () => {
    expect(actionOf(planned(), 're-plan').asks).toMatchObject({
      ...{ option: 'at', preset: '2026-11-22 14:30', isRequired: true },
    })
  })

  it('what may stay empty may stay empty', () => {
    expect(actionOf(planned(), 'hold').asks).toMatchObject({ option: 'until', preset: '', isRequired: false })
    expect(actionOf(null, 'pause').asks).toMatchObject({ option: 'reason', preset: '', isRequired: false })
  })
})

describe('what is asked before', () => {
  const ENTRIES = [planned(), waiting(), waiting({ status: 'unconfirmed' }), settled({ status: 'cancelled' })]
  const all = ENTRIES.flatMap((entry) => actionsFor(entry, SNAPSHOT))

  it('whatever cannot be taken back has a question with the name of the story', () => {
    for (const verb of ['post now', 'skip', 'cancel', 'undo', 'confirm posted', 'confirm not posted', 'confirm sent']) {
      const found = all.filter((action) => action.verb === verb)
      expect(found.length).toBeGreaterThan(0)
      for (const { question } of found) expect(question).toContain('#47 mug.jpg')
    }
    expect(actionOf(null, 'resume', PAUSED).question).toMatch(/\?/)
  })

  it('what harms nothing is done at once; a tick sends, and ends what is too late', () => {
    expect(actionOf(null, 'check health').question).toBeNull()
    expect(actionOf(null, 'run tick').question).toMatch(/sends what is due, and ends what is too late/)
  })

  it('a name cannot speak to the terminal', () => {
    const evil = planned({ file: 'stories/a\u001b[2Jb\n.jpg' })
    expect(actionOf(evil, 'cancel').question).toContain('#47 a\\u{1b}[2Jb\\n.jpg')
  })
})
