/** Times as people read them, always in TIMEZONE and with its abbreviation where a day is shown. */

/** Making a formatter costs a hundred times as much as using it: one for each zone and shape. */
const formatters = new Map<string, Intl.DateTimeFormat>()

function format(at: Date, timeZone: string, options: Intl.DateTimeFormatOptions): string {
  const key = `${timeZone} ${JSON.stringify(options)}`
  const formatter = formatters.get(key) ?? new Intl.DateTimeFormat('en-US', { timeZone, ...options })
  formatters.set(key, formatter)
  // Newer ICU puts U+202F before AM/PM; a plain space survives every terminal and chat client.
  return formatter.format(at).replace(/[\u202f\u00a0]/g, ' ')
}

/** `Jan 3, 2026, 2:30 PM GMT+1`. */
export function formatDateTime(at: Date, timeZone: string): string {
  return format(at, timeZone, {
    month: 'short',
    day: 'numeric',
    year: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    timeZoneName: 'short',
  })
}

/** `2:30 PM GMT+1`. */
export function formatClock(at: Date, timeZone: string): string {
  return format(at, timeZone, { hour: 'numeric', minute: '2-digit', timeZoneName: 'short' })
}

/** `Sat, Jan 3`. */
export function formatDay(at: Date, timeZone: string): string {
  return format(at, timeZone, { weekday: 'short', month: 'short', day: 'numeric' })
}

/** `14:30`: for tables. */
export function formatShortClock(at: Date, timeZone: string): string {
  return format(at, timeZone, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
}

/** ISO 8601 with the offset of `timeZone`, to the second: `2026-01-03T14:30:00+01:00` (SPEC §7). */
export function isoWithOffset(at: Date, timeZone: string): string {
  const offset = format(at, timeZone, { timeZoneName: 'longOffset' }).match(/GMT(?:([+-])(\d{2}):(\d{2}))?$/)
  const [, sign = '+', hours = '00', minutes = '00'] = offset ?? []
  const shift = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1)
  return `${new Date(at.getTime() + shift).toISOString().replace(/\.\d{3}Z$/, '')}${sign}${hours}:${minutes}`
}

const STEPS: readonly [limitSeconds: number, unitSeconds: number, unit: string][] = [
  [60, 1, 'second'],
  [3600, 60, 'minute'],
  [86_400, 3600, 'hour'],
  [Number.POSITIVE_INFINITY, 86_400, 'day'],
]

/** `2 minutes`, `1 hour`, `3 days`: the largest whole unit. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  const [, unitSeconds, unit] = STEPS.find(([limit]) => seconds < limit) ?? [0, 86_400, 'day']
  const count = Math.floor(seconds / unitSeconds)
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

/** `in 2 hours`, `3 days ago`, `now`. */
export function formatRelative(at: Date, now: Date): string {
  const distance = at.getTime() - now.getTime()
  if (Math.abs(distance) < 1000) return 'now'
  return distance > 0 ? `in ${formatDuration(distance)}` : `${formatDuration(-distance)} ago`
}
