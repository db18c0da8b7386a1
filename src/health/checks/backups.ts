import { sql } from 'drizzle-orm'
import { type Check, healthy, unhealthy, warning } from '../check.ts'
import { duration } from '../words.ts'

export interface BackupFacts {
  /** Since the newest backup of the database that is still there; null: there is none. */
  newestSeconds: number | null
  /** The same for those that were restored on trial with success. */
  verifiedSeconds: number | null
  /** The trial that was made last failed. */
  damaged: { name: string; problem: string | null } | null
}

const DAY = 86_400
/** Made every night: one that is missing may be bad luck. */
const WARN_SECONDS = 2 * DAY
/** Verified every week. */
const WARN_VERIFIED_SECONDS = 8 * DAY
const FIX = 'Run `storyline backup`, and let cron do it: `storyline install-cron`.'
const VERIFY = 'Run `storyline verify-backups`.'

export const backups: Check<BackupFacts> = {
  name: 'backups',
  title: 'Backups',
  needs: 'database',
  measure: async ({ db }) => {
    const [row] = await db.execute<BackupFacts & Record<string, unknown>>(sql`
      with present as (select * from backups where removed_at is null and kind in ('full', 'database')),
      tried as (select * from present where verified_at is not null order by verified_at desc limit 1)
      select (select extract(epoch from now() - max(created_at))::float8 from present) as "newestSeconds",
             (select extract(epoch from now() - max(created_at))::float8 from present
               where verified_at is not null and is_good) as "verifiedSeconds",
             (select json_build_object('name', name, 'problem', problem) from tried where not is_good) as damaged`)
    if (!row) throw new Error('select answered no row')
    return row
  },
  judge: ({ newestSeconds, verifiedSeconds, damaged }) => {
    if (newestSeconds === null) return warning('there is none', FIX)
    if (damaged) {
      const why = damaged.problem ? `: ${damaged.problem}` : ''
      return unhealthy(
        `${damaged.name} cannot be restored${why}`,
        'Run `storyline backup`, then `storyline verify-backups`.',
      )
    }
    const newest = `the newest was made ${duration(newestSeconds)} ago`
    if (newestSeconds > WARN_SECONDS) return warning(newest, FIX)
    if (verifiedSeconds === null) return warning(`${newest}; none has passed a trial`, VERIFY)
    const details = `${newest}, the newest that passed a trial ${duration(verifiedSeconds)} ago`
    return verifiedSeconds > WARN_VERIFIED_SECONDS ? warning(details, VERIFY) : healthy(details)
  },
}
