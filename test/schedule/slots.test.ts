import { afterAll, describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/schedule/random.ts'
import type { PlanSlotsInput } from '../../src/schedule/slots.ts'
import { hours, plan, readable } from './planning.ts'

const clocks = (overrides: Partial<PlanSlotsInput>) =>
  plan(overrides).map((slot) => readable(slot, overrides.timeZone ?? 'Europe/Berlin'))

describe('where slots are', () => {
  it('spreads the posts evenly over the hours of TIMEZONE, from the opening on', () => {
    expect(clocks({ from: '2026-11-21' })).toEqual([
      '2026-11-21/1 2026-11-21 09:00',
      '2026-11-21/2 2026-11-21 13:00',
      '2026-11-21/3 2026-11-21 17:00',
    ])
  })

  it('carries a window that crosses midnight into the next date, under the name of the day it opened', () => {
    const window = { ...hours('22-02'), timeZone: 'UTC', now: new Date('2026-01-04T12:00:00Z') }
    expect(clocks({ ...window, days: 2 })).toEqual([
      '2026-01-04/1 2026-01-04 22:00',
      '2026-01-04/2 2026-01-04 23:20',
      '2026-01-04/3 2026-01-05 00:40',
      '2026-01-05/1 2026-01-05 22:00',
      '2026-01-05/2 2026-01-05 23:20',
      '2026-01-05/3 2026-01-06 00:40',
    ])
  })

  it.each(['00-24', '00-00', '09-09'])('takes %s as a whole day', (window) => {
    const slots = plan({ ...hours(window), from: '2026-11-22', days: 2, postsPerDay: 4 })
    const gaps = slots.slice(1).map(({ at }, i) => (at.getTime() - Number(slots[i]?.at)) / 3_600_000)
    expect(gaps).toEqual([6, 6, 6, 6, 6, 6, 6])
  })

  it('accepts half hours', () => {
    expect(clocks({ ...hours('9:30-10:30'), from: '2026-11-21', postsPerDay: 2 })).toEqual([
      '2026-11-21/1 2026-11-21 09:30',
      '2026-11-21/2 2026-11-21 10:00',
    ])
  })

  it('fits fifty slots into one minute', () => {
    const slots = plan({ ...hours('9-9:01'), from: '2026-11-21', postsPerDay: 50, jitterMinutes: 30 })
    const instants = slots.map(({ at }) => at.getTime())
    const opens = Date.parse('2026-11-21T08:00:00Z')
    expect(slots).toHaveLength(50)
    expect(instants.every((ms) => ms >= opens && ms < opens + 60_000)).toBe(true)
    expect(Math.min(...instants.slice(1).map((ms, i) => ms - Number(instants[i])))).toBeGreaterThanOrEqual(600)
  })

  it('keeps nine o’clock at nine o’clock when the clocks change', () => {
    const window = { ...hours('9-21'), timeZone: 'America/New_York', postsPerDay: 1, days: 3 }
    expect(clocks({ ...window, from: '2026-10-31', now: new Date('2026-10-30T12:00:00Z') })).toEqual([
      '2026-10-31/1 2026-10-31 09:00',
      '2026-11-01/1 2026-11-01 09:00',
      '2026-11-02/1 2026-11-02 09:00',
    ])
  })
})

describe('the hour that is missing or repeated', () => {
  const spring = { now: new Date('2027-03-27T12:00:00Z'), from: '2027-03-28' }
  const autumn = { now: new Date('2027-10-30T12:00:00Z'), from: '2027-10-31' }

  it('moves a time that does not exist to the first valid instant', () => {
    expect(clocks({ ...spring, ...hours('0-5'), postsPerDay: 2 })).toEqual([
      '2027-03-28/1 2027-03-28 00:00',
      '2027-03-28/2 2027-03-28 03:00',
    ])
  })

  it('moves slots apart that would meet at that instant, by half an interval', () => {
    expect(clocks({ ...spring, ...hours('1-4'), postsPerDay: 3 })).toEqual([
      '2027-03-28/1 2027-03-28 01:00',
      '2027-03-28/2 2027-03-28 03:00',
      '2027-03-28/3 2027-03-28 03:20',
    ])
  })

  it('keeps every slot inside a window whose last hour is missing', () => {
    expect(clocks({ ...spring, ...hours('1-3'), postsPerDay: 4 })).toEqual([
      '2027-03-28/1 2027-03-28 01:00',
      '2027-03-28/2 2027-03-28 01:30',
      '2027-03-28/3 2027-03-28 01:41',
      '2027-03-28/4 2027-03-28 01:48',
    ])
  })

  it('moves a window that does not exist at all behind the gap', () => {
    expect(clocks({ ...spring, ...hours('2:15-2:45'), postsPerDay: 2 })).toEqual([
      '2027-03-28/1 2027-03-28 03:00',
      '2027-03-28/2 2027-03-28 03:15',
    ])
  })

  it('uses a repeated hour once, the first time', () => {
    const slots = plan({ ...autumn, ...hours('1-4'), postsPerDay: 3 })
    expect(slots.map(({ at }) => at.toISOString())).toEqual([
      '2027-10-30T23:00:00.000Z',
      '2027-10-31T00:00:00.000Z',
      '2027-10-31T02:00:00.000Z',
    ])
  })

  it('has no slots on a date that a zone skips', () => {
    const samoa = { timeZone: 'Pacific/Apia', now: new Date('2011-12-28T00:00:00Z'), from: '2011-12-29', days: 3 }
    expect(plan(samoa).map(({ date }) => date)).toEqual([
      ...Array(3).fill('2011-12-29'),
      ...Array(3).fill('2011-12-31'),
    ])
  })
})

describe('which days', () => {
  it('plans what is left of today and the next days', () => {
    expect(plan({ days: 2 }).map(({ slot }) => slot)).toEqual([
      '2026-11-20/2',
      '2026-11-20/3',
      '2026-11-21/1',
      '2026-11-21/2',
      '2026-11-21/3',
    ])
  })

  it('takes today from TIMEZONE', () => {
    const lateEvening = new Date('2026-11-20T23:30:00Z')
    expect(plan({ now: lateEvening }).map(({ date }) => date)).toEqual(Array(3).fill('2026-11-21'))
    expect(plan({ now: lateEvening, timeZone: 'America/New_York' })).toEqual([])
  })

  it('does not plan a slot at this very instant', () => {
    expect(plan({ now: new Date('2026-11-20T12:00:00Z') }).map(({ slot }) => slot)).toEqual(['2026-11-20/3'])
  })

  it('after midnight, counts the rest of yesterday’s window as what is left of today', () => {
    const afterMidnight = { ...hours('22-02'), now: new Date('2026-11-20T23:30:00Z') }
    const expected = ['2026-11-20/3', '2026-11-21/1', '2026-11-21/2', '2026-11-21/3']
    expect(plan(afterMidnight).map(({ slot }) => slot)).toEqual(expected)
    expect(plan({ ...afterMidnight, from: '2026-11-21' }).map(({ slot }) => slot)).toEqual(expected)
  })

  it('starts a plan of another day with that day’s own window', () => {
    const slots = plan({ ...hours('22-02'), from: '2026-12-01' })
    expect(slots.map(({ slot }) => slot)).toEqual(['2026-12-01/1', '2026-12-01/2', '2026-12-01/3'])
  })
})

describe('what is free', () => {
  const tomorrow = { from: '2026-11-21' }

  it('leaves out a slot whose name is held, even by an item that was moved away', () => {
    const taken = [{ slot: '2026-11-21/2', at: new Date('2026-11-25T23:00:00Z') }]
    expect(plan({ ...tomorrow, taken }).map(({ slot }) => slot)).toEqual(['2026-11-21/1', '2026-11-21/3'])
  })

  it.each([
    ['2026-11-21T10:00:00Z', 'two hours before, half an interval', true],
    ['2026-11-21T10:00:01Z', 'a second less', false],
    ['2026-11-21T13:59:59Z', 'almost two hours after', false],
    ['2026-11-21T14:00:00Z', 'two hours after', true],
  ])('with something by hand at %s (%s), the 13:00 slot being free is %s', (at, _what, isFree) => {
    const taken = [{ slot: null, at: new Date(at) }]
    expect(plan({ ...tomorrow, taken }).some(({ slot }) => slot === '2026-11-21/2')).toBe(isFree)
  })

  it('fills only what is free after POSTS_PER_DAY was raised', () => {
    const more = plan({ ...tomorrow, postsPerDay: 6, taken: plan(tomorrow) })
    expect(more.map((slot) => readable(slot, 'Europe/Berlin'))).toEqual([
      '2026-11-21/4 2026-11-21 15:00',
      '2026-11-21/6 2026-11-21 19:00',
    ])
    const fewer = plan({ ...tomorrow, postsPerDay: 2, taken: plan(tomorrow) })
    expect(fewer).toEqual([])
  })
})

describe('jitter', () => {
  const jittered = (seed: string, jitterMinutes = 30) =>
    plan({ from: '2026-11-21', days: 30, jitterMinutes, random: seededRandom(seed) })
  const minutesOff = (seed: string, jitterMinutes?: number) => {
    const nominal = plan({ from: '2026-11-21', days: 30 })
    return jittered(seed, jitterMinutes).map(({ at }, i) => (at.getTime() - Number(nominal[i]?.at)) / 60_000)
  }

  it('stays within its minutes, uses them, and never leaves the window', () => {
    const off = minutesOff('a')
    expect(Math.max(...off)).toBeGreaterThan(25)
    expect(Math.max(...off)).toBeLessThanOrEqual(30)
    expect(Math.min(...off)).toBeLessThan(-25)
    expect(Math.min(...off)).toBeGreaterThanOrEqual(-30)
    expect(off.filter((_, i) => i % 3 === 0).every((minute) => minute >= 0)).toBe(true)
  })

  it('stays within a quarter of an interval, so that neighbours keep half of one', () => {
    expect(Math.max(...minutesOff('a', 600).map(Math.abs))).toBeLessThanOrEqual(60)
  })

  it('is repeated by the same seed and changed by another', () => {
    expect(jittered('a')).toEqual(jittered('a'))
    expect(jittered('a')).not.toEqual(jittered('b'))
  })

  it('of a slot does not depend on which others are taken', () => {
    const all = jittered('a')
    const taken = all.slice(0, 40)
    const rest = plan({ from: '2026-11-21', days: 30, jitterMinutes: 30, random: seededRandom('a'), taken })
    expect(rest).toEqual(all.slice(40))
  })

  it('never moves a slot back before now', () => {
    const now = new Date('2026-11-20T11:59:59Z')
    for (const seed of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const [first] = plan({ now, jitterMinutes: 30, random: seededRandom(seed) })
      expect(first?.slot).toBe('2026-11-20/2')
      expect(Number(first?.at)).toBeGreaterThan(now.getTime())
    }
  })
})

describe('the time zone of the machine', () => {
  const machine = process.env.TZ
  afterAll(() => {
    if (machine === undefined) delete process.env.TZ
    else process.env.TZ = machine
  })

  it.each([
    ['UTC', 0],
    ['America/New_York', 300],
    ['Asia/Kolkata', -330],
  ])('does not matter: %s', (timeZone, offsetMinutes) => {
    process.env.TZ = timeZone
    expect(new Date('2026-11-21T12:00:00Z').getTimezoneOffset()).toBe(offsetMinutes)
    const [first] = plan({ ...hours('9-22'), from: '2026-11-21' })
    expect(first?.at.toISOString()).toBe('2026-11-21T08:00:00.000Z')
  })
})
