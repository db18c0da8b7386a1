import { and, eq, gt, isNull, ne, sql } from 'drizzle-orm'
import type { Transaction } from '../db/connect.ts'
import { mediaItems, postingHistory, postingQueue } from '../db/schema.ts'
import type { Story } from './content.ts'
import type { TakenSlot } from './slots.ts'

export interface ScheduleFacts {
  taken: TakenSlot[]
  /** The whole queue, and what was posted lately. */
  planned: Story[]
}

export interface FactsRequest {
  now: Date
  /** First local day of the plan, `YYYY-MM-DD`. */
  firstDay: string
  days: number
  /** How far back a posted story still keeps its copies away, in days. */
  memoryDays: number
}

const MS_PER_DAY = 86_400_000
/** Zones reach 14 hours from UTC and a window may run into its second day: two days cover both. */
const MARGIN_DAYS = 2

/** What already stands in the calendar. */
export async function loadScheduleFacts(tx: Transaction, request: FactsRequest): Promise<ScheduleFacts> {
  const [queue, held, posted] = await Promise.all([
    loadQueue(tx),
    loadHeldSlots(tx, request),
    loadPosted(tx, new Date(request.now.getTime() - request.memoryDays * MS_PER_DAY)),
  ])
  return { taken: [...queue, ...held], planned: [...queue, ...posted] }
}

function loadQueue(tx: Transaction): Promise<(Story & TakenSlot)[]> {
  return tx
    .select({
      slot: postingQueue.slot,
      at: postingQueue.scheduledFor,
      fileHash: mediaItems.fileHash,
      category: mediaItems.category,
      tags: mediaItems.tags,
    })
    .from(postingQueue)
    .innerJoin(mediaItems, eq(mediaItems.id, postingQueue.mediaItemId))
}

/** Past stories hold their slot, whatever became of them, unless they were cancelled or undone. */
function loadHeldSlots(tx: Transaction, { firstDay, days }: FactsRequest): Promise<TakenSlot[]> {
  const midnightMs = Date.parse(`${firstDay}T00:00:00Z`)
  const day = (offset: number) => new Date(midnightMs + offset * MS_PER_DAY).toISOString()
  const [from, to] = [day(-MARGIN_DAYS), day(days + MARGIN_DAYS)]
  // By name as well: a story that was rescheduled keeps its slot wherever it went.
  const isNear = sql`(${postingHistory.scheduledFor} between ${from} and ${to}
    or ${postingHistory.slot} collate "C" between ${from.slice(0, 10)} and ${to.slice(0, 10)})`
  return tx
    .select({ slot: postingHistory.slot, at: postingHistory.scheduledFor })
    .from(postingHistory)
    .where(and(isNull(postingHistory.undoneAt), ne(postingHistory.status, 'cancelled'), isNear))
}

/** As followers saw them: the snapshot tells what was shown, even if the file has changed since. */
async function loadPosted(tx: Transaction, since: Date): Promise<Story[]> {
  const rows = await tx
    .select({
      at: postingHistory.postedAt,
      shown: postingHistory.mediaMetadata,
      fileHash: mediaItems.fileHash,
      category: mediaItems.category,
      tags: mediaItems.tags,
    })
    .from(postingHistory)
    .innerJoin(mediaItems, eq(mediaItems.id, postingHistory.mediaItemId))
    .where(and(isNull(postingHistory.undoneAt), gt(postingHistory.postedAt, since)))
  return rows.flatMap(({ at, shown, ...media }) => {
    if (at === null) return []
    if (shown === null) return [{ at, ...media }]
    return [{ at, fileHash: shown.file_hash, category: shown.category, tags: shown.tags }]
  })
}
