import { existsSync } from 'node:fs'
import { readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Database } from '../db/connect.ts'
import { config } from '../db/schema.ts'
import { ExitCode, errorCode, UserError } from '../errors.ts'
import type { ConfigPart } from './config-part.ts'
import { encode, syncFolder, writeNewFile } from './files.ts'

type ConfigRow = ConfigPart['config'][number]

export interface ConfigRestorePlan {
  rows: ConfigRow[]
  /** Text of the `.env` to write; undefined: none, or it is there already. */
  env: string | undefined
  /** What holds something else today: keys, and `.env`. */
  replaces: string[]
}

/** Without a database only `.env` is compared. */
export async function planConfigRestore(
  db: Database | undefined,
  { part, env, home }: { part: ConfigPart; env: string | undefined; home: string },
): Promise<ConfigRestorePlan> {
  const now = new Map(db ? (await readRows(db)).map(({ key, value }) => [key, value]) : [])
  const rows = db ? part.config.filter(({ key, value }) => now.get(key) !== value) : []
  const file = join(home, '.env')
  const there = existsSync(file) ? await readFile(file, 'utf8') : undefined
  const isEnvNews = env !== undefined && env !== there
  const replaces = rows.filter(({ key }) => now.has(key)).map(({ key }) => key)
  if (isEnvNews && there !== undefined) replaces.push('.env')
  return { rows, env: isEnvNews ? env : undefined, replaces }
}

export function refuseReplacingConfig({ replaces }: ConfigRestorePlan): void {
  if (replaces.length === 0) return
  throw new UserError(`Set otherwise today than in the backup: ${replaces.join(', ')}`, {
    code: 'config_differs',
    fix: 'Nothing was changed. --force replaces it.',
  })
}

export async function restoreConfig(db: Database, home: string, { rows, env }: ConfigRestorePlan): Promise<void> {
  await db.transaction(async (tx) => {
    for (const { key, value, description } of rows) {
      const set = { value, description }
      await tx
        .insert(config)
        .values({ key, ...set })
        .onConflictDoUpdate({ target: config.key, set })
    }
  })
  if (env !== undefined) await writeEnv(join(home, '.env'), env)
}

/** 0600, as it holds secrets; never half of it. */
async function writeEnv(file: string, text: string): Promise<void> {
  const draft = `${file}.restoring`
  await rm(draft, { force: true })
  await writeNewFile(draft, encode([text]))
  await rename(draft, file)
  await syncFolder(dirname(file))
}

async function readRows(db: Database): Promise<{ key: string; value: string }[]> {
  try {
    return await db.select({ key: config.key, value: config.value }).from(config)
  } catch (error) {
    if (errorCode(error) !== '42P01') throw error
    throw new UserError('The database has no tables yet that settings could be restored into', {
      code: 'schema_missing',
      exitCode: ExitCode.notConfigured,
      fix: 'Run `storyline db migrate` first, or restore the database too.',
      cause: error,
    })
  }
}
