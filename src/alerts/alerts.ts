import { and, eq, type SQL, sql } from 'drizzle-orm'
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
}

/**
 * Opens an alert or refreshes an open one. Only a change from resolved (or nothing) to open queues a message, so a
 * condition that every tick sees again is told once. Safe to repeat.
 */
export async function openAlert(db: Database | Transaction, facts: AlertFacts): Promise<void> {
  const { subject, severity, summary } = facts
  const values = { severity, summary, fix: facts.fix ?? null, queueItemId: facts.queueItemId ?? null }
  const isNews = sql`${alerts.state} = 'resolved'`
  await db
    .insert(alerts)
    .values({ subject, state: 'open', notice: 'open', ...values })
    .onConflictDoUpdate({
      target: alerts.subject,
      set: {
        ...values,
        state: 'open',
        resolvedAt: null,
        since: sql`case when ${isNews} then now() else ${alerts.since} end`,
        announced: sql`case when ${isNews} then false else ${alerts.announced} end`,
        ...freshNotice(isNews),
      },
    })
}

function freshNotice(isNews: SQL) {
  return {
    notice: sql`case when ${isNews} then 'open' else ${alerts.notice} end`,
    noticeAttempts: sql`case when ${isNews} then 0 else ${alerts.noticeAttempts} end`,
    noticeLeaseUntil: sql`case when ${isNews} then null else ${alerts.noticeLeaseUntil} end`,
  }
}

export interface EventFacts extends Omit<AlertFacts, 'queueItemId' | 'summary'> {
  /** What happened to all of them: the first line of the message. */
  title: string
  /** The name of this one: a line of its own. */
  line: string
}

/** Something happened once more (another story missed): always news. Names that nobody was told yet stay in the message. */
export async function openEvent(db: Database | Transaction, facts: EventFacts): Promise<void> {
  const { subject, severity, title, line } = facts
  const summary = `${title}\n${line}`
  const values = { severity, fix: facts.fix ?? null }
  const isUntold = sql`${alerts.notice} = 'open'`
  await db
    .insert(alerts)
    .values({ subject, state: 'open', notice: 'open', summary, ...values })
    .onConflictDoUpdate({
      target: alerts.subject,
      set: {
        ...values,
        state: 'open',
        resolvedAt: null,
        since: sql`case when ${isUntold} then ${alerts.since} else now() end`,
        summary: sql`case when ${isUntold} then ${alerts.summary} || E'\\n' || ${line} else ${summary} end`,
        ...freshNotice(sql`true`),
      },
    })
}

/**
 * Closes an open alert; "resolved" is sent only to those who were told that it was open. An event that nobody was told
 * yet stays open until it is. False: nothing was closed.
 */
export async function resolveAlert(
  db: Database | Transaction,
  subject: string,
  { isEvent = false }: { isEvent?: boolean } = {},
): Promise<boolean> {
  const closed = await db
    .update(alerts)
    .set({
      state: 'resolved',
      resolvedAt: sql`now()`,
      notice: sql`case when ${alerts.announced} then 'resolved' end`,
      noticeAttempts: 0,
      noticeLeaseUntil: null,
    })
    .where(
      and(
        eq(alerts.subject, subject),
        eq(alerts.state, 'open'),
        isEvent ? sql`${alerts.notice} is distinct from 'open'` : undefined,
      ),
    )
    .returning({ subject: alerts.subject })
  return closed.length > 0
}

/** What the alert says while it is open; null: all is well. */
export async function openAlertSummary(db: Database | Transaction, subject: string): Promise<string | null> {
  const [row] = await db
    .select({ summary: alerts.summary })
    .from(alerts)
    .where(and(eq(alerts.subject, subject), eq(alerts.state, 'open')))
  return row?.summary ?? null
}
