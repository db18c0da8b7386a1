import type { Context } from '../context.ts'
import { overallHealth } from '../health/check.ts'
import { CHECKS } from '../health/checks/index.ts'
import type { Settings } from '../settings.ts'
import { readGround } from './ground.ts'
import { type LibraryLook, loadLibrary } from './load-library.ts'
import { loadStories, type StoriesLook } from './load-stories.ts'
import type { HealthRow, Snapshot } from './snapshot.ts'

/** One look at everything. Nothing is changed, and nobody outside is asked. */
export async function loadSnapshot(ctx: Context): Promise<Snapshot> {
  const ground = await readGround(ctx, ctx.db)
  const [stories, library] = await Promise.all([loadStories(ctx, ground), loadLibrary(ctx, ground)])
  return joinLooks(stories, library, ground.settings)
}

/** Pure. */
export function joinLooks(
  { lastTickAt, lastPollAt, examined, ...stories }: StoriesLook,
  { library, examined: more }: LibraryLook,
  { timeZone, dryRunMode }: Settings,
): Snapshot {
  const found = new Map([...examined, ...more].map(({ check, verdict }) => [check.name, verdict]))
  const checks = CHECKS.flatMap(({ name, title }): HealthRow[] => {
    const verdict = found.get(name)
    return verdict ? [{ kind: 'check', name, title, ...verdict }] : []
  })
  return {
    ...stories,
    ...{ timeZone, isDryRun: dryRunMode },
    library: { ...library, planned: stories.next.total + stories.waiting.total },
    health: { status: overallHealth(checks), checks, lastTickAt, lastPollAt },
  }
}
