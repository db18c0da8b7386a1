import { randomBytes } from 'node:crypto'
import type { Stats } from 'node:fs'
import { readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errorCode } from '../errors.ts'
import { type Chunks, makeFolder, startMeter, syncFolder, writeNewFile } from './files.ts'
import type { ObjectRef } from './manifest.ts'
import { OBJECTS_FOLDER, objectPath } from './names.ts'
import type { Seal } from './seal.ts'

/** Hash of what lies on the disk, by path, for every object that some backup names. */
export type Vouched = ReadonlyMap<string, string>

/** Contents of media files, each kept once under its hash and shared by all backups in the folder. */
export interface ObjectStore {
  folder: string
  seal: Seal
  vouched: Vouched
  now: Date
  /** Folders in which something was created and that are not synced yet. */
  unsynced: Set<string>
}

const TEMPORARY_PREFIX = '.new-'

/** The content, if it is stored already; undefined: it has to be put. */
export async function findObject(store: ObjectStore, sha256: string, bytes: number): Promise<ObjectRef | undefined> {
  const path = objectPath(sha256, store.seal.suffix)
  const stats = await statFile(join(store.folder, path))
  if (stats?.size !== store.seal.storedBytes(bytes)) return undefined
  const sealed = store.vouched.get(path)
  // Encrypted, its name does not tell what should lie here: a backup must. A leftover of an interrupted run is written again.
  if (store.seal.recipient !== null) return sealed === undefined ? undefined : { sha256, bytes, sealed }
  // So that nobody who cleans up meanwhile takes it for something that is not needed any more.
  if (sealed === undefined) await utimes(join(store.folder, path), store.now, store.now)
  return { sha256, bytes }
}

/**
 * Stores a content under its hash; safe against a crash at any moment. Undefined: what was read is not that content, and
 * nothing was stored.
 */
export async function putObject(
  store: ObjectStore,
  wanted: { sha256: string; bytes: number },
  content: Chunks,
): Promise<ObjectRef | undefined> {
  const path = join(store.folder, objectPath(wanted.sha256, store.seal.suffix))
  const draft = join(dirname(path), `${TEMPORARY_PREFIX}${randomBytes(6).toString('hex')}`)
  await makeFolder(dirname(path))
  try {
    const meter = startMeter()
    const written = await writeNewFile(draft, meter.step(content), store.seal.steps)
    const { bytes, sha256 } = meter.read()
    if (bytes === wanted.bytes && sha256 === wanted.sha256) {
      await rename(draft, path)
      store.unsynced.add(dirname(path)).add(dirname(dirname(path)))
      return store.seal.recipient === null ? wanted : { ...wanted, sealed: written.sha256 }
    }
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  await rm(draft, { force: true })
  return undefined
}

/** What was put survives a power cut from here on. */
export async function syncObjects({ unsynced }: ObjectStore): Promise<void> {
  for (const folder of unsynced) await syncFolder(folder)
  unsynced.clear()
}

/** Removes objects that no backup names and that nobody used since `usedBefore`. Answers how many, and their bytes. */
export async function pruneObjects(
  folder: string,
  named: Vouched,
  usedBefore: Date,
): Promise<{ removed: number; bytes: number }> {
  const pruned = { removed: 0, bytes: 0 }
  const root = join(folder, OBJECTS_FOLDER)
  for (const group of await listFolder(root)) {
    for (const name of await listFolder(join(root, group))) {
      const path = `${OBJECTS_FOLDER}/${group}/${name}`
      const stats = named.has(path) ? undefined : await statFile(join(folder, path))
      if (!stats || stats.mtime >= usedBefore) continue
      await rm(join(folder, path), { recursive: true, force: true })
      pruned.removed += 1
      pruned.bytes += stats.size
    }
  }
  return pruned
}

async function listFolder(path: string): Promise<string[]> {
  return readdir(path).catch((error) => {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return []
    throw error
  })
}

async function statFile(path: string): Promise<Stats | undefined> {
  return stat(path).catch((error) => {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  })
}
