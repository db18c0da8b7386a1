import { eq, inArray, sql } from 'drizzle-orm'
import type { Database, Transaction } from './connect.ts'
import { apiLimits, apiQuotas } from './schema.ts'

/** Limits that outside services put on us, shared by all processes through the database and judged by its clock. */

/** First wait when nobody says how long, doubled with every limit in a row (instagram.md §2.2). */
const FIRST_WAIT_SECONDS = 900
const LONGEST_WAIT_SECONDS = 7200

export interface Limit {
  subject: string
  /** Null: nobody said how long; the waits double. */
  seconds: number | null
  /** Safe to store and to show. */
  reason: string
}

/** Nobody calls the subject for so long; an earlier limit that lasts longer stays. */
export async function holdCalls(db: Database | Transaction, { subject, seconds, reason }: Limit): Promise<void> {
  const doubled = sql`least(${FIRST_WAIT_SECONDS} * power(2, coalesce(
    (select strikes from api_limits where subject = ${subject}), 0)), ${LONGEST_WAIT_SECONDS})`
  const until = sql`now() + make_interval(secs => ${seconds ?? doubled})`
  await db
    .insert(apiLimits)
    .values({ subject, until, reason, strikes: 1 })
    .onConflictDoUpdate({
      target: apiLimits.subject,
      set: {
        until: sql`greatest(${apiLimits.until}, excluded.until)`,
        reason,
        strikes: sql`${apiLimits.strikes} + 1`,
      },
    })
}

export interface Held {
  subject: string
  seconds: number
  reason: string
}

/** The limit that lasts longest among these; null: all may be called. */
export async function heldCalls(db: Database, subjects: readonly string[]): Promise<Held | null> {
  const [row] = await db
    .select({
      subject: apiLimits.subject,
      reason: apiLimits.reason,
      seconds: sql<string>`extract(epoch from ${apiLimits.until} - now())`,
    })
    .from(apiLimits)
    .where(sql`${inArray(apiLimits.subject, [...subjects])} and ${apiLimits.until} > now()`)
    .orderBy(sql`${apiLimits.until} desc`)
    .limit(1)
  return row ? { ...row, seconds: Number(row.seconds) } : null
}

/** A call went through: the next limit starts with the first wait again. */
export async function forgetLimits(db: Database, subjects: readonly string[]): Promise<void> {
  // One that still holds was written by somebody who knows better.
  await db.delete(apiLimits).where(sql`${inArray(apiLimits.subject, [...subjects])} and ${apiLimits.until} <= now()`)
}

export interface Quota {
  used: number
  total: number
}

/** What was read at most so many seconds ago. */
export async function knownQuota(db: Database, subject: string, maxAgeSeconds: number): Promise<Quota | null> {
  const [row] = await db
    .select({ used: apiQuotas.used, total: apiQuotas.total })
    .from(apiQuotas)
    .where(
      sql`${eq(apiQuotas.subject, subject)} and ${apiQuotas.readAt} > now() - make_interval(secs => ${maxAgeSeconds})`,
    )
  return row ?? null
}

export async function rememberQuota(db: Database, subject: string, { used, total }: Quota): Promise<void> {
  await db
    .insert(apiQuotas)
    .values({ subject, used, total })
    .onConflictDoUpdate({ target: apiQuotas.subject, set: { used, total, readAt: sql`now()` } })
}

/** One more was published since the last reading. */
export async function countPublished(db: Database | Transaction, subject: string): Promise<void> {
  await db
    .update(apiQuotas)
    .set({ used: sql`${apiQuotas.used} + 1` })
    .where(eq(apiQuotas.subject, subject))
}
