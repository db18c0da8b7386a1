import { and, eq, isNotNull, isNull } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { postingHistory } from '../db/schema.ts'
import { GraphError } from '../instagram/graph.ts'
import type { InstagramReader } from '../instagram/reads.ts'

/** The address of a story that is live and settled: nice to have, and never a reason to doubt it (lessons 5). */
export async function rememberPermalink(
  ctx: Context,
  reader: InstagramReader,
  queueItemId: string,
): Promise<string | null> {
  const open = and(
    eq(postingHistory.queueItemId, queueItemId),
    isNotNull(postingHistory.instagramMediaId),
    isNull(postingHistory.undoneAt),
  )
  const [row] = await ctx.db.select().from(postingHistory).where(open)
  if (!row?.instagramMediaId || row.instagramPermalink) return row?.instagramPermalink ?? null
  try {
    const instagramPermalink = await reader.permalink(row.instagramMediaId)
    if (instagramPermalink === null) return null
    await ctx.db.update(postingHistory).set({ instagramPermalink }).where(eq(postingHistory.id, row.id))
    return instagramPermalink
  } catch (error) {
    if (!(error instanceof GraphError)) throw error
    ctx.out.debug(`storyline: the permalink could not be read: ${error.failure.reason}`)
    return null
  }
}
