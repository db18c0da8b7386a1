import { join } from 'node:path'
import type { Context } from '../context.ts'
import type { Progress } from '../output/progress-bar.ts'
import { version } from '../version.ts'
import { nextBegin, openFolder, writeBackup } from './backup-folder.ts'
import { encode, writeNewFile } from './files.ts'
import { renderChecksum, surveyBackups } from './find-backups.ts'
import { stopIfAborted } from './interrupt.ts'
import { type Kind, type Manifest, newManifest, partsOf, renderManifest } from './manifest.ts'
import type { MediaProblem } from './media-files.ts'
import { MANIFEST, MANIFEST_CHECKSUM, nameOf } from './names.ts'
import type { ObjectStore } from './objects.ts'
import { loadRecords, recordBackup } from './records.ts'
import { openSeal, type Seal } from './seal.ts'
import type { StoredMedia } from './store-media.ts'
import { startWriter, writeConfig, writeDatabase, writeMedia } from './write-parts.ts'

export interface BackupRequest {
  /** BACKUP_DIR. */
  folder: string
  kind: Kind
  progress?: Progress | undefined
}

export interface MadeBackup {
  name: string
  path: string
  manifest: Manifest
  /** Bytes of the backup with all contents that it names, as they lie on the disk. */
  sizeBytes: number
  /** Contents that no backup had before. */
  added: StoredMedia['added']
  /** What should be in it and is not. */
  problems: MediaProblem[]
}

/** Makes one backup and records it: it is there as a whole or not at all. The caller holds the backup lock. */
export async function makeBackup(ctx: Context, { folder, kind, progress }: BackupRequest): Promise<MadeBackup> {
  await openFolder(folder, ctx.now())
  const seal = await openSeal(ctx.settings.backupRecipient ?? null)
  const records = await loadRecords(ctx.db)
  const begunAt = await nextBegin(folder, ctx.now(), (name) => (records.get(name)?.location ?? folder) !== folder)
  const store: ObjectStore = {
    folder,
    seal,
    vouched: (await surveyBackups(folder)).vouched,
    now: ctx.now(),
    unsynced: new Set(),
  }
  const name = nameOf(begunAt)
  const made = await writeBackup(folder, name, (path) => fill(ctx, path, { kind, begunAt, store, progress }))
  await recordBackup(ctx.db, { name, kind, location: folder, sizeBytes: made.sizeBytes, createdAt: begunAt })
  return { ...made, name, path: join(folder, name) }
}

interface Filling {
  kind: Kind
  begunAt: Date
  store: ObjectStore
  progress: Progress | undefined
}

/** Writes the files of a backup into a folder, the manifest last. */
async function fill(ctx: Context, path: string, filling: Filling): Promise<Omit<MadeBackup, 'name' | 'path'>> {
  const { kind, begunAt, store, progress } = filling
  const parts = partsOf(kind)
  const writer = startWriter(path, store.seal)
  const title = `Storyline ${version}, ${begunAt.toISOString()}`
  // The database first: what it says of a picture was true before the picture is read.
  const database = parts.includes('database') ? await writeDatabase(ctx, writer, title) : undefined
  if (parts.includes('config')) await writeConfig(ctx, writer)
  const isOptional = kind !== 'media'
  const media = parts.includes('media') ? await writeMedia(ctx, writer, { store, progress, isOptional }) : undefined
  stopIfAborted(ctx.signal)
  const manifest = newManifest({
    name: nameOf(begunAt),
    kind,
    parts: parts.filter((part) => part !== 'media' || media?.isThere),
    createdAt: begunAt.toISOString(),
    storyline: version,
    schema: database?.schema ?? null,
    server: database?.server ?? null,
    recipient: store.seal.recipient,
    files: writer.files,
    tables: database?.tables ?? [],
    media: media?.isThere ? { files: media.entries.length, bytes: sumBytes(media.entries) } : null,
    objects: media?.objects ?? [],
  })
  const manifestBytes = await writeManifest(path, manifest)
  return {
    manifest,
    sizeBytes: sizeOf(manifest, store.seal) + manifestBytes,
    added: media?.added ?? { files: 0, bytes: 0 },
    problems: media?.problems ?? [],
  }
}

async function writeManifest(path: string, manifest: Manifest): Promise<number> {
  const text = renderManifest(manifest)
  const { bytes } = await writeNewFile(join(path, MANIFEST), encode([text]))
  await writeNewFile(join(path, MANIFEST_CHECKSUM), encode([renderChecksum(text)]))
  return bytes
}

function sizeOf({ files, objects }: Manifest, seal: Seal): number {
  return sumBytes(files) + sumBytes(objects.map(({ bytes }) => ({ bytes: seal.storedBytes(bytes) })))
}

function sumBytes(items: readonly { bytes: number }[]): number {
  return items.reduce((total, { bytes }) => total + bytes, 0)
}
