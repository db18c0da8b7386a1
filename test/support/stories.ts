import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { sql } from 'drizzle-orm'
import type { Database } from '../../src/db/connect.ts'
import { mediaItems, postingQueue } from '../../src/db/schema.ts'
import type { MediaItem, QueueItem } from '../../src/history/settle.ts'
import { pattern } from './pictures.ts'

/** A library folder with real pictures, and rows for them without the detour over the commands. */
export interface Library {
  path: string
  add(name: string, values?: Partial<typeof mediaItems.$inferInsert>, bytes?: Buffer): Promise<MediaItem>
  /** A picture and a queue item for it, due `minutesAgo` minutes ago (negative: in the future). */
  plan(name: string, values?: StoryValues): Promise<{ item: QueueItem; media: MediaItem }>
  remove(): void
}

interface StoryValues {
  minutesAgo?: number
  /** Bytes of the file; default: a small picture. */
  bytes?: Buffer
  media?: Partial<typeof mediaItems.$inferInsert>
  item?: Partial<typeof postingQueue.$inferInsert>
}

export async function createLibrary(db: Database): Promise<Library> {
  const path = mkdtempSync(join(tmpdir(), 'storyline-library-'))
  const base = await pattern({ width: 90, height: 160 }).jpeg().toBuffer()

  const add: Library['add'] = async (name, values = {}, content = base) => {
    const filePath = `stories/${name}`
    // Bytes after the end of a JPEG are allowed: every file gets content of its own.
    const bytes = Buffer.concat([content, Buffer.from(name)])
    mkdirSync(dirname(join(path, filePath)), { recursive: true })
    writeFileSync(join(path, filePath), bytes)
    const [media] = await db
      .insert(mediaItems)
      .values({
        filePath,
        fileName: name.split('/').at(-1) ?? name,
        fileSize: bytes.length,
        fileHash: createHash('sha256').update(bytes).digest('hex'),
        mimeType: 'image/jpeg',
        ...values,
      })
      .returning()
    if (!media) throw new Error('no row')
    return media
  }

  const plan: Library['plan'] = async (name, { minutesAgo = 1, bytes, media: values, item: itemValues } = {}) => {
    const media = await add(name, values, bytes)
    const [item] = await db
      .insert(postingQueue)
      .values({ mediaItemId: media.id, scheduledFor: sql`now() - make_interval(mins => ${minutesAgo})`, ...itemValues })
      .returning()
    if (!item) throw new Error('no row')
    return { item, media }
  }

  return { path, add, plan, remove: () => rmSync(path, { recursive: true, force: true }) }
}
