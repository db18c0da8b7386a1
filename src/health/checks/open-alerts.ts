import { sql } from 'drizzle-orm'
import { formatDateTime } from '../../output/time.ts'
import { type Check, healthy, warning } from '../check.ts'
import { counted } from '../words.ts'

export interface AlertFacts {
  /** Oldest first; without those of check-health, which are rows of their own. */
  open: { subject: string; summary: string; since: Date }[]
  timeZone: string
}

/** About stories that ended badly: what happened stays told until somebody acts on it, and is no trouble that lasts. */
const EVENTS = ['failed:', 'missed', 'unanswered']
const MAX_SHOWN = 5

export const openAlerts: Check<AlertFacts> = {
  name: 'open-alerts',
  title: 'Open alerts',
  needs: 'database',
  measure: async ({ db, settings }) => {
    const rows = await db.execute<{ subject: string; summary: string; since: string }>(sql`
      select subject, summary, since::text as since from alerts
       where state = 'open' and subject not like 'health:%' order by alerts.since, subject`)
    return { open: rows.map((row) => ({ ...row, since: new Date(row.since) })), timeZone: settings.timeZone }
  },
  judge: ({ open, timeZone }) => {
    if (open.length === 0) return healthy('none')
    const isEvent = (subject: string) => EVENTS.some((beginning) => subject.startsWith(beginning))
    const lasting = open.filter(({ subject }) => !isEvent(subject))
    const events = open.length - lasting.length
    const shown = lasting
      .slice(0, MAX_SHOWN)
      .map(({ summary, since }) => `${summary.split('\n')[0]} (since ${formatDateTime(since, timeZone)})`)
    const rest = lasting.length - shown.length
    const details = [
      ...shown,
      ...(rest > 0 ? [`${rest} more`] : []),
      ...(events > 0 ? [`${counted(events, 'message')} about stories that ended badly`] : []),
    ].join('; ')
    return lasting.length > 0 ? warning(details) : healthy(details)
  },
}
