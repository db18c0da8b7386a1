import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import type { Transaction } from '../db/connect.ts'
import type { LockReason } from '../db/schema.ts'
import { mediaItems, mediaPostingLocks, postingHistory, postingQueue } from '../db/schema.ts'
import { UserError } from '../errors.ts'
import type { MediaItem } from '../history/settle.ts'
import { printable } from '../media/printable.ts'
import { formatDateTime } from '../output/time.ts'
import { routeItem } from '../publish/route.ts'
import { type InsertedQueueItem, insertQueueItems, lockPlanning } from './insert-queue-items.ts'

export interface QueueingFacts {
  isActive: boolean
  /** Why it is inactive. */
  problem: string | null
  /** The item's own story in the queue. */
  queued: { storyNumber: number; at: Date } | null
  /** Locks of all copies of its content; null: for ever. */
  locks: readonly { reason: LockReason; lockedUntil: Date | null; file: string }[]
  /** Stories of the same content: copies in the queue, and what was posted. */
  stories: readonly { at: Date; file: string; isPosted: boolean }[]
}

export interface QueueingRule {
  at: Date
  /** AVOID_REPOST_DAYS. */
  avoidRepostDays: number
  /** Locks and distance do not count; being in the queue does. */
  force: boolean
  timeZone: string
}

const MS_PER_DAY = 86_400_000

const LOCK_NAMES: Readonly<Record<LockReason, string>> = {
  recent_post: 'it was posted lately',
  skip: 'it was skipped',
  manual_hold: 'somebody put it on hold',
  seasonal: 'it is out of season',
  rejected: 'it was rejected',
}

interface Obstacle {
  code: string
  text: string
  /** Of its own story, which is in the way. */
  storyNumber?: number
}

/** Why a picture may not be queued for that time; null when it may. */
export function findObstacle(
  facts: QueueingFacts,
  { at, avoidRepostDays, force, timeZone }: QueueingRule,
): Obstacle | null {
  const time = (date: Date) => formatDateTime(date, timeZone)
  if (!facts.isActive) return { code: 'media_inactive', text: `is inactive: ${facts.problem ?? 'its file is gone'}` }
  if (facts.queued) {
    const { storyNumber, at: planned } = facts.queued
    return {
      code: 'already_queued',
      text: `is already in the queue: #${storyNumber}, for ${time(planned)}`,
      storyNumber,
    }
  }
  if (force) return null

  const lock = facts.locks.find(({ lockedUntil }) => lockedUntil === null || lockedUntil > at)
  if (lock) {
    const until = lock.lockedUntil === null ? 'for ever' : `until ${time(lock.lockedUntil)}`
    return {
      code: 'media_locked',
      text: `is locked ${until}: ${LOCK_NAMES[lock.reason]} (${lock.reason}, ${lock.file})`,
    }
  }
  const near = facts.stories.find((story) => Math.abs(story.at.getTime() - at.getTime()) < avoidRepostDays * MS_PER_DAY)
  if (near) {
    const what = near.isPosted ? 'was posted' : 'is planned'
    const text = `would repeat itself: the same picture ${what} for ${time(near.at)} (${near.file}), less than ${avoidRepostDays} days away`
    return { code: 'media_repeats', text }
  }
  return null
}

export interface QueueMediaRequest {
  mediaItemId: string
  at: Date
  force: boolean
  dryRun: boolean
  retryOf?: string
}

export interface QueuedMedia {
  /** Null in a dry run. */
  inserted: InsertedQueueItem | null
  media: MediaItem
  channel: 'telegram' | 'instagram'
}

/** Puts one picture into the queue by hand, or throws why not. Under the planning lock: nobody queues a copy meanwhile. */
export async function queueMedia(
  tx: Transaction,
  { settings }: Context,
  request: QueueMediaRequest,
): Promise<QueuedMedia> {
  const { mediaItemId, at, force, dryRun, retryOf } = request
  const { avoidRepostDays, timeZone, enableInstagramApi } = settings
  if (!dryRun) await lockPlanning(tx)
  const [media] = await tx.select().from(mediaItems).where(eq(mediaItems.id, mediaItemId))
  if (!media) throw new Error(`media item ${mediaItemId} does not exist`)
  const obstacle = findObstacle(await loadFacts(tx, media), { at, avoidRepostDays, force, timeZone })
  if (obstacle) throw refusal(media.filePath, obstacle)

  const channel = routeItem({ enableInstagramApi, requiresInteraction: media.requiresInteraction })
  if (dryRun) return { inserted: null, media, channel }
  const item = { mediaItemId, slot: null, scheduledFor: at, channel, ...(retryOf === undefined ? {} : { retryOf }) }
  const [inserted] = await insertQueueItems(tx, [item])
  if (!inserted)
    throw refusal(media.filePath, { code: 'already_queued', text: 'was queued by another command just now' })
  return { inserted, media, channel }
}

function refusal(file: string, { code, text, storyNumber }: Obstacle): UserError {
  const canForce = code === 'media_locked' || code === 'media_repeats'
  const fix = canForce
    ? 'Queue it all the same with --force.'
    : storyNumber && `To give it another time: storyline reschedule ${storyNumber} --now, or --at "2026-11-22 14:30"`
  return new UserError(`${printable(file)} ${text}`, { code, ...(fix ? { fix } : {}) })
}

async function loadFacts(tx: Transaction, { id, fileHash, isActive, problem }: MediaItem): Promise<QueueingFacts> {
  const isCopy = eq(mediaItems.fileHash, fileHash)
  const queue = await tx
    .select({
      mediaItemId: mediaItems.id,
      storyNumber: postingQueue.storyNumber,
      at: postingQueue.scheduledFor,
      file: mediaItems.filePath,
    })
    .from(postingQueue)
    .innerJoin(mediaItems, eq(mediaItems.id, postingQueue.mediaItemId))
    .where(isCopy)
  const locks = await tx
    .select({
      reason: mediaPostingLocks.lockReason,
      lockedUntil: mediaPostingLocks.lockedUntil,
      file: mediaItems.filePath,
    })
    .from(mediaPostingLocks)
    .innerJoin(mediaItems, eq(mediaItems.id, mediaPostingLocks.mediaItemId))
    .where(isCopy)
    .orderBy(sql`${mediaPostingLocks.lockedUntil} desc nulls first`)
  const posted = await tx
    .select({ at: postingHistory.postedAt, file: mediaItems.filePath })
    .from(postingHistory)
    .innerJoin(mediaItems, eq(mediaItems.id, postingHistory.mediaItemId))
    .where(and(isCopy, isNull(postingHistory.undoneAt), sql`${postingHistory.postedAt} is not null`))
  return {
    isActive,
    problem,
    queued: queue.find(({ mediaItemId }) => mediaItemId === id) ?? null,
    locks,
    stories: [
      ...queue.map(({ at, file }) => ({ at, file, isPosted: false })),
      ...posted.flatMap(({ at, file }) => (at ? [{ at, file, isPosted: true }] : [])),
    ],
  }
}
