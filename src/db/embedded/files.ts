import { randomBytes } from 'node:crypto'
import type { Stats } from 'node:fs'
import { chmod, chown, lchown, mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import { errorCode, UserError } from '../../errors.ts'

/** Whose a file shall be; only root can give files away. */
export interface Ownership {
  uid: number
  gid: number
}

/** Below this a failed program is put down to the full disk, in bytes: one WAL segment. */
const FULL_DISK_BYTES = 16 * 1024 ** 2

/** Creates a folder with exactly this mode, whatever the umask; one that exists stays as it is. */
export async function makeFolder(path: string, mode: number, owner?: Ownership): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return
    throw error
  }
  await chmod(path, mode)
  if (owner) await chown(path, owner.uid, owner.gid)
}

/** Replaces a file in one step that survives a power cut. */
export async function writeAtomic(
  path: string,
  text: string,
  { mode, owner }: { mode: number; owner?: Ownership | undefined },
): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  try {
    const file = await open(draft, 'wx', mode)
    try {
      await file.writeFile(text)
      await file.chmod(mode)
      if (owner) await file.chown(owner.uid, owner.gid)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
    await syncFolder(path.slice(0, path.lastIndexOf('/')))
  } finally {
    await rm(draft, { force: true })
  }
}

/** Makes a rename inside the folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  await folder.sync().finally(() => folder.close())
}

/** Gives a whole folder away without following symbolic links. */
export async function chownTree(path: string, owner: Ownership): Promise<void> {
  await lchown(path, owner.uid, owner.gid)
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const child = `${path}/${entry.name}`
    if (entry.isDirectory()) await chownTree(child, owner)
    else await lchown(child, owner.uid, owner.gid)
  }
}

/** `undefined` when there is nothing. */
export async function statIfThere(path: string): Promise<Stats | undefined> {
  return stat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  })
}

/** Space a normal user may still fill, in bytes. */
export async function readFreeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path)
  return bavail * bsize
}

export async function isDiskFull(path: string): Promise<boolean> {
  return (await readFreeBytes(path)) < FULL_DISK_BYTES
}

export function diskFull(path: string, cause?: unknown): UserError {
  return new UserError(`the disk that holds ${path} is full`, {
    code: 'disk_full',
    fix: 'free some space (df -h shows the disks) and run the command again; nothing was damaged',
    cause,
  })
}

/** Turns what the file system said into something a person can act on; everything else stays as it is. */
export function explainFileError(error: unknown, path: string): unknown {
  const code = errorCode(error)
  if (error instanceof UserError || code === undefined) return error
  const where = (error as NodeJS.ErrnoException).path ?? path
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(where, error)
  if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') return error
  return new UserError(`the embedded database needs ${where}, which this user may not use (${code})`, {
    code: 'embedded_not_permitted',
    fix: `run the command as the owner of ${path}, or set DATABASE_URL to use a PostgreSQL server of your own`,
    cause: error,
  })
}
