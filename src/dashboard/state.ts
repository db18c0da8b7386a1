import type { CalendarDay } from '../schedule/calendar.ts'
import type { Action, ActionResult } from './action.ts'
import { findStory, listItems, PANELS, type Panel } from './lists.ts'
import { isOverLists, knownSnapshot, moved, scrolled, selectedItem, settle, topView } from './selection.ts'
import type { Live } from './snapshot.ts'

/** What the screen shows and how keys and news change it. Pure. */

export interface Size {
  columns: number
  rows: number
}

interface Selection {
  id: string | null
  /** Where it stood last: what comes to stand there is selected when it is gone. */
  index: number
}

/** Keys go to it until it is answered. */
type Asking =
  | { kind: 'filter'; before: string }
  | { kind: 'question'; action: Action }
  | { kind: 'line'; action: Action; text: string; isMissing: boolean }

/** What lies over the lists, the last one on top. */
export type View = 'details' | 'week' | 'help' | 'message'

export interface Message extends ActionResult {
  /** What it answers: `post now`; null: the screen itself says it. */
  about: string | null
}

export type Week = { days: readonly CalendarDay[] } | { problem: string }

export interface State {
  live: Live
  now: Date
  size: Size
  panel: Panel
  selections: Readonly<Record<Panel, Selection>>
  filters: Readonly<Record<Panel, string>>
  views: readonly View[]
  /** First line of what the view on top shows. */
  scroll: number
  asking: Asking | null
  running: Action | null
  message: Message | null
  week: Week | null
}

export type Event =
  | { type: 'live'; live: Live; now: Date }
  | { type: 'tick'; now: Date }
  | { type: 'resize'; size: Size }
  | { type: 'panel'; panel: Panel }
  | { type: 'turn'; by: 1 | -1 }
  /** `scroll`: lines that the view on top is longer than its room. */
  | { type: 'move'; by: number; scroll: number }
  | { type: 'scroll'; by: number; scroll: number }
  | { type: 'show'; view: View }
  | { type: 'back' }
  | { type: 'filter' }
  | { type: 'type'; text: string }
  | { type: 'erase'; what: 'character' | 'all' }
  | { type: 'answer'; isYes: boolean }
  | { type: 'choose'; action: Action }
  | { type: 'finished'; result: ActionResult }
  | { type: 'say'; message: string }
  | { type: 'week'; week: Week }

export function initialState(now: Date, size: Size): State {
  const forAll = <T>(value: T) => Object.fromEntries(PANELS.map((panel) => [panel, value])) as Record<Panel, T>
  return {
    live: { kind: 'opening' },
    now,
    size,
    panel: 'next',
    selections: forAll({ id: null, index: 0 }),
    filters: forAll(''),
    views: [],
    scroll: 0,
    asking: null,
    running: null,
    message: null,
    week: null,
  }
}

/** What somebody does next shows that he has read that it worked; what went wrong stays until Esc. */
const READ_BY: readonly Event['type'][] = ['panel', 'turn', 'move', 'scroll', 'filter', 'choose']

export function reduce(before: State, event: Event): State {
  const isRead = before.message?.isDone === true && READ_BY.includes(event.type) && topView(before) !== 'message'
  const state = isRead ? { ...before, message: null } : before
  switch (event.type) {
    case 'live':
      return follow({ ...state, live: event.live, now: event.now })
    case 'tick':
      return { ...state, now: event.now }
    case 'resize':
      return { ...state, size: event.size }
    case 'panel':
      return { ...state, panel: event.panel, views: [], scroll: 0 }
    case 'turn': {
      const index = (PANELS.indexOf(state.panel) + event.by + PANELS.length) % PANELS.length
      return { ...state, panel: PANELS[index] ?? 'next' }
    }
    case 'move':
      return isOverLists(state) ? scrolled(state, event) : settle(moved(state, event.by), state.panel)
    case 'scroll':
      return topView(state) === null ? settle(moved(state, event.by), state.panel) : scrolled(state, event)
    case 'show':
      return show(state, event.view)
    case 'back':
      return back(state)
    case 'say':
      return { ...state, message: { about: null, isDone: false, lines: [event.message] } }
    case 'finished':
      return { ...state, running: null, message: { ...event.result, about: state.running?.label ?? null } }
    case 'week':
      return { ...state, week: event.week }
    default:
      return reduceAsking(state, event)
  }
}

type AskingEvent = Extract<Event, { type: 'filter' | 'type' | 'erase' | 'answer' | 'choose' }>

function reduceAsking(state: State, event: AskingEvent): State {
  switch (event.type) {
    case 'filter':
      return { ...state, views: [], scroll: 0, asking: { kind: 'filter', before: state.filters[state.panel] } }
    case 'type':
      return edit(state, (text) => text + event.text)
    case 'erase':
      return edit(state, (text) => (event.what === 'all' ? '' : [...text].slice(0, -1).join('')))
    case 'answer':
      return answer(state, event.isYes)
    case 'choose':
      return choose(state, event.action)
    default:
      return event satisfies never
  }
}

/** News: what is open stays open, in whatever list it stands now. */
function follow(state: State): State {
  const snapshot = knownSnapshot(state)
  if (snapshot === null) return state
  const { id } = state.selections[state.panel]
  const isGone = id !== null && !listItems(state.panel, snapshot, '').some((item) => item.id === id)
  const settled = PANELS.reduce(settle, state)
  if (!isGone || !state.views.includes('details')) return settled
  const story = findStory(snapshot, id)
  if (story === null) {
    const message = { about: null, isDone: false, lines: ['What was open here is in none of the lists any more.'] }
    return { ...settled, views: state.views.filter((view) => view !== 'details'), message }
  }
  const { panel } = story
  const selections = { ...settled.selections, [panel]: { id: story.id, index: 0 } }
  return settle({ ...settled, panel, selections, filters: { ...settled.filters, [panel]: '' } }, panel)
}

function show(state: State, view: View): State {
  if (topView(state) === view) return back(state)
  if (view === 'details' && selectedItem(state) === null) return state
  if (view === 'message' && state.message === null) return state
  return { ...state, views: [...state.views.filter((open) => open !== view), view], scroll: 0 }
}

/** One thing at a time: what lies on top, the message, the filter. */
function back(state: State): State {
  if (state.views.length > 0) return { ...state, views: state.views.slice(0, -1), scroll: 0 }
  if (state.message !== null) return { ...state, message: null }
  return settle({ ...state, filters: { ...state.filters, [state.panel]: '' } }, state.panel)
}

function edit(state: State, change: (text: string) => string): State {
  const { asking, panel } = state
  if (asking?.kind === 'line') return { ...state, asking: { ...asking, text: change(asking.text), isMissing: false } }
  if (asking?.kind !== 'filter') return state
  return settle({ ...state, filters: { ...state.filters, [panel]: change(state.filters[panel]) } }, panel)
}

function answer(state: State, isYes: boolean): State {
  const { asking, panel } = state
  const answered = { ...state, asking: null }
  switch (asking?.kind) {
    case 'filter': {
      if (isYes) return answered
      return settle({ ...answered, filters: { ...state.filters, [panel]: asking.before } }, panel)
    }
    case 'question':
      return isYes ? { ...answered, running: asking.action } : answered
    case 'line':
      return isYes ? takeLine(state, asking) : answered
    default:
      return state
  }
}

function takeLine(state: State, asking: Extract<Asking, { kind: 'line' }>): State {
  const { action } = asking
  const text = asking.text.trim()
  if (action.asks === null) return state
  if (text === '' && action.asks.isRequired) return { ...state, asking: { ...asking, isMissing: true } }
  const options = text === '' ? action.options : { ...action.options, [action.asks.option]: text }
  return begin(state, { ...action, options })
}

function choose(state: State, action: Action): State {
  const fresh = { ...state, message: null }
  if (action.asks === null) return begin(fresh, action)
  return { ...fresh, asking: { kind: 'line', action, text: action.asks.preset, isMissing: false } }
}

function begin(state: State, action: Action): State {
  if (action.question !== null) return { ...state, asking: { kind: 'question', action } }
  return { ...state, asking: null, running: action }
}
