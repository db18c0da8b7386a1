import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Argument } from 'commander'
import { defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { ExitCode, UserError, usageError } from '../errors.ts'
import { configuredDatabaseUrl } from '../settings.ts'
import { describeUrl, explainDatabaseError, openDatabase } from './connect.ts'
import { embeddedStatus, stopEmbedded } from './embedded/control.ts'
import { ensureEmbedded } from './embedded/server.ts'
import { adviseUpgrade } from './embedded/upgrade.ts'
import { inspectSchema } from './inspect.ts'
import { migrateDatabase } from './migrate.ts'

const ACTIONS = ['status', 'start', 'stop', 'url', 'psql', 'migrate', 'upgrade'] as const
type Action = (typeof ACTIONS)[number]

interface Options {
  dryRun?: boolean
}

export default defineCommand<Options>({
  description: `The database. Without DATABASE_URL (or DB_HOST/DB_NAME) it is a real PostgreSQL that Storyline runs itself, below
STORYLINE_HOME/.storyline, on loopback only. Any command starts it when it is down; it outlives the command.

  status    what there is, and whether its schema fits (starts nothing)
  start     start the embedded server
  stop      stop the embedded server
  url       print a connection string that any client can use (it holds the password)
  psql      open psql on it, when psql is installed
  migrate   apply the migrations that this version needs; safe to repeat
  upgrade   how to take the embedded data to another major version

--json: status {kind, address, schema}, and of the embedded server its folder and state; start {address, started,
migrationsApplied}, stop {stopped}, url {url}, migrate {applied, missing}; a dry run adds dryRun true.`,
  examples: [
    ['storyline db status', 'is it up, which version, is the schema current'],
    ['storyline db migrate', 'after an update, with a database of your own'],
    ['psql "$(storyline db url)"', 'any client works'],
  ],
  needs: 'settings',
  configure: (command) => {
    command
      .addArgument(new Argument('<action>', 'what to do').choices([...ACTIONS]))
      .option('--dry-run', 'with migrate: only say how many migrations are missing')
  },
  run: (ctx, { options, args }) => HANDLERS[args[0] as Action](ctx, options),
})

const HANDLERS: Record<Action, (ctx: Context, options: Options) => Promise<ExitCode | undefined>> = {
  status,
  start,
  stop,
  url: printUrl,
  psql,
  migrate,
  upgrade,
}

/** The database of the settings; starts the embedded one. */
async function reach({ settings, out }: Context): Promise<{ url: string; kind: 'embedded' | 'configured' }> {
  const configured = configuredDatabaseUrl(settings)
  if (configured !== undefined) return { url: configured, kind: 'configured' }
  return { url: (await ensureEmbedded({ home: settings.home, log: out.note })).url, kind: 'embedded' }
}

function refuseConfigured({ settings }: Context, action: string): void {
  const configured = configuredDatabaseUrl(settings)
  if (configured === undefined) return
  throw usageError(
    `\`db ${action}\` is for the embedded server, but the settings name a database of your own (${describeUrl(configured)})`,
    'Use the tools of that server, or unset DATABASE_URL.',
  )
}

async function status(ctx: Context): Promise<ExitCode | undefined> {
  const configured = configuredDatabaseUrl(ctx.settings)
  const embedded = configured === undefined ? await embeddedStatus({ home: ctx.settings.home }) : undefined
  if (embedded && embedded.state !== 'running') {
    ctx.out.document({ kind: 'embedded', schema: null, ...embedded })
    ctx.out.print(`Embedded PostgreSQL: ${embedded.state}\nData: ${embedded.dataFolder}`)
    if (embedded.state !== 'foreign')
      ctx.out.note('Any command starts it when needed; `storyline db start` does it now.')
    return ExitCode.done
  }
  const url = configured ?? (await reach(ctx)).url
  const schema = await withDatabase(url, (db) => inspectSchema(db))
  ctx.out.document({ kind: embedded ? 'embedded' : 'configured', address: describeUrl(url), schema, ...embedded })
  ctx.out.print(`${embedded ? 'Embedded PostgreSQL' : 'PostgreSQL'} ${schema.serverVersion} at ${describeUrl(url)}`)
  if (embedded)
    ctx.out.print(
      `Data: ${embedded.dataFolder}\nLog: ${embedded.logFile}\nPID: ${embedded.pid}, runs as ${embedded.owner}`,
    )
  ctx.out.print(`Schema: ${schema.state}`)
  if (schema.state === 'older') ctx.out.note('Run `storyline db migrate`.')
  return ExitCode.done
}

async function start(ctx: Context): Promise<ExitCode | undefined> {
  refuseConfigured(ctx, 'start')
  const { url, started } = await ensureEmbedded({ home: ctx.settings.home, log: ctx.out.note })
  const applied = await withDatabase(url, migrateDatabase)
  ctx.out.document({ address: describeUrl(url), started, migrationsApplied: applied })
  ctx.out.print(`PostgreSQL ${started ? 'started' : 'is already running'} at ${describeUrl(url)}`)
  return ExitCode.done
}

async function stop(ctx: Context): Promise<ExitCode | undefined> {
  refuseConfigured(ctx, 'stop')
  const { stopped } = await stopEmbedded({ home: ctx.settings.home, log: ctx.out.note })
  ctx.out.document({ stopped })
  ctx.out.print(
    stopped ? 'PostgreSQL stopped. The next command that needs it starts it again.' : 'PostgreSQL was not running.',
  )
  return ExitCode.done
}

async function printUrl(ctx: Context): Promise<ExitCode | undefined> {
  const { url } = await reach(ctx)
  ctx.out.document({ url })
  ctx.out.print(url)
  return ExitCode.done
}

async function psql(ctx: Context): Promise<ExitCode | undefined> {
  const { url } = await reach(ctx)
  // The URL travels in the environment: arguments are visible to everybody in `ps`.
  const { password, username, hostname, port, pathname } = new URL(url)
  const env = {
    PGPASSWORD: decodeURIComponent(password),
    PGUSER: decodeURIComponent(username),
    PGHOST: hostname,
    PGPORT: port || '5432',
    PGDATABASE: pathname.slice(1),
  }
  const child = spawn('env', ['psql'], { stdio: 'inherit', env: { ...ctx.env, ...env } })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 127) return code === 0 ? ExitCode.done : ExitCode.failed
  ctx.out.note('psql is not installed (apt install postgresql-client). This URL works with any client:')
  ctx.out.print(url)
  return ExitCode.done
}

async function migrate(ctx: Context, { dryRun }: Options): Promise<ExitCode | undefined> {
  const { url } = await reach(ctx)
  const before = await withDatabase(url, (db) => inspectSchema(db))
  if (before.state === 'newer') {
    throw new UserError('The database was migrated by a newer Storyline than this one', {
      code: 'schema_newer',
      exitCode: ExitCode.notConfigured,
      fix: 'Update this installation (git pull && npm ci), then try again.',
    })
  }
  const missing = before.missing
  const applied = dryRun ? 0 : await withDatabase(url, migrateDatabase)
  ctx.out.document({ applied, missing: dryRun ? missing : 0, ...(dryRun ? { dryRun } : {}) })
  if (dryRun) ctx.out.print(`[dry run] ${missing} migration${missing === 1 ? '' : 's'} would be applied`)
  else
    ctx.out.print(applied === 0 ? 'The schema is current.' : `Applied ${applied} migration${applied === 1 ? '' : 's'}.`)
  return ExitCode.done
}

async function upgrade(ctx: Context): Promise<ExitCode | undefined> {
  refuseConfigured(ctx, 'upgrade')
  const advice = await adviseUpgrade({ home: ctx.settings.home })
  ctx.out.document(advice)
  if (advice.kind === 'nothing_to_do') {
    ctx.out.print('The data already has the major version of this Storyline: nothing to upgrade.')
    return ExitCode.done
  }
  ctx.out.print(`The data is of PostgreSQL ${advice.from}, this Storyline ships ${advice.to}. By hand, in this order:`)
  for (const [index, step] of advice.steps.entries()) ctx.out.print(`  ${index + 1}. ${step}`)
  return ExitCode.failed
}

async function withDatabase<T>(
  url: string,
  job: (db: ReturnType<typeof openDatabase>['db']) => Promise<T>,
): Promise<T> {
  const { db, close } = openDatabase(url)
  try {
    return await job(db)
  } catch (error) {
    throw explainDatabaseError(error, describeUrl(url))
  } finally {
    await close()
  }
}
