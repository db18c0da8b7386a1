import { sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { type Database, describeUrl, openDatabase, readApplied } from '../db/connect.ts'
import { readEmbeddedUrl } from '../db/embedded/url.ts'
import { judgeSchema, type SchemaState } from '../db/schema-version.ts'
import { UserError } from '../errors.ts'
import {
  configuredDatabaseUrl,
  readSettings,
  resolveSettings,
  type SettingProblem,
  type Settings,
} from '../settings.ts'
import { openChecked } from '../with-context.ts'
import { describeTrouble } from './trouble.ts'
import { within } from './within.ts'

/** What the database server said of itself when it was opened. */
interface ServerFacts {
  /** `170010`. */
  versionNumber: number
  version: string
  /** `host:port/name`: what may be shown. */
  where: string
  schema: SchemaState
  /** By how much its clock is ahead of ours, in seconds; negative: behind. */
  skewSeconds: number
  /** How far the measuring may be off. */
  skewErrorSeconds: number
}

/** How far we got with the database. */
export type Door =
  | { kind: 'open'; server: ServerFacts }
  /** A server answers, but its schema is not ours. */
  | { kind: 'wrong_schema'; server: ServerFacts }
  | { kind: 'closed'; reason: string; fix: string | null }

export interface OpenedDoor {
  door: Door
  /** Undefined exactly when the door is closed. */
  db: Database | undefined
  /** With what the table `config` says. */
  settings: Settings
  /** What it says wrongly; then it is passed over as a whole. */
  problems: SettingProblem[]
  close(): Promise<void>
}

/** Opens the database as every command does, and never throws: health has to be told without one, too. */
export async function openDoor(ctx: Context, { withinSeconds }: { withinSeconds: number }): Promise<OpenedDoor> {
  const giveUp = AbortSignal.timeout(withinSeconds * 1000)
  try {
    const opened = await openAny(ctx, giveUp)
    try {
      const server = await within(giveUp, 'The database does not answer', readServer(opened.db, ctx))
      const kind = server.schema.kind === 'current' ? 'open' : 'wrong_schema'
      const { settings, problems } = withConfig(ctx, opened.config)
      const door: Door = { kind, server: { ...server, where: opened.where } }
      return { door, db: opened.db, settings, problems, close: opened.close }
    } catch (error) {
      await opened.close()
      throw error
    }
  } catch (error) {
    const { reason, fix } = describeTrouble(error)
    return { door: { kind: 'closed', reason, fix }, db: undefined, settings: ctx.settings, problems: [], close: closed }
  }
}

const closed = async () => {}

/** Also one whose schema is not ours, which the commands refuse. */
async function openAny({ settings, out }: Context, giveUp: AbortSignal) {
  try {
    return await openChecked(settings, out, { connections: 1, migrates: false, giveUp })
  } catch (error) {
    const url = configuredDatabaseUrl(settings) ?? readEmbeddedUrl(settings.home)
    const isSchema = error instanceof UserError && error.code.startsWith('schema_')
    if (!isSchema || url === undefined) throw error
    return { ...openDatabase(url), config: {}, where: describeUrl(url) }
  }
}

/** Asks the server what it is, and its clock. */
export async function readServer(db: Database, { now }: Pick<Context, 'now'>): Promise<Omit<ServerFacts, 'where'>> {
  const askedMs = now().getTime()
  const [row] = await db.execute<{ nowMs: number; version: string; versionNumber: number }>(sql`
    select (extract(epoch from clock_timestamp()) * 1000)::float8 as "nowMs",
           current_setting('server_version') as version,
           current_setting('server_version_num')::int as "versionNumber"`)
  const answeredMs = now().getTime()
  if (!row) throw new Error('select answered no row')
  return {
    version: row.version,
    versionNumber: row.versionNumber,
    schema: judgeSchema(await readApplied(db)),
    skewSeconds: (row.nowMs - (askedMs + answeredMs) / 2) / 1000,
    skewErrorSeconds: (answeredMs - askedMs) / 2000,
  }
}

/** Settings with what the table `config` says; what it says wrongly is named, and passed over as a whole. */
export function withConfig(
  { env, settings: plain }: Pick<Context, 'env' | 'settings'>,
  config: Record<string, string>,
) {
  const { settings, problems } = resolveSettings({ ...readSettings(env, plain.home), config })
  return problems.length > 0 ? { settings: plain, problems } : { settings, problems }
}
