import { Temporal } from 'temporal-polyfill'
import type { Random } from './random.ts'
import { crossesMidnight, type DayWindow, openWindow, type PostingWindow } from './slot-window.ts'
import { firstIndexWhere } from './sorted.ts'

const MS_PER_MINUTE = 60_000

/** A planned moment of a local day. */
export interface Slot {
  /** Its name for ever: `2026-11-21/2`. */
  slot: string
  /** Local date of the day whose window it belongs to, which is the day that window opened. */
  date: string
  /** Place in that window, from 1. */
  index: number
  /** Jitter included. */
  at: Date
}

/** A queue item, or a history row other than cancelled or undone: its place in the plan is not free. */
export interface TakenSlot {
  /** Null for an item made by hand. */
  slot: string | null
  at: Date
}

export interface PlanSlotsInput extends PostingWindow {
  now: Date
  /** Number of local days, the first included. */
  days: number
  /** First local day, `YYYY-MM-DD`; default: today in `timeZone`. A text that is not a date throws a RangeError. */
  from?: string
  /** Farthest distance of a slot from its nominal time, in minutes. Never above a quarter of an interval in effect. */
  jitterMinutes: number
  random: Random
  taken: readonly TakenSlot[]
}

interface Day {
  date: string
  window: DayWindow
}

interface Taken {
  names: Set<string>
  /** Sorted. */
  instantsMs: number[]
}

/** Where a slot may lie, both ends included. */
interface Room {
  earliestMs: number
  latestMs: number
}

/**
 * Free slots of the days asked for, in order.
 *
 * Whether a slot is free and in the future is judged by its nominal time, and jitter then keeps away from what is taken and from `now`:
 * so chance decides only where in its room a slot lies, never whether it exists. Planning again with the result as `taken` gives
 * nothing, whatever the seed. One number is drawn for each slot of each day, free or not, so that a taken slot does not shift the others.
 */
export function planSlots(input: PlanSlotsInput): Slot[] {
  const taken: Taken = {
    names: new Set(input.taken.flatMap(({ slot }) => (slot === null ? [] : [slot]))),
    instantsMs: input.taken.map(({ at }) => at.getTime()).sort((a, b) => a - b),
  }
  return localDays(input).flatMap((date) => {
    const window = openWindow(date, input)
    return window === null ? [] : freeSlots({ date: date.toString(), window }, taken, input)
  })
}

/**
 * The days whose windows are planned. What is left of today includes the rest of the window that opened yesterday and crosses midnight:
 * at 00:30, a slot at 00:40 is today's business, although its name says yesterday. A plan that starts on another day has no such rest.
 */
function localDays(input: PlanSlotsInput): Temporal.PlainDate[] {
  const today = Temporal.Instant.fromEpochMilliseconds(input.now.getTime())
    .toZonedDateTimeISO(input.timeZone)
    .toPlainDate()
  const first = input.from === undefined ? today : Temporal.PlainDate.from(input.from)
  const days = Array.from({ length: input.days }, (_, i) => first.add({ days: i }))
  return first.equals(today) && crossesMidnight(input) ? [today.subtract({ days: 1 }), ...days] : days
}

function freeSlots({ date, window }: Day, taken: Taken, input: PlanSlotsInput): Slot[] {
  return window.nominalMs.flatMap((nominalMs, i) => {
    const draw = input.random()
    const slot = `${date}/${i + 1}`
    if (nominalMs <= input.now.getTime() || taken.names.has(slot)) return []
    const free = roomBetweenTaken(nominalMs, window.halfIntervalMs, taken)
    if (free === null) return []
    const jitter = roomForJitter(window, i, input.jitterMinutes * MS_PER_MINUTE)
    const earliestMs = Math.max(free.earliestMs, jitter.earliestMs, input.now.getTime() + 1)
    const latestMs = Math.min(free.latestMs, jitter.latestMs)
    const atMs = earliestMs + Math.floor(draw * (latestMs - earliestMs + 1))
    return [{ slot, date, index: i + 1, at: new Date(atMs) }]
  })
}

/** Half an interval away from everything that is taken; null when something taken lies within half an interval of `nominalMs`. */
function roomBetweenTaken(nominalMs: number, halfIntervalMs: number, taken: Taken): Room | null {
  const above = firstIndexWhere(taken.instantsMs, (ms) => ms > nominalMs)
  const earliestMs = (taken.instantsMs[above - 1] ?? Number.NEGATIVE_INFINITY) + halfIntervalMs
  const latestMs = (taken.instantsMs[above] ?? Number.POSITIVE_INFINITY) - halfIntervalMs
  return earliestMs <= nominalMs && nominalMs <= latestMs ? { earliestMs, latestMs } : null
}

/** Two neighbours share what lies between them beyond half an interval. The next day's window may open when this one closes. */
function roomForJitter(window: DayWindow, i: number, jitterMs: number): Room {
  const { opensAtMs, closesAtMs, halfIntervalMs, nominalMs } = window
  const ownMs = nominalMs[i] ?? opensAtMs
  const shareMs = (gapMs: number) => Math.max(0, Math.min(jitterMs, Math.floor((gapMs - halfIntervalMs) / 2)))
  return {
    earliestMs: ownMs - shareMs(ownMs - (nominalMs[i - 1] ?? opensAtMs)),
    latestMs: ownMs + shareMs((nominalMs[i + 1] ?? closesAtMs) - ownMs),
  }
}
