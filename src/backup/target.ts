import { sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { type Database, describeUrl, openDatabase } from '../db/connect.ts'
import { usageError } from '../errors.ts'
import { configuredDatabaseUrl } from '../settings.ts'
import { url as parseUrl } from '../settings-values.ts'
import { ownTables, quoteTable, VIEWS } from './tables.ts'

export interface Target {
  db: Database
  /** What may be shown of its address. */
  where: string
  close(): Promise<void>
}

/** The database to restore into: the one that is named, or that of the settings; the embedded one is started. */
export async function openTarget(ctx: Context, into: string | undefined): Promise<Target> {
  const url = into === undefined ? await settingsUrl(ctx) : checkUrl(into)
  return { ...openDatabase(url), where: describeUrl(url) }
}

/** The address of the database that the settings mean. */
export async function settingsUrl({ settings, out }: Context): Promise<string> {
  const configured = configuredDatabaseUrl(settings)
  if (configured !== undefined) return configured
  const { ensureEmbedded } = await import('../db/embedded/server.ts')
  return (await ensureEmbedded({ home: settings.home, log: out.note })).url
}

function checkUrl(into: string): string {
  // Not shown when it is wrong: it may hold a password.
  const parsed = parseUrl('postgres', 'postgresql')(into)
  if (parsed.kind === 'ok') return into
  throw usageError(
    `--into needs ${parsed.rule}`,
    'For example --into postgresql://user@host:5432/name, with PGPASSWORD.',
  )
}

export type TargetState =
  | { kind: 'empty' }
  /** Storyline's tables without anything that would be missed: what `db migrate` leaves. */
  | { kind: 'unused' }
  /** `tables`: those that hold something, or are not ours. */
  | { kind: 'used'; tables: string[] }

interface Relation extends Record<string, unknown> {
  schema: string
  name: string
}

/** Nobody misses these: which migrations were applied, and what commands noted of themselves. */
const BOOKKEEPING = ['__drizzle_migrations', 'service_runs', 'heartbeats']

/** Whether there is something to lose. Only the schemas that a restore writes to are looked at. */
export async function inspectTarget(db: Database): Promise<TargetState> {
  const relations = await db.execute<Relation>(sql`
    select space.nspname as schema, class.relname as name
      from pg_class class
      join pg_namespace space on space.oid = class.relnamespace
     where class.relkind in ('r', 'p', 'v', 'm', 'f') and space.nspname in ('public', 'drizzle')
       and not exists (select 1 from pg_depend made
                        where made.objid = class.oid and made.classid = 'pg_class'::regclass and made.deptype = 'e')
     order by 1, 2`)
  if (relations.length === 0) return { kind: 'empty' }
  const tables: string[] = []
  for (const relation of relations) if (await isUsed(db, relation)) tables.push(relation.name)
  return tables.length === 0 ? { kind: 'unused' } : { kind: 'used', tables }
}

async function isUsed(db: Database, { schema, name }: Relation): Promise<boolean> {
  if (VIEWS.includes(name) || BOOKKEEPING.includes(name)) return false
  if (!ownTables().some((table) => table.schema === schema && table.name === name)) return true
  const [row] = await db.execute<{ used: boolean }>(
    sql.raw(`select exists (select 1 from ${quoteTable({ schema, name })}) as used`),
  )
  return row?.used ?? true
}
