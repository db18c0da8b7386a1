import { formatDateTime, formatDay, formatRelative, formatShortClock, isoWithOffset } from './time.ts'

const MS_PER_DAY = 86_400_000

/** `tomorrow 14:30 (in 18 hours)`, `Tue, Nov 24 09:00 (in 2 days)`, with the year when it is another one: for tables. */
export function formatNear(at: Date, now: Date, timeZone: string): string {
  return `${nameDay(at, now, timeZone)} ${formatShortClock(at, timeZone)} (${formatRelative(at, now)})`
}

/** `Jan 3, 2026, 2:30 PM GMT+1 (in 2 days)`: for sentences. */
export function formatMoment(at: Date, now: Date, timeZone: string): string {
  return `${formatDateTime(at, timeZone)} (${formatRelative(at, now)})`
}

function nameDay(at: Date, now: Date, timeZone: string): string {
  const date = isoWithOffset(at, timeZone).slice(0, 10)
  const today = isoWithOffset(now, timeZone).slice(0, 10)
  const days = (Date.parse(date) - Date.parse(today)) / MS_PER_DAY
  if (days === 0) return 'today'
  if (days === 1) return 'tomorrow'
  if (days === -1) return 'yesterday'
  const year = date.slice(0, 4) === today.slice(0, 4) ? '' : ` ${date.slice(0, 4)}`
  return `${formatDay(at, timeZone)}${year}`
}
