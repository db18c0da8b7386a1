import { and, eq, gt, sql } from 'drizzle-orm'
import { openAlert } from '../alerts/alerts.ts'
import type { Context } from '../context.ts'
import { inTransaction } from '../db/connect.ts'
import { postingQueue } from '../db/schema.ts'
import { releaseHostedFiles } from '../history/release-hosted.ts'
import { isAutomatic, isDue } from './due.ts'
import type { TickReport } from './report.ts'
import { liveQuestion } from './trouble.ts'

/** How long before it would be missed a story goes to the team instead: three ticks. */
const MARGIN_MINUTES = 15

/**
 * Instagram is closed to us: stories that would be missed while it is go to the team, which can still post them. One whose
 * publishing was tried before is not handed on, because it might be live after all: a person is asked.
 */
export async function handOverLate(ctx: Context, reason: string, report: TickReport): Promise<void> {
  const { settings, db } = ctx
  const grace = settings.missedAfterMinutes
  const after = grace - Math.min(MARGIN_MINUTES, grace / 2)
  const late = sql`${postingQueue.scheduledFor} < now() - make_interval(secs => ${after * 60})`
  const isWaiting = sql`${postingQueue.status} in ('pending', 'retrying')`
  const ofOurs = sql`exists (select 1 from media_items where media_items.id = ${postingQueue.mediaItemId}
    and not media_items.is_sample and ${isAutomatic(settings)})`
  // Whoever looks at the queue sees why a due story waits (lessons 14).
  await db
    .update(postingQueue)
    .set({ lastError: reason })
    .where(
      and(eq(postingQueue.status, 'pending'), isDue, ofOurs, sql`${postingQueue.lastError} is distinct from ${reason}`),
    )
  await inTransaction(db, async (tx) => {
    const isInTime = sql`${postingQueue.scheduledFor} >= now() - make_interval(mins => ${grace})`
    const canPost = settings.telegramBotToken !== undefined && settings.telegramChannelId !== undefined
    const handed = canPost
      ? await tx
          .update(postingQueue)
          .set({
            status: 'pending',
            channel: 'telegram',
            fallbackReason: reason,
            nextRetryAt: null,
            retryCount: 0,
            lastError: reason,
          })
          .where(and(isWaiting, late, isInTime, ofOurs, eq(postingQueue.instagramSends, 0)))
          .returning()
      : []
    for (const item of handed) {
      await releaseHostedFiles(tx, item, { isPublished: false })
      report.handedOver.push({ id: item.id, reason })
    }
    const doubtful = await tx
      .update(postingQueue)
      .set({
        status: 'unconfirmed',
        effect: 'instagram_publish',
        effectStartedAt: sql`coalesce(${postingQueue.instagramSentAt}, now())`,
        nextRetryAt: null,
        reconcileAt: sql`now() + interval '1 hour'`,
        reconcileAskedAt: sql`now()`,
        lastError: reason,
      })
      .where(and(isWaiting, late, ofOurs, gt(postingQueue.instagramSends, 0)))
      .returning()
    for (const item of doubtful) {
      await openAlert(tx, liveQuestion(item, `its publishing was in doubt, and now ${reason}`))
      report.unconfirmed.push({ id: item.id, reason })
    }
  })
}
