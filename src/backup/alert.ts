import { openAlert, resolveAlert } from '../alerts/alerts.ts'
import { AlertSubject } from '../alerts/subjects.ts'
import type { Context } from '../context.ts'
import { errorCode, UserError } from '../errors.ts'
import type { MadeBackup } from './make-backup.ts'

/** Nothing is wrong with the backups: somebody stopped it, or another one is at work. */
const NO_FAILURE = ['interrupted', 'backup_running', 'usage']

/** Tells the admins that there is no new backup. */
export async function backupFailed(ctx: Context, error: unknown): Promise<void> {
  if (error instanceof UserError && NO_FAILURE.includes(error.code)) return
  const alert = {
    subject: AlertSubject.backup,
    severity: 'critical',
    summary: `The backup failed: ${describe(error)}`,
    fix: (error instanceof UserError ? error.fix : undefined) ?? 'Run `storyline backup` to see what is wrong.',
  } as const
  // The error itself is what the command ends with; a database that is away cannot take an alert either.
  await openAlert(ctx.db, alert).catch(() => {})
}

/** Only words that were chosen for people: a database error may hold values of rows. */
function describe(error: unknown): string {
  if (error instanceof UserError) return error.message
  return `an unexpected error (${errorCode(error) ?? 'no code'})`
}

export async function backupSucceeded(ctx: Context, { name, problems }: MadeBackup): Promise<void> {
  const [first] = problems
  if (first === undefined) {
    await resolveAlert(ctx.db, AlertSubject.backup)
    return
  }
  const more = problems.length > 1 ? ` and ${problems.length - 1} more` : ''
  await openAlert(ctx.db, {
    subject: AlertSubject.backup,
    severity: 'warning',
    summary: `The backup ${name} lacks media: ${first.path}: ${first.reason}${more}`,
    fix: 'Make the files readable, then run `storyline backup`; old backups are kept until one is complete.',
  })
}
