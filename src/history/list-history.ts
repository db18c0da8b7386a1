import { and, desc, eq, gte, isNotNull, isNull, sql } from 'drizzle-orm'
import type { Database } from '../db/connect.ts'
import { type HistoryStatus, mediaItems, postingHistory } from '../db/schema.ts'

export interface HistoryFilter {
  limit: number
  status?: HistoryStatus | undefined
  since?: Date | undefined
  /** A part of the path, in any case. */
  file?: string | undefined
  /** Those that were undone, instead of those that stand. */
  isUndone?: boolean | undefined
}

export interface HistoryEntry {
  id: string
  queueItemId: string | null
  storyNumber: number | null
  file: string
  status: HistoryStatus
  reason: string | null
  postedAt: Date | null
  /** When it ended, however it did. */
  endedAt: Date
  by: string | null
  channel: string | null
  undoneAt: Date | null
  undoneBy: string | null
}

export interface HistoryListing {
  entries: HistoryEntry[]
  /** All that fit the filter, whatever the limit. */
  total: number
}

/** How past stories ended, newest first; those that were undone only when they are asked for. One statement. */
export async function listHistory(
  db: Database,
  { limit, status, since, file, isUndone = false }: HistoryFilter,
): Promise<HistoryListing> {
  const endedAt = sql`coalesce(${postingHistory.postedAt}, ${postingHistory.queueDeletedAt})`
  const shownFile = sql<string>`coalesce(${postingHistory.mediaMetadata} ->> 'file', ${mediaItems.filePath})`
  const rows = await db
    .select({
      id: postingHistory.id,
      queueItemId: postingHistory.queueItemId,
      storyNumber: postingHistory.storyNumber,
      file: shownFile,
      status: postingHistory.status,
      reason: postingHistory.reason,
      postedAt: postingHistory.postedAt,
      endedAt: endedAt.mapWith(postingHistory.queueDeletedAt),
      by: postingHistory.settledBy,
      channel: postingHistory.channel,
      undoneAt: postingHistory.undoneAt,
      undoneBy: sql<string | null>`${postingHistory.settlement} ->> 'undoneBy'`,
      total: sql<number>`(count(*) over ())::int`,
    })
    .from(postingHistory)
    .innerJoin(mediaItems, eq(mediaItems.id, postingHistory.mediaItemId))
    .where(
      and(
        isUndone ? isNotNull(postingHistory.undoneAt) : isNull(postingHistory.undoneAt),
        status === undefined ? undefined : eq(postingHistory.status, status),
        since === undefined ? undefined : gte(endedAt, since.toISOString()),
        file === undefined ? undefined : sql`strpos(lower(${shownFile}), lower(${file})) > 0`,
      ),
    )
    .orderBy(desc(endedAt), desc(postingHistory.storyNumber))
    .limit(limit)
  return { entries: rows.map(({ total: _, ...entry }) => entry), total: rows[0]?.total ?? 0 }
}
