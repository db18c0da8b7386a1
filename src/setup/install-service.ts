import { stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { type CommandInput, defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { isRoot, readUserName } from '../db/embedded/account.ts'
import { readLocation } from '../db/embedded/url.ts'
import { UserError, usageError } from '../errors.ts'
import { packageRoot } from '../package-root.ts'
import { configuredDatabaseUrl, readSettings, SETTINGS } from '../settings.ts'
import { findInstallation, onlyInEnvironment } from './installation.ts'
import { planUnits, writeUnits } from './unit-files.ts'
import { makeUnits, type ServiceFacts, type Unit } from './units.ts'

interface Options {
  print?: boolean
  user?: string
  timers?: boolean
  dryRun?: boolean
}

const FOLDER = '/etc/systemd/system'

export default defineCommand<Options>({
  description: `Units for systemd: the bot, kept running and locked in; the embedded database,
when it is used; with --timers also the jobs of cron, as an alternative to
install-cron. As root they are written to ${FOLDER}; --print only
shows them. Secrets that stand in files (TELEGRAM_BOT_TOKEN_FILE, …) become
credentials, which systemd reads as root and hands over (systemd 250 or newer).

Exit codes: 0 printed, written or nothing to do, 1 not allowed, or a unit of
somebody else is in the way, 4 a setting is wrong.

--json: {folder, user, units: [{name, text}], changed, leftOver}; changed and
leftOver are names, null with --print; a dry run adds dryRun true.`,
  examples: [
    ['storyline install-service --print', 'only show the units'],
    ['sudo storyline install-service --user pi', 'write them; pi runs them'],
    ['sudo storyline install-service --timers --dry-run', 'say which would be written, with timers instead of cron'],
  ],
  needs: 'settings',
  configure: (command) => {
    command
      .option('--print', 'print the units, touch nothing')
      .option('--user <name>', 'who the services run as (default: the owner of STORYLINE_HOME)')
      .option('--timers', 'also a timer for every job that cron would do')
      .option('--dry-run', 'only say what would be written')
  },
  run: installService,
})

async function installService(ctx: Context, { options }: CommandInput<Options>): Promise<undefined> {
  const { print = false, timers = false, dryRun = false } = options
  const facts = await gatherFacts(ctx, options.user)
  const units = makeUnits(facts, { timers })
  const { user } = facts
  if (print) {
    ctx.out.document({ folder: FOLDER, user, units, changed: null, leftOver: null })
    ctx.out.print(
      units
        .map(({ name, text }) => `# ${join(FOLDER, name)}\n${text}`)
        .join('\n')
        .trimEnd(),
    )
    return undefined
  }
  if (!dryRun && !isRoot()) throw notRoot()
  const { changed, leftOver } = await planUnits(FOLDER, units)
  if (!dryRun) await writeUnits(FOLDER, changed)
  const names = changed.map(({ name }) => name)
  ctx.out.document({ folder: FOLDER, user, units, changed: names, leftOver, ...(dryRun ? { dryRun } : {}) })
  report(ctx, { units, names, leftOver, dryRun })
  warn(ctx, { user, timers })
  return undefined
}

async function gatherFacts({ env, settings }: Context, typed: string | undefined): Promise<ServiceFacts> {
  if (typed !== undefined && !/^[a-z_][\w.-]{0,31}$/i.test(typed)) {
    throw usageError(`--user is "${typed}"; expected the name of a user`)
  }
  const installation = findInstallation(env)
  const { home } = installation
  const isEmbedded = configuredDatabaseUrl(settings) === undefined
  const location = isEmbedded ? readLocation(home) : undefined
  return {
    installation,
    user: typed ?? (await ownerOf(home)),
    isEmbedded,
    stateFolders: isEmbedded ? [join(home, '.storyline'), ...(location ? [location] : [])] : [],
    mediaFolder: settings.mediaBasePath,
    backupFolder: settings.backupDir,
    logFolder: settings.logFile === undefined ? null : dirname(settings.logFile),
    credentials: findCredentials(env, home),
  }
}

/** Secrets that the settings take from a file; what stands in clear wins over it, as everywhere. */
function findCredentials(env: Context['env'], home: string): ServiceFacts['credentials'] {
  const { envFile } = readSettings(env, packageRoot)
  return Object.values(SETTINGS).flatMap((spec) => {
    if (!('secret' in spec)) return []
    const { name } = spec
    const holder = [env, envFile].find((values) => values[name]?.trim() || values[`${name}_FILE`]?.trim())
    const path = holder?.[name]?.trim() ? undefined : holder?.[`${name}_FILE`]?.trim()
    return path ? [{ name, path: resolve(home, path) }] : []
  })
}

async function ownerOf(home: string): Promise<string> {
  try {
    const { uid } = await stat(home)
    const name = await readUserName(uid)
    // systemd takes the number of a user that has no name.
    return /\s/.test(name) ? String(uid) : name
  } catch (cause) {
    throw new UserError(`The home folder ${home} does not exist`, {
      code: 'home_missing',
      fix: 'Create it, or correct STORYLINE_HOME.',
      cause,
    })
  }
}

interface Report {
  units: readonly Unit[]
  names: readonly string[]
  leftOver: readonly string[]
  dryRun: boolean
}

function report({ out }: Context, { units, names, leftOver, dryRun }: Report): void {
  const verb = dryRun ? 'would be written' : 'written'
  for (const name of names) out.print(`${dryRun ? '[dry run] ' : '✓ '}${join(FOLDER, name)} ${verb}`)
  if (names.length === 0) out.print('The units say that already.')
  for (const name of leftOver) {
    out.warn(
      `storyline: ${name} is left from before: systemctl disable --now ${name}, then remove ${join(FOLDER, name)}`,
    )
  }
  const startable = units.map(({ name }) => name).filter((name) => !isJob(name, units))
  if (!dryRun) out.print(`Next: systemctl daemon-reload && systemctl enable --now ${startable.join(' ')}`)
}

/** A service that a timer starts is not enabled itself. */
function isJob(name: string, units: readonly Unit[]): boolean {
  return units.some((unit) => name.endsWith('.service') && unit.name === name.replace(/service$/, 'timer'))
}

function warn({ env, settings, out }: Context, { user, timers }: { user: string; timers: boolean }): void {
  if (timers) out.warn('storyline: the timers stand in for cron; `storyline install-cron --remove` takes its jobs out')
  if (user === 'root') out.warn('storyline: the services run as root; --user names somebody who may do less')
  const unseen = onlyInEnvironment(settings, env).filter((name) => !name.endsWith('_FILE'))
  if (unseen.length === 0) return
  out.warn(`storyline: a service does not have your environment: put ${unseen.join(', ')} into ${settings.home}/.env`)
}

function notRoot(): UserError {
  return new UserError(`Only root may write to ${FOLDER}`, {
    code: 'not_root',
    fix: 'Run it with sudo, or take the text from `storyline install-service --print`.',
  })
}
