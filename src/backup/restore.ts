import { dirname, resolve } from 'node:path'
import { type CommandInput, defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { describeUrl, explainDatabaseError } from '../db/connect.ts'
import { ExitCode } from '../errors.ts'
import { progressBar } from '../output/progress-bar.ts'
import { recordOwnRun } from '../runs/record-own-run.ts'
import { checkFiles, checkObjects } from './check-backup.ts'
import { explainFolderError } from './files.ts'
import { surveyBackups } from './find-backups.ts'
import type { Part } from './manifest.ts'
import { damaged, locateBackup, type OpenBackup, openBackup } from './open-backup.ts'
import { pauseIfOverdue } from './pause-overdue.ts'
import { readDump } from './read-dump.ts'
import { restoreConfig } from './restore-config.ts'
import { restoreDatabase } from './restore-database.ts'
import { restoreMedia } from './restore-media.ts'
import { chooseParts, planRestore, type RestorePlan, refuseLoss } from './restore-plan.ts'
import { printRestore, printRestorePlan } from './restore-report.ts'
import { readIdentities } from './seal.ts'
import { openTarget, type Target } from './target.ts'

type Options = { [K in Part]?: boolean } & { into?: string; identity?: string; force?: boolean; dryRun?: boolean }

export default defineCommand<Options>({
  description: `Brings back a backup: its name in BACKUP_DIR, or its path. Every checksum is tried first; the database is restored in one
transaction and compared with the backup before it counts; media files go to MEDIA_BASE_PATH, with their times. Nothing that is
there is replaced without --force. Stories that were due since the backup may have been posted already: then posting is paused
until \`storyline resume\`.

Exit codes: 0 restored, 1 damaged, not found or in the way of something (nothing
was changed), 4 a setting is wrong.

--json: {backup, createdAt, parts, database: {address, isEmpty, tables: [{name, rows}]}, media: {written, replaced, kept},
config: {rows, env, replaced}, overdue, paused, next}; what is not restored is null; a dry run has dryRun true instead of
overdue, paused and next.`,
  examples: [
    ['storyline restore storyline-2026-11-21T031500Z', 'database and media, onto a fresh machine'],
    ['storyline restore storyline-2026-11-21T031500Z --dry-run', 'what would be done'],
    [
      'storyline restore /mnt/usb/storyline-2026-11-21T031500Z --database --into postgresql://ana@db.example.org/copy',
      'the database alone, into another one',
    ],
    ['storyline restore storyline-2026-11-21T031500Z --identity key.txt', 'an encrypted one'],
  ],
  needs: 'settings',
  handlesSignals: true,
  configure: (command) =>
    void command
      .argument('<backup>', 'name in BACKUP_DIR, or path')
      .optionsGroup('What comes back (default: database and media):')
      .option('--database', 'the database')
      .option('--media', 'the media files')
      .option('--config', 'the rows of the table config, and .env if the backup has it')
      .optionsGroup('Options:')
      .option('--into <url>', 'another database; the password may come from PGPASSWORD')
      .option('--identity <file>', 'the secret key of age, for an encrypted backup')
      .option('--force', 'replace what is there')
      .option('--dry-run', 'show what would be done, change nothing'),
  run: restore,
})

async function restore(ctx: Context, { options, args }: CommandInput<Options>): Promise<ExitCode> {
  const { path, manifest } = await locateBackup(ctx.settings.backupDir, args[0] ?? '')
  try {
    const parts = chooseParts(options, manifest)
    const identities = options.identity === undefined ? [] : await readIdentities(resolve(options.identity))
    const backup = await openBackup(path, manifest, identities)
    await refuseDamaged(ctx, backup, parts)
    return await withTarget(ctx, { into: options.into, parts }, async (target) => {
      const plan = await planRestore(ctx, { backup, parts, target })
      if (options.dryRun) {
        printRestorePlan(ctx, backup, plan)
        return ExitCode.done
      }
      if (!options.force) refuseLoss(ctx, plan)
      const overdue = await carryOut(ctx, { backup, plan, target })
      if (target) await recordRestore(ctx, target, { options, args }, overdue)
      printRestore(ctx, { backup, plan, overdue })
      return ExitCode.done
    })
  } catch (error) {
    throw explainFolderError(error, dirname(path))
  }
}

/** Afterwards: before, there may be no ledger, and its rows are replaced. What was restored stands, whatever becomes of it. */
async function recordRestore(
  { out }: Context,
  { db }: Target,
  { options, args }: CommandInput<Options>,
  overdue: number,
) {
  const params = {
    args,
    options: { ...options, into: options.into === undefined ? undefined : describeUrl(options.into) },
  }
  await recordOwnRun(db, out, { command: 'restore', params }, async () => ({ overdue })).catch(() => {
    out.debug('storyline: the run could not be written into the ledger')
  })
}

async function refuseDamaged(ctx: Context, { path, folder, manifest }: OpenBackup, parts: readonly Part[]) {
  const flaws = await checkFiles(path, manifest)
  if (parts.includes('media')) {
    const progress = await progressBar(ctx.out, 'Checking media')
    const { vouched } = await surveyBackups(folder)
    flaws.push(...(await checkObjects(manifest, { folder, vouched, seen: new Map(), progress, signal: ctx.signal })))
  }
  const [first] = flaws
  if (first === undefined) return
  const more = flaws.length > 1 ? `, and ${flaws.length - 1} more files are damaged` : ''
  throw damaged(`The backup ${manifest.name} is damaged: ${first.file} ${first.reason}${more}. Nothing was changed.`)
}

async function withTarget<T>(
  ctx: Context,
  { into, parts }: { into: string | undefined; parts: readonly Part[] },
  work: (target: Target | undefined) => Promise<T>,
): Promise<T> {
  if (!parts.includes('database') && !parts.includes('config')) return work(undefined)
  const target = await openTarget(ctx, into)
  try {
    return await work(target)
  } catch (error) {
    throw explainDatabaseError(error, target.where)
  } finally {
    await target.close()
  }
}

interface Work {
  backup: OpenBackup
  plan: RestorePlan
  target: Target | undefined
}

/** Files first: an index that runs in between must not find a library without them. Answers how many stories were due. */
async function carryOut(ctx: Context, { backup, plan, target }: Work): Promise<number> {
  const { signal, settings } = ctx
  let overdue = 0
  if (plan.media) {
    const entries = [...plan.media.write, ...plan.media.replace]
    const progress = await progressBar(ctx.out, 'Restoring media')
    await restoreMedia(backup, { root: settings.mediaBasePath, entries, progress, signal })
  }
  if (plan.database && target) {
    await restoreDatabase(target.db, {
      statements: readDump(backup.database()),
      tables: backup.manifest.tables,
      replaces: plan.database.state.kind !== 'empty',
      signal,
      finish: async (tx) => {
        overdue = await pauseIfOverdue(tx, backup.manifest.name)
      },
    })
  }
  if (plan.config && target) await restoreConfig(target.db, settings.home, plan.config)
  return overdue
}
