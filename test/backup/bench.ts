import { randomBytes } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Command } from 'commander'
import postgres from 'postgres'
import { inject } from 'vitest'
import backup from '../../src/backup/backup.ts'
import restore from '../../src/backup/restore.ts'
import verifyBackups from '../../src/backup/verify-backups.ts'
import { UserError } from '../../src/errors.ts'
import { createTestDatabase, type TestContextOptions, type TestDatabase, testContext } from '../support/database.ts'

export const NOW = new Date('2026-11-21T03:15:00Z')
const COMMANDS = { backup, restore, 'verify-backups': verifyBackups }

interface Ran {
  exitCode: number | undefined
  stdout: string
  stderr: string
  // biome-ignore lint/suspicious/noExplicitAny: a document of any command
  json: any
}

export interface Bench {
  database: TestDatabase
  /** Below it: `media`, `backups`. */
  root: string
  media: string
  backups: string
  env: Record<string, string>
  write(path: string, bytes: Buffer | string, modified?: Date): void
  /** Runs a command in this process, with --json; a UserError comes back as the command would end. */
  run(name: keyof typeof COMMANDS, argv?: readonly string[], options?: TestContextOptions): Promise<Ran>
  /** The same, and it must end well. */
  must(name: keyof typeof COMMANDS, argv?: readonly string[], options?: TestContextOptions): Promise<Ran['json']>
  query(text: string): Promise<Record<string, unknown>[]>
  drop(): Promise<void>
}

/** With a migrated database: one of its own, unless another is given. */
export async function createBench(given?: TestDatabase): Promise<Bench> {
  const database = given ?? (await createTestDatabase())
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'storyline-backup-')))
  const [media, backups] = [join(root, 'media'), join(root, 'backups')]
  mkdirSync(media)
  const env = {
    DATABASE_URL: database.url,
    MEDIA_BASE_PATH: media,
    BACKUP_DIR: backups,
    STORYLINE_HOME: join(root, 'home'),
  }
  mkdirSync(env.STORYLINE_HOME)
  const run: Bench['run'] = async (name, argv = [], options = {}) => {
    const ctx = testContext(database.db, {
      json: true,
      now: NOW,
      home: env.STORYLINE_HOME,
      ...options,
      env: { ...env, ...options.env },
    })
    const exitCode = await runIn(name, ctx, argv)
    return { exitCode, stdout: ctx.stdout(), stderr: ctx.stderr(), json: JSON.parse(ctx.stdout() || 'null') }
  }
  return {
    database,
    root,
    media,
    backups,
    env,
    run,
    must: async (name, argv, options) => {
      const ran = await run(name, argv, options)
      if (ran.exitCode !== 0) throw new Error(`${name} ended with ${ran.exitCode}: ${ran.stderr}${ran.stdout}`)
      return ran.json
    },
    write: (path, bytes, modified = new Date('2026-11-01T10:00:00.123Z')) => {
      mkdirSync(dirname(join(media, path)), { recursive: true })
      writeFileSync(join(media, path), bytes)
      utimesSync(join(media, path), modified, modified)
    },
    query: (text) => query(database.url, text),
    drop: async () => {
      rmSync(root, { recursive: true, force: true })
      await database.drop()
    },
  }
}

async function runIn(name: keyof typeof COMMANDS, ctx: ReturnType<typeof testContext>, argv: readonly string[]) {
  const definition = COMMANDS[name]
  const command = new Command().exitOverride().configureOutput({ writeErr: () => {} })
  definition.configure(command)
  command.parse([...argv], { from: 'user' })
  try {
    return await definition.run(ctx, { options: command.opts(), args: command.args })
  } catch (error) {
    // As cli.ts tells it.
    if (!(error instanceof UserError)) throw error
    ctx.out.document({ error: { code: error.code, message: error.message, fix: error.fix ?? null } })
    return error.exitCode
  }
}

/** Several statements go in one message of the simple protocol, and the server runs them as one transaction. */
export async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {}, prepare: false })
  try {
    return [...(await sql.unsafe(text))]
  } finally {
    await sql.end()
  }
}

/** Whatever the server is set to: how it spells values, and which names it writes with their schema. */
const SPELLING = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  search_path: 'public',
}

export interface EmptyDatabase {
  url: string
  drop(): Promise<void>
}

/** A database without a table, on the server of the others. */
export async function createEmptyDatabase(): Promise<EmptyDatabase> {
  const template = new URL(inject('templateUrl'))
  const maintenance = Object.assign(new URL(template), { pathname: '/postgres' }).href
  const name = `empty_${randomBytes(6).toString('hex')}`
  await query(maintenance, `create database ${name} template template0`)
  return {
    url: Object.assign(new URL(template), { pathname: `/${name}` }).href,
    drop: async () => void (await query(maintenance, `drop database ${name} with (force)`)),
  }
}

/** Every table of a database with a digest of its rows (but not what `backup` and `restore` noted of themselves), made in another way
 * than backups make theirs. */
export async function digest(url: string): Promise<Record<string, string>> {
  const sql = postgres(url, { max: 1, onnotice: () => {}, connection: SPELLING })
  try {
    const tables = await sql<{ name: string }[]>`
      select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_schema in ('public', 'drizzle') and table_type = 'BASE TABLE' order by 1`
    const digests: Record<string, string> = {}
    for (const { name } of tables) {
      const which = name === 'public.service_runs' ? `where service_name not in ('backup', 'restore')` : ''
      const [row] = await sql.unsafe(`
        select count(*) || ' ' || coalesce(md5(string_agg(t::text, E'\\n' order by t::text collate "C")), '') as digest from ${name} t ${which}`)
      digests[name] = String(row?.digest)
    }
    return digests
  } finally {
    await sql.end()
  }
}

/** What makes a database the same besides its rows: tables, columns, indexes, constraints, triggers, functions, sequences. */
export async function describeSchema(url: string): Promise<unknown[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {}, connection: SPELLING })
  const found = sql.unsafe(
    `select 'column' as kind, table_schema || '.' || table_name || '.' || column_name as name,
            concat_ws(' ', ordinal_position, data_type, is_nullable, column_default, is_identity) as what
       from information_schema.columns where table_schema in ('public', 'drizzle')
     union all select 'index', indexname, indexdef from pg_indexes where schemaname in ('public', 'drizzle')
     union all select 'constraint', conname, pg_get_constraintdef(oid) from pg_constraint where connamespace in ('public'::regnamespace, 'drizzle'::regnamespace)
     union all select 'trigger', tgname, pg_get_triggerdef(oid) || tgenabled::text from pg_trigger where not tgisinternal
     union all select 'function', proname, pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace
     union all select 'view', viewname, definition from pg_views where schemaname = 'public'
     union all select 'sequence', sequencename, coalesce(last_value::text, 'unused') from pg_sequences
     order by 1, 2, 3`,
  )
  return [...(await found.finally(() => sql.end()))]
}

/** Every file below a folder with its bytes and its time. */
export function listFiles(folder: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(folder, entry)
    const stats = statSync(path)
    if (stats.isFile()) found[entry] = `${Math.round(stats.mtimeMs)} ${readFileSync(path).toString('base64')}`
  }
  return found
}
