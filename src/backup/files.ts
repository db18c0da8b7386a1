import { createHash, type Hash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { isDatabaseTrouble } from '../db/connect.ts'
import { diskFull } from '../db/embedded/files.ts'
import { errorCode, UserError } from '../errors.ts'

/** Bytes on their way; a step takes them and hands them on. */
export type Chunks = AsyncIterable<Uint8Array>
export type Step = (source: Chunks) => Chunks

const FILE_MODE = 0o600
const FOLDER_MODE = 0o700

const MIN_CHUNK_CHARS = 32 * 1024

export interface Measure {
  bytes: number
  sha256: string
}

/** Writes a new file, for its owner only unless told otherwise; it is on the disk when this returns. Answers what was written. */
export async function writeNewFile(
  path: string,
  source: Chunks,
  steps: readonly Step[] = [],
  mode = FILE_MODE,
): Promise<Measure> {
  const meter = startMeter()
  const output = createWriteStream(path, { flags: 'wx', mode, flush: true })
  const measured = [...steps, meter.step].reduce((chunks, step) => step(chunks), source)
  await pipeline(measured, output)
  return meter.read()
}

/** Text in pieces, as bytes; small pieces are joined. */
export async function* encode(texts: AsyncIterable<string> | Iterable<string>): Chunks {
  let pending = ''
  for await (const text of texts) {
    pending += text
    if (pending.length < MIN_CHUNK_CHARS) continue
    yield Buffer.from(pending)
    pending = ''
  }
  yield Buffer.from(pending)
}

export interface Meter {
  step: Step
  /** What went through so far. */
  read(): Measure
}

export function startMeter(): Meter {
  const hash: Hash = createHash('sha256')
  let bytes = 0
  return {
    step: async function* (source) {
      for await (const chunk of source) {
        hash.update(chunk)
        bytes += chunk.length
        yield chunk
      }
    },
    read: () => ({ bytes, sha256: hash.copy().digest('hex') }),
  }
}

export const gzip: Step = (source) => through(source, createGzip())
export const gunzip: Step = (source) => through(source, createGunzip())

function through(source: Chunks, transform: Transform): Chunks {
  // A failure destroys the transform, which tells whoever reads it.
  pipeline(source, transform).catch(() => {})
  return transform
}

const READ_BYTES = 64 * 1024

/** Like createReadStream, at a fifth of the cost for the many small files of a library. */
export async function* readChunks(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const bufferBytes = Math.min(READ_BYTES, size + 1)
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(bufferBytes), 0, bufferBytes)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

export async function measureFile(path: string): Promise<Measure> {
  const meter = startMeter()
  for await (const _ of meter.step(readChunks(path)));
  return meter.read()
}

/** With what leads to it. Not `recursive`: that never ends where a folder cannot be made although its parent is there. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, FOLDER_MODE)
  } catch (error) {
    const code = errorCode(error)
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return
    if (code !== 'ENOENT' || dirname(path) === path) throw error
    await makeFolder(dirname(path))
    await mkdir(path, FOLDER_MODE)
  }
}

/** Makes what was created or renamed inside a folder survive a power cut, where the file system knows how. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } catch (error) {
    // FAT and some network file systems: not possible for folders.
    if (!['EINVAL', 'ENOTSUP', 'EPERM', 'EISDIR'].includes(errorCode(error) ?? '')) throw error
  } finally {
    await folder.close()
  }
}

/** What the file system said about a place where backups lie, as something that a person can act on. */
export function explainFolderError(error: unknown, folder: string): unknown {
  const code = errorCode(error)
  if (error instanceof UserError || isDatabaseTrouble(error) || !isSystemError(error)) return error
  const where = error.path ?? folder
  const options = { code: 'backup_folder_unusable', cause: error }
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return diskFull(where, error)
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new UserError(`${where} may not be used by this user (${code})`, {
        ...options,
        fix: `Make ${folder} readable and writable for the user that runs storyline, or set BACKUP_DIR to another folder.`,
      })
    case 'ENOTDIR':
    case 'EEXIST':
      return new UserError(`${where} is not a folder`, { ...options, fix: 'Set BACKUP_DIR to a folder.' })
    default:
      return new UserError(`${where} cannot be used: ${error.message}`, {
        ...options,
        fix: `Check the disk that holds ${folder}, or set BACKUP_DIR to another one.`,
      })
  }
}

/** Of the system; what zlib and the database say has another form. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'errno' in error
}
