import { Temporal } from 'temporal-polyfill'
import { seededRandom } from '../../src/schedule/random.ts'

/** What goes wrong, and for how long. `removed`: the bot is thrown out of the team's chat. */
export interface Outage {
  kind: 'database' | 'telegram' | 'power' | 'removed'
  from: Date
  to: Date
}

/** A clock that is wrong for a while: only the machine's, or that of the database on it as well. */
export interface ClockJump {
  whose: 'machine' | 'host'
  from: Date
  to: Date
  byHours: number
}

export interface Scenario {
  seed: string
  timeZone: string
  /** Local date. */
  firstDay: string
  days: number
  postsPerDay: number
  /** `HH:MM`. */
  opens: string
  closes: string
  /** Size of the library. */
  pictures: number
  outages: readonly Outage[]
  jumps: readonly ClockJump[]
}

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS

/** The instant of a wall-clock time, `2026-03-08 11:20`. */
export function localInstant(local: string, timeZone: string): Date {
  return new Date(Temporal.PlainDateTime.from(local.replace(' ', 'T')).toZonedDateTime(timeZone).epochMilliseconds)
}

export function localTime(at: Date, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone)
}

export function startOf({ firstDay, timeZone }: Scenario): Date {
  return localInstant(`${firstDay} 00:00`, timeZone)
}

export function endOf({ firstDay, timeZone, days }: Scenario): Date {
  return localInstant(`${Temporal.PlainDate.from(firstDay).add({ days })} 00:00`, timeZone)
}

/** Every local date of the scenario. */
export function daysOf({ firstDay, days }: Scenario): string[] {
  const first = Temporal.PlainDate.from(firstDay)
  return Array.from({ length: days }, (_, n) => first.add({ days: n }).toString())
}

/** `2026-03-09` after `2026-03-08`. */
export function dayAfter(day: string): string {
  return Temporal.PlainDate.from(day).add({ days: 1 }).toString()
}

/** The instants of a wall-clock time on every day, and on the days around them. */
export function dailyAt(scenario: Scenario, clock: string): ReadonlySet<number> {
  const first = Temporal.PlainDate.from(scenario.firstDay).subtract({ days: 1 }).toString()
  const days = daysOf({ ...scenario, firstDay: first, days: scenario.days + 2 })
  return new Set(days.map((day) => localInstant(`${day} ${clock}`, scenario.timeZone).getTime()))
}

interface Span {
  from: Date
  to: Date
}

/** Asked very often: dates compare slowly. */
export function isDuring(at: Date, { from, to }: Span): boolean {
  const ms = at.getTime()
  return ms >= from.getTime() && ms < to.getTime()
}

/** Something is wrong at `at`, was in the two hours of grace before it, or is being made up for. */
export function isTroubled(at: Date, { outages, jumps }: Pick<Scenario, 'outages' | 'jumps'>): boolean {
  const ms = at.getTime()
  const isNear = ({ from, to }: Span, marginHours: number) =>
    ms >= from.getTime() - marginHours * HOUR_MS && ms < to.getTime() + marginHours * HOUR_MS
  return outages.some((outage) => isNear(outage, 2)) || jumps.some((jump) => isNear(jump, 2 + Math.abs(jump.byHours)))
}

export interface Lot {
  random(): number
  /** True so often, from 0 to 1. */
  chance(share: number): boolean
  oneOf<T>(choices: readonly T[]): T
}

export function drawLots(seed: string): Lot {
  const random = seededRandom(seed)
  return {
    random,
    chance: (share) => random() < share,
    oneOf: <T>(choices: readonly T[]) => choices[Math.floor(random() * choices.length)] as T,
  }
}
