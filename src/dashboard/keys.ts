import { type Action, VERBS } from './action.ts'
import { ACTION_KEYS, BINDINGS, type Binding, GENERAL_VERBS, type Intent, type Place } from './key-table.ts'
import { topView } from './selection.ts'
import type { State } from './state.ts'

/** What keys mean where, and what is said of them: all from the key table. Pure. */

const ACTION_PLACES: readonly Place[] = ['lists', 'details']

export function placeOf(state: State): Place {
  return state.asking?.kind ?? topView(state) ?? 'lists'
}

/** What a stroke means here; null: nothing. `actions`: what can be done with what is selected. */
export function readStroke(state: State, stroke: string, actions: readonly Action[]): Intent | null {
  const place = placeOf(state)
  const binding = BINDINGS.find(({ places, strokes }) => places.includes(place) && strokes.includes(stroke))
  if (binding) return binding.intent
  // Whoever types something else does not mean yes, and may go on to type a y.
  if (place === 'question') return { type: 'answer', isYes: false }
  if (place === 'filter' || place === 'line') return isText(stroke) ? { type: 'type', text: stroke } : null
  if (!ACTION_PLACES.includes(place)) return null
  const action = actions.find(({ verb }) => ACTION_KEYS[verb] === stroke)
  if (action) return { type: 'choose', action }
  const verb = VERBS.find((name) => ACTION_KEYS[name] === stroke)
  return verb === undefined ? null : { type: 'unfit', verb }
}

/** Anything that is not the name of a key. */
function isText(stroke: string): boolean {
  return !/^[a-z]+\+|^[a-z]{2,}$/.test(stroke)
}

export interface KeyHelp {
  key: string
  does: string
}

/** The bottom line here, the most important first. */
export function hints(state: State, actions: readonly Action[]): KeyHelp[] {
  const place = placeOf(state)
  const here = BINDINGS.filter(({ places, hint }) => hint !== undefined && places.includes(place))
  const fixed = here.map(({ shown, hint = '' }) => ({ key: shown?.split(' ')[0] ?? '', does: hint }))
  if (!ACTION_PLACES.includes(place)) return fixed
  const isFirst = ({ key }: KeyHelp) => key === 'Enter'
  const own = actionHelp(ownActions(actions))
  const general = actionHelp(actions.filter(({ verb }) => GENERAL_VERBS.includes(verb)))
  return [...fixed.filter(isFirst), ...own, ...fixed.filter((hint) => !isFirst(hint)), ...general]
}

/** Only what is done to the selected one. */
export const ownActions = (actions: readonly Action[]): Action[] =>
  actions.filter(({ verb }) => !GENERAL_VERBS.includes(verb))

export const actionHelp = (actions: readonly Action[]): KeyHelp[] =>
  actions.map(({ verb, label }) => ({ key: ACTION_KEYS[verb], does: label }))

/** What can be done with others: nobody looks for it where it does not fit. */
function elsewhere(actions: readonly Action[]): KeyHelp[] {
  const here = actions.map(({ verb }) => verb)
  return VERBS.filter((verb) => !here.includes(verb) && !GENERAL_VERBS.includes(verb)).map((verb) => ({
    key: ACTION_KEYS[verb],
    does: verb,
  }))
}

/** Everything, by group; with what can be done with what is selected now. */
export function helpGroups(actions: readonly Action[]): { title: string; keys: KeyHelp[] }[] {
  const group = (title: Binding['group']) => ({
    title,
    keys: BINDINGS.flatMap(({ group: own, shown, does }) =>
      own === title && shown !== null ? [{ key: shown, does }] : [],
    ),
  })
  const verbs = [
    { title: 'Do with what is selected', keys: actionHelp(ownActions(actions)) },
    { title: 'Do', keys: actionHelp(actions.filter(({ verb }) => GENERAL_VERBS.includes(verb))) },
  ]
  const groups = [...verbs, group('Move'), group('Look'), group('Answer'), group('Leave')]
  const others = { title: 'Do with others, where it fits', keys: elsewhere(actions) }
  return [...groups, others].filter(({ keys }) => keys.length > 0)
}
