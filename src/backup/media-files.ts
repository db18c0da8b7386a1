import { type Dirent, existsSync, type Stats } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { errorCode, UserError } from '../errors.ts'
import { wholeMilliseconds } from '../media/library.ts'
import { isBelow } from '../media/library-folder.ts'

export interface MediaFile {
  /** Relative to the media folder, `/`-separated. */
  path: string
  bytes: number
  /** mtime in whole milliseconds since the epoch. */
  modifiedMs: number
}

export interface MediaProblem {
  path: string
  reason: string
}

export interface MediaListing {
  /** The media folder, with links resolved. */
  root: string
  files: MediaFile[]
  /** What is there but cannot be backed up. */
  problems: MediaProblem[]
}

interface Walk extends MediaListing {
  /** Folders that are not the library's: the backups themselves may lie inside. */
  excluded: readonly string[]
  folders: { path: string; real: string }[]
  visited: Set<string>
}

/**
 * Every file below the media folder, pictures or not, sorted by path. Hidden folders (`.git`, `.Trash`) are left out, unless a
 * link leads there; so are links that lead outside, as in `index-media`.
 */
export async function listMediaFiles(mediaBasePath: string, excluded: readonly string[]): Promise<MediaListing> {
  const root = await realRoot(mediaBasePath)
  const listing: MediaListing = { root, files: [], problems: [] }
  const walk: Walk = {
    ...listing,
    excluded: await Promise.all(excluded.map((path) => realpath(path).catch(() => path))),
    folders: [{ path: '', real: root }],
    visited: new Set(),
  }
  for (let folder = walk.folders.shift(); folder; folder = walk.folders.shift()) {
    if (walk.visited.has(folder.real) || walk.excluded.includes(folder.real)) continue
    walk.visited.add(folder.real)
    for (const entry of await entriesOf(walk, folder)) await takeEntry(walk, folder, entry)
  }
  listing.files.sort((a, b) => (a.path < b.path ? -1 : 1))
  return listing
}

async function realRoot(mediaBasePath: string): Promise<string> {
  try {
    const root = await realpath(mediaBasePath)
    if ((await stat(root)).isDirectory()) return root
  } catch (cause) {
    throw rootMissing(mediaBasePath, `cannot be opened (${errorCode(cause) ?? 'unknown error'})`, cause)
  }
  throw rootMissing(mediaBasePath, 'is not a folder')
}

function rootMissing(path: string, what: string, cause?: unknown): UserError {
  return new UserError(`The media folder ${path} ${what}`, {
    code: 'media_root_missing',
    fix: 'Mount its disk, or set MEDIA_BASE_PATH to the folder that holds your pictures.',
    cause,
  })
}

async function entriesOf(walk: Walk, { path, real }: { path: string; real: string }): Promise<Dirent[]> {
  try {
    return await readdir(real, { withFileTypes: true })
  } catch (error) {
    walk.problems.push({ path: path || '.', reason: `the folder cannot be read (${errorCode(error)})` })
    return []
  }
}

async function takeEntry(walk: Walk, folder: { path: string; real: string }, entry: Dirent): Promise<void> {
  const path = folder.path === '' ? entry.name : `${folder.path}/${entry.name}`
  const real = join(folder.real, entry.name)
  if (entry.name.includes('\uFFFD') && !existsSync(real)) {
    // Nothing is there under the name as it was read.
    walk.problems.push({ path, reason: 'its name is not valid UTF-8; rename it' })
  } else if (entry.isDirectory()) {
    if (!entry.name.startsWith('.')) walk.folders.push({ path, real })
  } else if (entry.isSymbolicLink()) await takeLink(walk, path, real)
  else if (entry.isFile()) await takeFile(walk, path, real)
}

async function takeFile(walk: Walk, path: string, real: string): Promise<void> {
  try {
    walk.files.push(describeFile(path, await stat(real)))
  } catch (error) {
    walk.problems.push({ path, reason: `it cannot be looked at (${errorCode(error)})` })
  }
}

export function describeFile(path: string, { size, mtimeMs }: Stats): MediaFile {
  return { path, bytes: size, modifiedMs: wholeMilliseconds(mtimeMs) }
}

async function takeLink(walk: Walk, path: string, link: string): Promise<void> {
  try {
    const real = await realpath(link)
    const stats = await stat(real)
    if (!isBelow(walk.root, real)) return
    if (stats.isFile()) walk.files.push(describeFile(path, stats))
    else if (stats.isDirectory() && isHidden(relative(walk.root, real))) walk.folders.push({ path, real })
  } catch {
    // It leads nowhere: nothing is lost with it.
  }
}

function isHidden(path: string): boolean {
  return path.split('/').some((name) => name.startsWith('.'))
}
