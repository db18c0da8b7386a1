import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { eq, inArray } from 'drizzle-orm'
import type { Database } from '../db/connect.ts'
import { mediaItems } from '../db/schema.ts'
import { errorCode, UserError } from '../errors.ts'
import type { Progress } from '../output/progress-bar.ts'
import { type Chunks, measureFile, readChunks } from './files.ts'
import { stopIfAborted } from './interrupt.ts'
import type { MediaEntry, ObjectRef } from './manifest.ts'
import { describeFile, listMediaFiles, type MediaFile, type MediaListing, type MediaProblem } from './media-files.ts'
import { findObject, type ObjectStore, putObject, syncObjects } from './objects.ts'

export interface StoredMedia {
  entries: MediaEntry[]
  objects: ObjectRef[]
  problems: MediaProblem[]
  /** What was not stored before. */
  added: { files: number; bytes: number }
}

/** How often a file that changes under our hands is read again. */
const MAX_ATTEMPTS = 3

/** The files of the library. An empty folder for a library that is not empty is a disk that is not mounted. */
export async function listLibrary(db: Database, path: string, excluded: readonly string[]): Promise<MediaListing> {
  const listing = await listMediaFiles(path, excluded)
  const known = listing.files.length === 0 ? await db.$count(mediaItems, eq(mediaItems.isActive, true)) : 0
  if (known === 0) return listing
  throw new UserError(`The media folder ${path} is empty, although the library knows ${known} pictures`, {
    code: 'media_root_empty',
    fix: 'Mount its disk, or set MEDIA_BASE_PATH to the folder that holds your pictures.',
  })
}

const FILES_PER_QUERY = 500

/** Files with the hash that `index-media` found, so that an unchanged library need not be read every night. */
export async function* withKnownHashes(
  db: Database,
  files: readonly MediaFile[],
): AsyncGenerator<MediaFile & { sha256: string | undefined }> {
  const { filePath, fileSize, modifiedAt, fileHash } = mediaItems
  for (let start = 0; start < files.length; start += FILES_PER_QUERY) {
    const some = files.slice(start, start + FILES_PER_QUERY)
    const paths = some.map(({ path }) => path)
    const rows = await db
      .select({ filePath, fileSize, modifiedAt, fileHash })
      .from(mediaItems)
      .where(inArray(filePath, paths))
    const known = new Map(rows.map((row) => [row.filePath, row]))
    for (const file of some) {
      const row = known.get(file.path)
      const isUnchanged = row?.fileSize === file.bytes && row.modifiedAt?.getTime() === file.modifiedMs
      yield { ...file, sha256: isUnchanged ? row.fileHash : undefined }
    }
  }
}

/** The whole library is out of reach, not only some files of it. */
export function isLibraryMissing(error: unknown): error is UserError {
  return error instanceof UserError && error.code.startsWith('media_root_')
}

/** Stores what is not stored yet. A file that cannot be read does not keep the others from it. */
export async function storeMedia(
  store: ObjectStore,
  { root, files, problems }: MediaListing,
  { db, progress, signal }: { db: Database; progress?: Progress | undefined; signal: AbortSignal },
): Promise<StoredMedia> {
  const stored: StoredMedia = { entries: [], objects: [], problems: [...problems], added: { files: 0, bytes: 0 } }
  const work: Work = { store, root, objects: new Map(), added: stored.added }
  progress?.start(files.length)
  try {
    for await (const file of withKnownHashes(db, files)) {
      stopIfAborted(signal)
      const outcome = await storeFile(work, file)
      if ('reason' in outcome) stored.problems.push(outcome)
      else stored.entries.push(outcome)
      progress?.step()
    }
  } finally {
    progress?.stop()
  }
  await syncObjects(store)
  return { ...stored, objects: [...work.objects.values()] }
}

interface Work {
  store: ObjectStore
  root: string
  /** Contents of this backup, by hash. */
  objects: Map<string, ObjectRef>
  added: { files: number; bytes: number }
}

async function storeFile(
  work: Work,
  { sha256: known, ...listed }: MediaFile & { sha256: string | undefined },
): Promise<MediaEntry | MediaProblem> {
  const { path } = listed
  const real = join(work.root, path)
  try {
    let [file, sha256] = [listed, known]
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      sha256 ??= (await measureSource(real)).sha256
      if (await keepContent(work, { sha256, bytes: file.bytes }, real)) return { ...file, sha256 }
      // It holds something else than a moment ago, or than when it was indexed.
      file = describeFile(path, await statSource(real))
      sha256 = undefined
    }
    return { path, reason: 'it changes while it is read' }
  } catch (error) {
    if (!(error instanceof SourceError)) throw error
    const code = errorCode(error.cause)
    return { path, reason: code === 'ENOENT' ? 'it vanished while it was read' : `it cannot be read (${code})` }
  }
}

/** False: the file holds something else by now. */
async function keepContent(work: Work, content: { sha256: string; bytes: number }, real: string): Promise<boolean> {
  if (work.objects.has(content.sha256)) return true
  const found = await findObject(work.store, content.sha256, content.bytes)
  const object = found ?? (await putObject(work.store, content, sourceChunks(real)))
  if (!object) return false
  work.objects.set(content.sha256, object)
  if (!found) {
    work.added.files += 1
    work.added.bytes += content.bytes
  }
  return true
}

/** The file of the library failed, not the disk that the backup is written to. */
class SourceError extends Error {}

const sourceError = (cause: unknown) => new SourceError('a media file cannot be read', { cause })

async function* sourceChunks(path: string): Chunks {
  try {
    yield* readChunks(path)
  } catch (error) {
    throw sourceError(error)
  }
}

async function measureSource(path: string) {
  return measureFile(path).catch((error: unknown) => {
    throw sourceError(error)
  })
}

async function statSource(path: string) {
  return stat(path).catch((error: unknown) => {
    throw sourceError(error)
  })
}
