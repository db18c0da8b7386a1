import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import {
  buildCalendar,
  type CalendarDay,
  type CalendarFacts,
  type CalendarState,
  type CalendarStory,
} from '../../src/schedule/calendar.ts'
import { type DayWindow, openWindow } from '../../src/schedule/slot-window.ts'
import { planSlots } from '../../src/schedule/slots.ts'
import { hours } from './planning.ts'

/** Friday, noon in Berlin; 09 to 21, three a day: slots at 9, 13 and 17. */
const NOON = new Date('2026-11-20T11:00:00Z')

function facts({ window, ...overrides }: Partial<Omit<CalendarFacts, 'window'>> & { window?: object } = {}) {
  return {
    now: NOON,
    from: '2026-11-20',
    days: 1,
    stories: [],
    isPaused: false,
    window: { timeZone: 'Europe/Berlin', postsPerDay: 3, ...hours('9-21'), ...window },
    ...overrides,
  } satisfies CalendarFacts
}

function story(at: string, overrides: Partial<CalendarStory> = {}): CalendarStory {
  const base = { slot: null, status: 'pending', channel: 'telegram', storyNumber: 1, file: 'a.jpg', isSample: false }
  return { ...base, at: new Date(at), ...overrides } as CalendarStory
}

/** `2026-11-20: 13:00 free, 17:00 free`. */
function readable(days: readonly CalendarDay[], timeZone = 'Europe/Berlin'): string[] {
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone, timeStyle: 'short' })
  return days.map(({ date, slots }) => {
    const shown = slots.map(({ at, state, storyNumber }) =>
      [clock.format(at), state, ...(storyNumber === null ? [] : [`#${storyNumber}`])].join(' '),
    )
    return `${date}: ${shown.join(', ')}`
  })
}

const calendar = (overrides: Parameters<typeof facts>[0], timeZone?: string) =>
  readable(buildCalendar(facts(overrides)), timeZone)

describe('what a story looks like in the calendar', () => {
  const later = '2026-11-20T13:00:00Z'
  const earlier = '2026-11-20T08:00:00Z'
  it.each<[string, Partial<CalendarStory>, string, boolean, CalendarState]>([
    ['publishes itself', { channel: 'instagram' }, later, false, 'automatic'],
    ['goes to the team', {}, later, false, 'manual'],
    ['waits for a retry', { status: 'retrying' }, later, false, 'manual'],
    ['is overdue', {}, earlier, false, 'manual'],
    ['is overdue while paused', { channel: 'instagram' }, earlier, true, 'paused'],
    ['has its time after the pause, maybe', {}, later, true, 'manual'],
    ['is a sample', { isSample: true }, earlier, true, 'sample'],
    ['is being sent', { status: 'processing' }, earlier, true, 'sending'],
    ['is with the team', { status: 'awaiting_team' }, earlier, true, 'with_team'],
    ['is in doubt', { status: 'unconfirmed' }, earlier, false, 'unconfirmed'],
    ['was a sample that was cancelled', { status: 'cancelled', isSample: true }, earlier, false, 'cancelled'],
    ['was posted', { status: 'posted' }, earlier, false, 'posted'],
    ['was missed', { status: 'missed', channel: 'instagram' }, earlier, true, 'missed'],
  ])('%s', (_, overrides, at, isPaused, state) => {
    const days = buildCalendar(facts({ isPaused, stories: [story(at, overrides)], window: { postsPerDay: 1 } }))
    expect(days.flatMap(({ slots }) => slots.filter(({ file }) => file !== null))).toEqual([
      expect.objectContaining({ at: new Date(at), state, file: 'a.jpg', storyNumber: 1 }),
    ])
  })
})

describe('what is free', () => {
  it('is what create-schedule would fill, at its time before jitter', () => {
    expect(calendar({ days: 2 })).toEqual([
      '2026-11-20: 13:00 free, 17:00 free',
      '2026-11-21: 09:00 free, 13:00 free, 17:00 free',
    ])
  })

  it('is not where a story by hand is near, nor where its name is taken by one that was moved away', () => {
    const stories = [
      story('2026-11-20T12:30:00Z', { storyNumber: 7 }),
      story('2026-11-25T12:00:00Z', { slot: '2026-11-20/3', storyNumber: 8 }),
    ]
    expect(calendar({ stories })).toEqual(['2026-11-20: 13:30 manual #7, 17:00 moved #8'])
  })

  it('follows POSTS_PER_DAY as it is now, beside what was planned under another one, whose names stay taken', () => {
    const stories = [
      story('2026-11-21T08:00:00Z', { slot: '2026-11-21/1' }),
      story('2026-11-21T14:00:00Z', { slot: '2026-11-21/2' }),
    ]
    expect(calendar({ from: '2026-11-21', stories, window: { postsPerDay: 4 } })).toEqual([
      '2026-11-21: 09:00 manual #1, 12:00 moved #1, 15:00 manual #1, 18:00 free',
    ])
  })

  it('is nothing in the past, whatever was there', () => {
    const stories = [story('2026-11-18T08:00:00Z', { status: 'posted', slot: '2026-11-18/1' })]
    expect(calendar({ from: '2026-11-18', days: 2, stories })).toEqual(['2026-11-18: 09:00 posted #1', '2026-11-19: '])
  })

  it('is the same for every jitter and chance of create-schedule', { timeout: 120_000 }, () => {
    const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'UTC']
    const minutes = fc.integer({ min: 0, max: 47 }).map((half) => half * 30)
    const around = fc.integer({ min: -2880, max: 2880 })
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.date({ min: new Date('2026-01-01'), max: new Date('2027-12-31'), noInvalidDate: true }),
        fc.record({
          windowStartMinutes: minutes,
          windowEndMinutes: minutes,
          postsPerDay: fc.integer({ min: 1, max: 12 }),
        }),
        fc.array(around, { maxLength: 6 }),
        fc.integer({ min: 0, max: 60 }),
        (timeZone, now, window, offsets, jitterMinutes) => {
          const stories = offsets.map((m) => story(new Date(now.getTime() + m * 60_000).toISOString()))
          const from = new Intl.DateTimeFormat('sv-SE', { timeZone }).format(now)
          const given = facts({ now, from, days: 3, stories, window: { ...window, timeZone } })
          const free = buildCalendar(given).flatMap(({ date, slots }) =>
            slots.flatMap(({ state, slot }) => (state === 'free' ? [[date, slot]] : [])),
          )
          const planned = planSlots({
            ...given.window,
            now,
            from,
            days: 3,
            jitterMinutes,
            random: () => 0.99,
            taken: stories,
          })
          expect(free.map(([, slot]) => slot).sort()).toEqual(planned.map(({ slot }) => slot).sort())
          // Under the day that its name says.
          for (const [date, slot] of free) expect(slot?.startsWith(`${date}/`)).toBe(true)
        },
      ),
      { numRuns: 100 },
    )
  })
})

describe('a slot whose story moved', () => {
  /** Wednesday's first slot, seen on Friday noon. */
  const WEDNESDAY = '2026-11-25'
  const moved = (at: string, overrides: Partial<CalendarStory> = {}) =>
    story(at, { slot: `${WEDNESDAY}/1`, storyNumber: 8, ...overrides })
  const byHand = (at: string) => story(at, { storyNumber: 9 })

  it.each<[string, CalendarStory[], string]>([
    ['to another day', [moved('2026-11-20T11:00:00Z')], '09:00 moved #8, 13:00 free, 17:00 free'],
    ['and was posted', [moved('2026-11-20T10:00:00Z', { status: 'posted' })], '09:00 moved #8, 13:00 free, 17:00 free'],
    [
      'and was cancelled there',
      [moved('2026-11-20T10:00:00Z', { status: 'cancelled' })],
      '09:00 free, 13:00 free, 17:00 free',
    ],
    ['not, it has its jitter', [moved('2026-11-25T08:55:00Z')], '09:55 manual #8, 13:00 free, 17:00 free'],
    ['not as far as half an interval', [moved('2026-11-25T09:59:00Z')], '10:59 manual #8, 13:00 free, 17:00 free'],
    [
      'to the middle between two slots',
      [moved('2026-11-25T10:00:00Z')],
      '09:00 moved #8, 11:00 manual #8, 13:00 free, 17:00 free',
    ],
    ['to the time of the next slot', [moved('2026-11-25T12:10:00Z')], '09:00 moved #8, 13:10 manual #8, 17:00 free'],
    ['to an earlier hour', [moved('2026-11-25T05:00:00Z')], '06:00 manual #8, 09:00 moved #8, 13:00 free, 17:00 free'],
    [
      'and another one came there',
      [moved('2026-11-20T11:00:00Z'), byHand('2026-11-25T08:30:00Z')],
      '09:30 manual #9, 13:00 free, 17:00 free',
    ],
    [
      'and another one was cancelled there',
      [moved('2026-11-20T11:00:00Z'), story('2026-11-25T08:10:00Z', { slot: `${WEDNESDAY}/1`, status: 'cancelled' })],
      '09:00 moved #8, 13:00 free, 17:00 free',
    ],
    [
      'and the settings have it no more',
      [moved('2026-11-20T11:00:00Z', { slot: `${WEDNESDAY}/4` })],
      '09:00 free, 13:00 free, 17:00 free',
    ],
  ])('%s', (_, stories, shown) => {
    expect(calendar({ from: WEDNESDAY, stories })).toEqual([`${WEDNESDAY}: ${shown}`])
  })

  it('is told with the story that holds it, which is shown once, where it stands', () => {
    const stories = [moved('2026-11-20T11:00:00Z', { channel: 'instagram' })]
    const days = buildCalendar(facts({ days: 6, stories }))
    expect(days.flatMap(({ slots }) => slots.filter(({ storyNumber }) => storyNumber === 8))).toEqual([
      expect.objectContaining({ at: new Date('2026-11-20T11:00:00Z'), state: 'automatic', slot: '2026-11-25/1' }),
      {
        slot: '2026-11-25/1',
        at: new Date('2026-11-25T08:00:00Z'),
        state: 'moved',
        storyNumber: 8,
        file: 'a.jpg',
        channel: 'instagram',
      },
    ])
  })

  it('is told after its time as well, on a day that is over only when it went to another day', () => {
    const at = (slot: string, to: string) => story(to, { slot, storyNumber: 8 })
    expect(calendar({ stories: [at('2026-11-20/1', '2026-11-20T16:00:00Z')] })).toEqual([
      '2026-11-20: 09:00 moved #8, 13:00 free, 17:00 manual #8',
    ])
    const over = { from: '2026-11-19' }
    expect(calendar({ ...over, stories: [at('2026-11-19/1', '2026-11-20T16:00:00Z')] })).toEqual([
      '2026-11-19: 09:00 moved #8',
    ])
    expect(calendar({ ...over, stories: [at('2026-11-19/1', '2026-11-19T16:00:00Z')] })).toEqual([
      '2026-11-19: 17:00 manual #8',
    ])
  })

  it('belongs to the day whose window it is in, after midnight too', () => {
    const window = { timeZone: 'UTC', ...hours('22-02'), postsPerDay: 2 }
    const now = new Date('2026-01-04T12:00:00Z')
    const stories = [story('2026-01-06T12:00:00Z', { slot: '2026-01-04/2', storyNumber: 8 })]
    expect(calendar({ now, from: '2026-01-04', days: 2, stories, window }, 'UTC')).toEqual([
      '2026-01-04: 22:00 free, 00:00 moved #8',
      '2026-01-05: 22:00 free, 00:00 free',
    ])
    const atNight = { now: new Date('2026-01-04T23:50:00Z'), from: '2026-01-04', window, stories }
    expect(calendar(atNight, 'UTC')).toEqual(['2026-01-04: 00:00 moved #8'])
    const afterMidnight = { now: new Date('2026-01-05T00:10:00Z'), from: '2026-01-05', window, stories }
    expect(calendar(afterMidnight, 'UTC')).toEqual(['2026-01-04: 00:00 moved #8', '2026-01-05: 22:00 free, 00:00 free'])
  })

  it('leaves no slot ahead without a word, wherever its story went', () => {
    const minutes = fc.integer({ min: 0, max: 47 }).map((half) => half * 30)
    const went = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: -4320, max: 4320 }))
    fc.assert(
      fc.property(
        fc.record({
          windowStartMinutes: minutes,
          windowEndMinutes: minutes,
          postsPerDay: fc.integer({ min: 1, max: 5 }),
        }),
        fc.array(went, { maxLength: 5 }),
        (window, wents) => {
          const rule = { timeZone: 'Europe/Berlin', ...window }
          const { nominalMs, halfIntervalMs } = openWindow(Temporal.PlainDate.from(WEDNESDAY), rule) as DayWindow
          const stories = [...new Map(wents)].map(([index, m]) =>
            moved(new Date((nominalMs[index - 1] ?? 0) + m * 60_000).toISOString(), { slot: `${WEDNESDAY}/${index}` }),
          )
          const slots = buildCalendar(facts({ from: WEDNESDAY, stories, window: rule })).flatMap(({ slots }) => slots)
          for (const [i, ms] of nominalMs.entries()) {
            const own = slots.filter(({ slot, at }) => slot === `${WEDNESDAY}/${i + 1}` && at.getTime() === ms)
            const isNear = stories.some(({ at }) => Math.abs(at.getTime() - ms) < halfIntervalMs)
            const isHeld = stories.some(({ slot }) => slot === `${WEDNESDAY}/${i + 1}`)
            const told = own.filter(({ state }) => state === 'free' || state === 'moved').map(({ state }) => state)
            expect(told).toEqual(isNear ? [] : [isHeld ? 'moved' : 'free'])
          }
        },
      ),
    )
  })
})

describe('a cancelled story', () => {
  const cancelled = (slot: string | null, at: string, storyNumber = 1) =>
    story(at, { slot, status: 'cancelled', storyNumber })

  it('is shown where nothing stands in its place, the last of several', () => {
    const stories = [
      cancelled('2026-11-20/1', '2026-11-20T08:10:00Z', 3),
      cancelled('2026-11-20/1', '2026-11-20T08:00:00Z', 4),
      cancelled(null, '2026-11-20T07:00:00Z', 5),
    ]
    expect(calendar({ stories, window: { postsPerDay: 1 } })).toEqual([
      '2026-11-20: 08:00 cancelled #5, 09:00 cancelled #4',
    ])
  })

  it('gives its slot back, and is not shown beside what took it', () => {
    const stories = [
      cancelled('2026-11-20/2', '2026-11-20T12:00:00Z', 3),
      cancelled('2026-11-20/3', '2026-11-20T16:00:00Z', 4),
      story('2026-11-20T16:05:00Z', { slot: '2026-11-20/3', storyNumber: 9 }),
    ]
    expect(calendar({ stories })).toEqual(['2026-11-20: 13:00 free, 17:05 manual #9'])
  })
})

describe('days', () => {
  const night = { timeZone: 'UTC', ...hours('22-02') }

  it('hold what lies in their window after midnight, by hand as well', () => {
    const stories = [
      story('2026-01-05T01:30:00Z', { storyNumber: 4 }),
      story('2026-01-05T02:30:00Z', { storyNumber: 5 }),
    ]
    const now = new Date('2026-01-04T12:00:00Z')
    expect(
      calendar({ now, from: '2026-01-04', days: 2, stories, window: { ...night, postsPerDay: 2 } }, 'UTC'),
    ).toEqual([
      '2026-01-04: 22:00 free, 00:00 free, 01:30 manual #4',
      '2026-01-05: 02:30 manual #5, 22:00 free, 00:00 free',
    ])
  })

  it('begin with yesterday while its window is open and holds something', () => {
    const now = new Date('2026-01-05T00:10:00Z')
    const days = buildCalendar(facts({ now, from: '2026-01-05', window: night }))
    expect(readable(days, 'UTC')).toEqual(['2026-01-04: 00:40 free', '2026-01-05: 22:00 free, 23:20 free, 00:40 free'])
    expect(days.map(({ isToday }) => isToday)).toEqual([false, true])
    expect(calendar({ now: new Date('2026-01-05T01:00:00Z'), from: '2026-01-05', window: night }, 'UTC')).toHaveLength(
      1,
    )
    expect(calendar({ now, from: '2026-01-06', window: night }, 'UTC')).toHaveLength(1)
  })

  it('keep all their slots when the clocks change', () => {
    const window = hours('1-5')
    const spring = { now: new Date('2026-03-28T12:00:00Z'), from: '2026-03-29', window }
    expect(calendar(spring)).toEqual(['2026-03-29: 01:00 free, 03:00 free, 03:40 free'])
    const autumn = { now: new Date('2026-10-24T12:00:00Z'), from: '2026-10-25', window: { ...window, postsPerDay: 4 } }
    expect(calendar(autumn)).toEqual(['2026-10-25: 01:00 free, 02:00 free, 03:00 free, 04:00 free'])
    // The second 02:30 of that night is a moment of its own.
    const stories = [story('2026-10-25T01:30:00Z', { storyNumber: 6 })]
    expect(calendar({ ...autumn, stories, window: { ...window, postsPerDay: 1 } })).toEqual([
      '2026-10-25: 01:00 free, 02:30 manual #6',
    ])
  })
})
