import { and, count, gte, isNull, sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { postingHistory } from '../db/schema.ts'
import { localDate, readSince } from '../schedule/parse-when.ts'

const ENDS = ['posted', 'skipped', 'rejected', 'failed', 'missed'] as const

/** How many stories ended since local midnight, by how; without cancelled and undone ones. */
export type EndsOfToday = Record<(typeof ENDS)[number], number>

export async function countEndsOfToday(
  { db, settings: { timeZone } }: Pick<Context, 'db' | 'settings'>,
  now: Date,
): Promise<EndsOfToday> {
  const midnight = readSince({ kind: 'day', date: localDate(now, timeZone) }, timeZone, now)
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
