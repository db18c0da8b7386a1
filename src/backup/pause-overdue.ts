import { sql } from 'drizzle-orm'
import type { Transaction } from '../db/connect.ts'
import { pauses } from '../db/schema.ts'

/**
 * A restored queue is of yesterday: what was due since the backup may have been posted. Nothing is posted twice, so posting
 * pauses until a person has looked; `resume` asks what shall become of the overdue stories. Answers how many those are.
 */
export async function pauseIfOverdue(tx: Transaction, backup: string): Promise<number> {
  const [row] = await tx.execute<{ overdue: string; canPause: boolean }>(sql`
    select to_regclass('public.pauses') is not null as "canPause",
           (select count(*) from posting_queue
             where status in ('pending', 'retrying', 'processing') and scheduled_for <= now())::text as overdue`)
  const overdue = Number(row?.overdue ?? 0)
  if (overdue === 0 || !row?.canPause) return overdue
  const reason = `restored from ${backup}: ${overdue} stories were due since then and may have been posted already`
  await tx.insert(pauses).values({ pausedBy: 'storyline restore', reason }).onConflictDoNothing()
  return overdue
}
