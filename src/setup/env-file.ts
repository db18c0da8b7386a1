import { access, constants, readFile, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual, parseEnv } from 'node:util'
import { isRoot } from '../db/embedded/account.ts'
import { type Ownership, statIfThere, writeAtomic } from '../db/embedded/files.ts'
import { ExitCode, errorCode, UserError } from '../errors.ts'
import { changeEnvText } from './env-text.ts'

const HEADER = '# Written by `storyline init`. `storyline help environment` explains every setting.\n'
const BOM = '\uFEFF'

/** Asked before the first question, so that nobody answers all of them for nothing. */
export async function requireWritableHome(home: string): Promise<void> {
  try {
    await access(home, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw notWritable(home, error)
  }
}

/**
 * Gives some names other values in `<home>/.env` (0600), in one step that survives a power cut; everything else in it
 * stays. The file is read again right before: somebody may have edited it while the questions were answered.
 */
export async function changeEnvFile(home: string, values: ReadonlyMap<string, string>): Promise<void> {
  const file = await realFile(join(home, '.env'))
  try {
    const before = await statIfThere(file)
    const text = before ? await readFile(file, 'utf8') : HEADER
    const changed = changeChecked(file, text, values)
    if (before && changed === text && (before.mode & 0o777) === 0o600) return
    await writeAtomic(file, changed, { mode: 0o600, owner: await ownerFor(home, before) })
  } catch (error) {
    throw error instanceof UserError ? error : notWritable(file, error)
  }
}

/** Read back with the parser that every command uses: a file of an odd form is left alone rather than spoilt. */
function changeChecked(file: string, text: string, values: ReadonlyMap<string, string>): string {
  const mark = text.startsWith(BOM) ? BOM : ''
  const plain = text.slice(mark.length)
  const changed = changeEnvText(plain, values)
  const wanted = { ...namedIn(plain), ...Object.fromEntries(values) }
  if (isDeepStrictEqual(namedIn(changed), wanted)) return mark + changed
  throw new UserError(`${file} has a form that cannot be changed safely; it was left as it is`, {
    code: 'env_file_odd',
    exitCode: ExitCode.notConfigured,
    fix: `Look for lines that are neither NAME=value nor a comment, or put these there by hand: ${[...values.keys()].join(', ')}.`,
  })
}

/** Node reads a comment with a `=` in the last line, when that has no end, as a name too. */
function namedIn(text: string): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(parseEnv(text)).filter(([name]) => /^[\w.-]+$/.test(name)))
}

/** A link stays a link. */
async function realFile(path: string): Promise<string> {
  return realpath(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return path
    throw notWritable(path, error)
  })
}

/** Root must not take the file away from the user whose commands read it. */
async function ownerFor(home: string, before: Ownership | undefined): Promise<Ownership | undefined> {
  if (!isRoot()) return undefined
  const { uid, gid } = before ?? (await stat(home))
  return { uid, gid }
}

function notWritable(path: string, error: unknown): UserError {
  const code = errorCode(error)
  return new UserError(`${path} cannot be written (${code ?? 'unknown error'})`, {
    code: 'env_file_not_writable',
    fix:
      code === 'ENOENT'
        ? 'Create the folder, or correct STORYLINE_HOME.'
        : 'Free some space, or run the command as the owner of that folder.',
    cause: error,
  })
}
