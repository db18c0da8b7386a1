import type { Temporal } from 'temporal-polyfill'

/** When stories may go out, as the settings say it: wall clock in `timeZone`. */
export interface PostingWindow {
  /** IANA name. */
  timeZone: string
  /** Minutes after local midnight at which the window of a day opens, 0 to 1439. */
  windowStartMinutes: number
  /** Minutes after local midnight at which it closes, 0 to 1440. Before the start: the next day. Equal to it: a whole day. */
  windowEndMinutes: number
  /** Slots in one window, 1 to 50. */
  postsPerDay: number
}

/** The window of one local day, on the time line. */
export interface DayWindow {
  opensAtMs: number
  closesAtMs: number
  /**
   * No story comes closer to a slot of this day than this. The interval is the window's length divided by the slots: elapsed time when
   * a transition shortens the window, wall-clock time when one lengthens it, because its slots do not spread over a repeated hour.
   */
  halfIntervalMs: number
  /** Where the slots are before jitter, in order, never closer than half an interval. */
  nominalMs: number[]
}

const MINUTES_PER_DAY = 24 * 60
const MS_PER_MINUTE = 60_000

/** The window that opens on `date`, or null when the zone skips that date altogether (Samoa, 30 December 2011). */
export function openWindow(date: Temporal.PlainDate, rule: PostingWindow): DayWindow | null {
  const opens = date.toPlainDateTime().add({ minutes: rule.windowStartMinutes })
  const wallMs = wallClockLengthMinutes(rule) * MS_PER_MINUTE
  const opensAtMs = firstValidInstantMs(opens, rule.timeZone)
  const closesAtMs = firstValidInstantMs(opens.add({ milliseconds: wallMs }), rule.timeZone)
  const realMs = closesAtMs - opensAtMs
  const sharesMs = Array.from({ length: rule.postsPerDay }, (_, i) => Math.round((i * wallMs) / rule.postsPerDay))
  const evenlyMs = sharesMs.map((ms) => opensAtMs + ms)
  if (realMs === wallMs) return layOut({ opensAtMs, closesAtMs, wallMs }, evenlyMs)
  if (!date.toZonedDateTime(rule.timeZone).toPlainDate().equals(date)) return null
  // A window that lies wholly in the hour that does not exist moves behind it as it is.
  if (realMs === 0) return layOut({ opensAtMs, closesAtMs: opensAtMs + wallMs, wallMs }, evenlyMs)
  const byTheClockMs = sharesMs.map((ms) => firstValidInstantMs(opens.add({ milliseconds: ms }), rule.timeZone))
  return layOut({ opensAtMs, closesAtMs, wallMs }, byTheClockMs)
}

/** True when the window of a day still runs after the next midnight. */
export function crossesMidnight(rule: PostingWindow): boolean {
  return rule.windowStartMinutes + wallClockLengthMinutes(rule) > MINUTES_PER_DAY
}

function wallClockLengthMinutes({ windowStartMinutes, windowEndMinutes }: PostingWindow): number {
  const length = (windowEndMinutes - windowStartMinutes + MINUTES_PER_DAY) % MINUTES_PER_DAY
  return length === 0 ? MINUTES_PER_DAY : length
}

/**
 * The instant of a wall-clock time. One that happens twice: the first. One that does not exist: the first valid instant, which is
 * the transition itself (Temporal's `compatible` would answer 03:30 for a missing 02:30, not 03:00).
 */
function firstValidInstantMs(local: Temporal.PlainDateTime, timeZone: string): number {
  const zoned = local.toZonedDateTime(timeZone)
  if (zoned.toPlainDateTime().equals(local)) return zoned.epochMilliseconds
  const beforeGap = local.toZonedDateTime(timeZone, { disambiguation: 'earlier' })
  return (beforeGap.getTimeZoneTransition('next') ?? zoned).epochMilliseconds
}

interface WindowLength {
  opensAtMs: number
  closesAtMs: number
  wallMs: number
}

/**
 * Slots that a transition pushed onto each other, or onto the end of the window, are moved apart: as little as possible, later first
 * and then back from the end. An ordinary day passes unchanged.
 */
function layOut({ opensAtMs, closesAtMs, wallMs }: WindowLength, wantedMs: number[]): DayWindow {
  const intervalMs = Math.min(closesAtMs - opensAtMs, wallMs) / wantedMs.length
  const halfIntervalMs = Math.floor(intervalMs / 2)
  let earliest = opensAtMs
  const pushedMs = wantedMs.map((ms) => {
    const pushed = Math.max(ms, earliest)
    earliest = pushed + halfIntervalMs
    return pushed
  })
  // More than half an interval, so that the first slot of the next day stays free when that day's window follows at once and is longer.
  let latest = closesAtMs - Math.floor(intervalMs * 0.75)
  const nominalMs = pushedMs
    .toReversed()
    .map((ms) => {
      const pulled = Math.min(ms, latest)
      latest = pulled - halfIntervalMs
      return pulled
    })
    .toReversed()
  return { opensAtMs, closesAtMs, halfIntervalMs, nominalMs }
}
