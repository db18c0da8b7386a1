import { sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { TICK_LATE_SECONDS } from '../health/explain-wait.ts'
import { formatDuration } from '../output/time.ts'
import { describePause } from '../publish/describe-pause.ts'
import { loadPause } from '../publish/pause.ts'

/** A time that was promised is not kept while somebody holds everything back, or while no tick runs. */
export async function warnOfStandstill({ db, out, settings }: Context, isDue: boolean): Promise<void> {
  const pause = await loadPause(db)
  if (pause !== null) {
    // Without --send a resume gives what is overdue by then new times.
    const next = isDue ? 'storyline resume --send' : 'storyline resume'
    out.warn(`${describePause(pause, settings.timeZone)} It goes out after: ${next}`)
    return
  }
  const [tick] = await db.execute<{ seconds: number }>(
    sql`select extract(epoch from now() - beat_at)::float8 as seconds from heartbeats where name = 'process-queue'`,
  )
  if (tick === undefined || tick.seconds <= TICK_LATE_SECONDS) return
  const since = formatDuration(tick.seconds * 1000)
  out.warn(`No tick has worked for ${since}: it goes out only when one runs. \`storyline check-health\` tells more.`)
}
