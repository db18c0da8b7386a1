import { Temporal } from 'temporal-polyfill'
import { usageError } from '../errors.ts'
import type { Parser } from '../settings-values.ts'

/** A time as somebody typed it. */
export type When =
  /** Wall clock in TIMEZONE; `date`: a day, or so many days from today. */
  { kind: 'local'; typed: string; date: string | number; time: string } | { kind: 'instant'; typed: string; at: Date }

/** Days from today. */
const DAYS: Readonly<Record<string, number>> = { today: 0, tomorrow: 1 }
const LOCAL = /^(?:(\d{4}-\d{2}-\d{2}|today|tomorrow)[ T])?(\d{1,2}:\d{2})$/i
const WITH_OFFSET = /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}(?::?\d{2})?)$/i
const RULE = 'a local time such as "2026-11-22 14:30", "tomorrow 14:30" or "14:30", or one with its offset'

/** `2026-11-22 14:30`, `tomorrow 14:30`, `14:30`, `2026-11-22T14:30+01:00`, `2026-11-22T13:30Z`. */
export const when: Parser<When> = (typed) => {
  const [, day = 'today', clock] = LOCAL.exec(typed) ?? []
  try {
    if (clock !== undefined) {
      const time = Temporal.PlainTime.from(clock.padStart(5, '0')).toString()
      const date = DAYS[day.toLowerCase()] ?? Temporal.PlainDate.from(day).toString()
      return { kind: 'ok', value: { kind: 'local', typed, date, time } }
    }
    if (!WITH_OFFSET.test(typed)) return { kind: 'wrong', rule: RULE }
    const at = new Date(Temporal.Instant.from(typed).epochMilliseconds)
    return { kind: 'ok', value: { kind: 'instant', typed, at } }
  } catch (error) {
    // A well-formed text that is no time: 2026-02-30, 25:00.
    if (!(error instanceof RangeError)) throw error
    return { kind: 'wrong', rule: RULE }
  }
}

/**
 * The instant that was meant. A time that happens twice is the first one; one that the clocks skip is refused, because
 * whoever typed it should say which neighbour they mean.
 */
export function resolveWhen(wanted: When, timeZone: string, now: Date): Date {
  if (wanted.kind === 'instant') return wanted.at
  const today = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(timeZone).toPlainDate()
  const { date } = wanted
  const day = typeof date === 'number' ? today.add({ days: date }) : Temporal.PlainDate.from(date)
  const local = day.toPlainDateTime(Temporal.PlainTime.from(wanted.time))
  const zoned = local.toZonedDateTime(timeZone)
  if (!zoned.toPlainDateTime().equals(local)) {
    throw usageError(
      `"${wanted.typed}" does not exist in ${timeZone}: the clocks are put forward over it`,
      `The next valid time is ${zoned.toPlainDateTime().toString({ smallestUnit: 'minute' }).replace('T', ' ')}.`,
    )
  }
  return new Date(zoned.epochMilliseconds)
}

const UNIT_MINUTES: Readonly<Record<string, number>> = { m: 1, h: 60, d: 24 * 60, w: 7 * 24 * 60 }

/** `30m`, `2h`, `1h30m`, `3d`, `2w` as milliseconds; a day is 24 hours. */
export const duration: Parser<number> = (typed) => {
  const parts = /^(?:\d{1,5}[mhdw])+$/i.test(typed) ? [...typed.toLowerCase().matchAll(/(\d+)([mhdw])/g)] : []
  if (parts.length === 0) return { kind: 'wrong', rule: 'a span such as 30m, 2h, 1h30m or 3d' }
  const minutes = parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNIT_MINUTES[unit] ?? 0), 0)
  return { kind: 'ok', value: minutes * 60_000 }
}

/** A day of the calendar, `YYYY-MM-DD`. */
export const calendarDay: Parser<string> = (typed) => {
  const at = new Date(`${typed}T00:00:00Z`)
  const exists = /^\d{4}-\d{2}-\d{2}$/.test(typed) && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(typed)
  return exists ? { kind: 'ok', value: typed } : { kind: 'wrong', rule: 'a date as YYYY-MM-DD' }
}

/** Today's date in `timeZone`, `YYYY-MM-DD`. */
export function localDate(now: Date, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(timeZone).toPlainDate().toString()
}

/** `2027-01-01` after `2026-12-31`. */
export function nextDay(date: string): string {
  return Temporal.PlainDate.from(date).add({ days: 1 }).toString()
}

/** Where a listing begins. */
export type Since = { kind: 'span'; ms: number } | { kind: 'day'; date: string }

/** `7d`, `24h` or a local date. */
export const since: Parser<Since> = (typed) => {
  const span = duration(typed)
  if (span.kind === 'ok') return { kind: 'ok', value: { kind: 'span', ms: span.value } }
  const day = calendarDay(typed)
  if (day.kind === 'ok') return { kind: 'ok', value: { kind: 'day', date: day.value } }
  return { kind: 'wrong', rule: 'a span such as 7d or 24h, or a date as YYYY-MM-DD' }
}

/** The first instant of the listing: a day begins at its first valid local time. */
export function readSince(from: Since, timeZone: string, now: Date): Date {
  if (from.kind === 'span') return new Date(now.getTime() - from.ms)
  return new Date(Temporal.PlainDate.from(from.date).toZonedDateTime(timeZone).epochMilliseconds)
}
