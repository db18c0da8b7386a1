import { and, eq, sql } from 'drizzle-orm'
import type { Database, Transaction } from '../db/connect.ts'
import { alerts } from '../db/schema.ts'

export interface AlertFacts {
  /** What the trouble is about: one row, one message per change of state. */
  subject: string
  severity: 'warning' | 'critical'
  /** What is wrong, for people; plain text. */
  summary: string
  /** What to do about it. */
  fix?: string
  /** The queue item that the message offers buttons for. */
  queueItemId?: string
  /** Each opening is news of its own (another story missed), even while the alert is open. */
  isEvent?: boolean
}

/**
 * Opens an alert or refreshes an open one. Only a change from resolved (or nothing) to open queues a message, so a
 * condition that every tick sees again is told once. Safe to repeat.
 */
export async function openAlert(db: Database | Transaction, facts: AlertFacts): Promise<void> {
  const { subject, severity, summary } = facts
  const values = { severity, summary, fix: facts.fix ?? null, queueItemId: facts.queueItemId ?? null }
  const isNews = facts.isEvent ? sql`true` : sql`${alerts.state} = 'resolved'`
  await db
    .insert(alerts)
    .values({ subject, state: 'open', notice: 'open', ...values })
    .onConflictDoUpdate({
      target: alerts.subject,
      set: {
        ...values,
        state: 'open',
        resolvedAt: null,
        since: sql`case when ${alerts.state} = 'resolved' then now() else ${alerts.since} end`,
        announced: sql`case when ${alerts.state} = 'resolved' then false else ${alerts.announced} end`,
        notice: sql`case when ${isNews} then 'open' else ${alerts.notice} end`,
        noticeLeaseUntil: sql`case when ${isNews} then null else ${alerts.noticeLeaseUntil} end`,
      },
    })
}

/** Closes an open alert; "resolved" is sent only to those who were told that it was open. False: nothing was open. */
export async function resolveAlert(db: Database | Transaction, subject: string): Promise<boolean> {
  const closed = await db
    .update(alerts)
    .set({
      state: 'resolved',
      resolvedAt: sql`now()`,
      notice: sql`case when ${alerts.announced} then 'resolved' end`,
      noticeLeaseUntil: null,
    })
    .where(and(eq(alerts.subject, subject), eq(alerts.state, 'open')))
    .returning({ subject: alerts.subject })
  return closed.length > 0
}

/** Subjects, so that who opens and who resolves agree. */
export const AlertSubject = {
  telegramBlocked: 'telegram-blocked',
  missed: 'missed',
  unanswered: 'unanswered',
  failed: (queueItemId: string) => `failed:${queueItemId}`,
  unconfirmed: (queueItemId: string) => `unconfirmed:${queueItemId}`,
} as const
