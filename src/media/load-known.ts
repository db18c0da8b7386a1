import type { Database } from '../db/connect.ts'
import { mediaItems, rejectedFiles } from '../db/schema.ts'
import type { LibraryState } from './library.ts'

/** What the library remembers, in two queries; only the columns that the comparison needs. */
export async function loadKnownMedia(db: Pick<Database, 'select'>): Promise<LibraryState> {
  const known = await db
    .select({
      id: mediaItems.id,
      path: mediaItems.filePath,
      sizeBytes: mediaItems.fileSize,
      modifiedAt: mediaItems.modifiedAt,
      hash: mediaItems.fileHash,
      isActive: mediaItems.isActive,
      problem: mediaItems.problem,
      isSample: mediaItems.isSample,
      category: mediaItems.category,
      editedFields: mediaItems.editedFields,
      title: mediaItems.title,
      linkUrl: mediaItems.linkUrl,
      caption: mediaItems.caption,
      tags: mediaItems.tags,
      requiresInteraction: mediaItems.requiresInteraction,
      customMetadata: mediaItems.customMetadata,
    })
    .from(mediaItems)
  const rejected = await db.select().from(rejectedFiles)
  return {
    known: known.map(({ modifiedAt, ...item }) => ({ ...item, modifiedMs: modifiedAt?.getTime() ?? null })),
    rejected: rejected.map(({ filePath, fileSize, modifiedAt, reason }) => ({
      path: filePath,
      sizeBytes: fileSize,
      modifiedMs: modifiedAt.getTime(),
      reason,
    })),
  }
}
