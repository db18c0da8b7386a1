import { statSync } from 'node:fs'
import { join } from 'node:path'

const READABLE_BY_ALL = 0o004

/** What is wrong with a `.env` of this mode (as stat(2) has it); null: nothing. */
export function judgeEnvFileMode(path: string, mode: number): string | null {
  if ((mode & READABLE_BY_ALL) === 0) return null
  return `${path} can be read by every user of this machine, and it holds secrets; \`chmod 600 '${path}'\` ends that`
}

/** The same for `<home>/.env`, whatever it is a link to; one that is missing is no danger. */
export function findOpenEnvFile(home: string): string | null {
  const path = join(home, '.env')
  const found = statSync(path, { throwIfNoEntry: false })
  return found?.isFile() ? judgeEnvFileMode(path, found.mode) : null
}
