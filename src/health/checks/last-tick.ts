import { sql } from 'drizzle-orm'
import { type Check, healthy, unhealthy, warning } from '../check.ts'
import { TICK_LATE_SECONDS } from '../explain-wait.ts'
import { duration } from '../words.ts'

export interface TickFacts {
  /** Since the last tick that worked; null: there was none. */
  seconds: number | null
  /** Something is due, or was: a tick should have run. */
  wasDue: boolean
  /** Since a tick last found Telegram closed: it ran, but has not worked; null: Telegram is not known to be closed. */
  blockedSeconds: number | null
  /** Ticks only say what they would do, and leave no trace. */
  isDryRun: boolean
}

/** An hour without one: cron, the machine or the tick is broken. */
const UNHEALTHY_SECONDS = 60 * 60
const FIX = 'Run `storyline process-queue` to see whether it works, and `storyline install-cron`.'

export const lastTick: Check<TickFacts> = {
  name: 'last-tick',
  title: 'Last tick',
  needs: 'database',
  told: { checks: ['configuration'] },
  measure: async ({ db, settings }) => {
    const [row] = await db.execute<Omit<TickFacts, 'isDryRun'> & Record<string, unknown>>(sql`
      select (select extract(epoch from now() - beat_at)::float8 from heartbeats where name = 'process-queue') as seconds,
             (select extract(epoch from now() - updated_at)::float8 from alerts
               where subject = 'telegram-blocked' and state = 'open') as "blockedSeconds",
             exists (select 1 from posting_history where undone_at is null
                      and (status in ('posted', 'failed', 'missed') or sent_at is not null))
               or exists (select 1 from posting_queue q join media_items m on m.id = q.media_item_id
                           where q.scheduled_for <= now() and not m.is_sample) as "wasDue"`)
    if (!row) throw new Error('select answered no row')
    return { ...row, isDryRun: settings.dryRunMode }
  },
  judge: ({ seconds, wasDue, blockedSeconds, isDryRun }) => {
    if (isDryRun) return healthy('not counted: DRY_RUN_MODE is true')
    const isLate = seconds === null || seconds > TICK_LATE_SECONDS
    if (isLate && blockedSeconds !== null && blockedSeconds <= TICK_LATE_SECONDS) {
      return warning(`ticks run, but find Telegram closed, the last ${duration(blockedSeconds)} ago`)
    }
    if (seconds === null) {
      return wasDue ? unhealthy('process-queue has never run, but stories were due', FIX) : warning('no tick yet', FIX)
    }
    const details = `${duration(seconds)} ago; one is expected every 5 minutes, and late after ${TICK_LATE_SECONDS / 60}`
    if (seconds > UNHEALTHY_SECONDS) return unhealthy(details, FIX)
    return seconds > TICK_LATE_SECONDS ? warning(details, FIX) : healthy(details)
  },
}
