import { and, eq, sql } from 'drizzle-orm'
import type { Database, Transaction } from '../db/connect.ts'
import { mediaItems, postingQueue } from '../db/schema.ts'
import type { MediaItem, QueueItem } from '../history/settle.ts'
import type { ReconcileFacts, Verdict } from '../instagram/reconcile.ts'
import type { QueueChange } from './claim.ts'

/** A publish in doubt that this run reads now. `item.attempt` fences what it writes. */
export interface Doubtful {
  item: QueueItem
  media: MediaItem
  now: Date
  /** Nothing was read yet since a call that was only just made. */
  isFirst: boolean
}

/** Longer than the readings of one item can take: another run leaves it alone meanwhile. */
const READING_SECONDS = 180
const FIRST_SECONDS = 120

export async function claimDoubtful(db: Database): Promise<Doubtful | undefined> {
  const next = db
    .select({ id: postingQueue.id })
    .from(postingQueue)
    .where(sql`${postingQueue.status} = 'unconfirmed' and ${postingQueue.effect} = 'instagram_publish'
      and ${postingQueue.reconcileAt} <= now()`)
    .orderBy(postingQueue.reconcileAt, postingQueue.id)
    .limit(1)
    .for('update', { skipLocked: true })
  const [item] = await db
    .update(postingQueue)
    .set({
      attempt: sql`${postingQueue.attempt} + 1`,
      reconcileAt: sql`now() + make_interval(secs => ${READING_SECONDS})`,
    })
    .where(eq(postingQueue.id, sql`(${next})`))
    .returning()
  if (!item) return undefined
  const [found] = await db
    .select({ media: mediaItems, now: sql`now()`.mapWith(postingQueue.createdAt) })
    .from(mediaItems)
    .where(eq(mediaItems.id, item.mediaItemId))
  if (!found) throw new Error(`queue item ${item.id} has no media item`)
  const isFirst = item.reconcileReads === 0 && secondsBetween(item.instagramSentAt, found.now) < FIRST_SECONDS
  return { item, ...found, isFirst }
}

/** What the row itself says. */
export function factsOf(
  { item, now }: Doubtful,
  graceMinutes: number,
): Omit<ReconcileFacts, 'container' | 'candidates'> {
  return {
    secondsSinceSent: secondsBetween(item.instagramSentAt ?? item.effectStartedAt, now),
    cleanReads: item.reconcileReads,
    sends: item.instagramSends,
    containers: item.instagramContainers,
    containerAgeSeconds: secondsBetween(item.instagramContainerAt, now),
    isStillWanted: secondsBetween(item.scheduledFor, now) <= graceMinutes * 60,
    isAsked: item.reconcileAskedAt !== null,
  }
}

function secondsBetween(from: Date | null, to: Date): number {
  return from === null ? 0 : (to.getTime() - from.getTime()) / 1000
}

/** Thrown when the item is not this run's to judge any more. */
export class LostDoubt extends Error {
  constructor() {
    super('somebody else settled the doubt')
    this.name = 'LostDoubt'
  }
}

/** Throws `LostDoubt`. */
export async function writeVerdict(
  db: Database | Transaction,
  { item }: Doubtful,
  verdict: Exclude<Verdict, { kind: 'posted' }>,
  /** Live stories that are certainly not ours; null: none were read. */
  knownIds: readonly string[] | null = null,
): Promise<void> {
  const same = and(
    eq(postingQueue.id, item.id),
    eq(postingQueue.status, 'unconfirmed'),
    eq(postingQueue.attempt, item.attempt),
  )
  const written = await db
    .update(postingQueue)
    .set(changeOf(verdict, knownIds) as typeof postingQueue.$inferInsert)
    .where(same)
    .returning({ id: postingQueue.id })
  if (written.length === 0) throw new LostDoubt()
}

/** Nothing is in doubt any more; what was published before is still remembered, and looked for again before the next call. */
const RESUMED: QueueChange = {
  status: 'retrying',
  nextRetryAt: sql`now()`,
  effect: null,
  effectStartedAt: null,
  reconcileAt: null,
  lastError: 'Instagram shows that nothing was published',
}

function changeOf(verdict: Exclude<Verdict, { kind: 'posted' }>, knownIds: readonly string[] | null): QueueChange {
  // Only what appears from now on, or could not be told, is a reason to stop before the next call.
  const known = knownIds === null ? {} : { instagramBeforeIds: [...knownIds] }
  switch (verdict.kind) {
    case 'wait':
      return {
        reconcileAt: sql`now() + make_interval(secs => ${verdict.seconds})`,
        reconcileReads: sql`${postingQueue.reconcileReads} + ${verdict.isClean ? 1 : 0}`,
      }
    case 'resend':
      return { ...RESUMED, ...known }
    case 'rebuild':
      return { ...RESUMED, ...known, instagramContainerId: null, instagramContainerAt: null }
    case 'ask':
      return {
        reconcileAskedAt: sql`now()`,
        reconcileAt: sql`now() + interval '1 hour'`,
        lastError: verdict.reason,
      }
    case 'stop':
      return { reconcileAt: null }
    default:
      return verdict satisfies never
  }
}
