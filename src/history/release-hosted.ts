import { eq, sql } from 'drizzle-orm'
import type { Transaction } from '../db/connect.ts'
import { hostedFiles } from '../db/schema.ts'

/** A container may fetch its picture as long as it lives (instagram.md §1.5). */
const CONTAINER_LIFE = sql`interval '24 hours'`
/** An upload whose answer was never heard may still finish, as long as its signature is valid (instagram.md §7.1). */
const UPLOAD_LIFE = sql`interval '1 hour'`

/**
 * The item needs its hosted pictures no more: deleted at once when it is published or has no container, else when the
 * container that was left behind has expired.
 */
export async function releaseHostedFiles(
  tx: Transaction,
  item: { id: string; instagramContainerId: string | null; instagramContainerAt: Date | null },
  { isPublished }: { isPublished: boolean },
): Promise<void> {
  const since = isPublished || item.instagramContainerId === null ? null : item.instagramContainerAt
  const atRest = since === null ? sql`now()` : sql`${since.toISOString()}::timestamptz + ${CONTAINER_LIFE}`
  await tx
    .update(hostedFiles)
    .set({
      deleteDueAt: sql`greatest(now(), ${atRest},
        case when ${hostedFiles.uploadedAt} is null then ${hostedFiles.createdAt} + ${UPLOAD_LIFE} end)`,
    })
    .where(eq(hostedFiles.queueItemId, item.id))
}
