import { counted } from '../../health/words.ts'
import { type Layout, windowOf } from '../layout.ts'
import { cells, type Line, span, type Tone } from '../line.ts'
import { type Item, PANELS, type Panel } from '../lists.ts'
import { itemsOf } from '../selection.ts'
import type { Entry, Snapshot } from '../snapshot.ts'
import type { State } from '../state.ts'
import { shortRelative } from '../times.ts'
import { emptyWords } from './empty.ts'
import { factRow, librarySummary } from './library.ts'
import { HEALTH_MARKS } from './marks.ts'
import { bottomLine, framedLine, innerWidth, type Title, titleLine } from './panel.ts'
import { type Look, nextRow, problemRow, recentRow, waitingRow } from './rows.ts'

/** The five panels, one below the other. */

export const PANEL_NAMES: Readonly<Record<Panel, string>> = {
  next: 'Next',
  waiting: 'Waiting',
  recent: 'Recent',
  library: 'Library',
  health: 'Health',
}

export function listLines(state: State, snapshot: Snapshot, { listColumns: width, panelRows }: Layout): Line[] {
  const look: Look = { now: state.now, timeZone: snapshot.timeZone, width: innerWidth(width) }
  const panels = PANELS.flatMap((panel, i) => {
    const items = itemsOf(state, panel)
    const title = titleLine(titleOf(state, snapshot, panel, items.length), width, i === 0 ? 'top' : 'between')
    return [title, ...rowsOf(state, snapshot, { panel, items, look }, panelRows[panel], width)]
  })
  return [...panels, bottomLine(width)]
}

function rowsOf(
  state: State,
  snapshot: Snapshot,
  { panel, items, look }: { panel: Panel; items: readonly Item[]; look: Look },
  rows: number,
  width: number,
): Line[] {
  const isFocused = panel === state.panel
  const { index } = state.selections[panel]
  // Out of focus a panel shows its beginning: what is most urgent.
  const { from, to } = windowOf(items.length, isFocused ? index : 0, rows)
  const lines = items.slice(from, to).map((item, i) => {
    const line = itemRow(item, i === 0 ? null : (items[from + i - 1] ?? null), look)
    return framedLine({ line, isSelected: isFocused && from + i === index }, width)
  })
  if (items.length === 0 && rows > 0) {
    const words = emptyWords(panel, snapshot, state.filters[panel])
    lines.push(framedLine({ line: [span(words, 'faint')] }, width))
  }
  while (lines.length < rows) lines.push(framedLine({ line: [] }, width))
  return lines
}

export function itemRow({ entry, fact }: Item, before: Item | null, look: Look): Line {
  if (fact !== null) return factRow(fact, look)
  if (entry === null) return []
  switch (entry.kind) {
    case 'planned':
      return nextRow(entry, sameKind(entry, before), look)
    case 'waiting':
      return waitingRow(entry, look)
    case 'settled':
      return recentRow(entry, sameKind(entry, before), look)
    case 'problem':
      return problemRow(entry, look)
    case 'check': {
      const { text, tone } = HEALTH_MARKS[entry.status]
      return cells([{ text, width: 11, tone }, { text: entry.title, width: 20 }, { text: entry.details }], look.width)
    }
    default:
      return entry satisfies never
  }
}

function sameKind<Of extends Entry>(entry: Of, before: Item | null): Of | null {
  return before?.entry?.kind === entry.kind ? (before.entry as Of) : null
}

function titleOf(state: State, snapshot: Snapshot, panel: Panel, shown: number): Title {
  const filter = state.filters[panel]
  const isFocused = panel === state.panel
  const { index } = state.selections[panel]
  const { text, tone } =
    filter === '' ? summaryOf(state, snapshot, panel) : { text: `/${filter}`, tone: 'accent' as const }
  return {
    text: `${PANELS.indexOf(panel) + 1} ${PANEL_NAMES[panel]}`,
    summary: filter === '' ? text : `${text}  ${counted(shown, 'hit')}`,
    summaryTone: tone,
    position: isFocused && shown > 0 ? `${index + 1}/${shown}` : '',
    isFocused,
  }
}

export function summaryOf({ now }: State, snapshot: Snapshot, panel: Panel): { text: string; tone?: Tone | undefined } {
  switch (panel) {
    case 'next':
      return { text: nextWords(snapshot, now) }
    case 'waiting': {
      const { entries, total } = snapshot.waiting
      const doubts = entries.filter(({ status }) => status === 'unconfirmed').length
      if (total === 0) return { text: 'nobody has to act' }
      const withTeam = total - doubts
      const parts = [withTeam > 0 ? `${withTeam} with the team` : '', doubts > 0 ? `${doubts} in doubt` : '']
      return { text: parts.filter(Boolean).join(', '), tone: doubts > 0 ? 'bad' : 'warn' }
    }
    case 'recent':
      return { text: counted(snapshot.recent.total, 'story', 'stories') }
    case 'library':
      return librarySummary(snapshot.library)
    case 'health':
      return healthSummary(snapshot)
    default:
      return panel satisfies never
  }
}

/** `16 stories, 1 overdue, next in 12 min`. */
function nextWords({ next: { entries, total } }: Snapshot, now: Date): string {
  const moments = entries.flatMap((entry) => (entry.isSample ? [] : [entry.nextRetryAt ?? entry.scheduledFor]))
  const ahead = moments.find((at) => at > now)
  const overdue = moments.filter((at) => at <= now).length
  return [
    counted(total, 'story', 'stories'),
    ...(overdue > 0 ? [`${overdue} overdue`] : []),
    ...(ahead ? [`next ${shortRelative(ahead, now)}`] : []),
  ].join(', ')
}

export function healthSummary({ health: { checks, status } }: Snapshot): { text: string; tone: Tone | undefined } {
  const count = (wanted: string) => checks.filter((check) => check.status === wanted).length
  const warnings = count('warning')
  const warned = warnings > 0 ? counted(warnings, 'warning') : ''
  const { tone } = HEALTH_MARKS[status]
  switch (status) {
    case 'healthy':
      return { text: '✓ OK', tone }
    case 'warning':
      return { text: `! ${warned}`, tone }
    case 'unhealthy':
      return {
        text: `✗ UNHEALTHY: ${count('unhealthy')} of ${counted(checks.length, 'check')} bad${warned && `, ${warned}`}`,
        tone,
      }
    default:
      return status satisfies never
  }
}

/** Lines that each panel could fill. */
export function wantedRows(state: State): Record<Panel, number> {
  const wanted = PANELS.map((panel) => [panel, Math.max(1, itemsOf(state, panel).length)])
  return Object.fromEntries(wanted) as Record<Panel, number>
}
