import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { afterEach, describe, expect, it } from 'vitest'
import {
  formatClock,
  formatDateTime,
  formatDay,
  formatDuration,
  formatRelative,
  formatShortClock,
  isoWithOffset,
} from '../../src/output/time.ts'

/** Whole, half and three-quarter hours, both hemispheres, zones that changed their offset or skipped a day. */
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'America/Sao_Paulo',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Australia/Eucla',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'Pacific/Apia',
  'Pacific/Kiritimati',
  'Africa/Casablanca',
  'Africa/Monrovia',
  'Etc/GMT+12',
] as const

const DST_EDGES = [
  '2026-03-29T01:00:00Z',
  '2026-10-25T01:00:00Z',
  '2026-03-08T07:00:00Z',
  '2026-11-01T06:00:00Z',
  '2026-04-04T15:00:00Z',
  '2026-10-03T15:30:00Z',
  '2011-12-30T10:00:00Z',
].map((at) => new Date(at).getTime())

const anyInstant = fc.oneof(
  fc.date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
  fc
    .tuple(fc.constantFrom(...DST_EDGES), fc.integer({ min: -7_300_000, max: 7_300_000 }))
    .map(([at, ms]) => new Date(at + ms)),
)
const anyMoment = fc.tuple(anyInstant, fc.constantFrom(...ZONES))
const localTime = (at: Date, timeZone: string) =>
  Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone)
const eachMoment = (check: (at: Date, timeZone: string) => void) =>
  fc.assert(
    fc.property(anyMoment, ([at, timeZone]) => check(at, timeZone)),
    { numRuns: 500 },
  )

const at = new Date('2026-01-03T13:30:00Z')

describe('times as people read them', () => {
  it.each([
    ['UTC', 'Jan 3, 2026, 1:30 PM UTC', '1:30 PM UTC', 'Sat, Jan 3', '13:30'],
    ['Europe/Berlin', 'Jan 3, 2026, 2:30 PM GMT+1', '2:30 PM GMT+1', 'Sat, Jan 3', '14:30'],
    ['America/New_York', 'Jan 3, 2026, 8:30 AM EST', '8:30 AM EST', 'Sat, Jan 3', '08:30'],
    ['Asia/Kathmandu', 'Jan 3, 2026, 7:15 PM GMT+5:45', '7:15 PM GMT+5:45', 'Sat, Jan 3', '19:15'],
    ['Pacific/Kiritimati', 'Jan 4, 2026, 3:30 AM GMT+14', '3:30 AM GMT+14', 'Sun, Jan 4', '03:30'],
  ])('%s', (timeZone, dateTime, clock, day, shortClock) => {
    expect(formatDateTime(at, timeZone)).toBe(dateTime)
    expect(formatClock(at, timeZone)).toBe(clock)
    expect(formatDay(at, timeZone)).toBe(day)
    expect(formatShortClock(at, timeZone)).toBe(shortClock)
  })

  it('midnight is 12 AM and 00:00, never 24', () => {
    const midnight = new Date('2026-01-03T00:00:00Z')
    expect(formatClock(midnight, 'UTC')).toBe('12:00 AM UTC')
    expect(formatShortClock(midnight, 'UTC')).toBe('00:00')
  })

  it('the abbreviation tells the two hours apart that a clock change makes alike', () => {
    expect(formatDateTime(new Date('2026-11-01T05:30:00Z'), 'America/New_York')).toBe('Nov 1, 2026, 1:30 AM EDT')
    expect(formatDateTime(new Date('2026-11-01T06:30:00Z'), 'America/New_York')).toBe('Nov 1, 2026, 1:30 AM EST')
  })

  it('holds only plain spaces', () => {
    eachMoment((at, timeZone) => {
      for (const format of [formatDateTime, formatClock, formatDay, formatShortClock]) {
        expect(format(at, timeZone)).toMatch(/^[\x20-\x7e]+$/)
      }
    })
  })

  it('shows the local wall clock of every zone', () => {
    eachMoment((at, timeZone) => {
      const local = localTime(at, timeZone)
      const two = (value: number) => String(value).padStart(2, '0')
      const half = `${local.hour % 12 || 12}:${two(local.minute)} ${local.hour < 12 ? 'AM' : 'PM'}`
      expect(formatShortClock(at, timeZone)).toBe(`${two(local.hour)}:${two(local.minute)}`)
      expect(formatClock(at, timeZone).startsWith(`${half} `)).toBe(true)
      const dateTime = formatDateTime(at, timeZone)
      expect(dateTime).toContain(`, ${half} `)
      expect(Date.parse(`${dateTime.split(', ').slice(0, 2).join(', ')} UTC`)).toBe(
        Date.UTC(local.year, local.month - 1, local.day),
      )
    })
  })
})

describe('isoWithOffset', () => {
  it.each([
    ['UTC', '2026-01-03T13:30:00+00:00'],
    ['Europe/Berlin', '2026-01-03T14:30:00+01:00'],
    ['America/St_Johns', '2026-01-03T10:00:00-03:30'],
    ['Asia/Kathmandu', '2026-01-03T19:15:00+05:45'],
    ['Pacific/Chatham', '2026-01-04T03:15:00+13:45'],
    ['Etc/GMT+12', '2026-01-03T01:30:00-12:00'],
  ])('%s', (timeZone, expected) => {
    expect(isoWithOffset(at, timeZone)).toBe(expected)
  })

  it('reads back as the same second, with the offset of the zone at that moment', () => {
    eachMoment((at, timeZone) => {
      const iso = isoWithOffset(at, timeZone)
      expect(iso).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/)
      expect(Date.parse(iso)).toBe(Math.floor(at.getTime() / 1000) * 1000)
      const offset = localTime(at, timeZone).offset
      // Monrovia's -00:44:30 of 1970 cannot be written; the instant is still right.
      expect(iso.slice(-6)).toBe(offset.length === 6 ? offset : '+00:00')
    })
  })

  it('reads back also beyond the year 9999', () => {
    const far = new Date('+012026-01-03T13:30:00Z')
    expect(Date.parse(isoWithOffset(far, 'Europe/Berlin'))).toBe(far.getTime())
  })
})

describe('formatDuration', () => {
  const second = 1000
  const minute = 60 * second
  const hour = 60 * minute
  const day = 24 * hour
  it.each([
    [-5 * hour, '0 seconds'],
    [0, '0 seconds'],
    [999, '0 seconds'],
    [second, '1 second'],
    [59.9 * second, '59 seconds'],
    [minute, '1 minute'],
    [2 * minute - 1, '1 minute'],
    [2 * minute, '2 minutes'],
    [hour - 1, '59 minutes'],
    [hour, '1 hour'],
    [day - 1, '23 hours'],
    [day, '1 day'],
    [400 * day, '400 days'],
  ])('%s ms is %s', (ms, expected) => {
    expect(formatDuration(ms)).toBe(expected)
  })
})

describe('formatRelative', () => {
  it.each([
    [0, 'now'],
    [999, 'now'],
    [-999, 'now'],
    [1000, 'in 1 second'],
    [-1000, '1 second ago'],
    [7_200_000, 'in 2 hours'],
    [-3 * 86_400_000, '3 days ago'],
  ])('%s ms away is %s', (distance, expected) => {
    expect(formatRelative(new Date(at.getTime() + distance), at)).toBe(expected)
  })
})

describe('the time zone of the process', () => {
  const before = process.env.TZ
  afterEach(() => {
    if (before === undefined) delete process.env.TZ
    else process.env.TZ = before
  })

  it('changes nothing', () => {
    const shown = ['UTC', 'Pacific/Apia', 'America/Los_Angeles'].map((zone) => {
      process.env.TZ = zone
      expect(new Date(2026, 0, 1).getTimezoneOffset()).toBe({ UTC: 0, 'Pacific/Apia': -780 }[zone] ?? 480)
      return [formatDateTime, formatClock, formatDay, formatShortClock, isoWithOffset].map((f) => f(at, 'Asia/Kolkata'))
    })
    expect(shown[1]).toEqual(shown[0])
    expect(shown[2]).toEqual(shown[0])
  })
})
