import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from '../errors.ts'
import { OriginalUnusable } from '../publish/channels/channel.ts'
import { originalProblem } from './problems.ts'

/**
 * The bytes of a library file, provided that they are still those that were indexed: a file that is being replaced must
 * not reach the team half-copied. Throws `OriginalUnusable`.
 */
export async function readOriginal(
  mediaBasePath: string,
  file: { filePath: string; fileHash: string },
): Promise<Buffer> {
  const bytes = await read(join(mediaBasePath, file.filePath), file.filePath)
  if (hash('sha256', bytes) !== file.fileHash) throw new OriginalUnusable(originalProblem.changed(file.filePath))
  return bytes
}

async function read(path: string, shown: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    const code = errorCode(error) ?? 'unknown error'
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR'
    throw new OriginalUnusable(isMissing ? originalProblem.missing(shown) : originalProblem.unreadable(shown, code))
  }
}
