import { and, count, gte, isNotNull, isNull, sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { pauses, postingHistory } from '../db/schema.ts'
import { printable } from '../media/printable.ts'
import { formatDay, formatShortClock } from '../output/time.ts'
import { localDate, readSince } from '../schedule/parse-when.ts'

const ENDS = ['posted', 'skipped', 'rejected', 'failed', 'missed'] as const

/** How many stories ended since local midnight, by how; without cancelled and undone ones. */
export type EndsOfToday = Record<(typeof ENDS)[number], number>

export async function countEndsOfToday(
  { db, settings: { timeZone } }: Pick<Context, 'db' | 'settings'>,
  now: Date,
): Promise<EndsOfToday> {
  const midnight = midnightOf(now, timeZone)
  const endedAt = sql`coalesce(${postingHistory.postedAt}, ${postingHistory.queueDeletedAt})`
  const rows = await db
    .select({ status: postingHistory.status, count: count() })
    .from(postingHistory)
    .where(and(isNull(postingHistory.undoneAt), gte(endedAt, midnight.toISOString())))
    .groupBy(postingHistory.status)
  const found = ENDS.map((status) => [status, rows.find((row) => row.status === status)?.count ?? 0])
  return Object.fromEntries(found) as EndsOfToday
}

/** `2 posted, 1 skipped`. Nothing posted is said as such. */
export function describeToday(today: EndsOfToday): string {
  const others = ENDS.slice(1).flatMap((status) => (today[status] > 0 ? [`${today[status]} ${status}`] : []))
  return [today.posted > 0 ? `${today.posted} posted` : 'nothing posted', ...others].join(', ')
}

/** A pause that is over. */
export interface PastPause {
  by: string
  reason: string | null
  since: Date
  until: Date
}

/** Those that ended since local midnight: they tell why little was posted when nobody sees them any more. */
export async function loadPausesOfToday(
  { db, settings: { timeZone } }: Pick<Context, 'db' | 'settings'>,
  now: Date,
): Promise<PastPause[]> {
  const rows = await db
    .select({ by: pauses.pausedBy, reason: pauses.reason, since: pauses.pausedAt, until: pauses.resumedAt })
    .from(pauses)
    .where(and(isNotNull(pauses.resumedAt), gte(pauses.resumedAt, midnightOf(now, timeZone))))
    .orderBy(pauses.pausedAt)
  return rows.flatMap(({ until, ...pause }) => (until === null ? [] : [{ ...pause, until }]))
}

/** `paused Fri, Nov 20 18:30 to 20:47 by @tom: stocktaking`. */
export function describePastPause({ by, reason, since, until }: PastPause, timeZone: string): string {
  const clock = (at: Date) => formatShortClock(at, timeZone)
  const day = formatDay(since, timeZone)
  const start = day === formatDay(until, timeZone) ? clock(since) : `${day} ${clock(since)}`
  return `paused ${start} to ${clock(until)} by ${printable(by)}${reason ? `: ${printable(reason)}` : ''}`
}

function midnightOf(now: Date, timeZone: string): Date {
  return readSince({ kind: 'day', date: localDate(now, timeZone) }, timeZone, now)
}
