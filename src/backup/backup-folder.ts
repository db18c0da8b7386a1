import { lstat, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from '../errors.ts'
import { makeFolder, syncFolder } from './files.ts'
import { nameOf, PARTIAL_PREFIX, REMOVED_PREFIX } from './names.ts'

const DAY_MS = 86_400_000

/** Makes BACKUP_DIR if it is not there, and removes what runs that died left behind more than a day ago. */
export async function openFolder(folder: string, now: Date): Promise<void> {
  await makeFolder(folder)
  for (const name of await readdir(folder)) {
    if (!name.startsWith(PARTIAL_PREFIX) && !name.startsWith(REMOVED_PREFIX)) continue
    const { mtimeMs } = await lstat(join(folder, name))
    if (now.getTime() - mtimeMs > DAY_MS) await rm(join(folder, name), { recursive: true, force: true })
  }
}

/** When a backup that begins now is said to begin: names are whole seconds, and each is given once. */
export async function nextBegin(folder: string, now: Date, isTaken: (name: string) => boolean): Promise<Date> {
  for (let at = now.getTime(); ; at += 1000) {
    const name = nameOf(new Date(at))
    if (!isTaken(name) && !(await exists(join(folder, name)))) return new Date(at)
  }
}

/**
 * Writes a backup as a whole: `write` fills a folder that nobody takes for a backup, and only then it gets its name. When
 * `write` fails, nothing stays.
 */
export async function writeBackup<T>(folder: string, name: string, write: (path: string) => Promise<T>): Promise<T> {
  const partial = await mkdtemp(join(folder, `${PARTIAL_PREFIX}${name}-`))
  try {
    const result = await write(partial)
    await syncFolder(partial)
    await rename(partial, join(folder, name))
    await syncFolder(folder)
    return result
  } catch (error) {
    // What cannot be removed now is a leftover that the next day's run removes.
    await rm(partial, { recursive: true, force: true }).catch(() => {})
    throw error
  }
}

/** Takes a backup away so that no moment shows half of it. */
export async function removeBackup(folder: string, name: string): Promise<void> {
  const aside = join(folder, `${REMOVED_PREFIX}${name}`)
  await rm(aside, { recursive: true, force: true })
  await rename(join(folder, name), aside)
  await rm(aside, { recursive: true, force: true })
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error) => {
      if (errorCode(error) === 'ENOENT') return false
      throw error
    },
  )
}
