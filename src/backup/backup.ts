import { resolve } from 'node:path'
import { type CommandInput, defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { ExitCode, usageError } from '../errors.ts'
import { progressBar } from '../output/progress-bar.ts'
import { backupFailed, backupSucceeded } from './alert.ts'
import { applyRetention, previewRetention } from './apply-retention.ts'
import { printBackup, printPlan } from './backup-report.ts'
import { explainFolderError } from './files.ts'
import { withBackupLock } from './lock.ts'
import { type BackupRequest, makeBackup } from './make-backup.ts'
import { KINDS, type Kind, partsOf } from './manifest.ts'
import { previewBackup } from './preview-backup.ts'

type Options = { [K in Kind]?: boolean } & { out?: string; dryRun?: boolean }

export default defineCommand<Options>({
  description: `Writes the database, the media files and the configuration to BACKUP_DIR. A backup is there as a whole or not at all. Media
files are kept once by content, so that a nightly backup of an unchanged library takes little time and space. The database part is
plain SQL: \`storyline restore\` reads it, and so does psql. Backups older than BACKUP_RETENTION_DAYS go, but never the newest
verified one. With BACKUP_RECIPIENT everything is encrypted (age), and only then .env is copied.

Exit codes: 0 written, 1 failed (the old ones are as they were), 3 written, but
without some media files.

--json: {name, path, kind, parts, createdAt, sizeBytes, encrypted, tables: [{name, rows}], media, problems, removed,
removedContents}; a dry run is the plan: {dryRun, folder, tables, media, retention}.`,
  examples: [
    ['storyline backup', 'everything'],
    ['storyline backup --database', 'before something risky'],
    ['storyline backup --out /mnt/usb/storyline', 'to another disk'],
    ['storyline backup --dry-run', 'what would be written, and which old backups would go'],
  ],
  needs: 'database',
  recorded: 'always',
  quietWhenWell: true,
  // The lock has one of its own.
  connections: 2,
  handlesSignals: true,
  configure: (command) =>
    void command
      .optionsGroup('What is backed up:')
      .option('--full', 'database, media and configuration (the default)')
      .option('--database', 'only the database')
      .option('--media', 'only the media files')
      .option('--config', 'only the configuration')
      .optionsGroup('Options:')
      .option('--out <folder>', 'instead of BACKUP_DIR')
      .option('--dry-run', 'show what would be done, write nothing'),
  run: backup,
})

async function backup(ctx: Context, { options }: CommandInput<Options>): Promise<ExitCode> {
  const folder = options.out === undefined ? ctx.settings.backupDir : resolve(options.out)
  const kind = chooseKind(options)
  try {
    if (options.dryRun) {
      const preview = await previewBackup(ctx, { folder, kind })
      printPlan(ctx, { ...preview, retention: await previewRetention(ctx, folder, partsOf(kind)) })
      return ExitCode.done
    }
    const progress = await progressBar(ctx.out, 'Backing up media')
    const { made, retired } = await makeAndRetire(ctx, { folder, kind, progress })
    await backupSucceeded(ctx, made)
    await printBackup(ctx, made, retired)
    return made.problems.length > 0 ? ExitCode.partly : ExitCode.done
  } catch (error) {
    const explained = explainFolderError(error, folder)
    if (!options.dryRun) await backupFailed(ctx, explained)
    throw explained
  }
}

async function makeAndRetire(ctx: Context, request: BackupRequest) {
  return withBackupLock(ctx.db, async (stillHeld) => {
    const made = await makeBackup(ctx, request)
    // What this one lacks may stand in an old one.
    if (made.problems.length > 0) return { made, retired: undefined }
    await stillHeld()
    return { made, retired: await applyRetention(ctx, request.folder) }
  })
}

function chooseKind(options: Options): Kind {
  const chosen = KINDS.filter((kind) => options[kind])
  if (chosen.length > 1) {
    throw usageError(`--${chosen.join(' and --')} exclude each other`, 'Choose one, or none for everything.')
  }
  return chosen[0] ?? 'full'
}
