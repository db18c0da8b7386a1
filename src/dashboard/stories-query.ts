import { sql } from 'drizzle-orm'
import type { ChannelName, HistoryStatus, QueueStatus } from '../db/schema.ts'
import { withTeamSince } from '../history/reopened.ts'
import { MAX_NEXT, MAX_RECENT, MAX_WAITING } from './snapshot.ts'

/** What JSON makes of a `timestamptz`. */
type Instant = string

interface PictureRow {
  mediaItemId: string
  file: string
  title: string | null
  linkUrl: string | null
  tags: string[]
  category: string | null
}

/** A queue item, open to whichever list. */
export interface QueueRow extends PictureRow {
  id: string
  storyNumber: number
  slot: string | null
  queuedChannel: ChannelName
  scheduledFor: Instant
  status: QueueStatus
  attempt: number
  isSample: boolean
  requiresInteraction: boolean
  fallbackReason: string | null
  telegramDocumentMessageId: number | null
  nextRetryAt: Instant | null
  lastError: string | null
  lateSeconds: number
  leaseSeconds: number | null
  leaseOwner: string | null
  isBeingRead: boolean
}

export interface WaitingRow extends QueueRow {
  since: Instant
}

export interface SettledRow extends PictureRow {
  id: string
  queueItemId: string | null
  storyNumber: number | null
  slot: string | null
  channel: string | null
  status: HistoryStatus
  reason: string | null
  endedAt: Instant
  scheduledFor: Instant
  by: string | null
  sentAt: Instant | null
  permalink: string | null
  /** Where the picture lies now. */
  currentFile: string
}

export interface StoriesRow extends Record<string, unknown> {
  now: Instant
  paused: { by: string; reason: string | null; since: Instant } | null
  /** When a job last did its work, by its name. */
  beats: Record<string, Instant>
  next: QueueRow[]
  nextTotal: number
  waiting: WaitingRow[]
  waitingTotal: number
  recent: SettledRow[]
  recentTotal: number
}

const isWaiting = sql`posting_queue.status in ('awaiting_team', 'unconfirmed')`

const QUEUE_COLUMNS = sql`
  posting_queue.id, story_number as "storyNumber", slot, channel as "queuedChannel", scheduled_for as "scheduledFor",
  status, attempt, fallback_reason as "fallbackReason", telegram_document_message_id as "telegramDocumentMessageId",
  next_retry_at as "nextRetryAt", last_error as "lastError", lease_owner as "leaseOwner",
  extract(epoch from now() - scheduled_for)::float8 as "lateSeconds",
  extract(epoch from lease_until - now())::float8 as "leaseSeconds",
  status = 'unconfirmed' and reconcile_at is not null and reconcile_asked_at is null as "isBeingRead",
  m.id as "mediaItemId", file_path as file, title, link_url as "linkUrl", tags, category, is_sample as "isSample",
  requires_interaction as "requiresInteraction"`

/** When the team got it, or the call in doubt began. */
const waitsSince = sql`
  case when status = 'awaiting_team' then ${withTeamSince} else coalesce(effect_started_at, posting_queue.updated_at) end`

/** One statement: what is planned, waits and ended cannot contradict each other (lessons B7). */
export const STORIES = sql`
  with next as (
    select ${QUEUE_COLUMNS} from posting_queue join media_items m on m.id = posting_queue.media_item_id
     where not ${isWaiting} order by scheduled_for, story_number limit ${MAX_NEXT}),
  waiting as (
    select ${QUEUE_COLUMNS}, ${waitsSince} as since
      from posting_queue join media_items m on m.id = posting_queue.media_item_id
     where ${isWaiting} order by ${waitsSince}, story_number limit ${MAX_WAITING}),
  ended as (
    select id, coalesce(posted_at, queue_deleted_at) as ended_at from posting_history where undone_at is null
     order by ended_at desc, story_number desc limit ${MAX_RECENT}),
  recent as (
    select h.id, h.queue_item_id as "queueItemId", h.story_number as "storyNumber", h.slot, h.channel, h.status, h.reason,
           ended_at as "endedAt", h.scheduled_for as "scheduledFor", h.settled_by as by, h.sent_at as "sentAt",
           h.instagram_permalink as permalink, m.id as "mediaItemId", m.file_path as "currentFile",
           coalesce(media_metadata ->> 'file', m.file_path) as file,
           case when media_metadata is null then m.title else media_metadata ->> 'title' end as title,
           case when media_metadata is null then m.link_url else media_metadata ->> 'link_url' end as "linkUrl",
           coalesce(media_metadata -> 'tags', to_jsonb(m.tags)) as tags,
           case when media_metadata is null then m.category else media_metadata ->> 'category' end as category
      from ended join posting_history h using (id) join media_items m on m.id = h.media_item_id)
  select now() as now,
    (select json_build_object('by', paused_by, 'reason', reason, 'since', paused_at)
       from pauses where resumed_at is null limit 1) as paused,
    (select coalesce(json_object_agg(name, beat_at), '{}') from heartbeats) as beats,
    (select coalesce(json_agg(next order by "scheduledFor", "storyNumber"), '[]') from next) as next,
    (select count(*)::int from posting_queue where not ${isWaiting}) as "nextTotal",
    (select coalesce(json_agg(waiting order by since, "storyNumber"), '[]') from waiting) as waiting,
    (select count(*)::int from posting_queue where ${isWaiting}) as "waitingTotal",
    (select coalesce(json_agg(recent order by "endedAt" desc, "storyNumber" desc), '[]') from recent) as recent,
    (select count(*)::int from posting_history where undone_at is null) as "recentTotal"`
