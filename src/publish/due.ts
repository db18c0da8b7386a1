import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { reopenedAt } from '../history/reopened.ts'

/**
 * What there is to do. Conditions are plain SQL text: the tables' definitions would double what an idle tick loads. The
 * same words serve for asking, claiming and closing.
 */

/** Somebody stopped posting: nothing is sent, nothing becomes missed (SPEC §10). */
const isPaused = sql`exists (select 1 from pauses where resumed_at is null)`

/** Due now, whether fresh or tried before; nothing is while posting is paused. */
export const isDue = sql`(not ${isPaused} and (
  (posting_queue.status = 'pending' and posting_queue.scheduled_for <= now())
  or (posting_queue.status = 'retrying' and posting_queue.next_retry_at <= now())))`

/** Stories that publish themselves: what `routeItem` says, for a query that joins both tables. */
export function isAutomatic({ enableInstagramApi }: { enableInstagramApi: boolean }) {
  if (!enableInstagramApi) return sql`false`
  return sql`(
    not media_items.requires_interaction
    and posting_queue.fallback_reason is null and posting_queue.telegram_document_message_id is null)`
}

export interface LateSettings {
  missedAfterMinutes: number
  teamResponseHours: number
}

/** The same rule as `decideLate`, for the database to find candidates by. */
export function isPastItsTime({ missedAfterMinutes, teamResponseHours }: LateSettings) {
  return sql`(not ${isPaused} and (
    (posting_queue.status = 'awaiting_team'
        and posting_queue.sent_at < now() - make_interval(hours => ${teamResponseHours})
        and coalesce(${reopenedAt} < now() - make_interval(hours => ${teamResponseHours}), true))
    or (posting_queue.status in ('pending', 'retrying') and posting_queue.instagram_sends = 0
        and posting_queue.scheduled_for < now() - make_interval(mins => ${missedAfterMinutes}))))`
}

/** Samples are planned and shown, never sent. */
const isOwn = sql`not exists (
  select 1 from media_items where media_items.id = posting_queue.media_item_id and media_items.is_sample)`

/** Which ways out have something due. */
export async function dueByLane({ db, settings }: Pick<Context, 'db' | 'settings'>) {
  const due = (lane: SQL) => sql`exists (
    select 1 from posting_queue join media_items on media_items.id = posting_queue.media_item_id
    where ${isDue} and not media_items.is_sample and ${lane})`
  const automatic = isAutomatic(settings)
  const [row] = await db.execute<{ telegram: boolean; instagram: boolean }>(sql`
    select ${due(sql`not ${automatic}`)} as telegram, ${due(automatic)} as instagram`)
  if (!row) throw new Error('select answered no row')
  return row
}

export interface Work {
  /** Leases that ran out. */
  expired: boolean
  /** Cards nobody answered, stories too late to send. */
  late: boolean
  due: boolean
  /** Publish calls of which it must be read what became of them. */
  doubtful: boolean
  /** Hosted pictures that nobody needs any more. */
  hosted: boolean
  /** Cards that do not show yet how their story ended. */
  repairs: boolean
  /** Messages to the admin chat. */
  notices: boolean
}

/** One question: a tick with nothing to do asks only this. */
export async function lookForWork({ db, settings }: Pick<Context, 'db' | 'settings'>): Promise<Work> {
  const [work] = await db.execute<Record<keyof Work, boolean>>(sql`
    select exists (select 1 from posting_queue where status = 'processing' and lease_until < now()) as expired,
           exists (select 1 from posting_queue where ${isPastItsTime(settings)} and ${isOwn}) as late,
           exists (select 1 from posting_queue where ${isDue} and ${isOwn}) as due,
           exists (select 1 from posting_queue where reconcile_at <= now()) as doubtful,
           exists (select 1 from hosted_files where delete_due_at <= now()) as hosted,
           exists (select 1 from telegram_cards where edit_due_at <= now()) as repairs,
           exists (select 1 from alerts where notice is not null and coalesce(notice_lease_until < now(), true)) as notices`)
  if (!work) throw new Error('select answered no row')
  return work
}
