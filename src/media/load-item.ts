import { eq } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { mediaItems } from '../db/schema.ts'
import { findMedia } from './find-media.ts'
import { loadMedia, type MediaRow } from './media-row.ts'

/** The item that a person means, with its state. Throws as `findMedia` does. */
export async function loadItem(ctx: Pick<Context, 'db' | 'settings'>, said: string): Promise<MediaRow> {
  const { id } = await findMedia(ctx, said)
  const [row] = await loadMedia(ctx.db, eq(mediaItems.id, id), 1)
  if (!row) throw new Error(`media item ${id} disappeared; rows of media_items are never deleted`)
  return row
}
