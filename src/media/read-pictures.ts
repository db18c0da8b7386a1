import { hash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from '../errors.ts'
import { MAX_PICTURE_BYTES } from './judge-picture.ts'
import { type FoundFile, type Reading, wholeMilliseconds } from './library.ts'
import { provePicture } from './picture/prove.ts'

/** Files read at once: enough to keep a disk busy while one is hashed. */
const PARALLEL_READS = 6
/** Bytes in memory at once, whatever the files' sizes. */
const MAX_BYTES_IN_FLIGHT = 128 * 1024 * 1024
/** Of a file that is too large to be accepted, only so much is read: it tells what the file is. */
const HEAD_BYTES = 64 * 1024

export interface ReadRequest {
  root: string
  files: readonly FoundFile[]
  signal: AbortSignal
  onRead?: () => void
}

/** Reads, hashes and proves files; after a signal the rest is missing from the answer. One bad file is one bad reading. */
export async function readPictures({ root, files, signal, onRead }: ReadRequest): Promise<Map<string, Reading>> {
  const readings = new Map<string, Reading>()
  const budget = byteBudget(MAX_BYTES_IN_FLIGHT)
  const waiting = files.values()
  const worker = async () => {
    // The iterator is shared: each worker takes the next file.
    for (const file of waiting) {
      if (signal.aborted) return
      const bytes = bytesToRead(file)
      await budget.take(bytes)
      readings.set(file.path, await readPicture(join(root, file.path), file))
      budget.giveBack(bytes)
      onRead?.()
    }
  }
  await Promise.all(Array.from({ length: PARALLEL_READS }, worker))
  return readings
}

function bytesToRead({ sizeBytes }: FoundFile): number {
  return sizeBytes > MAX_PICTURE_BYTES ? HEAD_BYTES : sizeBytes
}

async function readPicture(path: string, file: FoundFile): Promise<Reading> {
  let handle: FileHandle | undefined
  try {
    // A pipe that took the file's place must not make us wait for its other end.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    if (!(await isStill(handle, file))) return { kind: 'changing' }
    const bytes = await readBytes(handle, bytesToRead(file))
    if (bytes === undefined || !(await isStill(handle, file))) return { kind: 'changing' }
    const isWhole = bytes.length === file.sizeBytes
    return { kind: 'read', file, hash: isWhole ? hash('sha256', bytes) : null, proof: provePicture(bytes) }
  } catch (error) {
    const code = errorCode(error) ?? 'unknown error'
    return code === 'ENOENT' || code === 'ENOTDIR' ? { kind: 'gone' } : { kind: 'unreadable', file, code }
  } finally {
    // What was read is read, whatever closing says.
    await handle?.close().catch(() => {})
  }
}

async function isStill(handle: FileHandle, file: FoundFile): Promise<boolean> {
  const stats = await handle.stat()
  return stats.isFile() && stats.size === file.sizeBytes && wholeMilliseconds(stats.mtimeMs) === file.modifiedMs
}

/** Undefined when the file is shorter than it was. */
async function readBytes(handle: FileHandle, length: number): Promise<Buffer | undefined> {
  const bytes = Buffer.allocUnsafeSlow(length)
  for (let at = 0; at < length; ) {
    const { bytesRead } = await handle.read(bytes, at, length - at, at)
    if (bytesRead === 0) return undefined
    at += bytesRead
  }
  return bytes
}

/** Holds back whoever asks for more than is left; a single larger request passes alone. */
function byteBudget(limit: number) {
  let used = 0
  const queue: { bytes: number; go: () => void }[] = []
  const fits = (bytes: number) => used === 0 || used + bytes <= limit
  return {
    async take(bytes: number): Promise<void> {
      if (queue.length > 0 || !fits(bytes)) await new Promise<void>((go) => queue.push({ bytes, go }))
      else used += bytes
    },
    giveBack(bytes: number): void {
      used -= bytes
      for (let next = queue[0]; next && fits(next.bytes); next = queue[0]) {
        queue.shift()
        used += next.bytes
        next.go()
      }
    },
  }
}
