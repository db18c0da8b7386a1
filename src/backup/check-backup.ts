import { join } from 'node:path'
import { errorCode } from '../errors.ts'
import type { Progress } from '../output/progress-bar.ts'
import { measureFile } from './files.ts'
import { stopIfAborted } from './interrupt.ts'
import type { Manifest } from './manifest.ts'
import { objectPath, sealSuffix } from './names.ts'
import type { Vouched } from './objects.ts'

export interface Flaw {
  /** File below BACKUP_DIR, or the backup's name. */
  file: string
  reason: string
  /** It was read to its end and holds something else than was written. */
  isChanged: boolean
}

/** The files of one backup that are not as its manifest says. */
export async function checkFiles(path: string, { name, files }: Manifest): Promise<Flaw[]> {
  const flaws: Flaw[] = []
  for (const { name: file, bytes, sha256 } of files) {
    const flaw = await checkFile(join(path, file), { bytes, sha256 })
    if (flaw) flaws.push({ file: `${name}/${file}`, ...flaw })
  }
  return flaws
}

export interface ObjectCheck {
  folder: string
  vouched: Vouched
  /** What is known already, by path: objects are shared by many backups. */
  seen: Map<string, Flaw | null>
  progress: Progress | undefined
  signal: AbortSignal
}

/** The contents that a backup needs and that are missing or changed. */
export async function checkObjects({ recipient, objects }: Manifest, check: ObjectCheck): Promise<Flaw[]> {
  const suffix = sealSuffix(recipient)
  const flaws: Flaw[] = []
  check.progress?.start(objects.length)
  try {
    for (const object of objects) {
      stopIfAborted(check.signal)
      const path = objectPath(object.sha256, suffix)
      const expected = check.vouched.get(path) ?? object.sealed ?? object.sha256
      const flaw =
        check.seen.get(path) ?? (check.seen.has(path) ? null : await checkObject(check.folder, path, expected))
      check.seen.set(path, flaw)
      if (flaw) flaws.push(flaw)
      check.progress?.step()
    }
  } finally {
    check.progress?.stop()
  }
  return flaws
}

async function checkObject(folder: string, path: string, sha256: string): Promise<Flaw | null> {
  const flaw = await checkFile(join(folder, path), { sha256 })
  return flaw ? { file: path, ...flaw } : null
}

async function checkFile(
  path: string,
  expected: { bytes?: number; sha256: string },
): Promise<Omit<Flaw, 'file'> | undefined> {
  try {
    const { bytes, sha256 } = await measureFile(path)
    if (sha256 === expected.sha256) return undefined
    const isCut = expected.bytes !== undefined && bytes !== expected.bytes
    const reason = isCut
      ? `has ${bytes} bytes instead of ${expected.bytes}`
      : 'is not what was written: its hash differs'
    return { reason, isChanged: true }
  } catch (error) {
    const code = errorCode(error)
    return {
      reason: code === 'ENOENT' ? 'is missing' : `cannot be read (${code ?? 'unknown error'})`,
      isChanged: false,
    }
  }
}
