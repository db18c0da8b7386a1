import { sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { type ChannelName, QUEUE_STATUSES, type QueueStatus } from '../db/schema.ts'
import { withTeamSince } from '../history/reopened.ts'
import { routeItem } from '../publish/route.ts'
import { knownChat } from '../telegram/chats.ts'
import type { OverdueItem, WaitFacts } from './explain-wait.ts'

/** What the queue looks like now. Times and ages are the database's, which decides what is due (SPEC §4). */
export interface QueueFacts {
  now: Date
  /** Without samples. */
  counts: Record<QueueStatus, number>
  /** Planned samples: never sent. */
  samples: number
  /** Not sent although their time has come, oldest first; at most `MAX_LISTED`. */
  overdue: OverdueItem[]
  overdueCount: number
  next: { storyNumber: number; file: string; at: Date } | null
  cards: { count: number; oldestSeconds: number | null }
  /** `isBeingRead`: Instagram is still being read, nobody has to act yet. */
  unconfirmed: { count: number; beingRead: number; oldestSeconds: number | null }
  wait: WaitFacts
}

const MAX_LISTED = 50

interface Row extends Record<string, unknown> {
  now: string
  counts: Record<string, number> | null
  samples: number
  overdue: (Omit<OverdueItem, 'scheduledFor' | 'nextRetryAt' | 'channel'> & {
    scheduledFor: string
    nextRetryAt: string | null
    requiresInteraction: boolean
    fallbackReason: string | null
    telegramDocumentMessageId: number | null
    queuedChannel: ChannelName
  })[]
  overdueCount: number
  next: { storyNumber: number; file: string; at: string } | null
  cards: QueueFacts['cards']
  unconfirmed: QueueFacts['unconfirmed']
  pause: { by: string; reason: string | null; since: string } | null
  tickSeconds: number | null
  closed: { subject: string; summary: string; seconds: number }[]
  limits: { subject: string; until: string; reason: string }[]
}

/** One statement, so that its parts cannot contradict each other (lessons B7). */
export async function loadQueueFacts(ctx: Pick<Context, 'db' | 'settings'>): Promise<QueueFacts> {
  const { db, settings } = ctx
  const [row] = await db.execute<Row>(sql`
    with own as materialized (
      select posting_queue.*, m.file_path, m.requires_interaction, ${withTeamSince} as team_since
        from posting_queue join media_items m on m.id = media_item_id where not m.is_sample),
    late as materialized (
      select * from own where status in ('pending', 'retrying', 'processing') and scheduled_for <= now()),
    listed as (select * from late order by scheduled_for, story_number limit ${MAX_LISTED})
    select now() as now,
      (select jsonb_object_agg(status, count) from (select status, count(*) as count from own group by status) as c) as counts,
      (select count(*)::int from posting_queue) - (select count(*)::int from own) as samples,
      (select coalesce(json_agg(json_build_object(
          'id', id, 'storyNumber', story_number, 'file', file_path, 'status', status, 'scheduledFor', scheduled_for,
          'lateSeconds', extract(epoch from now() - scheduled_for)::float8, 'nextRetryAt', next_retry_at,
          'leaseSeconds', extract(epoch from lease_until - now())::float8, 'leaseOwner', lease_owner,
          'lastError', last_error, 'requiresInteraction', requires_interaction, 'fallbackReason', fallback_reason,
          'telegramDocumentMessageId', telegram_document_message_id, 'queuedChannel', channel
        ) order by scheduled_for, story_number), '[]') from listed) as overdue,
      (select count(*)::int from late) as "overdueCount",
      (select json_build_object('storyNumber', story_number, 'file', file_path, 'at', scheduled_for)
         from own where status in ('pending', 'retrying') and scheduled_for > now()
        order by scheduled_for, story_number limit 1) as next,
      (select json_build_object('count', count(*)::int, 'oldestSeconds', extract(epoch from now() - min(team_since))::float8)
         from own where status = 'awaiting_team') as cards,
      (select json_build_object('count', count(*)::int,
          'beingRead', (count(*) filter (where reconcile_at is not null and reconcile_asked_at is null))::int,
          'oldestSeconds', extract(epoch from now() - min(coalesce(effect_started_at, updated_at)))::float8)
         from own where status = 'unconfirmed') as unconfirmed,
      (select json_build_object('by', paused_by, 'reason', reason, 'since', paused_at)
         from pauses where resumed_at is null limit 1) as pause,
      (select extract(epoch from now() - beat_at)::float8 from heartbeats where name = 'process-queue') as "tickSeconds",
      (select coalesce(json_agg(json_build_object('subject', subject, 'summary', summary,
                'seconds', extract(epoch from now() - updated_at)::float8)), '[]')
         from alerts where state = 'open' and subject like '%-blocked') as closed,
      (select coalesce(json_agg(json_build_object('subject', subject, 'until', until, 'reason', reason)), '[]')
         from api_limits where until > now()) as limits`)
  if (!row) throw new Error('select answered no row')
  return toFacts(row, await waitFacts(ctx, row), settings)
}

async function waitFacts({ db, settings }: Pick<Context, 'db' | 'settings'>, row: Row): Promise<WaitFacts> {
  const { telegramBotToken, telegramChannelId, timeZone, dryRunMode, maxPostsPerRun, missedAfterMinutes } = settings
  const chatId = telegramChannelId === undefined ? null : await knownChat(db, telegramChannelId)
  const limitOf = (isMeant: (subject: string) => boolean) => {
    const found = row.limits.find(({ subject }) => isMeant(subject))
    return found ? { until: new Date(found.until), reason: found.reason } : null
  }
  const closedBy = (...subjects: string[]) => row.closed.find(({ subject }) => subjects.includes(subject)) ?? null
  return {
    now: new Date(row.now),
    timeZone,
    isDryRun: dryRunMode,
    maxPostsPerRun,
    missedAfterMinutes,
    isTelegramSetUp: telegramBotToken !== undefined && telegramChannelId !== undefined,
    paused: row.pause && { ...row.pause, since: new Date(row.pause.since) },
    tickSeconds: row.tickSeconds,
    closed: {
      telegram: closedBy('telegram-blocked'),
      instagram: closedBy('instagram-blocked', 'hosting-blocked'),
    },
    limits: {
      telegram: limitOf((subject) => subject === `telegram:${chatId}`),
      instagram: limitOf((subject) => subject.startsWith('instagram:') || subject.startsWith('host:')),
    },
  }
}

function toFacts(row: Row, wait: WaitFacts, { enableInstagramApi }: Context['settings']): QueueFacts {
  const { samples, overdueCount, cards, unconfirmed, next } = row
  const counts = Object.fromEntries(QUEUE_STATUSES.map((status) => [status, row.counts?.[status] ?? 0]))
  return {
    ...{ samples, overdueCount, cards, unconfirmed, wait, now: wait.now },
    counts: counts as QueueFacts['counts'],
    next: next && { ...next, at: new Date(next.at) },
    overdue: row.overdue.map(({ scheduledFor, nextRetryAt, queuedChannel, ...item }) => ({
      ...item,
      scheduledFor: new Date(scheduledFor),
      nextRetryAt: nextRetryAt === null ? null : new Date(nextRetryAt),
      // What still waits takes the way that is open now, whatever was set when it was planned.
      channel: item.status === 'processing' ? queuedChannel : routeItem({ ...item, enableInstagramApi }),
    })),
  }
}
