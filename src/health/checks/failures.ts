import { sql } from 'drizzle-orm'
import type { HistoryStatus } from '../../db/schema.ts'
import { type Check, healthy, unhealthy, warning } from '../check.ts'

export interface FailureFacts {
  /** In the last `DAYS` days. */
  failed: number
  missed: number
  /** How the last stories ended, newest first; without cancelled and undone ones. */
  lastEnds: HistoryStatus[]
  /** Why the newest of the bad ones ended. */
  lastReason: string | null
}

const DAYS = 7
/** So many in a row are no accident (lessons 18). */
const IN_A_ROW = 3

export const failures: Check<FailureFacts> = {
  name: 'failures',
  title: 'Failures',
  needs: 'database',
  told: 'elsewhere',
  measure: async ({ db }) => {
    const [row] = await db.execute<FailureFacts & Record<string, unknown>>(sql`
      with ended as (
        select status, reason, created_at, id from posting_history where undone_at is null and status <> 'cancelled'),
      bad as (
        select * from ended where status in ('failed', 'missed') and created_at > now() - make_interval(days => ${DAYS}))
      select (select count(*)::int from bad where status = 'failed') as failed,
             (select count(*)::int from bad where status = 'missed') as missed,
             (select coalesce(json_agg(status order by created_at desc, id), '[]')
                from (select * from ended order by created_at desc, id limit ${IN_A_ROW}) as last) as "lastEnds",
             (select reason from bad order by created_at desc, id limit 1) as "lastReason"`)
    if (!row) throw new Error('select answered no row')
    return row
  },
  judge: ({ failed, missed, lastEnds, lastReason }) => {
    const allBad = lastEnds.length === IN_A_ROW && lastEnds.every((end) => end === 'failed' || end === 'missed')
    if (failed + missed === 0 && !allBad) return healthy(`none in ${DAYS} days`)
    const last = lastReason ? `; the last: ${lastReason}` : ''
    const details = `${failed} failed and ${missed} missed in ${DAYS} days${last}`
    const fix = `Run \`storyline history --status ${missed > failed ? 'missed' : 'failed'}\`; \`storyline retry\` queues one again.`
    return allBad
      ? unhealthy(`the last ${IN_A_ROW} stories all failed or were missed: ${details}`, fix)
      : warning(details, fix)
  },
}
