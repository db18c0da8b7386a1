import { sql } from 'drizzle-orm'
import type { Database } from '../../src/db/connect.ts'

/** When something is to do next: by the rows as they are, and not by the code that is tried here. */
export async function nextWork(db: Database, responseHours: number): Promise<Date> {
  const [row] = await db.execute<{ ms: number | null }>(sql`
    select (extract(epoch from min(at)) * 1000)::float8 as ms from (
      select scheduled_for as at from posting_queue where status = 'pending'
      union all select next_retry_at from posting_queue where status = 'retrying'
      union all select lease_until from posting_queue where status = 'processing'
      union all select sent_at + make_interval(hours => ${responseHours}) from posting_queue where status = 'awaiting_team'
      union all select edit_due_at from telegram_cards
      union all select coalesce(notice_lease_until, since) from alerts where notice is not null) as work`)
  return new Date(row?.ms ?? 8.64e15)
}
