import { type Item, listItems, type Panel } from './lists.ts'
import type { Entry, Snapshot } from './snapshot.ts'
import type { State, View } from './state.ts'

/** What is shown and selected, out of the state. Pure. */

export const topView = ({ views }: State): View | null => views.at(-1) ?? null

/** Arrows scroll it: there is nothing in it to be selected. */
export function isOverLists(state: State): boolean {
  const view = topView(state)
  return view !== null && view !== 'details'
}

/** What is known, however old. */
export function knownSnapshot({ live }: State): Snapshot | null {
  if (live.kind === 'connected') return live.snapshot
  return live.kind === 'lost' ? live.last : null
}

export function itemsOf(state: State, panel: Panel = state.panel): readonly Item[] {
  const snapshot = knownSnapshot(state)
  return snapshot === null ? [] : listItems(panel, snapshot, state.filters[panel])
}

export function selectedItem(state: State): Item | null {
  return itemsOf(state)[state.selections[state.panel].index] ?? null
}

export const selectedEntry = (state: State): Entry | null => selectedItem(state)?.entry ?? null

/** The same entry where it is now; where it is gone, its neighbour. */
export function settle(state: State, panel: Panel): State {
  const items = itemsOf(state, panel)
  const { id, index } = state.selections[panel]
  const found = items.findIndex((item) => item.id === id)
  const at = found >= 0 ? found : Math.max(0, Math.min(index, items.length - 1))
  const selection = { id: items[at]?.id ?? null, index: at }
  return { ...state, selections: { ...state.selections, [panel]: selection } }
}

export function moved(state: State, by: number): State {
  const items = itemsOf(state)
  const { index } = state.selections[state.panel]
  const at = Math.max(0, Math.min(index + by, items.length - 1))
  const selection = { id: items[at]?.id ?? null, index: at }
  return { ...state, scroll: 0, selections: { ...state.selections, [state.panel]: selection } }
}

export function scrolled(state: State, { by, scroll }: { by: number; scroll: number }): State {
  return { ...state, scroll: Math.max(0, Math.min(state.scroll + by, scroll)) }
}
