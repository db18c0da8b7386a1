import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { layOut, windowOf } from '../../../src/dashboard/layout.ts'
import { cells, columnsOf, cut, lineColumns, padLine, plainText } from '../../../src/dashboard/line.ts'
import { PANELS } from '../../../src/dashboard/lists.ts'
import { strokesOf } from '../../../src/dashboard/strokes.ts'
import { ago, dayName, lasting, nextTickMs, shortDuration, shortRelative } from '../../../src/dashboard/times.ts'
import { NOW } from './fixtures.ts'

const later = (ms: number) => new Date(NOW.getTime() + ms)
const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000]

describe('times', () => {
  it.each([
    [0, '0 s'],
    [59_999, '59 s'],
    [MINUTE, '1 min'],
    [HOUR - 1, '59 min'],
    [HOUR, '1 h 00'],
    [3 * HOUR + 5 * MINUTE, '3 h 05'],
    [DAY - 1, '23 h 59'],
    [DAY, '24 h'],
    [2 * DAY - 1, '47 h'],
    [2 * DAY, '2 days'],
    [-5, '0 s'],
  ])('%i ms is %s', (ms, text) => {
    expect(shortDuration(ms)).toBe(text)
  })

  it('in both directions', () => {
    expect(shortRelative(later(45 * SECOND), NOW)).toBe('in 45 s')
    expect(shortRelative(later(500), NOW)).toBe('now')
    expect(shortRelative(later(-45 * SECOND), NOW)).toBe('just now')
    expect(shortRelative(later(-5 * MINUTE), NOW)).toBe('5 min ago')
    expect([ago(later(-HOUR), NOW), lasting(later(-30 * SECOND), NOW), lasting(later(-HOUR), NOW)]).toEqual([
      '1 h 00 ago',
      '< 1 min',
      '1 h 00',
    ])
  })

  it.each([
    ['2026-11-21T22:59:00Z', 'Today'],
    ['2026-11-21T23:00:00Z', 'Tomorrow'],
    ['2026-11-20T22:59:00Z', 'Yesterday'],
    ['2026-11-19T22:59:00Z', 'Thu Nov 19'],
    ['2026-11-20T12:00:00Z', 'Yesterday'],
    ['2026-11-24T12:00:00Z', 'Tue Nov 24'],
  ])('%s is %s in Berlin at 15:00', (at, name) => {
    expect(dayName(new Date(at), NOW, 'Europe/Berlin')).toBe(name)
  })

  it('a day is a day also where clocks change', () => {
    const evening = new Date('2026-10-24T20:00:00Z')
    expect(dayName(new Date('2026-10-25T22:30:00Z'), evening, 'Europe/Berlin')).toBe('Tomorrow')
  })

  it('it is looked at again when something can have changed: each second only when one is near', () => {
    const now = later(20_400)
    expect(nextTickMs([], now)).toBe(39_600)
    expect(nextTickMs([later(3 * HOUR), null], now)).toBe(39_600)
    expect(nextTickMs([later(60 * SECOND)], now)).toBe(600)
    expect(nextTickMs([later(10 * SECOND)], now)).toBe(39_600)
  })
})

describe('columns', () => {
  it.each([
    ['mug.jpg', 7],
    ['Ünïcode', 7],
    ['e\u0301', 1],
    ['日本語', 6],
    ['☕', 2],
    ['👩‍👩‍👧', 2],
    ['🇩🇪', 2],
    ['❤️', 2],
    ['❤', 1],
    ['© ™ ↔ ⚠', 7],
    ['a\u200bb', 2],
    ['╭─▸█▒░', 6],
    ['✓ ✗ … · ◆◇●', 11],
  ])('%s takes %i', (text, columns) => {
    expect(columnsOf(text)).toBe(columns)
  })

  it.each([
    ['mug.jpg', 7, 'mug.jpg'],
    ['mug.jpg', 6, 'mug.j…'],
    ['日本語', 5, '日本…'],
    ['日本語', 4, '日…'],
    ['👩‍👩‍👧👩‍👩‍👧', 3, '👩‍👩‍👧…'],
    ['a\u001bb', 20, 'a\\u{1b}b'],
    ['abc', 1, '…'],
    ['abc', 0, ''],
  ])('%s cut to %i is %s', (text, width, expected) => {
    expect(cut(text, width)).toBe(expected)
  })

  const anyText = fc.string({ unit: 'grapheme', maxLength: 60 })
  it('lines are exactly as wide as they are told, whatever they hold', () => {
    fc.assert(
      fc.property(
        fc.array(anyText, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: 90 }),
        (texts, width) => {
          expect(
            lineColumns(
              padLine(
                texts.map((text) => ({ text })),
                width,
              ),
            ),
          ).toBe(width)
          expect(
            lineColumns(
              cells(
                texts.map((text, i) => (i === 0 ? { text } : { text, width: 3 })),
                width,
              ),
            ),
          ).toBe(width)
        },
      ),
    )
  })

  it('nothing that a terminal obeys gets into a line', () => {
    const hostile = '\u001b]0;x\u0007\r\n\t\u009b2J\u202e'
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the point
    expect(plainText(padLine([{ text: hostile }], 80))).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
  })
})

describe('room', () => {
  const anyRows = fc.integer({ min: 1, max: 600 })
  const wanted = fc.record(Object.fromEntries(PANELS.map((panel) => [panel, anyRows]))) as fc.Arbitrary<
    Record<(typeof PANELS)[number], number>
  >
  it('is given away whole, and the focused panel has some', () => {
    fc.assert(
      fc.property(
        wanted,
        fc.constantFrom(...PANELS),
        fc.integer({ min: 60, max: 300 }),
        fc.integer({ min: 16, max: 100 }),
        fc.integer({ min: 2, max: 8 }),
        (rows, focused, columns, height, around) => {
          const layout = layOut({ columns, rows: height }, { focused, wanted: rows, around })
          const given = PANELS.map((panel) => layout?.panelRows[panel] ?? -1)
          expect(given.reduce((sum, count) => sum + count, 0)).toBe(height - 1 - around - 6)
          expect(Math.min(...given)).toBeGreaterThanOrEqual(0)
          expect(layout?.panelRows[focused]).toBeGreaterThanOrEqual(1)
          expect((layout?.listColumns ?? 0) + (layout?.detailColumns ?? 0)).toBe(columns)
        },
      ),
    )
  })

  it.each([
    [24, 'next', { next: 5, waiting: 3, recent: 2, library: 2, health: 2 }],
    [40, 'next', { next: 15, waiting: 4, recent: 4, library: 4, health: 3 }],
    [40, 'health', { next: 6, waiting: 4, recent: 3, library: 2, health: 15 }],
    [70, 'recent', { next: 6, waiting: 4, recent: 43, library: 4, health: 3 }],
  ] as const)(
    'of %i lines with full lists: half for %s, a glance of each, then what is comfortable',
    (rows, focused, room) => {
      const full = { next: 99, waiting: 99, recent: 99, library: 99, health: 99 }
      expect(layOut({ columns: 80, rows }, { focused, wanted: full, around: 3 })?.panelRows).toEqual(room)
    },
  )

  it('the selected entry is always in view', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(499), fc.integer({ min: 1, max: 60 }), (count, at, rows) => {
        const selected = Math.min(at, count - 1)
        const { from, to } = windowOf(count, selected, rows)
        expect(from).toBeGreaterThanOrEqual(0)
        expect(from).toBeLessThanOrEqual(selected)
        expect(to).toBeGreaterThan(selected)
        expect(to - from).toBe(Math.min(rows, count))
      }),
    )
  })
})

describe('strokes', () => {
  const none = Object.fromEntries(
    [
      'upArrow',
      'downArrow',
      'leftArrow',
      'rightArrow',
      'pageDown',
      'pageUp',
      'home',
      'end',
      'return',
      'escape',
      'ctrl',
      'shift',
      'tab',
      'backspace',
      'delete',
      'meta',
    ].map((name) => [name, false]),
  ) as unknown as Parameters<typeof strokesOf>[1]
  const STROKES: readonly [input: string, key: Partial<typeof none>, strokes: string[]][] = [
    ['j', {}, ['j']],
    ['jj', {}, ['j', 'j']],
    ['G', { shift: true }, ['G']],
    ['', { return: true }, ['enter']],
    ['', { tab: true }, ['tab']],
    ['', { tab: true, shift: true }, ['shift+tab']],
    ['', { escape: true, meta: true }, ['esc']],
    ['c', { ctrl: true }, ['ctrl+c']],
    ['', { delete: true }, ['backspace']],
    ['x', { meta: true }, ['esc', 'x']],
    ['', { leftArrow: true, meta: true }, ['left']],
    ['mug\rq', {}, ['m', 'u', 'g', 'enter', 'q']],
    ['👩‍👩‍👧é', {}, ['👩‍👩‍👧', 'é']],
    ['\u0000', {}, []],
  ]
  it.each(STROKES)('%j %j is %j', (input, key, strokes) => {
    expect(strokesOf(input, { ...none, ...key })).toEqual(strokes)
  })
})
