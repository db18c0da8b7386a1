import { and, eq, isNull, sql } from 'drizzle-orm'
import { resolveAlert } from '../alerts/alerts.ts'
import { AlertSubject } from '../alerts/subjects.ts'
import { type Database, inTransaction, type Transaction } from '../db/connect.ts'
import {
  type LockState,
  mediaItems,
  mediaPostingLocks,
  postingHistory,
  postingQueue,
  type Settlement,
  telegramCards,
  users,
} from '../db/schema.ts'
import { type LockRule, type LockSettings, laterLock, lockFor, type Outcome } from './outcome.ts'
import { releaseHostedFiles } from './release-hosted.ts'
import { reopenedAt } from './reopened.ts'
import { rememberItem, rememberMedia } from './settled-item.ts'

export type QueueItem = typeof postingQueue.$inferSelect
export type MediaItem = typeof mediaItems.$inferSelect
export type HistoryRow = typeof postingHistory.$inferSelect
type LockRow = typeof mediaPostingLocks.$inferSelect

/** The claim that must still hold for the tick to settle: a press needs none (SPEC §4). */
export interface Fence {
  leaseOwner: string
  attempt: number
}

export type SettleResult =
  | { kind: 'settled'; history: HistoryRow }
  /** Somebody or something settled it before: this is their row. */
  | { kind: 'already'; history: HistoryRow }
  /** The lease was lost: another run owns the item now. */
  | { kind: 'lost' }
  /** `decide` did not want to settle it. */
  | { kind: 'declined'; why: string }
  | { kind: 'unknown' }

/** What `decide` may look at; `now` is the database's clock. */
export interface SettleFacts {
  item: QueueItem
  media: MediaItem
  now: Date
  /** When its last settling was undone; null: it never was. */
  reopenedAt: Date | null
}

export interface SettleRequest {
  queueItemId: string
  settings: LockSettings
  fence?: Fence
  decide(facts: SettleFacts): Outcome | { decline: string }
  /** The message that was pressed: it proves a card, whatever the sender knows of it. */
  pressed?: { chatId: number; messageId: number }
}

/**
 * The one transaction that ends a queue item: history row, lock, counters, cards marked for their edit, queue row
 * removed. The row lock makes concurrent settlers wait and then find the item gone; the unique index on
 * `posting_history.queue_item_id` is the second line of defence.
 */
export async function settle(db: Database, request: SettleRequest): Promise<SettleResult> {
  return inTransaction(db, (tx) => settleIn(tx, request))
}

/** `settle` inside a transaction that does more, for example remembering a Telegram update. */
export async function settleIn(tx: Transaction, request: SettleRequest): Promise<SettleResult> {
  let found = await lockItem(tx, request.queueItemId)
  if (!found) {
    const settled = await findSettled(tx, request.queueItemId)
    // A card that nobody knew of (its delivery was in doubt): it gets its final text now.
    if (settled.kind === 'already' && request.pressed) await rememberCard(tx, request.queueItemId, request.pressed)
    if (settled.kind === 'already') return settled
    // Neither open nor settled: an undo between the two looks has opened it again.
    found = await lockItem(tx, request.queueItemId)
    if (!found) return settled
  }
  if (request.fence && !holds(found.item, request.fence)) return { kind: 'lost' }

  const outcome = request.decide(found)
  if ('decline' in outcome) return { kind: 'declined', why: outcome.decline }

  const settlement = await applyEffects(tx, found, outcome, request.settings)
  if (request.pressed) await rememberCard(tx, request.queueItemId, request.pressed)
  const history = await insertHistory(tx, { facts: found, outcome, settlement, pressed: request.pressed })
  await tx.update(telegramCards).set({ editDueAt: found.now }).where(eq(telegramCards.queueItemId, found.item.id))
  await releaseHostedFiles(tx, found.item, { isPublished: outcome.status === 'posted' })
  await tx.delete(postingQueue).where(eq(postingQueue.id, found.item.id))
  await resolveAlert(tx, AlertSubject.unconfirmed(found.item.id))
  return { kind: 'settled', history }
}

/** Waits for whoever settles it now, and then finds it gone. */
async function lockItem(tx: Transaction, queueItemId: string): Promise<SettleFacts | undefined> {
  const [found] = await tx
    .select({
      item: postingQueue,
      media: mediaItems,
      now: sql`now()`.mapWith(postingQueue.createdAt),
      reopenedAt: sql<Date | null>`${reopenedAt}`.mapWith(postingQueue.createdAt),
    })
    .from(postingQueue)
    .innerJoin(mediaItems, eq(mediaItems.id, postingQueue.mediaItemId))
    .where(eq(postingQueue.id, queueItemId))
    .for('update', { of: postingQueue })
  return found
}

function holds(item: QueueItem, fence: Fence): boolean {
  return item.leaseOwner === fence.leaseOwner && item.attempt === fence.attempt
}

/** How the item ended; undefined while it is open (or was never known). */
export async function findSettlement(db: Database | Transaction, queueItemId: string): Promise<HistoryRow | undefined> {
  const [history] = await db
    .select()
    .from(postingHistory)
    .where(and(eq(postingHistory.queueItemId, queueItemId), isNull(postingHistory.undoneAt)))
  return history
}

async function findSettled(tx: Transaction, queueItemId: string): Promise<SettleResult> {
  const history = await findSettlement(tx, queueItemId)
  return history ? { kind: 'already', history } : { kind: 'unknown' }
}

async function applyEffects(
  tx: Transaction,
  { item, media, now }: SettleFacts,
  outcome: Outcome,
  settings: LockSettings,
): Promise<Settlement> {
  const settlement: Settlement = { item: rememberItem(item) }
  const lock = lockFor(outcome.status, now, settings)
  if (lock) settlement.lock = await putLock(tx, { mediaItemId: media.id, now, lock, outcome })
  if (outcome.status !== 'posted') return settlement

  settlement.timesPosted = { from: media.timesPosted, to: media.timesPosted + 1 }
  settlement.lastPostedAt = { from: media.lastPostedAt?.toISOString() ?? null, to: now.toISOString() }
  await tx
    .update(mediaItems)
    .set({ timesPosted: sql`${mediaItems.timesPosted} + 1`, lastPostedAt: now })
    .where(eq(mediaItems.id, media.id))
  if (outcome.actor.kind === 'user') {
    settlement.userTotalPosts = { userId: outcome.actor.userId }
    await tx
      .update(users)
      .set({ totalPosts: sql`${users.totalPosts} + 1` })
      .where(eq(users.id, outcome.actor.userId))
  }
  return settlement
}

interface LockToPut {
  mediaItemId: string
  now: Date
  lock: LockRule
  outcome: Outcome
}

async function putLock(tx: Transaction, parts: LockToPut): Promise<NonNullable<Settlement['lock']>> {
  const { mediaItemId, now: lockedAt, lock, outcome } = parts
  const { reason, lockedUntil } = lock
  const same = and(eq(mediaPostingLocks.mediaItemId, mediaItemId), eq(mediaPostingLocks.lockReason, reason))
  const [before] = await tx.select().from(mediaPostingLocks).where(same).for('update')
  const until = before ? laterLock(before.lockedUntil, lockedUntil) : lockedUntil
  const createdByUserId = outcome.actor.kind === 'user' ? outcome.actor.userId : null
  const set = { lockedUntil: until, lockedAt, createdByUserId }
  await tx
    .insert(mediaPostingLocks)
    .values({ mediaItemId, lockReason: reason, ...set })
    .onConflictDoUpdate({ target: [mediaPostingLocks.mediaItemId, mediaPostingLocks.lockReason], set })
  return { reason, from: before ? lockState(before) : null, to: lockState(set) }
}

function lockState(lock: Pick<LockRow, 'lockedUntil' | 'lockedAt' | 'createdByUserId'>): LockState {
  const { lockedUntil, lockedAt, createdByUserId } = lock
  return { lockedUntil: lockedUntil?.toISOString() ?? null, lockedAt: lockedAt.toISOString(), createdByUserId }
}

async function rememberCard(tx: Transaction, queueItemId: string, pressed: { chatId: number; messageId: number }) {
  await tx
    .insert(telegramCards)
    .values({ queueItemId, kind: 'card', ...pressed, editDueAt: sql`now()` })
    .onConflictDoUpdate({
      target: [telegramCards.chatId, telegramCards.messageId],
      set: { editDueAt: sql`now()`, editAttempts: 0 },
    })
}

interface HistoryFacts {
  facts: SettleFacts
  outcome: Outcome
  settlement: Settlement
  pressed: SettleRequest['pressed']
}

async function insertHistory(tx: Transaction, parts: HistoryFacts): Promise<HistoryRow> {
  const { facts, outcome, settlement, pressed } = parts
  const { item, media, now } = facts
  const { actor } = outcome
  const [row] = await tx
    .insert(postingHistory)
    .values({
      mediaItemId: media.id,
      queueItemId: item.id,
      storyNumber: item.storyNumber,
      queueCreatedAt: item.createdAt,
      queueDeletedAt: now,
      scheduledFor: item.scheduledFor,
      mediaMetadata: rememberMedia(media),
      slot: item.slot,
      channel: item.channel,
      status: outcome.status,
      success: outcome.status === 'posted',
      reason: outcome.reason,
      postedAt: outcome.status === 'posted' ? now : null,
      // A press proves that the card arrived, even when the sender never heard back.
      sentAt: item.sentAt ?? (pressed ? (item.effectStartedAt ?? now) : null),
      instagramMediaId: outcome.instagram?.mediaId ?? null,
      instagramPermalink: outcome.instagram?.permalink ?? null,
      postedByUserId: actor.kind === 'user' ? actor.userId : null,
      postedByTelegramUsername: actor.kind === 'user' ? actor.username : null,
      settledBy: actor.kind === 'storyline' ? null : actor.displayName,
      errorMessage: outcome.error ?? null,
      retryCount: item.retryCount,
      telegramChatId: pressed?.chatId ?? item.telegramChatId,
      telegramMessageId: pressed?.messageId ?? item.telegramMessageId,
      retryOf: item.retryOf,
      settlement,
    })
    .returning()
  if (!row) throw new Error('insert into posting_history returned no row')
  return row
}
