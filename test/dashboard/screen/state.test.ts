import { describe, expect, it } from 'vitest'
import { itemsOf, selectedItem } from '../../../src/dashboard/selection.ts'
import type { Snapshot } from '../../../src/dashboard/snapshot.ts'
import type { State } from '../../../src/dashboard/state.ts'
import {
  apply,
  connected,
  NOW,
  PAUSE,
  planned,
  press,
  REPLAN,
  SKIP,
  settled,
  snapshot,
  stateOf,
  waiting,
} from './fixtures.ts'

const selected = (state: State) => selectedItem(state)?.id ?? null
const stories = (...numbers: number[]) => ({ entries: numbers.map((n) => planned(n, n)), total: numbers.length })
const list = (...numbers: number[]) => stateOf(connected(snapshot({ next: stories(...numbers) })))
const news = (state: State, given: Partial<Snapshot>) =>
  apply(state, { type: 'live', live: connected(snapshot(given)), now: NOW })

describe('selection', () => {
  const MOVES: readonly [keys: string[], selected: string][] = [
    [[], 'planned-1'],
    [['j'], 'planned-2'],
    [['down', 'down', 'up'], 'planned-2'],
    [['k'], 'planned-1'],
    [['G'], 'planned-5'],
    [['end', 'j'], 'planned-5'],
    [['G', 'g'], 'planned-1'],
    [['pagedown'], 'planned-5'],
    [['G', 'pageup'], 'planned-1'],
    [['tab', 'shift+tab', 'j'], 'planned-2'],
  ]
  it.each(MOVES)('%j selects %s', (keys, id) => {
    expect(selected(press(list(1, 2, 3, 4, 5), ...keys))).toBe(id)
  })

  it('stays with the entry, wherever it comes to stand', () => {
    const state = press(list(1, 2, 3), 'j')
    expect(selected(news(state, { next: stories(7, 8, 1, 2) }))).toBe('planned-2')
  })

  it('goes to what stands in its place when the entry is gone', () => {
    const state = press(list(1, 2, 3), 'j')
    expect(selected(news(state, { next: stories(1, 3) }))).toBe('planned-3')
    expect(selected(news(state, { next: stories(1) }))).toBe('planned-1')
    expect(selected(news(state, { next: stories() }))).toBe(null)
  })

  it('comes back with the list', () => {
    const empty = news(press(list(1, 2), 'j'), { next: stories() })
    expect(selected(news(empty, { next: stories(5, 6) }))).toBe('planned-5')
  })

  it('is kept for every panel of its own', () => {
    expect(selected(press(list(1, 2), 'j', '2', 'j', '1'))).toBe('planned-2')
    expect(selected(press(list(1, 2), 'j', '2', 'j'))).toBe('planned-45')
  })

  it('in the library goes over its facts, too', () => {
    const state = press(list(1), '4')
    const ids = [state, press(state, 'j'), press(state, 'G')].map(selected)
    expect(ids).toEqual(['category memes', 'category null', 'p1 stories/memes/broken.jpg'])
  })
})

describe('panels', () => {
  const TURNS: readonly [keys: string[], panel: State['panel']][] = [
    [['tab'], 'waiting'],
    [['tab', 'tab', 'tab', 'tab', 'tab'], 'next'],
    [['shift+tab'], 'health'],
    [['right', 'right', 'left'], 'waiting'],
    [['3'], 'recent'],
    [['?', '4'], 'library'],
    [['enter', '5'], 'health'],
  ]
  it.each(TURNS)('%j leads to %s', (keys, panel) => {
    const state = press(list(1), ...keys)
    expect([state.panel, state.views]).toEqual([panel, []])
  })
})

describe('filter', () => {
  const shown = (state: State) => itemsOf(state).map(({ id }) => id)
  const state = stateOf(
    connected(
      snapshot({
        next: {
          entries: [
            planned(1, 1, { name: 'Mug.jpg', title: 'Blue', tags: ['new drop'] }),
            planned(2, 2, { name: 'mug-red.jpg', status: 'retrying' }),
            planned(31, 3, { name: 'poster.jpg', channel: 'instagram' }),
          ],
          total: 3,
        },
      }),
    ),
  )
  const FILTERS: readonly [text: string, ids: string[]][] = [
    ['mug', ['planned-1', 'planned-2']],
    ['MUG blue', ['planned-1']],
    ['drop', ['planned-1']],
    ['#31', ['planned-31']],
    ['instagram', ['planned-31']],
    ['retry', ['planned-2']],
    ['   ', ['planned-1', 'planned-2', 'planned-31']],
    ['mug poster', []],
  ]
  it.each(FILTERS)('"%s" shows %j', (text, ids) => {
    expect(shown(press(state, '/', ...text, 'enter'))).toEqual(ids)
  })

  it('works while it is typed, and keys are letters then', () => {
    const typing = press(state, '/', 'q', '?', 'j')
    expect([typing.filters.next, typing.asking?.kind, typing.views]).toEqual(['q?j', 'filter', []])
    expect(shown(press(typing, 'backspace', 'backspace', 'backspace'))).toHaveLength(3)
  })

  it('is as it was after Esc, and gone after another', () => {
    const filtered = press(state, '/', ...'mug', 'enter')
    expect(press(filtered, '/', 'x', 'esc').filters.next).toBe('mug')
    expect(press(filtered, 'esc').filters.next).toBe('')
    expect(press(filtered, '/', 'ctrl+u', 'enter').filters.next).toBe('')
  })

  it('keeps the selected entry where it fits', () => {
    expect(selected(press(state, 'j', '/', ...'mug', 'enter'))).toBe('planned-2')
    expect(selected(press(state, 'G', '/', ...'mug', 'enter'))).toBe('planned-2')
    expect(selected(press(state, 'j', '/', ...'mug', 'enter', 'esc'))).toBe('planned-2')
  })

  it('is one for every panel', () => {
    expect(press(state, '/', ...'mug', 'enter', '2').filters).toMatchObject({ next: 'mug', waiting: '' })
  })
})

describe('what lies over the lists', () => {
  const VIEWS: readonly [keys: string[], views: State['views']][] = [
    [['enter'], ['details']],
    [['enter', 'q'], []],
    [
      ['enter', '?'],
      ['details', 'help'],
    ],
    [['enter', '?', 'esc'], ['details']],
    [['?', '?'], []],
    [['w', 'w'], []],
    [['enter', 'w', 'enter'], ['details']],
    [['m'], []],
    [['/', 'enter', 'enter'], ['details']],
  ]
  it.each(VIEWS)('%j shows %j', (keys, views) => {
    expect(press(list(1, 2), ...keys).views).toEqual(views)
  })

  it('opens no details of nothing', () => {
    expect(press(list(), 'enter').views).toEqual([])
  })

  it('shows the next entry in the details', () => {
    const state = press(list(1, 2), 'enter', 'j')
    expect([selected(state), state.views]).toEqual(['planned-2', ['details']])
  })

  it('follows a story through the panels, also into a filtered one', () => {
    const open = press(list(1, 2), '2', '/', ...'zebra', 'enter', '1', 'j', 'enter')
    const sent = news(open, { next: stories(1), waiting: { entries: [waiting(9, 5), waiting(2, 1)], total: 2 } })
    expect([sent.panel, selected(sent), sent.views, sent.filters.waiting]).toEqual([
      'waiting',
      'planned-2',
      ['details'],
      '',
    ])
    const over = news(sent, {
      next: stories(1),
      waiting: stories() as never,
      recent: { entries: [settled(2, 0)], total: 1 },
    })
    expect([over.panel, selected(over), over.views]).toEqual(['recent', 'settled-2', ['details']])
  })
})

describe('actions', () => {
  const ready = () => list(47, 48)

  it('asks once, and only y means yes', () => {
    expect(press(ready(), 's')).toMatchObject({ asking: { kind: 'question', action: SKIP }, running: null })
    expect(press(ready(), 's', 'y')).toMatchObject({ asking: null, running: SKIP })
    for (const key of ['n', 'N', 'esc', 'enter', 'q', 'x', 'j', '2', ' ', 'down', 'tab', 's']) {
      expect(press(ready(), 's', key)).toMatchObject({ asking: null, running: null })
    }
    // What was typed for another window says no before it comes to its y.
    expect(press(ready(), 's', ...'lay')).toMatchObject({ asking: null, running: null })
  })

  it('does at once what asks nothing', () => {
    expect(press(ready(), 'T').running).toMatchObject({ command: 'process-queue' })
  })

  it('takes a line that starts with what is so now', () => {
    const asking = press(ready(), 'r')
    expect(asking.asking).toMatchObject({ kind: 'line', text: '2026-11-21 15:12' })
    const done = press(asking, 'backspace', '4', 'enter')
    expect(done.running).toEqual({ ...REPLAN, options: { at: '2026-11-21 15:14' } })
    expect(press(asking, 'esc')).toMatchObject({ asking: null, running: null })
  })

  it('insists on what is needed, and leaves out what is not', () => {
    expect(press(ready(), 'r', 'ctrl+u', 'enter')).toMatchObject({ asking: { isMissing: true }, running: null })
    expect(press(ready(), 'r', 'ctrl+u', ' ', 'enter', 'x').asking).toMatchObject({ isMissing: false, text: ' x' })
    expect(press(ready(), 'p', 'enter').running).toEqual(PAUSE)
    expect(press(ready(), 'p', ...'ill', 'enter').running).toEqual({ ...PAUSE, options: { reason: 'ill' } })
  })

  it('asks after the line when there is a question as well', () => {
    const both = apply(ready(), { type: 'choose', action: { ...REPLAN, question: 'Really?' } })
    expect(press(both, 'enter').asking).toMatchObject({
      kind: 'question',
      action: { options: { at: '2026-11-21 15:12' } },
    })
    expect(press(both, 'enter', 'y').running).toMatchObject({ options: { at: '2026-11-21 15:12' } })
  })

  it('keeps what came of it until somebody goes on, and what went wrong until Esc', () => {
    const done = apply(press(ready(), 's', 'y'), { type: 'finished', result: { isDone: true, lines: ['Skipped.'] } })
    expect(done).toMatchObject({ running: null, message: { isDone: true, about: 'skip', lines: ['Skipped.'] } })
    for (const key of ['j', '2', 'tab', 'G', '/', 's', 'esc'])
      expect([key, press(done, key).message]).toEqual([key, null])
    // To be read, it is looked at whole and left again.
    expect(press(done, 'm', 'j', 'esc').message).not.toBeNull()
    const failed = apply(press(ready(), 's', 'y'), { type: 'finished', result: { isDone: false, lines: ['No.'] } })
    for (const key of ['j', '2', 'tab', '/']) expect(press(failed, key).message).not.toBeNull()
    expect(press(failed, 'esc').message).toBeNull()
  })

  it('offers nothing while the database is away', () => {
    const lost = apply(ready(), {
      type: 'live',
      live: { kind: 'lost', since: NOW, reason: 'x', last: snapshot() },
      now: NOW,
    })
    expect(press(lost, 's', 'r')).toMatchObject({ asking: null, running: null })
    expect(selected(lost)).toBe('planned-47')
  })
})
