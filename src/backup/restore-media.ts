import { mkdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errorCode, UserError } from '../errors.ts'
import type { Progress } from '../output/progress-bar.ts'
import { measureFile, syncFolder, writeNewFile } from './files.ts'
import { stopIfAborted } from './interrupt.ts'
import type { MediaEntry } from './manifest.ts'
import type { OpenBackup } from './open-backup.ts'

export interface MediaRestorePlan {
  write: MediaEntry[]
  /** Files that hold something else today. */
  replace: MediaEntry[]
  /** Already there. */
  keep: number
}

/** Hidden, so that `index-media` never sees it; one after the other, so that one name is enough. */
const DRAFT = '.storyline-restoring'
/** Whoever may read files of this user may read these: other programs work on the library too. */
const MEDIA_MODE = 0o666

/** Compares the library with a backup; reads files only where sizes are equal. */
export async function planMediaRestore(root: string, entries: readonly MediaEntry[]): Promise<MediaRestorePlan> {
  const plan: MediaRestorePlan = { write: [], replace: [], keep: 0 }
  for (const entry of entries) {
    const there = await compareFile(join(root, entry.path), entry)
    if (there === 'absent') plan.write.push(entry)
    else if (there === 'different') plan.replace.push(entry)
    else plan.keep += 1
  }
  return plan
}

async function compareFile(path: string, entry: MediaEntry): Promise<'absent' | 'same' | 'different'> {
  const stats = await stat(path).catch((error) => {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return undefined
    throw error
  })
  if (!stats) return 'absent'
  if (!stats.isFile() || stats.size !== entry.bytes) return 'different'
  return (await measureFile(path)).sha256 === entry.sha256 ? 'same' : 'different'
}

export function refuseReplacing({ replace }: MediaRestorePlan, root: string): void {
  const [first] = replace
  if (first === undefined) return
  const others = replace.length > 1 ? ` and ${replace.length - 1} more` : ''
  throw new UserError(`${first.path}${others} in ${root} is not what the backup holds`, {
    code: 'media_differs',
    fix: 'Nothing was written. --force replaces them; or set MEDIA_BASE_PATH to an empty folder.',
  })
}

/** Every file is written beside its place and moved there whole, with the time it had. May be repeated. */
export async function restoreMedia(
  backup: OpenBackup,
  {
    root,
    entries,
    progress,
    signal,
  }: {
    root: string
    entries: readonly MediaEntry[]
    progress: Progress | undefined
    signal: AbortSignal
  },
): Promise<void> {
  const folders = new Set<string>()
  progress?.start(entries.length)
  try {
    for (const entry of entries) {
      stopIfAborted(signal)
      folders.add(await restoreFile(backup, root, entry))
      progress?.step()
    }
  } finally {
    progress?.stop()
  }
  for (const folder of folders) await syncFolder(folder)
}

/** Answers the folder of the file. */
async function restoreFile(backup: OpenBackup, root: string, entry: MediaEntry): Promise<string> {
  const path = join(root, entry.path)
  const folder = dirname(path)
  const draft = join(folder, DRAFT)
  await mkdir(folder, { recursive: true })
  await rm(draft, { force: true })
  try {
    const { sha256 } = await writeNewFile(draft, backup.content(entry.sha256), [], MEDIA_MODE)
    if (sha256 !== entry.sha256) throw contentDamaged(entry.path)
    // index-media tells unchanged files by size and this.
    await utimes(draft, entry.modifiedMs / 1000, entry.modifiedMs / 1000)
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  return folder
}

function contentDamaged(path: string): UserError {
  return new UserError(`The content of ${path} is damaged in the backup`, {
    code: 'backup_damaged',
    fix: 'Use another backup: `storyline verify-backups --all` says which are good.',
  })
}
