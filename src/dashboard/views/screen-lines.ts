import { wrapText } from '../../output/wrap.ts'
import type { Action } from '../action.ts'
import { type Layout, layOut, MIN_SIZE } from '../layout.ts'
import { beside, type Line, padLine, span } from '../line.ts'
import { rememberOf } from '../remember.ts'
import { itemsOf, knownSnapshot, selectedItem, topView } from '../selection.ts'
import type { Size, State } from '../state.ts'
import { detailLines, type Picture, pictureRoom } from './details.ts'
import { describeItem, pathOf } from './facts.ts'
import { askingLines, footerLines } from './footer.ts'
import { headerLines } from './header.ts'
import { listLines, PANEL_NAMES, wantedRows } from './lists.ts'
import { helpLines, messageLines, weekLines } from './overlay.ts'
import { box, innerWidth } from './panel.ts'

/** The whole screen as lines, one fewer than the terminal has. Pure. */

export interface Shown {
  state: State
  /** What can be done with what is selected. */
  actions: readonly Action[]
  /** Of what is selected. */
  picture: Picture
}

/** A line more or fewer around it changes the room of the lists. */
const layoutOf = rememberOf((state: State): Layout | null => {
  const around = headerLines(state, state.size.columns).length + askingLines(state, state.size.columns).length + 1
  return layOut(state.size, { focused: state.panel, wanted: wantedRows(state), around })
})

export function screenLines(shown: Shown): readonly Line[] {
  const { state, actions } = shown
  const layout = layoutOf(state)
  if (layout === null) return tooSmall(state.size)
  const { columns } = state.size
  return [...headerLines(state, columns), ...bodyLines(shown, layout), ...footerLines(state, actions, columns)]
}

function tooSmall({ columns, rows }: Size): Line[] {
  const words = `This terminal is too small for the dashboard: it has ${columns}×${rows}, and ${MIN_SIZE.columns}×${MIN_SIZE.rows} are needed. Make it larger, or leave with q and look at: storyline list-queue`
  return wrapText(words, columns)
    .slice(0, Math.max(1, rows - 1))
    .map((text) => [span(text)])
}

function bodyLines(shown: Shown, layout: Layout): Line[] {
  const { state } = shown
  const snapshot = knownSnapshot(state)
  const size = { columns: state.size.columns, rows: layout.bodyRows }
  const view = viewOf(shown, size)
  if (view !== null) {
    const room = size.rows - 2
    const over = Math.max(0, view.lines.length - room)
    const from = Math.min(state.scroll, over)
    const position = over === 0 ? '' : `${from + 1}-${from + room}/${view.lines.length}`
    const title = { text: view.title, summary: '', position, isFocused: true }
    return box(title, view.lines.slice(from), size)
  }
  if (snapshot === null)
    return box(
      { text: 'Storyline', summary: '', position: '', isFocused: false },
      waitingWords(state, innerWidth(size.columns)),
      size,
    )
  const lists = listLines(state, snapshot, layout)
  return layout.detailColumns === 0 ? lists : beside(lists, sideLines(shown, layout))
}

/** Lines that the view on top is longer than its room. */
export function scrollLimit(shown: Shown): number {
  const layout = layoutOf(shown.state)
  if (layout === null) return 0
  const view = viewOf(shown, { columns: shown.state.size.columns, rows: layout.bodyRows })
  return Math.max(0, (view?.lines.length ?? 0) - (layout.bodyRows - 2))
}

/** Rows that a page of the focused panel has. */
export function pageRows(shown: Shown): number {
  const layout = layoutOf(shown.state)
  if (layout === null) return 1
  const view = topView(shown.state)
  return Math.max(1, view === null ? layout.panelRows[shown.state.panel] - 1 : layout.bodyRows - 3)
}

function viewOf(shown: Shown, size: Size): { title: string; lines: readonly Line[] } | null {
  const { state, actions } = shown
  const columns = innerWidth(size.columns)
  switch (topView(state)) {
    case null:
      return null
    case 'help':
      return { title: 'Help', lines: helpLines(actions, columns) }
    case 'message':
      return state.message && { title: state.message.about ?? 'Message', lines: messageLines(state.message, columns) }
    case 'week': {
      const timeZone = knownSnapshot(state)?.timeZone ?? 'UTC'
      return { title: `Week, times in ${timeZone}`, lines: weekLines(state.week, { columns, timeZone }) }
    }
    case 'details':
      return detailsOf(shown, { columns, rows: size.rows - 2 })
    default:
      return null
  }
}

function detailsOf({ state, actions, picture }: Shown, room: Size) {
  const item = selectedItem(state)
  const timeZone = knownSnapshot(state)?.timeZone
  if (item === null || timeZone === undefined) return null
  const input = { item, actions, picture, now: state.now, timeZone }
  return { title: describeItem(item, input).title, lines: detailLines(input, room) }
}

/** The picture that belongs on the screen now, and its room; null: none. */
export function pictureWanted(state: State): { path: string; room: Size } | null {
  const layout = layoutOf(state)
  const view = topView(state)
  const isSide = view === null && layout !== null && layout.detailColumns > 0
  const item = selectedItem(state)
  if (layout === null || item?.entry == null || !(view === 'details' || isSide)) return null
  const columns = innerWidth(isSide ? layout.detailColumns : state.size.columns)
  const path = pathOf(item.entry)
  return path === null ? null : { path, room: pictureRoom({ columns, rows: layout.bodyRows - 2 }) }
}

function sideLines(shown: Shown, { detailColumns: columns, bodyRows: rows }: Layout): Line[] {
  const details = detailsOf(shown, { columns: innerWidth(columns), rows: rows - 2 })
  const name = PANEL_NAMES[shown.state.panel]
  const words = itemsOf(shown.state).length === 0 ? [[span(`Nothing is selected in ${name}.`, 'faint')]] : []
  const title = { text: details?.title ?? 'Details', summary: '', position: '', isFocused: false }
  return box(title, details?.lines ?? words, { columns, rows })
}

function waitingWords({ live }: State, columns: number): Line[] {
  if (live.kind !== 'lost') return [[span('Reading the database …', 'faint')]]
  const why = wrapText(`The database cannot be reached: ${live.reason}`, columns)
  return [...why.map((text) => [span(text, 'bad')]), [], [span('Storyline tries again by itself; q leaves.')]].map(
    (line) => padLine(line, columns),
  )
}
