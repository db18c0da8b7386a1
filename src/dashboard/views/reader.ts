import { type Line, plainText, span } from '../line.ts'
import { PANELS } from '../lists.ts'
import { itemsOf, knownSnapshot, selectedItem, topView } from '../selection.ts'
import { emptyWords } from './empty.ts'
import { describeItem } from './facts.ts'
import { askingLines } from './footer.ts'
import { headerLines } from './header.ts'
import { itemRow, PANEL_NAMES, summaryOf } from './lists.ts'
import { helpLines, messageLines, weekLines } from './overlay.ts'
import type { Shown } from './screen-lines.ts'

/** Wide enough that nothing is cut. */
const COLUMNS = 200
/** Too narrow for two columns. */
const ONE_COLUMN = 1

/** The same for a screen reader: sentences from top to bottom, without frames, columns and bars. Pure. */
export function readerLines(shown: Shown): Line[] {
  const { state } = shown
  const header = headerLines(state, COLUMNS).map(plainText)
  const asked = askingLines(state, COLUMNS).map(plainText)
  const sentences = [...header, ...body(shown), ...asked].map(sentence).filter(Boolean)
  return sentences.map((text) => [span(text)])
}

/** Columns become commas. */
const sentence = (line: string) => line.trim().replace(/ {2,}/g, ', ')

function body(shown: Shown): string[] {
  const { state, actions } = shown
  const snapshot = knownSnapshot(state)
  if (snapshot === null) return [state.live.kind === 'lost' ? state.live.reason : 'Reading the database.']
  const clock = { now: state.now, timeZone: snapshot.timeZone }
  switch (topView(state)) {
    case 'help':
      return helpLines(actions, ONE_COLUMN).map(plainText)
    case 'message':
      return state.message === null ? [] : messageLines(state.message, COLUMNS).map(plainText)
    case 'week':
      return weekLines(state.week, { columns: COLUMNS, timeZone: snapshot.timeZone }).map(plainText)
    case 'details': {
      const item = selectedItem(state)
      if (item === null) return []
      const { title, facts } = describeItem(item, clock)
      return [
        title,
        ...facts.map(([label, value]) => `${label}: ${value}`),
        ...helpLines(actions, ONE_COLUMN)
          .slice(0, actions.length + 1)
          .map(plainText),
      ]
    }
    default:
      return listSentences(shown, { ...clock, width: COLUMNS })
  }
}

function listSentences({ state }: Shown, look: { now: Date; timeZone: string; width: number }): string[] {
  const snapshot = knownSnapshot(state)
  if (snapshot === null) return []
  const others = PANELS.map((panel, i) => `${i + 1} ${PANEL_NAMES[panel]}: ${summaryOf(state, snapshot, panel).text}`)
  const items = itemsOf(state)
  const { index } = state.selections[state.panel]
  const filter = state.filters[state.panel]
  const place = `Panel ${PANEL_NAMES[state.panel]}${filter === '' ? '' : `, filter ${filter}`}`
  const selected = items[index]
  const row = selected
    ? `selected ${index + 1} of ${items.length}: ${plainText(itemRow(selected, null, look))}`
    : emptyWords(state.panel, snapshot, filter)
  return [...others, place, row]
}
