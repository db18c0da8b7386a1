import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/schedule/random.ts'
import { planSlots, type Slot } from '../../src/schedule/slots.ts'
import { hours } from './planning.ts'

interface Transition {
  timeZone: string
  at: Temporal.Instant
}

const TRANSITIONS = Intl.supportedValuesOf('timeZone').flatMap((timeZone) =>
  transitionsOf(timeZone, '2026-11', '2029-11'),
)

function transitionsOf(timeZone: string, from: string, to: string): Transition[] {
  const found: Transition[] = []
  const end = Temporal.Instant.from(`${to}-01T00:00Z`)
  let next = Temporal.Instant.from(`${from}-01T00:00Z`).toZonedDateTimeISO(timeZone).getTimeZoneTransition('next')
  while (next && Temporal.Instant.compare(next.toInstant(), end) < 0) {
    found.push({ timeZone, at: next.toInstant() })
    next = next.getTimeZoneTransition('next')
  }
  return found
}

/** The instant of a wall-clock time near a known transition: the first of two, and the transition itself for one that is missing. */
function instantMs(local: Temporal.PlainDateTime, { timeZone, at }: Transition): number {
  const first = local.toZonedDateTime(timeZone, { disambiguation: 'earlier' })
  return first.toPlainDateTime().equals(local) ? first.epochMilliseconds : at.epochMilliseconds
}

interface Window {
  windowStartMinutes: number
  windowEndMinutes: number
}

interface Check extends Transition, Window {
  postsPerDay: number
  jitterMinutes: number
}

/** The three windows that open the day before, on, and after the day of a transition. */
function planAround(check: Check): { date: Temporal.PlainDate; slots: Slot[] }[] {
  const local = check.at.toZonedDateTimeISO(check.timeZone).toPlainDate()
  const first = local.subtract({ days: 1 })
  const all = planSlots({
    ...check,
    now: new Date(check.at.epochMilliseconds - 4 * 86_400_000),
    from: first.toString(),
    days: 3,
    random: seededRandom(check.timeZone),
    taken: [],
  })
  const days = [0, 1, 2].map((add) => first.add({ days: add }))
  expect(all.map(({ slot }) => slot)).toEqual(days.flatMap((date) => namesOf(date, check.postsPerDay)))
  return days.map((date) => ({ date, slots: all.filter((slot) => slot.date === date.toString()) }))
}

function namesOf(date: Temporal.PlainDate, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${date}/${i + 1}`)
}

/** What is wrong with one day's slots; empty when they are right. Plain comparisons, because there are hundreds of thousands of them. */
function faultsOf(date: Temporal.PlainDate, slots: Slot[], check: Check): string[] {
  const opens = date.toPlainDateTime().add({ minutes: check.windowStartMinutes })
  const wallMinutes = (check.windowEndMinutes - check.windowStartMinutes + 1440) % 1440 || 1440
  const opensMs = instantMs(opens, check)
  const closesMs = instantMs(opens.add({ minutes: wallMinutes }), check)
  const halfMs = Math.floor(Math.min(closesMs - opensMs, wallMinutes * 60_000) / check.postsPerDay / 2)
  const faults: string[] = []
  let previousMs = Number.NEGATIVE_INFINITY
  slots.forEach(({ slot, at }, i) => {
    const ms = at.getTime()
    const wanted = opens.add({ milliseconds: Math.round((i * wallMinutes * 60_000) / check.postsPerDay) })
    const fault = (what: string) => faults.push(`${check.timeZone} ${slot} at ${at.toISOString()}: ${what}`)
    if (ms < opensMs || ms >= closesMs) fault('outside the window')
    if (ms - previousMs < halfMs || ms <= previousMs) fault('too close to the one before')
    if (
      closesMs - opensMs >= wallMinutes * 60_000 &&
      Math.abs(ms - instantMs(wanted, check)) > check.jitterMinutes * 60_000
    ) {
      fault(`not at ${wanted}`)
    }
    const day = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(check.timeZone).toPlainDate()
    const isNextDay = check.windowEndMinutes <= check.windowStartMinutes && day.equals(date.add({ days: 1 }))
    if (!day.equals(date) && !isNextDay) fault(`on ${day}`)
    previousMs = ms
  })
  return faults
}

describe('around every change of the clocks until 2029, in every zone', () => {
  it('there are changes to test', () => {
    expect(TRANSITIONS.length).toBeGreaterThan(500)
    expect(new Set(TRANSITIONS.map(({ timeZone }) => timeZone)).size).toBeGreaterThan(100)
  })

  it.each([
    ['09-21', 3, 0],
    ['22-02', 3, 0],
    ['22-02', 7, 30],
    ['01-04', 6, 0],
    ['01-04', 5, 30],
    ['00-24', 24, 0],
    ['00-24', 5, 30],
    ['02-02', 12, 30],
  ])(
    'window %s with %i slots and %i minutes of jitter: each once, in order, inside, on the right date',
    (window, postsPerDay, jitterMinutes) => {
      const faults = TRANSITIONS.flatMap((transition) => {
        const check = { ...transition, ...hours(window), postsPerDay, jitterMinutes }
        const days = planAround(check)
        const all = days.flatMap(({ slots }) => slots.map(({ at }) => at.getTime()))
        const isOrdered = all.every((ms, i) => i === 0 || ms > Number(all[i - 1]))
        return [
          ...(isOrdered ? [] : [`${transition.timeZone}: not in order`]),
          ...days.flatMap(({ date, slots }) => faultsOf(date, slots, check)),
        ]
      })
      expect(faults).toEqual([])
    },
  )
})
