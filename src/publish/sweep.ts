import { and, eq, isNotNull, sql } from 'drizzle-orm'
import { openAlert, openEvent } from '../alerts/alerts.ts'
import type { Context } from '../context.ts'
import { type Database, inTransaction, type Transaction } from '../db/connect.ts'
import { mediaItems, postingQueue } from '../db/schema.ts'
import type { Outcome } from '../history/outcome.ts'
import { type SettleFacts, settleIn } from '../history/settle.ts'
import { isPastItsTime, type LateSettings } from './due.ts'
import type { Ended } from './report.ts'
import { failedAlert, missedEvent, unansweredEvent, unconfirmedAlert } from './trouble.ts'

/** How many items one run closes: a library-sized backlog is closed over several ticks, each well under a minute. */
const MAX_CLOSED_PER_RUN = 500

export interface Swept {
  id: string
  reason: string
}

/**
 * Leases that ran out. Without an open intent nothing happened outside: back into the queue, to continue where it was.
 * With one, something may have: `unconfirmed`. Of a message the admin chat is asked once; of a publish Instagram is read.
 */
export async function sweepLeases(db: Database): Promise<Swept[]> {
  return inTransaction(db, async (tx) => {
    const expired = sql`${postingQueue.status} = 'processing' and ${postingQueue.leaseUntil} < now()`
    const free = { leaseOwner: null, leaseUntil: null }
    await tx
      .update(postingQueue)
      .set({ ...free, status: 'pending', lastError: 'the run ended before anything was sent' })
      .where(and(expired, sql`${postingQueue.effect} is null`))
    const isPublish = sql`${postingQueue.effect} = 'instagram_publish'`
    const doubtful = await tx
      .update(postingQueue)
      .set({
        ...free,
        status: 'unconfirmed',
        lastError: sql`case when ${isPublish} then ${INTERRUPTED_PUBLISH} else ${INTERRUPTED} end`,
        reconcileAt: sql`case when ${isPublish} then now() end`,
      })
      .where(and(expired, isNotNull(postingQueue.effect)))
      .returning({ id: postingQueue.id, storyNumber: postingQueue.storyNumber, effect: postingQueue.effect })
    // What became of a publish can be read; what became of a message only a person can see.
    const toAsk = doubtful.filter(({ effect }) => effect !== 'instagram_publish')
    for (const item of toAsk) await openAlert(tx, unconfirmedAlert(item, INTERRUPTED))
    return toAsk.map(({ id }) => ({ id, reason: INTERRUPTED }))
  })
}

const INTERRUPTED = 'the run ended while Telegram was being called; the message may or may not have arrived'
const INTERRUPTED_PUBLISH = 'the run ended while Instagram was being called; the story may or may not be live'

/** Items past their time: cards nobody answered, stories too late to send. Each is settled by name, and told. */
export async function expireLate(ctx: Context): Promise<Ended[]> {
  const found = await ctx.db
    .select({ id: postingQueue.id })
    .from(postingQueue)
    .innerJoin(mediaItems, eq(mediaItems.id, postingQueue.mediaItemId))
    .where(and(isPastItsTime(ctx.settings), eq(mediaItems.isSample, false)))
    .orderBy(postingQueue.scheduledFor, postingQueue.id)
    .limit(MAX_CLOSED_PER_RUN)
  const ended: Ended[] = []
  for (const { id } of found) {
    const one = await inTransaction(ctx.db, (tx) => expireOne(tx, ctx, id))
    if (one) ended.push(one)
  }
  return ended
}

/** The alert is opened in the item's own commit, so that none is settled without being told. */
async function expireOne(tx: Transaction, { settings }: Context, id: string) {
  const result = await settleIn(tx, {
    queueItemId: id,
    settings,
    decide: (facts) => decideLate(facts, settings) ?? { decline: 'somebody else acted on it' },
  })
  if (result.kind !== 'settled') return undefined
  const { status, storyNumber, mediaMetadata, sentAt } = result.history
  const one: Ended = {
    id,
    reason: result.history.reason ?? '',
    status: status === 'failed' ? 'failed' : 'missed',
    storyNumber,
    file: mediaMetadata?.file ?? '',
    wasSent: sentAt !== null,
  }
  if (one.status === 'failed') await openAlert(tx, failedAlert(one, one.file, one.reason))
  else await openEvent(tx, one.wasSent ? unansweredEvent(one) : missedEvent(one))
  return one
}

const BY_STORYLINE = { kind: 'storyline' } as const

/** What the clock closes an item by. */
type LateFacts = Pick<SettleFacts, 'item' | 'now' | 'reopenedAt'>

/**
 * Null: it is not past its time (any more). Age counts from `sent_at` once the team has it (lessons B4), and afresh from
 * when an undo gave it back.
 */
export function decideLate({ item, now, reopenedAt }: LateFacts, settings: LateSettings): Outcome | null {
  const minutesSince = (at: Date) => (now.getTime() - at.getTime()) / 60_000
  const { missedAfterMinutes, teamResponseHours } = settings
  switch (item.status) {
    case 'awaiting_team': {
      if (item.sentAt === null || minutesSince(reopenedAt ?? item.sentAt) <= teamResponseHours * 60) return null
      return { status: 'missed', reason: `nobody acted within ${teamResponseHours} hours`, actor: BY_STORYLINE }
    }
    case 'pending':
    case 'retrying': {
      // It might be live: somebody is asked, nothing is closed by the clock.
      if (item.instagramSends > 0) return null
      if (minutesSince(item.scheduledFor) <= missedAfterMinutes) return null
      const late = `more than ${missedAfterMinutes} minutes late`
      if (item.status === 'pending') {
        const reason = item.lastError ? `${late}; last trouble: ${item.lastError}` : late
        return { status: 'missed', reason, actor: BY_STORYLINE }
      }
      const error = item.lastError ?? 'unknown trouble'
      return { status: 'failed', reason: `${late}: ${error}`, error, actor: BY_STORYLINE }
    }
    case 'processing':
    case 'unconfirmed':
      return null
    default:
      return item.status satisfies never
  }
}
