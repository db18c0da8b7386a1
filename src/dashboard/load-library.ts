import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import type { LockReason } from '../db/schema.ts'
import type { Examined } from '../health/check.ts'
import { CHECKS } from '../health/checks/index.ts'
import { measureRunway, runway, runwayDays } from '../health/checks/runway.ts'
import { examineAll } from '../health/examine.ts'
import type { Ground } from './ground.ts'
import { EVERY_TIME } from './load-stories.ts'
import { type LibraryFacts, MAX_PROBLEMS } from './snapshot.ts'

/** The half of a snapshot that has to count the whole library, or asks the machine. */
export interface LibraryLook {
  library: Omit<LibraryFacts, 'planned'>
  /** Those that are not of `EVERY_TIME`. */
  examined: readonly Examined[]
}

/** Offline: nobody outside is asked by looking. */
const CHECKS_NOW_AND_THEN = CHECKS.filter(
  ({ name, asksOutside }) => !asksOutside && !EVERY_TIME.includes(name) && name !== runway.name,
)

/** A folder on a network disk that hangs must not keep the rest from being shown. */
const CHECK_SECONDS = 5

interface Row extends Record<string, unknown> {
  active: { category: string | null; active: number }[]
  locks: { reason: LockReason; count: number }[]
  problems: { mediaItemId: string; file: string; problem: string }[]
  problemsTotal: number
}

/** Two walks through the library. Retired samples are no problem: they have done their work. */
const COUNTS = sql`
  with unused as materialized (
    select id as "mediaItemId", file_path as file, coalesce(problem, 'not active') as problem
      from media_items where not is_active and not is_sample)
  select (select coalesce(json_agg(one), '[]') from (
            select category, count(*)::int as active from media_items where is_active group by category) as one) as active,
         (select coalesce(json_agg(one order by reason), '[]') from (
            select lock_reason as reason, count(*)::int as count from media_posting_locks
             where locked_until is null or locked_until > now() group by lock_reason) as one) as locks,
         (select coalesce(json_agg(one order by file), '[]')
            from (select * from unused order by file limit ${MAX_PROBLEMS}) as one) as problems,
         (select count(*)::int from unused) as "problemsTotal"`

export async function loadLibrary(ctx: Context, ground: Ground): Promise<LibraryLook> {
  const [[row], left, examined] = await Promise.all([
    ground.db.execute<Row>(COUNTS),
    measureRunway(ground),
    examineAll(CHECKS_NOW_AND_THEN, { ctx, opened: ground }, { withinSeconds: CHECK_SECONDS }),
  ])
  if (!row) throw new Error('select answered no row')
  const { own, samples } = left
  return {
    library: {
      active: own + samples,
      samples,
      runwayDays: runwayDays(left),
      categories: toCategories(row.active, left.stories),
      locks: row.locks,
      problems: {
        entries: row.problems.map((one) => {
          return { kind: 'problem', ...one, path: join(ground.settings.mediaBasePath, one.file) }
        }),
        total: row.problemsTotal,
      },
    },
    examined: [...examined, { check: runway, verdict: runway.judge(left) }],
  }
}

type Left = Awaited<ReturnType<typeof measureRunway>>['stories']

/** By name, what has none last. */
function toCategories(active: Row['active'], left: Left): LibraryFacts['categories'] {
  const names = new Set([...active, ...left].map(({ category }) => category))
  return [...names]
    .map((category) => {
      const { free = 0, planned = 0 } = left.find((one) => one.category === category) ?? {}
      const found = active.find((one) => one.category === category)
      return { category, active: found?.active ?? 0, free, planned }
    })
    .sort((a, b) => Number(a.category === null) - Number(b.category === null) || compare(a.category, b.category))
}

function compare(a: string | null, b: string | null): number {
  return (a ?? '').localeCompare(b ?? '', 'en')
}
