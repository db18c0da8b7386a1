import { and, desc, eq, gt, inArray, isNull, ne, or, sql } from 'drizzle-orm'
import { openAlert } from '../alerts/alerts.ts'
import type { Transaction } from '../db/connect.ts'
import { mediaItems, mediaPostingLocks, postingHistory, postingQueue, telegramCards, users } from '../db/schema.ts'
import { loadPause } from '../publish/pause.ts'
import { unconfirmedAlert } from '../publish/trouble.ts'
import { lockPlanning } from '../schedule/insert-queue-items.ts'
import { decideUndo, type UndoPlan } from './decide-undo.ts'
import type { UndoFacts, UndoRefusal, UndoRule } from './refuse-undo.ts'
import type { HistoryRow, MediaItem } from './settle.ts'

/** A lock by a person; the others follow from what was posted or skipped. */
const HOLDS = ['manual_hold', 'seasonal', 'rejected'] as const

export interface UndoRequest extends UndoRule {
  historyId: string
  /** Who takes it back, as people are shown. */
  by: string
  dryRun: boolean
}

export type UndoResult =
  /** `undoneAt`: the database's clock. */
  | { kind: 'undone'; history: HistoryRow; plan: UndoPlan; undoneAt: Date }
  /** Somebody took it back before. */
  | { kind: 'already'; history: HistoryRow }
  | UndoRefusal

/**
 * Takes a settling back, exactly: what it changed is restored from what it wrote down, the history row stays and says
 * when it was undone, and the queue row is there again under its old id. Of two at once, the second finds it done.
 */
export async function undoSettlement(tx: Transaction, request: UndoRequest): Promise<UndoResult> {
  // First, as by everything that fills the queue: neither the picture nor the slot can be taken meanwhile.
  if (!request.dryRun) await lockPlanning(tx)
  const [history] = await tx.select().from(postingHistory).where(eq(postingHistory.id, request.historyId)).for('update')
  if (!history) throw new Error(`history row ${request.historyId} does not exist`)
  if (history.undoneAt !== null) return { kind: 'already', history }
  const { media, ...facts } = await loadFacts(tx, history)
  const plan = decideUndo({ ...facts, media }, request)
  if (plan.kind === 'refused') return plan
  if (!request.dryRun) await carryOut(tx, { history, media, plan, by: request.by })
  return { kind: 'undone', history, plan, undoneAt: facts.now }
}

/** In the order in which a press and a settling lock them: people, locks, pictures, and cards at the end. */
async function loadFacts(tx: Transaction, history: HistoryRow): Promise<UndoFacts & { media: MediaItem }> {
  const { lock: made, userTotalPosts } = history.settlement
  if (userTotalPosts) await tx.select().from(users).where(eq(users.id, userTotalPosts.userId)).for('update')
  const [lock] = made ? await tx.select().from(mediaPostingLocks).where(isLock(history, made)).for('update') : []
  const [media] = await tx.select().from(mediaItems).where(eq(mediaItems.id, history.mediaItemId)).for('update')
  if (!media) throw new Error(`history row ${history.id} has no media item`)
  const [queued] = await tx.select().from(postingQueue).where(eq(postingQueue.mediaItemId, media.id))
  const [clock] = await tx.execute<{ ms: string }>(sql`select extract(epoch from now()) * 1000 as ms`)
  return {
    history,
    media,
    queued: queued ?? null,
    repeated: await findRepeat(tx, history),
    isSlotTaken: await isSlotTaken(tx, history),
    lock: lock ?? null,
    holds: await findHolds(tx, media),
    card: await findCard(tx, history),
    isPaused: (await loadPause(tx)) !== null,
    now: new Date(Number(clock?.ms)),
  }
}

type MadeLock = NonNullable<HistoryRow['settlement']['lock']>

function isLock({ mediaItemId }: HistoryRow, { reason }: MadeLock) {
  return and(eq(mediaPostingLocks.mediaItemId, mediaItemId), eq(mediaPostingLocks.lockReason, reason))
}

async function findRepeat(tx: Transaction, { id }: HistoryRow) {
  const { storyNumber, retryOf, status, undoneAt } = postingHistory
  const [repeat] = await tx
    .select({ storyNumber })
    .from(postingHistory)
    .where(and(eq(retryOf, id), eq(status, 'posted'), isNull(undoneAt)))
    .limit(1)
  return repeat ?? null
}

/** Only of a cancelled story is the slot free to others (SPEC §9). */
async function isSlotTaken(tx: Transaction, { id, slot }: HistoryRow): Promise<boolean> {
  if (slot === null) return false
  const inQueue = await tx.$count(postingQueue, eq(postingQueue.slot, slot))
  const { undoneAt, status } = postingHistory
  const holds = and(eq(postingHistory.slot, slot), ne(postingHistory.id, id), isNull(undoneAt), ne(status, 'cancelled'))
  return inQueue > 0 || (await tx.$count(postingHistory, holds)) > 0
}

/** What people said of the picture, or of a copy of it, and what holds now. */
async function findHolds(tx: Transaction, { fileHash }: MediaItem): Promise<UndoFacts['holds']> {
  const { lockReason: reason, lockedUntil: until } = mediaPostingLocks
  return tx
    .selectDistinct({ reason, until })
    .from(mediaPostingLocks)
    .innerJoin(mediaItems, eq(mediaItems.id, mediaPostingLocks.mediaItemId))
    .where(
      and(eq(mediaItems.fileHash, fileHash), inArray(reason, [...HOLDS]), or(isNull(until), gt(until, sql`now()`))),
    )
    .orderBy(reason)
}

async function findCard(tx: Transaction, { queueItemId }: HistoryRow): Promise<UndoFacts['card']> {
  if (queueItemId === null) return null
  const [card] = await tx
    .select({ chatId: telegramCards.chatId, messageId: telegramCards.messageId, at: telegramCards.createdAt })
    .from(telegramCards)
    .where(and(eq(telegramCards.queueItemId, queueItemId), eq(telegramCards.kind, 'card')))
    .orderBy(desc(telegramCards.createdAt))
    .limit(1)
  return card ?? null
}

interface Carried {
  history: HistoryRow
  media: MediaItem
  plan: UndoPlan
  by: string
}

async function carryOut(tx: Transaction, carried: Carried): Promise<void> {
  const { history, plan, by } = carried
  await tx
    .update(postingHistory)
    .set({ undoneAt: sql`now()`, settlement: { ...history.settlement, undoneBy: by } })
    .where(eq(postingHistory.id, history.id))
  await forgetIn(tx, history)
  await restoreCounts(tx, carried)
  await restoreLock(tx, carried)
  await tx.insert(postingQueue).values(plan.item)
  await openCards(tx, plan)
  if (plan.item.status !== 'unconfirmed') return
  const { id, storyNumber = null, lastError } = plan.item
  await openAlert(tx, unconfirmedAlert({ id, storyNumber }, lastError ?? 'nobody knows'))
}

/** Later settlings of the picture that wrote this one down as what was before them: before them was what is restored now. */
async function forgetIn(tx: Transaction, { id, mediaItemId, settlement }: HistoryRow): Promise<void> {
  const { lastPostedAt, lock } = settlement
  const column = postingHistory.settlement
  const isOther = and(eq(postingHistory.mediaItemId, mediaItemId), ne(postingHistory.id, id))
  if (lastPostedAt) {
    const from = JSON.stringify(lastPostedAt.from)
    await tx
      .update(postingHistory)
      .set({ settlement: sql`jsonb_set(${column}, '{lastPostedAt,from}', ${from}::jsonb)` })
      .where(and(isOther, sql`${column} -> 'lastPostedAt' ->> 'from' = ${lastPostedAt.to}`))
  }
  if (lock) {
    const isSame = sql`${column} -> 'lock' ->> 'reason' = ${lock.reason}
      and ${column} -> 'lock' -> 'from' = ${JSON.stringify(lock.to)}::jsonb`
    await tx
      .update(postingHistory)
      .set({ settlement: sql`jsonb_set(${column}, '{lock,from}', ${JSON.stringify(lock.from)}::jsonb)` })
      .where(and(isOther, isSame))
  }
}

async function restoreCounts(tx: Transaction, { history, media, plan }: Carried): Promise<void> {
  const { timesPosted, lastPostedAt, userTotalPosts } = history.settlement
  if (timesPosted) {
    const from = lastPostedAt?.from ?? null
    await tx
      .update(mediaItems)
      .set({
        // Not below zero: a file that was replaced began to count afresh.
        timesPosted: sql`greatest(${mediaItems.timesPosted} - 1, 0)`,
        ...(plan.lastPostedAt === 'restore' ? { lastPostedAt: from === null ? null : new Date(from) } : {}),
      })
      .where(eq(mediaItems.id, media.id))
  }
  if (!userTotalPosts) return
  await tx
    .update(users)
    .set({ totalPosts: sql`greatest(${users.totalPosts} - 1, 0)` })
    .where(eq(users.id, userTotalPosts.userId))
}

async function restoreLock(tx: Transaction, { history, plan }: Carried): Promise<void> {
  const made = history.settlement.lock
  if (!made || plan.lock !== 'restore') return
  if (made.from === null) {
    await tx.delete(mediaPostingLocks).where(isLock(history, made))
    return
  }
  const { lockedUntil, lockedAt, createdByUserId } = made.from
  await tx
    .update(mediaPostingLocks)
    .set({
      lockedUntil: lockedUntil === null ? null : new Date(lockedUntil),
      ...(lockedAt === undefined ? {} : { lockedAt: new Date(lockedAt) }),
      ...(createdByUserId === undefined ? {} : { createdByUserId }),
    })
    .where(isLock(history, made))
}

/** Every message of the story shows how it stands now, with the next edit: the card has its buttons again. */
async function openCards(tx: Transaction, { item }: UndoPlan): Promise<void> {
  const { id: queueItemId, telegramChatId: chatId, telegramMessageId: messageId } = item
  const due = { editDueAt: sql`now()`, editAttempts: 0 }
  await tx.update(telegramCards).set(due).where(eq(telegramCards.queueItemId, queueItemId))
  if (item.status !== 'awaiting_team' || chatId == null || messageId == null) return
  await tx
    .insert(telegramCards)
    .values({ queueItemId, kind: 'card', chatId, messageId, editDueAt: sql`now()` })
    .onConflictDoNothing()
}
