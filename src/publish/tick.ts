import { sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { lookForWork, type Work } from './due.ts'
import { emptyReport, type TickResult } from './report.ts'

const TICK_HEARTBEAT = 'process-queue'

/** One tick (SPEC §10). Overlapping ticks share the work. What works is loaded only when there is work. */
export async function runTick(ctx: Context): Promise<TickResult> {
  const result: TickResult = { report: emptyReport(), blocked: null, warnings: [] }
  const work = await lookForWork(ctx)
  if (hasAny(work)) {
    await ctx.beginRun()
    const { doWork } = await import('./work.ts')
    await doWork(ctx, work, result)
  }
  if (result.blocked === null) await beat(ctx)
  return result
}

function hasAny(work: Work): boolean {
  return Object.values(work).some(Boolean)
}

/** Without waiting for the disk: a heartbeat lost in a power cut is no loss, and SD cards are slow to sync. */
async function beat({ db }: Context): Promise<void> {
  await db.execute(sql`
    with relaxed as (select set_config('synchronous_commit', 'off', true))
    insert into heartbeats (name) select ${TICK_HEARTBEAT} from relaxed
    on conflict (name) do update set beat_at = now()`)
}
