import { cpSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../package-root.ts'

/**
 * Puts the sample stories into a library folder that is missing or empty. True: they were copied. The default library is the
 * checkout's own `media/`, where they already are.
 */
export function bringSamples(mediaBasePath: string): boolean {
  const isFilled = existsSync(mediaBasePath) && readdirSync(mediaBasePath).some((name) => !name.startsWith('.'))
  if (isFilled) return false
  cpSync(join(packageRoot, 'media', 'stories'), join(mediaBasePath, 'stories'), { recursive: true })
  return true
}
