import { asc, eq, inArray, ne } from 'drizzle-orm'
import type { Database } from '../db/connect.ts'
import { mediaItems, postingHistory, postingQueue } from '../db/schema.ts'

/** What stands in the queue and waits for its time, in order. */
export async function loadPlan(db: Database) {
  return db
    .select({
      id: postingQueue.id,
      slot: postingQueue.slot,
      scheduledFor: postingQueue.scheduledFor,
      filePath: mediaItems.filePath,
      title: mediaItems.title,
      category: mediaItems.category,
      linkUrl: mediaItems.linkUrl,
      requiresInteraction: mediaItems.requiresInteraction,
    })
    .from(postingQueue)
    .innerJoin(mediaItems, eq(mediaItems.id, postingQueue.mediaItemId))
    .where(inArray(postingQueue.status, ['pending', 'retrying']))
    .orderBy(asc(postingQueue.scheduledFor))
}

export type PlannedRow = Awaited<ReturnType<typeof loadPlan>>[number]

/** Stories that came to an end other than being cancelled: a sign of real use. */
export function countPastStories(db: Database): Promise<number> {
  return db.$count(postingHistory, ne(postingHistory.status, 'cancelled'))
}
