import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readSampleHashes } from '../media/samples.ts'
import { packageRoot } from '../package-root.ts'

/**
 * Puts the sample stories into a library folder that is missing or empty: the pictures that are samples by their content,
 * and the metadata beside them; never a picture that somebody added to the checkout's own library. True: they were copied.
 */
export function bringSamples(mediaBasePath: string): boolean {
  const isFilled = existsSync(mediaBasePath) && readdirSync(mediaBasePath).some((name) => !name.startsWith('.'))
  if (isFilled) return false
  const root = join(packageRoot, 'media')
  const hashes = readSampleHashes(root)
  for (const path of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (path.startsWith('stories') && isOfSamples(join(root, path), hashes)) copy(root, mediaBasePath, path)
  }
  return true
}

function isOfSamples(file: string, hashes: ReadonlySet<string>): boolean {
  if (file.endsWith('.json')) return true
  if (!/\.(?:jpe?g|png|webp)$/.test(file)) return false
  return hashes.has(createHash('sha256').update(readFileSync(file)).digest('hex'))
}

function copy(from: string, to: string, path: string): void {
  mkdirSync(dirname(join(to, path)), { recursive: true })
  copyFileSync(join(from, path), join(to, path))
}
