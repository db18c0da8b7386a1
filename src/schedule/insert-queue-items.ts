import { sql } from 'drizzle-orm'
import type { Transaction } from '../db/connect.ts'
import type { ChannelName } from '../db/schema.ts'

/** Names the advisory lock; any constant does as long as it stays the same. */
const PLANNING_LOCK = 7_461_214

/**
 * Held to the end of the transaction by everything that puts stories into the queue: what one run decides on cannot
 * change until it has written, so two runs at once make one plan.
 */
export async function lockPlanning(tx: Transaction): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${PLANNING_LOCK})`)
}

export interface NewQueueItem {
  mediaItemId: string
  /** Null: made by hand. */
  slot: string | null
  scheduledFor: Date
  channel: ChannelName
  /** The history row whose story this repeats. */
  retryOf?: string
}

export interface InsertedQueueItem {
  id: string
  mediaItemId: string
  storyNumber: number
}

/**
 * One statement for any number of items. What conflicts with the queue (a slot or a picture that is already there) is
 * left out of the answer, and a second run adds nothing.
 */
export async function insertQueueItems(tx: Transaction, items: readonly NewQueueItem[]): Promise<InsertedQueueItem[]> {
  if (items.length === 0) return []
  const rows = items.map(({ mediaItemId, slot, scheduledFor, channel, retryOf = null }) => {
    return { media_item_id: mediaItemId, slot, scheduled_for: scheduledFor.toISOString(), channel, retry_of: retryOf }
  })
  // Ordered, so that story numbers follow the calendar.
  return await tx.execute<{ id: string; mediaItemId: string; storyNumber: number }>(sql`
    insert into posting_queue (media_item_id, slot, scheduled_for, channel, retry_of)
    select media_item_id, slot, scheduled_for, channel, retry_of
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as item (media_item_id uuid, slot text, scheduled_for timestamptz, channel text, retry_of uuid)
     order by scheduled_for
    on conflict do nothing
    returning id, media_item_id as "mediaItemId", story_number as "storyNumber"`)
}
