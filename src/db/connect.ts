import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { ExitCode, errorCode, UserError } from '../errors.ts'
import { judgeSchema } from './schema-version.ts'

/** Queries are built with select, insert, update and delete: the relational API would cost every start its set-up. */
export type Database = PostgresJsDatabase
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0]

export interface OpenDatabase {
  db: Database
  close(): Promise<void>
}

const CONNECT_TIMEOUT_SECONDS = 4

/** Nothing is sent until the first query; `close` must be called or the process stays up. */
export function openDatabase(url: string, maxConnections = 1): OpenDatabase {
  const client = postgres(url, { ...clientOptions(url), max: maxConnections })
  return { db: drizzle(client), close: () => client.end({ timeout: 2 }) }
}

/** What every connection of ours has in common. */
export function clientOptions(url: string) {
  return {
    // postgres.js takes the name out of the URL as it stands there, escapes and all.
    ...databaseName(url),
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    // Saves a query per connection: Drizzle encodes and parses arrays itself.
    fetch_types: false,
    // Transaction-pooling proxies (SPEC §5) cannot keep prepared statements.
    prepare: false,
    onnotice: () => {},
    connection: { application_name: 'storyline' },
  }
}

function databaseName(url: string): { database?: string } {
  const name = URL.canParse(url) ? decodeURIComponent(new URL(url).pathname.slice(1)) : ''
  return name === '' ? {} : { database: name }
}

export interface Preflight {
  /** Rows of `config`. */
  config: Record<string, string>
}

/**
 * One round trip at the start of a command: is the schema ours, and what is set in `config`.
 * Throws a UserError that says what to do when the schema is older or newer than this code.
 */
export async function preflight(db: Database): Promise<Preflight> {
  const row = await readPreflight(db)
  const state = judgeSchema(row.applied)
  switch (state.kind) {
    case 'current':
      return { config: row.config }
    case 'older':
      throw new UserError(
        `The database lacks ${state.missing === 1 ? 'a migration' : `${state.missing} migrations`} that this version needs`,
        { code: 'schema_older', exitCode: ExitCode.notConfigured, fix: 'Run `storyline db migrate`.' },
      )
    case 'newer':
      throw new UserError('The database was migrated by a newer Storyline than this one', {
        code: 'schema_newer',
        exitCode: ExitCode.notConfigured,
        fix: 'Update this installation (git pull && npm ci), then try again.',
      })
    default:
      return state satisfies never
  }
}

interface PreflightRow {
  /** Journal time of the newest applied migration; null: none. */
  applied: number | null
  config: Record<string, string>
}

async function readPreflight(db: Database): Promise<PreflightRow> {
  const nothing = { applied: null, config: {} }
  return unlessUnmigrated(nothing, async () => {
    const [row] = await db.execute<{ applied: string | null; config: Record<string, string> }>(sql`
      select (select max(created_at)::text from drizzle.__drizzle_migrations) as applied,
             (select coalesce(jsonb_object_agg(key, value), '{}') from config) as config`)
    return row ? { applied: toNumber(row.applied), config: row.config } : nothing
  })
}

/** Journal time of the newest applied migration; null for a database that was never migrated. */
export async function readApplied(db: Database): Promise<number | null> {
  return unlessUnmigrated(null, async () => {
    const [row] = await db.execute<{ applied: string | null }>(sql`
      select max(created_at)::text as applied from drizzle.__drizzle_migrations`)
    return toNumber(row?.applied ?? null)
  })
}

const toNumber = (text: string | null) => (text === null ? null : Number(text))

async function unlessUnmigrated<T>(nothing: T, query: () => Promise<T>): Promise<T> {
  try {
    return await query()
  } catch (error) {
    // 42P01 undefined_table, 3F000 invalid_schema_name: nothing was ever migrated here.
    const code = errorCode(error)
    if (code === '42P01' || code === '3F000') return nothing
    throw error
  }
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  // PostgreSQL is starting, stopping or was told to end the session.
  '57P01',
  '57P02',
  '57P03',
  '08006',
])

export function isDatabaseUnreachable(error: unknown): boolean {
  return UNREACHABLE.has(errorCode(error) ?? '')
}

/** Lock timeout, deadlock, serialisation, cancelled, too many connections, a pooler that dropped us: may work in a moment. */
const PASSING = new Set(['55P03', '40P01', '40001', '57014', '53300', '08P01', '08003', '08001', '08004'])

/** The database may answer the same question in a moment. */
export function isDatabaseTrouble(error: unknown): boolean {
  return isDatabaseUnreachable(error) || PASSING.has(errorCode(error) ?? '')
}

const PERSIST_PAUSE_MS = 500

/**
 * Writes what must not be forgotten, such as what Telegram answered: while the database is away it is tried again, for at
 * most `seconds`. The write must be safe to repeat: its commit may have arrived although nobody heard so.
 */
export async function persist<T>(write: () => Promise<T>, seconds: number): Promise<T> {
  for (let waitedMs = 0; ; waitedMs += PERSIST_PAUSE_MS) {
    try {
      return await write()
    } catch (error) {
      if (!isDatabaseTrouble(error) || waitedMs >= seconds * 1000) throw error
      await sleep(PERSIST_PAUSE_MS)
    }
  }
}

/** The server answers but not to us: wrong user, password or database. */
export function isDatabaseRefusing(error: unknown): boolean {
  return ['28P01', '28000', '3D000'].includes(errorCode(error) ?? '')
}

/** What a failed query means for the user; other errors come back as they are. Never shows parameters or passwords. */
export function explainDatabaseError(error: unknown, where: string): unknown {
  if (error instanceof UserError) return error
  const code = errorCode(error)
  if (isDatabaseUnreachable(error)) {
    return new UserError(`No database answers at ${where} (${code})`, {
      code: 'database_unreachable',
      fix: 'Start PostgreSQL, or correct DATABASE_URL. `storyline db status` tells more.',
      cause: error,
    })
  }
  if (isDatabaseRefusing(error)) {
    const what = code === '3D000' ? 'has no such database' : 'refuses the user or password'
    return new UserError(`The database server at ${where} ${what}`, {
      code: 'database_refused',
      exitCode: ExitCode.notConfigured,
      fix: 'Correct DATABASE_URL (or DB_HOST, DB_NAME, DB_USER, DB_PASSWORD).',
      cause: error,
    })
  }
  return error
}

/** `host:port/name` of a connection string: what may be shown. */
export function describeUrl(url: string): string {
  if (!URL.canParse(url)) return 'the configured address'
  const { hostname, port, pathname } = new URL(url)
  return `${hostname}:${port || '5432'}${pathname}`
}

/** A transaction that cannot hang: a lock that is not had in 10 s or a client that dies inside ends it. */
export async function inTransaction<T>(db: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`
      select set_config('lock_timeout', '10s', true), set_config('idle_in_transaction_session_timeout', '30s', true),
             set_config('statement_timeout', '60s', true)`)
    return work(tx)
  })
}
