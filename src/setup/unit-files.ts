import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomic } from '../db/embedded/files.ts'
import { errorCode, UserError } from '../errors.ts'
import { UNIT_MARK, type Unit } from './units.ts'

export interface UnitPlan {
  /** To be written; the others say the same already. */
  changed: Unit[]
  /** Ours, but not wanted any more. */
  leftOver: string[]
}

/** Compares with what is there; refuses to replace a unit that somebody else wrote. */
export async function planUnits(folder: string, units: readonly Unit[]): Promise<UnitPlan> {
  const found = new Map<string, string>()
  for (const name of await namesIn(folder)) found.set(name, await readFile(join(folder, name), 'utf8'))
  const isOurs = (text: string) => text.startsWith(UNIT_MARK)
  const foreign = units.filter(({ name }) => !isOurs(found.get(name) ?? UNIT_MARK))
  if (foreign.length > 0) {
    const paths = foreign.map(({ name }) => join(folder, name)).join(', ')
    throw new UserError(`Not written by storyline, and therefore not replaced: ${paths}`, {
      code: 'foreign_unit',
      fix: 'Move it away and try again, or take the text from `storyline install-service --print`.',
    })
  }
  const wanted = new Set(units.map(({ name }) => name))
  return {
    changed: units.filter(({ name, text }) => found.get(name) !== text),
    leftOver: [...found].filter(([name, text]) => isOurs(text) && !wanted.has(name)).map(([name]) => name),
  }
}

export async function writeUnits(folder: string, units: readonly Unit[]): Promise<void> {
  try {
    for (const { name, text } of units) await writeAtomic(join(folder, name), text, { mode: 0o644 })
  } catch (error) {
    throw unusable(folder, error)
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries.flatMap((entry) =>
      entry.isFile() && /^storyline-.+\.(service|timer)$/.test(entry.name) ? entry.name : [],
    )
  } catch (error) {
    throw unusable(folder, error)
  }
}

function unusable(folder: string, error: unknown): UserError {
  const code = errorCode(error) ?? 'unknown error'
  return new UserError(`${folder} cannot be used (${code})`, {
    code: 'units_not_writable',
    fix: 'Does this machine run systemd? `storyline install-service --print` shows the units.',
    cause: error,
  })
}
