import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import type { Transaction } from '../db/connect.ts'
import { mediaItems, postingQueue } from '../db/schema.ts'
import { settleIn } from '../history/settle.ts'
import { localDate } from './parse-when.ts'
import { seededRandom } from './random.ts'
import { loadScheduleFacts } from './schedule-facts.ts'
import { planSlots, type Slot } from './slots.ts'

/** A story whose time went by while posting was paused. */
export interface Overdue {
  id: string
  storyNumber: number
  file: string
  scheduledFor: Date
}

/** Days that are looked through for free slots, one after the other. */
const HORIZONS = [7, 30, 120]

/** In the order of their times; samples and what may be live are left alone. */
export async function loadOverdue(tx: Transaction): Promise<Overdue[]> {
  const { id, storyNumber, scheduledFor, status, instagramSends } = postingQueue
  return tx
    .select({ id, storyNumber, scheduledFor, file: mediaItems.filePath })
    .from(postingQueue)
    .innerJoin(mediaItems, eq(mediaItems.id, postingQueue.mediaItemId))
    .where(
      and(
        inArray(status, ['pending', 'retrying']),
        sql`${scheduledFor} <= now()`,
        eq(instagramSends, 0),
        eq(mediaItems.isSample, false),
      ),
    )
    .orderBy(scheduledFor, id)
    .for('update', { of: postingQueue })
}

type Move = (ctx: Context, tx: Transaction, overdue: readonly Overdue[], dryRun: boolean) => Promise<Overdue[]>

const FRESH = { status: 'pending', nextRetryAt: null, retryCount: 0, lastError: null } as const

/** Due now: the ticks take a few at a time, and none of them is too late. */
export const sendOverdue: Move = async (ctx, tx, overdue, dryRun) => {
  const ids = overdue.map(({ id }) => id)
  if (!dryRun && ids.length > 0) {
    await tx
      .update(postingQueue)
      .set({ ...FRESH, scheduledFor: sql`now()` })
      .where(inArray(postingQueue.id, ids))
  }
  return overdue.map((story) => ({ ...story, scheduledFor: ctx.now() }))
}

/** The next free slots, in the old order. More than the calendar can hold for months stays due now. */
export const replanOverdue: Move = async (ctx, tx, overdue, dryRun) => {
  const slots = await findFreeSlots(ctx, tx, overdue.length)
  const moved: Overdue[] = []
  for (const [n, story] of overdue.entries()) {
    const slot = slots[n]
    moved.push({ ...story, scheduledFor: slot?.at ?? ctx.now() })
    if (dryRun) continue
    const time = slot ? { scheduledFor: slot.at, slot: slot.slot } : { scheduledFor: ctx.now() }
    await tx
      .update(postingQueue)
      .set({ ...FRESH, ...time })
      .where(eq(postingQueue.id, story.id))
  }
  return moved
}

async function findFreeSlots({ settings, now }: Context, tx: Transaction, wanted: number): Promise<Slot[]> {
  let slots: Slot[] = []
  for (const days of HORIZONS) {
    if (slots.length >= wanted) break
    const { timeZone, postsPerDay } = settings
    const firstDay = localDate(now(), timeZone)
    const { taken } = await loadScheduleFacts(tx, { now: now(), firstDay, days, memoryDays: 0 })
    slots = planSlots({
      now: now(),
      days,
      postsPerDay,
      timeZone,
      windowStartMinutes: settings.postingStartMinutes,
      windowEndMinutes: settings.postingEndMinutes,
      jitterMinutes: settings.slotJitterMinutes,
      random: seededRandom(`${firstDay} resume`),
      taken,
    })
  }
  return slots.slice(0, wanted)
}

export const dropOverdue: Move = async ({ settings }, tx, overdue, dryRun) => {
  if (dryRun) return [...overdue]
  for (const { id } of overdue) {
    await settleIn(tx, {
      queueItemId: id,
      settings,
      decide: () => ({
        status: 'cancelled',
        reason: 'dropped when posting was resumed',
        actor: { kind: 'operator', displayName: 'operator' },
      }),
    })
  }
  return [...overdue]
}
