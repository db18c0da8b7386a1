import { describe, expect, it } from 'vitest'
import { VERBS } from '../../../src/dashboard/action.ts'
import { actionsFor } from '../../../src/dashboard/actions-for.ts'
import { ACTION_KEYS, BINDINGS, GENERAL_VERBS, type Place } from '../../../src/dashboard/key-table.ts'
import { helpGroups, hints, placeOf, readStroke } from '../../../src/dashboard/keys.ts'
import type { Entry } from '../../../src/dashboard/snapshot.ts'
import type { State } from '../../../src/dashboard/state.ts'
import {
  apply,
  check,
  frameOf,
  LARGE,
  planned,
  press,
  problem,
  SKIP,
  settled,
  snapshot,
  someActions,
  stateOf,
  waiting,
} from './fixtures.ts'

/** One state for every place where a key can be pressed. */
const PLACES: Readonly<Record<Place, State>> = {
  lists: stateOf(),
  details: press(stateOf(), 'enter'),
  week: press(stateOf(), 'w'),
  help: press(stateOf(), '?'),
  message: press(apply(stateOf(), { type: 'say', message: 'x' }), 'm'),
  filter: press(stateOf(), '/'),
  question: press(stateOf(), 's'),
  line: press(stateOf(), 'r'),
}
const places = Object.keys(PLACES) as Place[]

describe('the key table', () => {
  it.each(places)('%s is a place that can be reached', (place) => {
    expect(placeOf(PLACES[place])).toBe(place)
  })

  it.each(places)('in %s no key has two meanings', (place) => {
    const strokes = BINDINGS.filter((binding) => binding.places.includes(place)).flatMap(({ strokes }) => strokes)
    expect(strokes).toEqual([...new Set(strokes)])
  })

  it('every key of it is answered as it says, wherever it says so', () => {
    for (const { places: where, strokes, intent } of BINDINGS) {
      for (const place of where) {
        for (const stroke of strokes)
          expect([place, stroke, readStroke(PLACES[place], stroke, [])]).toEqual([place, stroke, intent])
      }
    }
  })

  it('no verb takes the key of something else', () => {
    const taken = BINDINGS.filter(({ places: where }) => where.includes('lists') || where.includes('details'))
    const strokes = taken.flatMap((binding) => binding.strokes)
    expect(VERBS.filter((verb) => strokes.includes(ACTION_KEYS[verb]))).toEqual([])
  })

  const card = waiting(1, 5)
  const ENTRIES: readonly (Entry | null)[] = [
    null,
    planned(1, 5),
    planned(1, 5, { isSample: true }),
    planned(1, 5, { status: 'processing' }),
    card,
    waiting(1, 5, { status: 'unconfirmed' }),
    waiting(1, 5, { status: 'unconfirmed', channel: 'instagram' }),
    ...(['posted', 'skipped', 'rejected', 'failed', 'missed', 'cancelled'] as const).map((status) =>
      settled(1, 5, { status }),
    ),
    problem,
    check('x', 'warning', 'y'),
  ]
  it.each(ENTRIES.flatMap((entry) => [false, true].map((isPaused) => ({ entry, isPaused }))))(
    'every action has a key of its own: $entry.kind $entry.status, paused: $isPaused',
    ({ entry, isPaused }) => {
      const paused = isPaused ? { by: 'x', reason: null, since: new Date(0) } : null
      const actions = actionsFor(entry, snapshot({ paused }))
      const keys = actions.map(({ verb }) => ACTION_KEYS[verb])
      expect(keys).toEqual([...new Set(keys)])
      for (const action of actions) {
        expect(readStroke(PLACES.lists, ACTION_KEYS[action.verb], actions)).toEqual({ type: 'choose', action })
        expect(readStroke(PLACES.details, ACTION_KEYS[action.verb], actions)).toEqual({ type: 'choose', action })
      }
    },
  )

  it('says of a verb that does not fit that it does not', () => {
    expect(readStroke(PLACES.lists, 'u', [SKIP])).toEqual({ type: 'unfit', verb: 'undo' })
  })

  it('does nothing to what is not seen', () => {
    for (const place of ['week', 'help', 'message'] as const) {
      expect([place, readStroke(PLACES[place], 's', [SKIP])]).toEqual([place, null])
    }
  })
})

describe('help and hints', () => {
  const actions = someActions(planned(1, 5), snapshot())

  it('the help says every key of the table, every action that fits, and at the end those that fit others', () => {
    const groups = helpGroups(actions)
    const others = groups.at(-1)
    const said = groups.slice(0, -1).flatMap(({ keys }) => keys)
    const own = VERBS.filter((verb) => !GENERAL_VERBS.includes(verb) && !actions.some((one) => one.verb === verb))
    expect([others?.title, others?.keys.map(({ does }) => does)]).toEqual(['Do with others, where it fits', own])
    expect(said.map(({ key }) => key).sort()).toEqual(
      [...BINDINGS.flatMap(({ shown }) => shown ?? []), ...actions.map(({ verb }) => ACTION_KEYS[verb])].sort(),
    )
  })

  it('what is shown of a key is a key', () => {
    const spelled: Readonly<Record<string, string>> = {
      '↓': 'down',
      '↑': 'up',
      '→': 'right',
      '←': 'left',
      PgDn: 'pagedown',
      PgUp: 'pageup',
      Space: ' ',
    }
    for (const { shown, strokes } of BINDINGS) {
      if (shown === null || shown === '1 … 5') continue
      const names = shown
        .split(' ')
        .map((key) => spelled[key] ?? (key.length === 1 ? key : key.toLowerCase().replace('-', '+')))
      expect([shown, names.filter((name) => !strokes.includes(name))]).toEqual([shown, []])
    }
  })

  it('stands on the screen, whole', () => {
    const text = frameOf(press(stateOf(undefined, LARGE), '?')).join('\n')
    for (const { shown, does } of BINDINGS) {
      expect(text).toContain(shown ?? '')
      expect(text).toContain(does)
    }
    expect(text).toMatch(/s +skip/)
    expect(text).toMatch(/Do with others, where it fits[\s\S]*u +undo/)
  })

  it.each(places)('the hints of %s name keys that mean something there', (place) => {
    const state = PLACES[place]
    for (const { key } of hints(state, actions)) {
      const stroke = { Enter: 'enter', Esc: 'esc', Tab: 'tab' }[key] ?? key
      expect([key, readStroke(state, stroke, actions)?.type]).toEqual([key, expect.any(String)])
    }
  })

  it('the help is offered wherever keys are', () => {
    for (const place of ['lists', 'details', 'week'] as const) expect(frameOf(PLACES[place]).at(-1)).toContain('? help')
  })
})
