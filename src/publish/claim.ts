import { and, eq, sql } from 'drizzle-orm'
import type { Database, Transaction } from '../db/connect.ts'
import { type ChannelName, type Effect, mediaItems, postingQueue } from '../db/schema.ts'
import { releaseHostedFiles } from '../history/release-hosted.ts'
import type { Fence, MediaItem, QueueItem } from '../history/settle.ts'
import { isAutomatic, isDue } from './due.ts'

export interface Claim {
  item: QueueItem
  media: MediaItem
  fence: Fence
}

export interface ClaimRequest {
  leaseOwner: string
  leaseSeconds: number
  /** Items of these are left alone: asked again they would come back in the same run. */
  except: readonly string[]
  /** Ways out that are open now; not empty. */
  lanes: readonly ChannelName[]
  enableInstagramApi: boolean
}

function inLanes({ lanes, enableInstagramApi }: ClaimRequest) {
  if (lanes.length > 1) return undefined
  const automatic = isAutomatic({ enableInstagramApi })
  return lanes.includes('instagram') ? automatic : sql`not ${automatic}`
}

const MANY_ATTEMPTS = 5

/**
 * Takes the most overdue item in one statement: overlapping runs skip each other's rows and never take one twice. The
 * attempt number that it answers is the fencing token of every later write.
 */
export async function claimDue(db: Database, request: ClaimRequest): Promise<Claim | undefined> {
  const { leaseOwner, leaseSeconds, except } = request
  const next = db
    .select({ id: postingQueue.id })
    .from(postingQueue)
    .innerJoin(mediaItems, eq(mediaItems.id, postingQueue.mediaItemId))
    .where(
      and(
        isDue,
        inLanes(request),
        eq(mediaItems.isSample, false),
        except.length > 0 ? sql`${postingQueue.id} not in ${[...except]}` : undefined,
      ),
    )
    // A story that keeps killing its run must not block those behind it.
    .orderBy(sql`${postingQueue.attempt} >= ${MANY_ATTEMPTS}`, postingQueue.scheduledFor, postingQueue.id)
    .limit(1)
    .for('update', { of: postingQueue, skipLocked: true })
  const [item] = await db
    .update(postingQueue)
    .set({
      status: 'processing',
      attempt: sql`${postingQueue.attempt} + 1`,
      leaseOwner,
      leaseUntil: fromNow(leaseSeconds),
      nextRetryAt: null,
    })
    // `=`, not `in`: a planner with poor statistics would run an `in` subquery once per row, and claim them all.
    .where(eq(postingQueue.id, sql`(${next})`))
    .returning()
  if (!item) return undefined
  const [media] = await db.select().from(mediaItems).where(eq(mediaItems.id, item.mediaItemId))
  if (!media) throw new Error(`queue item ${item.id} has no media item`)
  return { item, media, fence: { leaseOwner, attempt: item.attempt } }
}

export function fromNow(seconds: number) {
  return sql`now() + make_interval(secs => ${seconds})`
}

/** Thrown when a fenced write finds no row: another run, or a press, owns the item now. */
export class LeaseLost extends Error {
  constructor() {
    super('the lease was lost')
    this.name = 'LeaseLost'
  }
}

export type QueueChange = Partial<Record<keyof typeof postingQueue.$inferInsert, unknown>>

/** A write that only the holder of the lease can make (SPEC §4). Throws `LeaseLost`. */
export async function write(db: Pick<Database, 'update'>, id: string, fence: Fence, change: QueueChange) {
  const [item] = await db
    .update(postingQueue)
    .set(change as typeof postingQueue.$inferInsert)
    .where(
      and(
        eq(postingQueue.id, id),
        eq(postingQueue.leaseOwner, fence.leaseOwner),
        eq(postingQueue.attempt, fence.attempt),
      ),
    )
    .returning()
  if (!item) throw new LeaseLost()
  return item
}

/** Commits the intent to make an outside call; the lease outlives the call's timeout by 30 s. */
export async function writeIntent(db: Database, claim: Claim, effect: Effect, timeoutSeconds: number): Promise<void> {
  await write(db, claim.item.id, claim.fence, {
    effect,
    effectStartedAt: sql`now()`,
    leaseUntil: fromNow(timeoutSeconds + LEASE_MARGIN_SECONDS),
  })
}

export const LEASE_MARGIN_SECONDS = 30

/** An upload that still moves keeps its lease. */
export async function renewLease(db: Database, claim: Claim, timeoutSeconds: number): Promise<void> {
  await write(db, claim.item.id, claim.fence, { leaseUntil: fromNow(timeoutSeconds + LEASE_MARGIN_SECONDS) })
}

export async function recordDocument(db: Database, claim: Claim, chatId: number, messageId: number): Promise<void> {
  await write(db, claim.item.id, claim.fence, {
    telegramChatId: chatId,
    telegramDocumentMessageId: messageId,
    effect: null,
    effectStartedAt: null,
  })
}

const RELEASED: QueueChange = { leaseOwner: null, leaseUntil: null, effect: null, effectStartedAt: null }

/** The card is with the team: not leased, never swept, never sent again. */
export async function recordCard(
  db: Pick<Database, 'update'>,
  claim: Claim,
  chatId: number,
  messageId: number,
): Promise<void> {
  await write(db, claim.item.id, claim.fence, {
    ...RELEASED,
    status: 'awaiting_team',
    sentAt: sql`now()`,
    telegramChatId: chatId,
    telegramMessageId: messageId,
    lastError: null,
  })
}

/** Where the item goes, known before the first call: a chat, so that a press can be judged while the call is open. */
export async function writeTarget(db: Database, claim: Claim, target: WriteTarget): Promise<void> {
  await write(db, claim.item.id, claim.fence, target)
}

type WriteTarget =
  | { channel: 'telegram'; telegramChatId: number }
  | { channel: 'instagram'; instagramAccountId: string }

/** Back into the queue, as if this run had never taken it. */
export async function release(db: Pick<Database, 'update'>, claim: Claim, lastError: string | null): Promise<void> {
  await write(db, claim.item.id, claim.fence, { ...RELEASED, status: 'pending', ...(lastError ? { lastError } : {}) })
}

export async function postpone(
  db: Database,
  claim: Claim,
  { at, retryCount, reason }: { at: Date; retryCount: number; reason: string },
): Promise<void> {
  await write(db, claim.item.id, claim.fence, {
    ...RELEASED,
    status: 'retrying',
    nextRetryAt: at,
    retryCount,
    lastError: reason,
  })
}

/** Also when no call is open: an earlier one turned out to be in doubt after all. */
const DOUBTFUL_PUBLISH: QueueChange = {
  effect: 'instagram_publish',
  effectStartedAt: sql`coalesce(effect_started_at, instagram_sent_at, now())`,
  instagramSentAt: sql`coalesce(instagram_sent_at, now())`,
  instagramSends: sql`greatest(instagram_sends, 1)`,
}

/** An effect may exist: the intent stays in the row and says which. `reconcile`: reading may tell, from now on. */
export async function markUnconfirmed(
  db: Pick<Database, 'update'>,
  claim: Claim,
  { reason, reconcile }: { reason: string; reconcile: boolean },
): Promise<void> {
  await write(db, claim.item.id, claim.fence, {
    status: 'unconfirmed',
    leaseOwner: null,
    leaseUntil: null,
    lastError: reason,
    ...(reconcile ? DOUBTFUL_PUBLISH : {}),
    reconcileAt: reconcile ? sql`now()` : null,
    reconcileReads: 0,
    reconcileAskedAt: null,
  })
}

/** Its publishing was in doubt before: nothing else is done with it until somebody has looked at the account. */
export async function markAsked(db: Pick<Database, 'update'>, claim: Claim, reason: string): Promise<void> {
  await write(db, claim.item.id, claim.fence, {
    status: 'unconfirmed',
    leaseOwner: null,
    leaseUntil: null,
    effect: 'instagram_publish',
    effectStartedAt: sql`coalesce(${postingQueue.instagramSentAt}, now())`,
    lastError: reason,
    reconcileAt: sql`now() + interval '1 hour'`,
    reconcileAskedAt: sql`now()`,
  })
}

/** Instagram will not publish it (in time): a person gets it, with the reason. */
export async function handOver(tx: Transaction, claim: Claim, reason: string): Promise<void> {
  const item = await write(tx, claim.item.id, claim.fence, {
    ...RELEASED,
    status: 'pending',
    channel: 'telegram',
    fallbackReason: reason,
    retryCount: 0,
    lastError: reason,
  })
  await releaseHostedFiles(tx, item, { isPublished: false })
}
