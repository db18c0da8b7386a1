import { type Dirent, readdirSync, realpathSync, type Stats, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { setImmediate as yieldToEvents } from 'node:timers/promises'
import { errorCode } from '../errors.ts'
import { comparePaths, type FoundFile, type Rejection, wholeMilliseconds } from './library.ts'
import { isBelow, type LibraryFolder } from './library-folder.ts'
import { isPictureName } from './picture/name.ts'

export interface Skipped {
  path: string
  reason: string
}

/** What lies in the folder, sorted by path; nothing is opened yet. */
export interface Scan {
  /** Files with the name of a picture. */
  files: FoundFile[]
  jsonFiles: FoundFile[]
  /** Refused for their names alone. */
  rejected: Rejection[]
  skipped: Skipped[]
  /** A signal ended it early: what is not listed may still be there. */
  isInterrupted: boolean
}

/** Longest path, in bytes: the index over paths takes no more than about 2,700. */
const MAX_PATH_BYTES = 2000

interface Folder {
  /** Path in the library. */
  path: string
  /** Where it really lies. */
  real: string
}

interface Walk extends Scan {
  root: string
  folders: Folder[]
  visited: Set<string>
}

/**
 * Lists a folder and everything below it, without hidden entries. A link is followed when it stays in the library and leads to
 * something that is not reached without it (a hidden folder), so that a file has one path, whichever folder is asked for.
 */
export async function scanFolder({ root, scope }: LibraryFolder, signal: AbortSignal): Promise<Scan> {
  const scan: Scan = { files: [], jsonFiles: [], rejected: [], skipped: [], isInterrupted: false }
  const walk: Walk = { ...scan, root, folders: [{ path: scope, real: join(root, scope) }], visited: new Set() }
  for (let folder = walk.folders.shift(); folder; folder = walk.folders.shift()) {
    if (signal.aborted) {
      scan.isInterrupted = true
      break
    }
    listFolder(walk, folder)
    // Listing is synchronous, because that is ten times as fast; signals are heard between folders.
    await yieldToEvents()
  }
  const lists: { path: string }[][] = [scan.files, scan.jsonFiles, scan.rejected, scan.skipped]
  for (const list of lists) list.sort((a, b) => comparePaths(a.path, b.path))
  return scan
}

function listFolder(walk: Walk, folder: Folder): void {
  if (walk.visited.has(folder.real)) return
  walk.visited.add(folder.real)
  let entries: Dirent[]
  try {
    entries = readdirSync(folder.real, { withFileTypes: true })
  } catch (error) {
    walk.skipped.push({
      path: folder.path || '.',
      reason: `the folder cannot be read (${errorCode(error) ?? 'unknown error'})`,
    })
    return
  }
  const unreadable = entries.some(({ name }) => name.includes('\uFFFD')) ? undecodableNames(folder.real) : []
  for (const name of unreadable) rejectName(walk, folder, name)
  const lossy = new Set(unreadable.map((name) => name.toString()))
  for (const entry of entries) {
    if (!entry.name.startsWith('.') && !lossy.has(entry.name)) takeEntry(walk, folder, entry)
  }
}

function takeEntry(walk: Walk, folder: Folder, entry: Dirent): void {
  const path = folder.path === '' ? entry.name : `${folder.path}/${entry.name}`
  const real = join(folder.real, entry.name)
  if (entry.isDirectory()) walk.folders.push({ path, real })
  else if (entry.isSymbolicLink()) takeLink(walk, path, real)
  else takeFile(walk, path, () => statSync(real))
}

function takeFile(walk: Walk, path: string, stat: () => Stats): void {
  const isJson = path.endsWith('.json')
  if (!isJson && !isPictureName(path)) return
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    walk.skipped.push({ path, reason: `its path is longer than ${MAX_PATH_BYTES} bytes` })
    return
  }
  try {
    const stats = stat()
    // Opening a pipe would wait for its other end.
    if (stats.isFile()) (isJson ? walk.jsonFiles : walk.files).push(foundFile(path, stats))
    else walk.skipped.push({ path, reason: 'not a regular file' })
  } catch (error) {
    walk.skipped.push({ path, reason: `cannot be looked at (${errorCode(error) ?? 'unknown error'})` })
  }
}

function foundFile(path: string, { size, mtimeMs }: Stats): FoundFile {
  return { path, sizeBytes: size, modifiedMs: wholeMilliseconds(mtimeMs) }
}

function takeLink(walk: Walk, path: string, link: string): void {
  let real: string
  let stats: Stats
  try {
    real = realpathSync(link)
    stats = statSync(real)
  } catch (error) {
    const code = errorCode(error) ?? 'unknown error'
    const reason = code === 'ELOOP' ? 'a link that leads to itself' : `a link that leads nowhere (${code})`
    if (isPictureName(path)) walk.skipped.push({ path, reason })
    return
  }
  const isFolder = stats.isDirectory()
  if (!isFolder && !isPictureName(path) && !path.endsWith('.json')) return
  if (!isBelow(walk.root, real)) {
    walk.skipped.push({ path, reason: 'a link that leads outside the media folder' })
  } else if (!isFolder) takeFile(walk, path, () => stats)
  else if (isHidden(relative(walk.root, real))) walk.folders.push({ path, real })
  else walk.skipped.push({ path, reason: 'a link to a folder that is indexed itself' })
}

function isHidden(path: string): boolean {
  return path.split('/').some((name) => name.startsWith('.'))
}

/** Names that are no UTF-8, as the bytes they are. */
function undecodableNames(real: string): Buffer[] {
  const names = readdirSync(real, { encoding: 'buffer' })
  return names.filter((name) => !Buffer.from(name.toString()).equals(name) && name[0] !== 0x2e)
}

function rejectName(walk: Walk, folder: Folder, name: Buffer): void {
  const shown = name.toString('latin1').replace(/[\x80-\xff]/g, (char) => `\\x${char.charCodeAt(0).toString(16)}`)
  const path = folder.path === '' ? shown : `${folder.path}/${shown}`
  const file = Buffer.concat([Buffer.from(`${folder.real}/`), name])
  try {
    const stats = statSync(file)
    if (!stats.isDirectory() && !isPictureName(shown)) return
    const found = stats.isDirectory() ? { path, sizeBytes: 0, modifiedMs: 0 } : foundFile(path, stats)
    walk.rejected.push({ ...found, reason: 'its name is not valid UTF-8; rename it' })
  } catch (error) {
    walk.skipped.push({ path, reason: `cannot be looked at (${errorCode(error) ?? 'unknown error'})` })
  }
}
