import { sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { TICK_LATE_SECONDS } from '../health/explain-wait.ts'
import { formatDuration } from '../output/time.ts'
import { describePause } from '../publish/describe-pause.ts'
import { loadPause } from '../publish/pause.ts'

/**
 * Why a time that is promised now is not kept: somebody holds everything back, or no tick runs; null: nothing is in its way.
 * Asked before anything is changed: what was changed is told whatever happens then.
 */
export async function findStandstill({ db, settings }: Context, isDue: boolean): Promise<string | null> {
  const pause = await loadPause(db)
  if (pause !== null) {
    // Without --send a resume gives what is overdue by then new times.
    const next = isDue ? 'storyline resume --send' : 'storyline resume'
    return `${describePause(pause, settings.timeZone)} It goes out after: ${next}`
  }
  const [tick] = await db.execute<{ seconds: number }>(
    sql`select extract(epoch from now() - beat_at)::float8 as seconds from heartbeats where name = 'process-queue'`,
  )
  if (tick === undefined || tick.seconds <= TICK_LATE_SECONDS) return null
  const since = formatDuration(tick.seconds * 1000)
  return `No tick has worked for ${since}: it goes out only when one runs. \`storyline check-health\` tells more.`
}
