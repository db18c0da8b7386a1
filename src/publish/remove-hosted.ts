import { and, eq, sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { hostedFiles } from '../db/schema.ts'
import { HostError } from '../hosting/hosting.ts'
import { openHostFor } from '../hosting/open-host.ts'

const MAX_PER_RUN = 20
/** Longer than a removal can take: another run leaves the file alone meanwhile. */
const CLAIM_SECONDS = 300
const LONGEST_WAIT_MINUTES = 360

/**
 * Deletes hosted pictures that nobody needs, from our own records: also those of runs that died between an upload and its
 * answer. Safe to run at any time and twice.
 */
export async function removeHostedFiles(ctx: Context): Promise<void> {
  for (let removed = 0; removed < MAX_PER_RUN && !ctx.signal.aborted; removed += 1) {
    const file = await claimFile(ctx)
    if (!file) return
    await removeFile(ctx, file)
  }
}

type HostedFileRow = typeof hostedFiles.$inferSelect

async function claimFile({ db }: Context): Promise<HostedFileRow | undefined> {
  const next = db
    .select({ provider: hostedFiles.provider, key: hostedFiles.key })
    .from(hostedFiles)
    .where(sql`${hostedFiles.deleteDueAt} <= now()`)
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

async function removeFile(ctx: Context, file: HostedFileRow): Promise<void> {
  const same = and(eq(hostedFiles.provider, file.provider), eq(hostedFiles.key, file.key))
  // Taken into use again meanwhile (the same picture is published anew): then it stays.
  const mine = and(
    same,
    eq(hostedFiles.deleteAttempts, file.deleteAttempts),
    sql`${hostedFiles.deleteDueAt} is not null`,
  )
  const reason = await tryRemove(ctx, file)
  if (reason === null) {
    await ctx.db.delete(hostedFiles).where(mine)
    return
  }
  ctx.out.debug(`storyline: a hosted picture could not be deleted: ${reason}`)
  const minutes = Math.min(15 * 2 ** (file.deleteAttempts - 1), LONGEST_WAIT_MINUTES)
  await ctx.db
    .update(hostedFiles)
    .set({ deleteDueAt: sql`now() + make_interval(mins => ${minutes})`, lastError: reason })
    .where(mine)
}

/** Why it is still there; null: it is gone. */
async function tryRemove(ctx: Context, file: HostedFileRow): Promise<string | null> {
  const opened = await openHostFor(ctx.settings, file.provider)
  if (opened.kind === 'incomplete') return `${opened.missing.join(', ')} not set`
  try {
    await opened.host.remove(file.key)
    return null
  } catch (error) {
    if (error instanceof HostError) return error.failure.reason
    throw error
  }
}
