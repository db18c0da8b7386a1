import { join } from 'node:path'
import type { Context } from '../context.ts'
import type { Progress } from '../output/progress-bar.ts'
import { collectConfig } from './config-part.ts'
import { type DumpFacts, dumpDatabase } from './dump.ts'
import { type Chunks, encode, gzip, type Step, writeNewFile } from './files.ts'
import { stopIfAborted } from './interrupt.ts'
import { renderList, type StoredFile } from './manifest.ts'
import type { MediaListing } from './media-files.ts'
import { CONFIG_FILE, DATABASE_FILE, ENV_FILE, MEDIA_FILE } from './names.ts'
import type { ObjectStore } from './objects.ts'
import type { Seal } from './seal.ts'
import { isLibraryMissing, listLibrary, type StoredMedia, storeMedia } from './store-media.ts'

/** The files of one backup, encrypted if its seal says so. */
interface Writer {
  seal: Seal
  /** What was written. */
  files: StoredFile[]
  write(name: string, content: Chunks, steps?: readonly Step[]): Promise<void>
}

export function startWriter(path: string, seal: Seal): Writer {
  const files: StoredFile[] = []
  return {
    seal,
    files,
    write: async (name, content, steps = []) => {
      const storedName = sealedName(name, seal.recipient)
      const written = await writeNewFile(join(path, storedName), content, [...steps, ...seal.steps])
      files.push({ name: storedName, ...written })
    },
  }
}

export function sealedName(name: string, recipient: string | null): string {
  return recipient === null ? name : `${name}.age`
}

/** All tables as they were at one moment; whoever writes meanwhile neither waits nor is seen. */
export async function writeDatabase(ctx: Context, writer: Writer, title: string): Promise<DumpFacts> {
  const snapshot = { isolationLevel: 'repeatable read', accessMode: 'read only' } as const
  return ctx.db.transaction(async (tx) => {
    const { text, facts } = await dumpDatabase(tx, title)
    await writer.write(DATABASE_FILE, untilAborted(text, ctx.signal), [gzip])
    return facts
  }, snapshot)
}

async function* untilAborted(chunks: Chunks, signal: AbortSignal): Chunks {
  for await (const chunk of chunks) {
    stopIfAborted(signal)
    yield chunk
  }
}

export async function writeConfig(ctx: Context, writer: Writer): Promise<void> {
  const { part, envText } = await collectConfig(ctx, writer.seal.recipient !== null)
  await writer.write(CONFIG_FILE, encode([`${JSON.stringify(part, null, 2)}\n`]))
  if (envText !== undefined) await writer.write(ENV_FILE, encode([envText]))
}

export interface MediaRequest {
  store: ObjectStore
  progress: Progress | undefined
  /** The rest of the backup is worth having also when the library is not there. */
  isOptional: boolean
}

export interface WrittenMedia extends StoredMedia {
  isThere: boolean
}

/** Contents that are not stored yet, and the list that says which file had which. */
export async function writeMedia(ctx: Context, writer: Writer, request: MediaRequest): Promise<WrittenMedia> {
  const { store, progress, isOptional } = request
  let listing: MediaListing
  try {
    listing = await listLibrary(ctx.db, ctx.settings.mediaBasePath, [store.folder])
  } catch (error) {
    if (!isOptional || !isLibraryMissing(error)) throw error
    const problems = [{ path: '.', reason: error.message }]
    return { entries: [], objects: [], problems, added: { files: 0, bytes: 0 }, isThere: false }
  }
  const media = await storeMedia(store, listing, { db: ctx.db, progress, signal: ctx.signal })
  await writer.write(MEDIA_FILE, encode(renderList(media.entries)))
  return { ...media, isThere: true }
}
