import { rename } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { openAlert, resolveAlert } from '../alerts/alerts.ts'
import { AlertSubject } from '../alerts/subjects.ts'
import { type CommandInput, defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { ExitCode, UserError } from '../errors.ts'
import { progressBar } from '../output/progress-bar.ts'
import { explainFolderError } from './files.ts'
import { type FoundBackup, surveyBackups } from './find-backups.ts'
import { withBackupLock } from './lock.ts'
import { loadRecords, recordTrial } from './records.ts'
import { readIdentities } from './seal.ts'
import { settingsUrl } from './target.ts'
import { type Trial, type TrialMeans, verifyBackup } from './verify-one.ts'
import { printTrials } from './verify-report.ts'

interface Options {
  all?: boolean
  out?: string
  identity?: string
}

export default defineCommand<Options>({
  description: `Restores the newest backup on trial: into a database of its own beside yours, which is dropped afterwards. Rows and media
contents are compared with what the backup says it holds. A backup that was found bad before is tried again. The newest verified
backup is never removed, whatever its age.

Exit codes: 0 good, 1 there is none or it could not be tried, 3 bad or unproven.

--json: {folder, backups: [{name, verdict, problems}]}; verdict: good, bad or unproven.`,
  examples: [
    ['storyline verify-backups', 'the newest one (cron runs it weekly)'],
    ['storyline verify-backups --all', 'every one'],
    ['storyline verify-backups --identity key.txt', 'encrypted ones can be restored only with the secret key'],
  ],
  needs: 'database',
  recorded: 'always',
  quietWhenWell: true,
  // The lock has one of its own.
  connections: 2,
  handlesSignals: true,
  configure: (command) =>
    void command
      .option('--all', 'every backup, not only the newest')
      .option('--out <folder>', 'instead of BACKUP_DIR')
      .option('--identity <file>', 'the secret key of age, for encrypted backups'),
  run: verify,
})

async function verify(ctx: Context, { options }: CommandInput<Options>): Promise<ExitCode> {
  const folder = options.out === undefined ? ctx.settings.backupDir : resolve(options.out)
  const identities = options.identity === undefined ? [] : await readIdentities(resolve(options.identity))
  try {
    const trials = await withBackupLock(ctx.db, () =>
      tryBackups(ctx, { folder, identities, all: options.all ?? false }),
    )
    await tellAdmins(ctx, folder, trials)
    await printTrials(ctx, folder, trials)
    return trials.every(({ verdict }) => verdict === 'good') ? ExitCode.done : ExitCode.partly
  } catch (error) {
    throw explainFolderError(error, folder)
  }
}

interface Request {
  folder: string
  identities: readonly string[]
  all: boolean
}

async function tryBackups(ctx: Context, { folder, identities, all }: Request): Promise<Trial[]> {
  const { backups: found, vouched } = await surveyBackups(folder)
  if (found.length === 0) {
    throw new UserError(`There are no backups in ${folder}`, { code: 'no_backups', fix: 'Run `storyline backup`.' })
  }
  const chosen = all ? found : await chooseDue(ctx, folder, found)
  const objects: TrialMeans['objects'] = {
    folder,
    vouched,
    seen: new Map(),
    progress: await progressBar(ctx.out, 'Checking media'),
    signal: ctx.signal,
  }
  const means = { identities, server: { db: ctx.db, url: await settingsUrl(ctx) }, objects }
  const trials: Trial[] = []
  for (const backup of chosen) {
    const trial = await verifyBackup(backup, means)
    await record(ctx, folder, backup, trial)
    trials.push(trial)
  }
  await setAside(objects)
  return trials
}

/** The newest, and those that were bad the last time: their contents may have been stored again since. */
async function chooseDue(ctx: Context, folder: string, found: readonly FoundBackup[]): Promise<FoundBackup[]> {
  const bad = await namesOfBad(ctx, folder)
  return found.filter((backup) => backup === found.at(-1) || bad.has(backup.name))
}

async function namesOfBad(ctx: Context, folder: string): Promise<Set<string>> {
  const records = [...(await loadRecords(ctx.db)).values()]
  const bad = records.filter(({ location, isGood, removedAt }) => location === folder && isGood === false && !removedAt)
  return new Set(bad.map(({ name }) => name))
}

async function record(ctx: Context, folder: string, { name, begunAt, manifest }: FoundBackup, trial: Trial) {
  const { verdict, problems } = trial
  const files = manifest?.files ?? []
  const sizeBytes = files.reduce((sum, { bytes }) => sum + bytes, manifest?.media?.bytes ?? 0)
  const row = { name, kind: manifest?.kind ?? 'unknown', location: folder, sizeBytes, createdAt: begunAt }
  const proven = verdict === 'unproven' ? {} : { verifiedAt: ctx.now(), isGood: verdict === 'good' }
  await recordTrial(ctx.db, row, { ...proven, problem: problems[0] ?? null })
}

/** A changed content is no use to anybody: out of the way, the next backup stores it again from the library. */
async function setAside({ folder, seen }: TrialMeans['objects']): Promise<void> {
  for (const flaw of seen.values()) {
    if (!flaw?.isChanged) continue
    // In a folder that may not be written it stays where it is.
    await rename(join(folder, flaw.file), join(folder, `${flaw.file}.damaged`)).catch(() => {})
  }
}

async function tellAdmins(ctx: Context, folder: string, trials: readonly Trial[]): Promise<void> {
  const bad = trials.filter(({ verdict }) => verdict === 'bad')
  const last = bad.at(-1)
  if (last) {
    const more = bad.length > 1 ? ` (and ${bad.length - 1} more backups)` : ''
    await openAlert(ctx.db, {
      subject: AlertSubject.damagedBackup,
      severity: last === trials.at(-1) ? 'critical' : 'warning',
      summary: `The backup ${last.name} cannot be restored: ${last.problems[0]}${more}`,
      fix: 'Run `storyline backup`, then `storyline verify-backups`; check the disk that holds the backups.',
    })
  } else if ((await namesOfBad(ctx, folder)).size === 0) await resolveAlert(ctx.db, AlertSubject.damagedBackup)
}
