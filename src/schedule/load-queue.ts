import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../db/connect.ts'
import { type ChannelName, QUEUE_STATUSES, type QueueStatus } from '../db/schema.ts'
import { withTeamSince } from '../history/reopened.ts'
import { routeItem } from '../publish/route.ts'

export interface QueueEntry {
  id: string
  storyNumber: number
  slot: string | null
  status: QueueStatus
  scheduledFor: Date
  file: string
  isSample: boolean
  channel: ChannelName
  attempt: number
  /** Since when the team has it. */
  teamSince: Date | null
  nextRetryAt: Date | null
  lastError: string | null
  /** A publish in doubt: Instagram is being read, nobody is asked yet. */
  isBeingRead: boolean
  requiresInteraction: boolean
  telegramDocumentMessageId: number | null
  instagramContainerId: string | null
  fallbackReason: string | null
}

export interface QueueFilter {
  status?: QueueStatus | undefined
  /** Only what is scheduled up to then, overdue included. */
  until?: Date | undefined
  limit?: number | undefined
  /** Whether stories without a sticker publish themselves. */
  enableInstagramApi?: boolean
}

export interface QueueListing {
  entries: QueueEntry[]
  /** All that fit the filter, whatever the limit, by status. */
  counts: Record<QueueStatus, number>
}

interface Row extends Record<string, unknown> {
  counts: Record<string, number> | null
  entries: (Omit<QueueEntry, 'scheduledFor' | 'teamSince' | 'nextRetryAt'> & {
    scheduledFor: string
    teamSince: string | null
    nextRetryAt: string | null
  })[]
}

/** Rows and counts in one statement: they cannot contradict each other (lessons B7). In the order of time. */
export async function loadQueue(db: Database, filter: QueueFilter): Promise<QueueListing> {
  const { status, until, limit, enableInstagramApi = false } = filter
  const conditions: SQL[] = [
    ...(status === undefined ? [] : [sql`posting_queue.status = ${status}`]),
    ...(until === undefined ? [] : [sql`posting_queue.scheduled_for <= ${until.toISOString()}`]),
  ]
  const where = conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`
  const [row] = await db.execute<Row>(sql`
    with fitting as materialized (
      select posting_queue.*, m.file_path, m.is_sample, m.requires_interaction, ${withTeamSince} as team_since
        from posting_queue join media_items m on m.id = media_item_id ${where}),
    shown as (select * from fitting order by scheduled_for, story_number ${limit === undefined ? sql`` : sql`limit ${limit}`})
    select (select jsonb_object_agg(status, count)
              from (select status, count(*) as count from fitting group by status) as counted) as counts,
           (select coalesce(json_agg(json_build_object(
              'id', id, 'storyNumber', story_number, 'slot', slot, 'status', status, 'scheduledFor', scheduled_for,
              'file', file_path, 'isSample', is_sample, 'channel', channel, 'attempt', attempt, 'teamSince', team_since,
              'nextRetryAt', next_retry_at, 'lastError', last_error, 'fallbackReason', fallback_reason,
              'requiresInteraction', requires_interaction, 'telegramDocumentMessageId', telegram_document_message_id,
              'instagramContainerId', instagram_container_id,
              'isBeingRead', status = 'unconfirmed' and reconcile_at is not null and reconcile_asked_at is null) order by scheduled_for, story_number), '[]')
              from shown) as entries`)
  const counted = row?.counts ?? {}
  const counts = Object.fromEntries(QUEUE_STATUSES.map((name) => [name, counted[name] ?? 0])) as QueueListing['counts']
  const date = (text: string | null) => (text === null ? null : new Date(text))
  const entries = (row?.entries ?? []).map((entry) => {
    const { scheduledFor, teamSince, nextRetryAt } = entry
    // What still waits takes the way that is open now, whatever was set when it was planned.
    const isOpen = entry.status === 'pending' || entry.status === 'retrying'
    const channel = isOpen ? routeItem({ ...entry, enableInstagramApi }) : entry.channel
    return {
      ...entry,
      channel,
      scheduledFor: new Date(scheduledFor),
      teamSince: date(teamSince),
      nextRetryAt: date(nextRetryAt),
    }
  })
  return { entries, counts }
}

/** What an empty queue could be filled from. */
export interface LibrarySize {
  active: number
  /** Of these, shipped with Storyline. */
  samples: number
}

export async function loadLibrarySize(db: Database): Promise<LibrarySize> {
  const [size] = await db.execute<{ active: number; samples: number }>(sql`
    select count(*)::int as active, count(*) filter (where is_sample)::int as samples from media_items where is_active`)
  return size ?? { active: 0, samples: 0 }
}
