import { isNull, sql } from 'drizzle-orm'
import type { Database, Transaction } from '../db/connect.ts'
import { pauses } from '../db/schema.ts'

export interface Pause {
  since: Date
  by: string
  reason: string | null
}

/** The pause that holds now; null: posting goes on. */
export async function loadPause(db: Database | Transaction): Promise<Pause | null> {
  const [row] = await db.select().from(pauses).where(isNull(pauses.resumedAt))
  return row ? { since: row.pausedAt, by: row.pausedBy, reason: row.reason } : null
}

/** False: it was paused before. */
export async function beginPause(db: Database | Transaction, by: string, reason: string | null): Promise<boolean> {
  const begun = await db
    .insert(pauses)
    .values({ pausedBy: by, reason })
    .onConflictDoNothing()
    .returning({ id: pauses.id })
  return begun.length > 0
}

/** False: it was not paused any more. */
export async function endPause(tx: Transaction, by: string, how: string): Promise<boolean> {
  const ended = await tx
    .update(pauses)
    .set({ resumedAt: sql`now()`, resumedBy: by, resumedHow: how })
    .where(isNull(pauses.resumedAt))
    .returning({ id: pauses.id })
  return ended.length > 0
}
