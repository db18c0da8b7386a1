import type { Context } from './context.ts'
import {
  type Database,
  describeUrl,
  explainDatabaseError,
  isDatabaseRefusing,
  isDatabaseUnreachable,
  type OpenDatabase,
  openDatabase,
  preflight,
} from './db/connect.ts'
import { readEmbeddedUrl } from './db/embedded/url.ts'
import { UserError } from './errors.ts'
import type { Output } from './output/output.ts'
import {
  configuredDatabaseUrl,
  resolveSettings,
  type SettingSources,
  type Settings,
  settingsError,
} from './settings.ts'

export interface Surroundings {
  sources: SettingSources
  out: Output
  signal: AbortSignal
  now(): Date
  random(): number
  /** Absent: the command is not one for the ledger. */
  beginRun?(): Promise<void>
}

export interface DatabaseDemand {
  /** How many connections at most. */
  connections: number
  /** Apply missing migrations instead of refusing (quickstart; the embedded server always does). */
  migrates: boolean
  /** Aborted: a server that takes connections but does not answer is given up. */
  giveUp?: AbortSignal
}

/** Settings without the database: what the environment and `.env` say. Throws with all mistakes at once. */
export function strictSettings(sources: SettingSources): Settings {
  const { settings, problems } = resolveSettings(sources)
  if (problems.length > 0) throw settingsError(problems)
  return settings
}

/** Opens the one connection, runs one job, always closes it. */
export async function withContext<T>(
  surroundings: Surroundings,
  demand: DatabaseDemand,
  job: (ctx: Context) => Promise<T>,
): Promise<T> {
  const settings = strictSettings(surroundings.sources)
  const opened = await openChecked(settings, surroundings.out, demand)
  try {
    const withConfig = strictSettings({ ...surroundings.sources, config: opened.config })
    const { beginRun = async () => {} } = surroundings
    return await job({ ...surroundings, env: surroundings.sources.env, settings: withConfig, db: opened.db, beginRun })
  } catch (error) {
    throw explainDatabaseError(error, opened.where)
  } finally {
    await opened.close()
  }
}

export interface CheckedDatabase extends OpenDatabase {
  config: Record<string, string>
  /** What may be shown of the connection string. */
  where: string
}

/** The database of the settings, its schema checked; the embedded server is started when it is down. The caller closes it. */
export async function openChecked(settings: Settings, out: Output, demand: DatabaseDemand): Promise<CheckedDatabase> {
  const configured = configuredDatabaseUrl(settings)
  if (configured !== undefined) return openAndCheck(configured, demand)

  const embedded = { ...demand, migrates: true }
  const recorded = readEmbeddedUrl(settings.home)
  if (recorded !== undefined) {
    const checked = await openAndCheck(recorded, embedded).catch(wantsServerStart)
    if (checked) return checked
  }
  const { ensureEmbedded } = await import('./db/embedded/server.ts')
  const { url } = await ensureEmbedded({ home: settings.home, log: out.note })
  return openAndCheck(url, embedded)
}

/** Down, still starting, or another program on its port: the embedded machinery sorts it out. */
function wantsServerStart(error: unknown): undefined {
  const cause = error instanceof UserError ? error.cause : error
  if (isDatabaseUnreachable(cause) || isDatabaseRefusing(cause)) return undefined
  throw error
}

async function openAndCheck(url: string, demand: DatabaseDemand): Promise<CheckedDatabase> {
  const opened = openDatabase(url, demand.connections)
  const where = describeUrl(url)
  const giveUp = () => void opened.close()
  demand.giveUp?.addEventListener('abort', giveUp)
  try {
    const { config } = await checkSchema(opened.db, demand)
    return { ...opened, config, where }
  } catch (error) {
    await opened.close()
    throw explainDatabaseError(error, where)
  } finally {
    demand.giveUp?.removeEventListener('abort', giveUp)
  }
}

async function checkSchema(db: Database, demand: DatabaseDemand) {
  try {
    return await preflight(db)
  } catch (error) {
    const isOlder = error instanceof UserError && error.code === 'schema_older'
    if (!isOlder || !demand.migrates) throw error
    const { migrateDatabase } = await import('./db/migrate.ts')
    await migrateDatabase(db)
    return preflight(db)
  }
}

/** A context for commands that must work without a database; touching `db` is a mistake in the command. */
export function contextWithoutDatabase(surroundings: Surroundings, settings: Settings): Context {
  return {
    ...surroundings,
    env: surroundings.sources.env,
    settings,
    beginRun: async () => {},
    get db(): Database {
      throw new Error('This command was declared to need no database, but used one')
    },
  }
}
