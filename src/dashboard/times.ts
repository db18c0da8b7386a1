import { formatDay, formatDuration, formatShortClock, isoWithOffset } from '../output/time.ts'
import { remember } from './remember.ts'

/** Times as the screen shows them: short, and changing no more often than somebody can read. */

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
/** Below this a countdown shows seconds. */
const SECONDS_BELOW_MS = MINUTE_MS

/** `45 s`, `12 min`, `3 h 05`, `26 h`, `2 days`. */
export function shortDuration(milliseconds: number): string {
  const ms = Math.max(0, milliseconds)
  if (ms < SECONDS_BELOW_MS) return `${Math.floor(ms / 1000)} s`
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`
  if (ms >= 2 * DAY_MS) return formatDuration(ms)
  if (ms >= DAY_MS) return `${Math.floor(ms / HOUR_MS)} h`
  const minutes = Math.floor((ms % HOUR_MS) / MINUTE_MS)
  return `${Math.floor(ms / HOUR_MS)} h ${String(minutes).padStart(2, '0')}`
}

/** `in 12 min`, `12 min ago`, `now`. */
export function shortRelative(at: Date, now: Date): string {
  const distance = at.getTime() - now.getTime()
  if (Math.abs(distance) < 1000) return 'now'
  return distance > 0 ? `in ${shortDuration(distance)}` : ago(at, now)
}

/** `12 min ago`; what is younger than a minute does not count seconds. */
export function ago(at: Date, now: Date): string {
  const age = now.getTime() - at.getTime()
  return age < MINUTE_MS ? 'just now' : `${shortDuration(age)} ago`
}

/** How long something has been so: `12 min`. */
export function lasting(since: Date, now: Date): string {
  const age = now.getTime() - since.getTime()
  return age < MINUTE_MS ? '< 1 min' : shortDuration(age)
}

export const DAY_COLUMNS = 10

/** `Today`, `Tomorrow`, `Yesterday`, `Tue Nov 24`. */
export function dayName(at: Date, now: Date, timeZone: string): string {
  const days = Math.round((localMidnight(at, timeZone) - localMidnight(now, timeZone)) / DAY_MS)
  const name = { '-1': 'Yesterday', '0': 'Today', '1': 'Tomorrow' }[String(days)]
  return name ?? plainDay(at, timeZone)
}

/** A day can only begin at such a moment: all offsets are multiples of it. */
const QUARTER_MS = 15 * MINUTE_MS

const midnightOf = remember((key: string) => {
  const [ms, timeZone = 'UTC'] = key.split(' ')
  return Date.parse(isoWithOffset(new Date(Number(ms)), timeZone).slice(0, 10))
})
const clockOf = remember((key: string) => {
  const [ms, timeZone = 'UTC'] = key.split(' ')
  return formatShortClock(new Date(Number(ms)), timeZone)
})
const keyOf = (at: Date, stepMs: number, timeZone: string) => `${at.getTime() - (at.getTime() % stepMs)} ${timeZone}`

/** `Tue Nov 24`. */
function plainDay(at: Date, timeZone: string): string {
  return formatDay(new Date(localMidnight(at, timeZone)), 'UTC').replace(',', '')
}

/** As the beginning of the day in UTC: only good for counting days. */
const localMidnight = (at: Date, timeZone: string): number => midnightOf(keyOf(at, QUARTER_MS, timeZone))

/** `14:30`. */
export const clock = (at: Date, timeZone: string): string => clockOf(keyOf(at, MINUTE_MS, timeZone))

/** `Tue Nov 24 14:30`. */
export function dayAndClock(at: Date, timeZone: string): string {
  return `${plainDay(at, timeZone)} ${clock(at, timeZone)}`
}

/** Milliseconds until what the screen says of these moments can change: a second when one is near, else a minute. */
export function nextTickMs(moments: readonly (Date | null)[], now: Date): number {
  const isNear = (at: Date | null) => {
    const distance = at === null ? -1 : at.getTime() - now.getTime()
    return distance >= 0 && distance < SECONDS_BELOW_MS + 1000
  }
  const step = moments.some(isNear) ? 1000 : MINUTE_MS
  return step - (now.getTime() % step)
}
