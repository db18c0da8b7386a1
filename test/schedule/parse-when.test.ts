import { describe, expect, test } from 'vitest'
import { calendarDay, duration, readSince, resolveWhen, since, when } from '../../src/schedule/parse-when.ts'
import { readWhen } from '../../src/schedule/when-options.ts'

const NOW = new Date('2026-11-21T08:00:00Z')

function resolve(typed: string, timeZone = 'Europe/Berlin'): string {
  const parsed = when(typed)
  if (parsed.kind === 'wrong') throw new Error(parsed.rule)
  return resolveWhen(parsed.value, timeZone, NOW).toISOString()
}

describe('a time that somebody typed', () => {
  test.each([
    ['2026-11-22 14:30', '2026-11-22T13:30:00.000Z'],
    ['2026-11-22T14:30', '2026-11-22T13:30:00.000Z'],
    ['2026-11-22 9:05', '2026-11-22T08:05:00.000Z'],
    ['14:30', '2026-11-21T13:30:00.000Z'],
    ['today 14:30', '2026-11-21T13:30:00.000Z'],
    ['Tomorrow 9:05', '2026-11-22T08:05:00.000Z'],
    ['2026-07-01 14:30', '2026-07-01T12:30:00.000Z'],
    ['2026-11-22T14:30+01:00', '2026-11-22T13:30:00.000Z'],
    ['2026-11-22T14:30+0000', '2026-11-22T14:30:00.000Z'],
    ['2026-11-22T14:30:15Z', '2026-11-22T14:30:15.000Z'],
    ['2026-11-22 14:30-05', '2026-11-22T19:30:00.000Z'],
  ])('%s', (typed, expected) => {
    expect(resolve(typed)).toBe(expected)
  })

  test('without a date is today where the team is, not where the machine is', () => {
    expect(resolve('14:30', 'Pacific/Auckland')).toBe('2026-11-21T01:30:00.000Z')
    expect(resolve('tomorrow 23:30', 'America/Los_Angeles')).toBe('2026-11-23T07:30:00.000Z')
  })

  test('that happens twice is the first one', () => {
    expect(resolve('2026-10-25 02:30')).toBe('2026-10-25T00:30:00.000Z')
  })

  test('that the clocks skip is refused, with the next valid one', () => {
    expect(() => resolve('2027-03-28 02:30')).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('does not exist'),
        fix: expect.stringContaining('2027-03-28 03:30'),
      }),
    )
  })

  test.each([
    'tomorrow',
    'tomorrow 25:00',
    'yesterday 14:30',
    '2026-02-30 12:00',
    '2026-11-22',
    '25:00',
    '14:60',
    '2026-11-22 14:30 CET',
    '2026-11-22T25:00Z',
    '',
  ])('"%s" is refused with the rule', (typed) => {
    expect(when(typed)).toMatchObject({ kind: 'wrong', rule: expect.stringContaining('2026-11-22 14:30') })
  })

  test('is judged by what was typed: past is refused, the same minute tomorrow is not', () => {
    const read = (typed: string) => {
      const parsed = when(typed)
      if (parsed.kind === 'wrong') throw new Error(parsed.rule)
      return readWhen({ at: parsed.value }, 'Europe/Berlin', NOW)
    }
    expect(() => read('08:59')).toThrow(
      expect.objectContaining({ message: expect.stringContaining('"08:59", which is past') }),
    )
    expect(read('2026-11-22 08:59')).toEqual(new Date('2026-11-22T07:59:00Z'))
  })
})

test.each([
  ['30m', 30],
  ['2h', 120],
  ['1h30m', 90],
  ['3d', 3 * 24 * 60],
  ['2W', 14 * 24 * 60],
  ['0m', 0],
])('the span %s is %i minutes', (typed, minutes) => {
  expect(duration(typed)).toEqual({ kind: 'ok', value: minutes * 60_000 })
})

test.each(['2', 'h', '1.5h', '-2h', '2 h', '2y'])('the span "%s" is refused', (typed) => {
  expect(duration(typed)).toMatchObject({ kind: 'wrong' })
})

test.each(['2026-2-1', '2026-02-30', '2026-13-01', 'today'])('the day "%s" is refused', (typed) => {
  expect(calendarDay(typed)).toMatchObject({ kind: 'wrong' })
})

test.each([
  ['24h', '2026-11-20T08:00:00.000Z'],
  ['7d', '2026-11-14T08:00:00.000Z'],
  ['2026-11-01', '2026-10-31T23:00:00.000Z'],
])('--since %s begins at %s', (typed, expected) => {
  const parsed = since(typed)
  if (parsed.kind === 'wrong') throw new Error(parsed.rule)
  expect(readSince(parsed.value, 'Europe/Berlin', NOW).toISOString()).toBe(expected)
})
