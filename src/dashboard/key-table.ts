import type { Verb } from './action.ts'
import { PANELS } from './lists.ts'
import type { Event, View } from './state.ts'

/** The one key table: what answers a key, the help and the hints at the bottom all come from it (keys.ts). Pure. */

/** Where a key is pressed. */
export type Place = 'lists' | View | 'filter' | 'question' | 'line'

/** What a key does beside changing what is shown. */
export type Effect = 'quit' | 'interrupt' | 'suspend' | 'refresh' | 'redraw'

export type Intent =
  | Exclude<Event, { type: 'move' | 'scroll' }>
  | { type: 'effect'; effect: Effect }
  /** By so many lines; by pages; to an end. */
  | { type: 'go'; by: number; unit: 'line' | 'page' | 'end' }
  /** Nothing fits it: it says so. */
  | { type: 'unfit'; verb: Verb }

export interface Binding {
  /** Names of strokes, see strokes.ts; the first ones are shown. */
  strokes: readonly string[]
  /** In the help: `j ↓`; null: another one's line speaks for it. */
  shown: string | null
  does: string
  group: 'Move' | 'Look' | 'Leave' | 'Answer'
  places: readonly Place[]
  /** Short, for the bottom line; absent: only in the help. */
  hint?: string
  intent: Intent
}

const OVERLAYS = ['details', 'week', 'help', 'message'] as const
const OPEN = ['lists', ...OVERLAYS] as const
const TYPING = ['filter', 'line'] as const
const ALL = [...OPEN, ...TYPING, 'question'] as const

const go = (by: number, unit: 'line' | 'page' | 'end'): Intent => ({ type: 'go', by, unit })
const effect = (name: Effect): Intent => ({ type: 'effect', effect: name })
const show = (view: View): Intent => ({ type: 'show', view })

const MOVING: readonly Binding[] = [
  { strokes: ['j', 'down'], shown: 'j ↓', does: 'down', group: 'Move', places: OPEN, intent: go(1, 'line') },
  { strokes: ['k', 'up'], shown: 'k ↑', does: 'up', group: 'Move', places: OPEN, intent: go(-1, 'line') },
  {
    strokes: ['pagedown', 'ctrl+d', ' '],
    shown: 'PgDn Space',
    does: 'a page down',
    group: 'Move',
    places: OPEN,
    intent: go(1, 'page'),
  },
  {
    strokes: ['pageup', 'ctrl+b'],
    shown: 'PgUp Ctrl-B',
    does: 'a page up',
    group: 'Move',
    places: OPEN,
    intent: go(-1, 'page'),
  },
  { strokes: ['g', 'home'], shown: 'g Home', does: 'to the first', group: 'Move', places: OPEN, intent: go(-1, 'end') },
  { strokes: ['G', 'end'], shown: 'G End', does: 'to the last', group: 'Move', places: OPEN, intent: go(1, 'end') },
  {
    strokes: ['tab', 'right'],
    shown: 'Tab →',
    does: 'next panel',
    group: 'Move',
    places: ['lists'],
    hint: 'panel',
    intent: { type: 'turn', by: 1 },
  },
  {
    strokes: ['shift+tab', 'left'],
    shown: 'Shift-Tab ←',
    does: 'previous panel',
    group: 'Move',
    places: ['lists'],
    intent: { type: 'turn', by: -1 },
  },
  ...PANELS.map((panel, i): Binding => {
    const key = String(i + 1)
    const listed = i === 0 ? { shown: '1 … 5', does: 'that panel' } : { shown: null, does: '' }
    return { strokes: [key], ...listed, group: 'Move', places: OPEN, intent: { type: 'panel', panel } }
  }),
]

const LOOKING: readonly Binding[] = [
  {
    strokes: ['enter'],
    shown: 'Enter',
    does: 'details, with the picture',
    group: 'Look',
    places: ['lists'],
    hint: 'details',
    intent: show('details'),
  },
  {
    strokes: ['/'],
    shown: '/',
    does: 'filter; Esc takes it away',
    group: 'Look',
    places: ['lists', 'details'],
    hint: 'filter',
    intent: { type: 'filter' },
  },
  { strokes: ['w'], shown: 'w', does: 'the week', group: 'Look', places: OPEN, hint: 'week', intent: show('week') },
  {
    strokes: ['m'],
    shown: 'm',
    does: 'the whole last message',
    group: 'Look',
    places: OPEN,
    intent: show('message'),
  },
  { strokes: ['R'], shown: 'R', does: 'look again now', group: 'Look', places: OPEN, intent: effect('refresh') },
  {
    strokes: ['ctrl+l'],
    shown: 'Ctrl-L',
    does: 'draw the screen again',
    group: 'Look',
    places: ALL,
    intent: effect('redraw'),
  },
  { strokes: ['?'], shown: '?', does: 'this help', group: 'Look', places: OPEN, hint: 'help', intent: show('help') },
]

const LEAVING: readonly Binding[] = [
  {
    strokes: ['esc', 'q', 'enter'],
    shown: 'Esc q',
    does: 'back',
    group: 'Leave',
    places: OVERLAYS,
    hint: 'back',
    intent: { type: 'back' },
  },
  {
    strokes: ['esc'],
    shown: 'Esc',
    does: 'message or filter away',
    group: 'Leave',
    places: ['lists'],
    intent: { type: 'back' },
  },
  {
    strokes: ['q'],
    shown: 'q',
    does: 'leave',
    group: 'Leave',
    places: ['lists'],
    hint: 'quit',
    intent: effect('quit'),
  },
  {
    strokes: ['ctrl+c'],
    shown: 'Ctrl-C',
    does: 'leave at once',
    group: 'Leave',
    places: ALL,
    intent: effect('interrupt'),
  },
  {
    strokes: ['ctrl+z'],
    shown: 'Ctrl-Z',
    does: 'to the shell; `fg` comes back',
    group: 'Leave',
    places: ALL,
    intent: effect('suspend'),
  },
]

const ANSWERING: readonly Binding[] = [
  {
    strokes: ['y', 'Y'],
    shown: 'y',
    does: 'yes',
    group: 'Answer',
    places: ['question'],
    hint: 'yes',
    intent: { type: 'answer', isYes: true },
  },
  {
    strokes: ['n', 'N', 'esc', 'enter', 'q'],
    shown: 'N',
    does: 'no',
    group: 'Answer',
    places: ['question'],
    hint: 'no',
    intent: { type: 'answer', isYes: false },
  },
  {
    strokes: ['enter'],
    shown: 'Enter',
    does: 'take it',
    group: 'Answer',
    places: TYPING,
    hint: 'take it',
    intent: { type: 'answer', isYes: true },
  },
  {
    strokes: ['esc'],
    shown: 'Esc',
    does: 'leave it as it was',
    group: 'Answer',
    places: TYPING,
    hint: 'as it was',
    intent: { type: 'answer', isYes: false },
  },
  {
    strokes: ['backspace'],
    shown: 'Backspace',
    does: 'delete a character',
    group: 'Answer',
    places: TYPING,
    intent: { type: 'erase', what: 'character' },
  },
  {
    strokes: ['ctrl+u'],
    shown: 'Ctrl-U',
    does: 'delete all',
    group: 'Answer',
    places: TYPING,
    intent: { type: 'erase', what: 'all' },
  },
]

export const BINDINGS: readonly Binding[] = [...LOOKING, ...MOVING, ...ANSWERING, ...LEAVING]

/** A verb keeps its key wherever it fits; no two that can fit at once share one. */
export const ACTION_KEYS: Readonly<Record<Verb, string>> = {
  'post now': 'n',
  skip: 's',
  're-plan': 'r',
  hold: 'h',
  retry: 't',
  'confirm posted': 'c',
  'confirm not posted': 'C',
  'confirm sent': 'e',
  undo: 'u',
  cancel: 'x',
  pause: 'p',
  resume: 'p',
  'resume and send': 'P',
  'run tick': 'T',
  'check health': 'H',
}

/** What they do has nothing to do with what is selected. */
export const GENERAL_VERBS: readonly Verb[] = ['pause', 'resume', 'resume and send', 'run tick', 'check health']
