import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../db/connect.ts'
import { type LockReason, mediaItems, type QueueStatus } from '../db/schema.ts'
import { isoWithOffset } from '../output/time.ts'

/**
 * What keeps an item from being chosen, strongest first: `inactive` (its file is missing or unusable, or it is a retired
 * sample), `queued` (a story of it is planned or under way), `locked` (a lock of it or of a copy is in force), else `active`.
 */
export const MEDIA_STATES = ['active', 'queued', 'locked', 'inactive'] as const
export type MediaState = (typeof MEDIA_STATES)[number]

export interface LockInForce {
  reason: LockReason
  /** Null: for ever. */
  until: Date | null
}

/** The story of an item that is planned or under way. */
export interface QueuedStory {
  id: string
  storyNumber: number
  status: QueueStatus
  scheduledFor: Date
}

export type MediaRow = typeof mediaItems.$inferSelect & {
  state: MediaState
  locks: LockInForce[]
  queued: QueuedStory | null
}

// Columns are written out: in a selection Drizzle leaves the table's name away, and inside a subquery `id` is another one.

/** Locks hold for every copy of a content, and those that have ended do not count. */
const locksInForce = sql`
  media_posting_locks l join media_items c on c.id = l.media_item_id
  where c.file_hash = media_items.file_hash and (l.locked_until is null or l.locked_until > now())`

export const mediaState = sql<MediaState>`case
  when not media_items.is_active then 'inactive'
  when exists (select 1 from posting_queue q where q.media_item_id = media_items.id) then 'queued'
  when exists (select 1 from ${locksInForce}) then 'locked'
  else 'active' end`

const locksJson = sql<RawLock[]>`(
  select coalesce(jsonb_agg(jsonb_build_object('reason', reason, 'until', until) order by reason), '[]')
  from (select l.lock_reason as reason,
          case when bool_or(l.locked_until is null) then null else max(l.locked_until) end as until
        from ${locksInForce} group by l.lock_reason) as in_force)`

const queuedJson = sql<RawStory | null>`(
  select jsonb_build_object('id', q.id, 'storyNumber', q.story_number, 'status', q.status, 'scheduledFor', q.scheduled_for)
  from posting_queue q where q.media_item_id = media_items.id)`

interface RawLock {
  reason: LockReason
  until: string | null
}

type RawStory = Omit<QueuedStory, 'scheduledFor'> & { scheduledFor: string }

/** Items with their state, in the order of their paths. */
export async function loadMedia(
  db: Pick<Database, 'select'>,
  where: SQL | undefined,
  limit: number,
): Promise<MediaRow[]> {
  const rows = await db
    .select({ item: mediaItems, state: mediaState, locks: locksJson, queued: queuedJson })
    .from(mediaItems)
    .where(where)
    .orderBy(mediaItems.filePath)
    .limit(limit)
  return rows.map(({ item, state, locks, queued }) => ({
    ...item,
    state,
    locks: locks.map(({ reason, until }) => ({ reason, until: until === null ? null : new Date(until) })),
    queued: queued && { ...queued, scheduledFor: new Date(queued.scheduledFor) },
  }))
}

/** An item as --json shows it. */
export function toMediaJson(row: MediaRow, timeZone: string) {
  const iso = (at: Date | null) => (at === null ? null : isoWithOffset(at, timeZone))
  return {
    id: row.id,
    file: row.filePath,
    title: row.title,
    link: row.linkUrl,
    caption: row.caption,
    tags: row.tags,
    category: row.category,
    requiresInteraction: row.requiresInteraction,
    timesPosted: row.timesPosted,
    lastPostedAt: iso(row.lastPostedAt),
    state: row.state,
    locks: row.locks.map(({ reason, until }) => ({ reason, until: iso(until) })),
  }
}

export function toQueuedJson(queued: QueuedStory | null, timeZone: string) {
  return queued && { ...queued, scheduledFor: isoWithOffset(queued.scheduledFor, timeZone) }
}
