import { PANELS, type Panel } from './lists.ts'
import type { Size } from './state.ts'

/** How the screen is divided. Pure. */

export const MIN_SIZE: Size = { columns: 60, rows: 16 }
/** From here on details stand beside the lists. */
const WIDE_COLUMNS = 110
const MIN_LIST_COLUMNS = 76
const MAX_LIST_COLUMNS = 110

/** Of the frame around the lists: a title for each panel, and the line below. */
const FRAME_LINES = PANELS.length + 1
/** What a panel shows while another one has the keys. */
const GLANCE: Readonly<Record<Panel, number>> = { next: 3, waiting: 3, recent: 2, library: 2, health: 2 }
/** What it shows where there is more room; the rest is the focused one's. */
const COMFORT: Readonly<Record<Panel, number>> = { next: 6, waiting: 4, recent: 4, library: 4, health: 3 }
/** Who gets what is left over, first. */
const LEFT_OVER: readonly Panel[] = ['waiting', 'next', 'health', 'recent', 'library']
const MIN_FOCUSED_ROWS = 5

export interface Layout {
  /** Columns of the lists, frame included. */
  listColumns: number
  /** Columns of the details beside them; 0: not beside. */
  detailColumns: number
  /** Lines between header and footer. */
  bodyRows: number
  /** Lines of each panel, without its title. */
  panelRows: Readonly<Record<Panel, number>>
}

/** Null: there is no room for anything. `wanted`: lines that each panel could fill; `around`: lines of header and footer. */
export function layOut(
  size: Size,
  { focused, wanted, around }: { focused: Panel; wanted: Readonly<Record<Panel, number>>; around: number },
): Layout | null {
  if (size.columns < MIN_SIZE.columns || size.rows < MIN_SIZE.rows) return null
  // The last line stays empty: a terminal scrolls when it is filled.
  const bodyRows = size.rows - 1 - around
  const isWide = size.columns >= WIDE_COLUMNS
  const listColumns = isWide
    ? Math.max(MIN_LIST_COLUMNS, Math.min(MAX_LIST_COLUMNS, Math.floor(size.columns * 0.6)))
    : size.columns
  const panelRows = shareRows(bodyRows - FRAME_LINES, focused, wanted)
  return { listColumns, detailColumns: size.columns - listColumns, bodyRows, panelRows }
}

function shareRows(room: number, focused: Panel, wanted: Readonly<Record<Panel, number>>): Record<Panel, number> {
  const others = PANELS.filter((panel) => panel !== focused)
  const glances = others.map((panel) => Math.max(1, Math.min(GLANCE[panel], wanted[panel])))
  const isTight = glances.reduce((sum, rows) => sum + rows, 0) > room - MIN_FOCUSED_ROWS
  // With little room the others say in their titles what they have.
  const least = room - others.length < MIN_FOCUSED_ROWS - 2 ? 0 : 1
  const shares = others.map((panel, i) => [panel, isTight ? least : glances[i]])
  const rows = { ...(Object.fromEntries(shares) as Record<Panel, number>), [focused]: 0 }
  let left = room - others.reduce((sum, panel) => sum + rows[panel], 0)
  const raise = (panel: Panel, to: number) => {
    const more = Math.max(0, Math.min(left, Math.min(to, wanted[panel]) - rows[panel]))
    rows[panel] += more
    left -= more
  }
  raise(focused, Math.max(MIN_FOCUSED_ROWS, Math.ceil(room / 2)))
  for (const panel of LEFT_OVER) raise(panel, COMFORT[panel])
  for (const panel of [focused, ...LEFT_OVER]) raise(panel, Number.POSITIVE_INFINITY)
  rows[focused] += left
  return rows
}

/** The part of a list that is seen: the selected one stays in the middle where it can. */
export function windowOf(count: number, selected: number, rows: number): { from: number; to: number } {
  const from = Math.max(0, Math.min(selected - Math.floor(rows / 2), count - rows))
  return { from, to: Math.min(count, from + rows) }
}
