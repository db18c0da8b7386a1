import { sql } from 'drizzle-orm'

/**
 * When the settling of a story that is open was undone last; null: it never was. Its team has its hours from then on,
 * while `sent_at` goes on telling when the card was sent. Plain SQL text beside `posting_queue`, as in publish/due.ts;
 * the media item finds it by an index.
 */
export const reopenedAt = sql`(
  select max(undone.undone_at) from posting_history undone
   where undone.media_item_id = posting_queue.media_item_id and undone.queue_item_id = posting_queue.id)`

/** Since when the team has it; null: it never did. */
export const withTeamSince = sql`greatest(posting_queue.sent_at, ${reopenedAt})`
