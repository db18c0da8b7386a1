import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from '../errors.ts'
import { type Manifest, readManifest } from './manifest.ts'
import { begunAtOf, MANIFEST, MANIFEST_CHECKSUM, objectPath, sealSuffix } from './names.ts'
import type { Vouched } from './objects.ts'

/** A manifest without its list of contents: thirty of those lists would fill the memory of a small machine. */
type ManifestHead = Omit<Manifest, 'objects'>

export interface FoundBackup {
  name: string
  path: string
  begunAt: Date
  /** Null: it cannot be used, and `problem` says why. */
  manifest: ManifestHead | null
  problem: string | null
}

export interface Survey {
  /** Oldest first. */
  backups: FoundBackup[]
  /** Every content that they name, with the hash of what lies on the disk; what the newest says counts. */
  vouched: Vouched
}

/** The finished backups in a folder; one that is not there has none. */
export async function surveyBackups(folder: string): Promise<Survey> {
  const names = await readdir(folder).catch((error) => {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  })
  const backups: FoundBackup[] = []
  const vouched = new Map<string, string>()
  for (const name of names.sort()) {
    const begunAt = begunAtOf(name)
    if (!begunAt) continue
    const path = join(folder, name)
    const { manifest, problem } = await loadBackup(path)
    if (manifest) vouch(vouched, manifest)
    const { objects: _, ...head } = manifest ?? {}
    backups.push({ name, path, begunAt, manifest: manifest && (head as ManifestHead), problem })
  }
  return { backups, vouched }
}

function vouch(vouched: Map<string, string>, { recipient, objects }: Manifest): void {
  const suffix = sealSuffix(recipient)
  for (const { sha256, sealed } of objects) vouched.set(objectPath(sha256, suffix), sealed ?? sha256)
}

interface LoadedBackup {
  manifest: Manifest | null
  problem: string | null
}

/** The manifest of one backup, provided that it is as it was written. */
export async function loadBackup(path: string): Promise<LoadedBackup> {
  const damaged = (problem: string) => ({ manifest: null, problem })
  let text: string
  let checksum: string
  try {
    text = await readFile(join(path, MANIFEST), 'utf8')
    checksum = await readFile(join(path, MANIFEST_CHECKSUM), 'utf8')
  } catch (error) {
    const { path: file = path } = error as NodeJS.ErrnoException
    return damaged(`${file.slice(path.length + 1) || path} cannot be read (${errorCode(error) ?? 'unknown error'})`)
  }
  if (checksum !== renderChecksum(text)) return damaged(`${MANIFEST} and ${MANIFEST_CHECKSUM} do not belong together`)
  const read = readManifest(text)
  switch (read.kind) {
    case 'ok':
      return { manifest: read.value, problem: null }
    case 'newer':
      return damaged('it was made by a newer Storyline than this one')
    case 'damaged':
      return damaged(`${MANIFEST} is not one (${read.problem})`)
    default:
      return read satisfies never
  }
}

/** As `sha256sum --check` reads it. */
export function renderChecksum(manifestText: string): string {
  return `${createHash('sha256').update(manifestText).digest('hex')}  ${MANIFEST}\n`
}
