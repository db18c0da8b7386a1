import { and, eq, isNotNull, notInArray, sql } from 'drizzle-orm'
import { openAlert, resolveAlert } from '../alerts/alerts.ts'
import { AlertSubject } from '../alerts/subjects.ts'
import type { Context } from '../context.ts'
import { holdCalls } from '../db/api-limits.ts'
import { type HostName, hostedFiles } from '../db/schema.ts'
import { HostError, type HostFailure } from '../hosting/hosting.ts'
import { openHostFor } from '../hosting/open-host.ts'
import { leftBehindAlert } from './trouble.ts'

const MAX_PER_RUN = 20
/** Longer than a removal can take: another run leaves the file alone meanwhile. */
const CLAIM_SECONDS = 300
const LONGEST_WAIT_MINUTES = 360
/** Then it was tried for more than three hours. */
const TOLD_AFTER_ATTEMPTS = 5

/**
 * Deletes hosted pictures that nobody needs, from our own records: also those of runs that died between an upload and its
 * answer. Safe to run at any time and twice. A host in trouble is left alone after the first call.
 */
export async function removeHostedFiles(ctx: Context): Promise<void> {
  const closed: HostName[] = []
  for (let removed = 0; removed < MAX_PER_RUN && !ctx.signal.aborted; removed += 1) {
    const file = await claimFile(ctx, closed)
    if (!file) return
    if (!(await removeFile(ctx, file))) closed.push(file.provider)
  }
}

type HostedFileRow = typeof hostedFiles.$inferSelect

async function claimFile({ db }: Context, closed: readonly HostName[]): Promise<HostedFileRow | undefined> {
  const next = db
    .select({ provider: hostedFiles.provider, key: hostedFiles.key })
    .from(hostedFiles)
    .where(
      and(
        sql`${hostedFiles.deleteDueAt} <= now()`,
        closed.length > 0 ? notInArray(hostedFiles.provider, [...closed]) : undefined,
        // Who asked to wait is left alone.
        sql`not exists (select 1 from api_limits where subject = 'host:' || ${hostedFiles.provider} and until > now())`,
      ),
    )
    .orderBy(hostedFiles.deleteDueAt)
    .limit(1)
    .for('update', { skipLocked: true })
  const [file] = await db
    .update(hostedFiles)
    .set({
      deleteDueAt: sql`now() + make_interval(secs => ${CLAIM_SECONDS})`,
      deleteAttempts: sql`${hostedFiles.deleteAttempts} + 1`,
    })
    .where(sql`(${hostedFiles.provider}, ${hostedFiles.key}) = (${next})`)
    .returning()
  return file
}

/** False: the host works for no other file either. */
async function removeFile(ctx: Context, file: HostedFileRow): Promise<boolean> {
  const same = and(eq(hostedFiles.provider, file.provider), eq(hostedFiles.key, file.key))
  // Taken into use again meanwhile (the same picture is published anew): then it stays.
  const mine = and(same, eq(hostedFiles.deleteAttempts, file.deleteAttempts), isNotNull(hostedFiles.deleteDueAt))
  const failure = await tryRemove(ctx, file)
  if (failure === null) {
    await ctx.db.delete(hostedFiles).where(mine)
    await resolveAlert(ctx.db, AlertSubject.hostedLeft)
    return true
  }
  const { reason } = failure
  ctx.out.debug(`storyline: a hosted picture could not be deleted: ${reason}`)
  const minutes = Math.min(15 * 2 ** (file.deleteAttempts - 1), LONGEST_WAIT_MINUTES)
  await ctx.db
    .update(hostedFiles)
    .set({ deleteDueAt: sql`now() + make_interval(mins => ${minutes})`, lastError: reason })
    .where(mine)
  if (failure.kind === 'throttled') {
    await holdCalls(ctx.db, { subject: `host:${file.provider}`, seconds: failure.retryAfterSeconds, reason })
  }
  if (file.deleteAttempts >= TOLD_AFTER_ATTEMPTS) await openAlert(ctx.db, leftBehindAlert(file.provider, reason))
  return failure.kind === 'rejected'
}

/** Why it is still there; null: it is gone. */
async function tryRemove(ctx: Context, file: HostedFileRow): Promise<HostFailure | null> {
  const opened = await openHostFor(ctx.settings, file.provider)
  if (opened.kind === 'incomplete') {
    return { kind: 'closed', reason: `${opened.missing.join(', ')} not set`, fix: '' }
  }
  try {
    await opened.host.remove(file.key)
    return null
  } catch (error) {
    if (error instanceof HostError) return error.failure
    throw error
  }
}
