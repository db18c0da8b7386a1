import { and, eq, sql } from 'drizzle-orm'
import type { Database } from '../db/connect.ts'
import { type Effect, mediaItems, postingQueue } from '../db/schema.ts'
import type { Fence, MediaItem, QueueItem } from '../history/settle.ts'
import { isDue } from './due.ts'

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

function fromNow(seconds: number) {
  return sql`now() + make_interval(secs => ${seconds})`
}

/** Thrown when a fenced write finds no row: another run, or a press, owns the item now. */
export class LeaseLost extends Error {
  constructor() {
    super('the lease was lost')
    this.name = 'LeaseLost'
  }
}

type QueueChange = Partial<Record<keyof typeof postingQueue.$inferInsert, unknown>>

/** A write that only the holder of the lease can make (SPEC §4). Throws `LeaseLost`. */
async function write(db: Pick<Database, 'update'>, id: string, fence: Fence, change: QueueChange) {
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

const LEASE_MARGIN_SECONDS = 30

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

/** Where the item belongs, known before the first call, so that a press can be judged while the call is open. */
export async function writeTarget(db: Database, claim: Claim, chatId: number): Promise<void> {
  await write(db, claim.item.id, claim.fence, { telegramChatId: chatId, channel: 'telegram' })
}

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

/** An effect may exist: the intent stays in the row and says which. */
export async function markUnconfirmed(db: Pick<Database, 'update'>, claim: Claim, reason: string): Promise<void> {
  await write(db, claim.item.id, claim.fence, {
    status: 'unconfirmed',
    leaseOwner: null,
    leaseUntil: null,
    lastError: reason,
  })
}
