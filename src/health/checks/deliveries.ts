import { sql } from 'drizzle-orm'
import { planSlots } from '../../schedule/slots.ts'
import type { Settings } from '../../settings.ts'
import { type Check, healthy, unhealthy, warning } from '../check.ts'
import { counted, duration } from '../words.ts'

export interface DeliveryFacts {
  isStopped: boolean
  /** Since the last story that reached the team or Instagram; null: none ever did. */
  lastSeconds: number | null
  /** How long the oldest due story waits; null: nothing is due. */
  dueSeconds: number | null
  dueCount: number
  /** Stories that nobody sent in time since then. */
  missed: number
  /** Slots of the posting window that have passed since the last story, planned or not. */
  passedSlots: number
  /** Stories planned for the future. */
  upcoming: number
  postsPerDay: number
}

const HOUR = 3600
/** Back-off, a busy chat and the grace for late stories are over by then. */
const UNHEALTHY_DUE_SECONDS = 2 * HOUR
/** A power cut may cost one. */
const UNHEALTHY_MISSED = 3
/** So many slots without a story are no gap between two plans (lessons I6). */
const WARN_SLOTS = 3
/** A slot may lie so much later than its nominal time, and is sent by a tick after that. */
const SLOT_SLACK_MS = 60 * 60_000
/** How far back slots are counted. */
const LOOK_BACK_DAYS = 14
const MS_PER_DAY = 86_400_000

/** Whether stories really go out: "it ran, but did nothing for hours while work was due" is a failure (lessons 19). */
export const deliveries: Check<DeliveryFacts> = {
  name: 'deliveries',
  title: 'Deliveries',
  needs: 'database',
  told: {
    alerts: ['telegram-blocked', 'instagram-blocked', 'hosting-blocked', 'missed'],
    checks: ['configuration', 'last-tick', 'telegram', 'overdue', 'runway'],
  },
  measure: async (bench) => {
    const [row] = await bench.db.execute<Row>(QUERY)
    const { wait } = await bench.queue()
    if (!row) throw new Error('select answered no row')
    const { emptySinceMs, ...counts } = row
    const { settings } = bench
    const isStopped = wait.paused !== null || settings.dryRunMode
    const passedSlots = emptySinceMs === null ? 0 : countPassedSlots(settings, new Date(emptySinceMs), wait.now)
    return { ...counts, isStopped, passedSlots, postsPerDay: settings.postsPerDay }
  },
  judge: (facts) => {
    const { lastSeconds, dueSeconds, dueCount, missed, isStopped } = facts
    const last =
      lastSeconds === null ? 'no story has gone out yet' : `the last story went out ${duration(lastSeconds)} ago`
    if (isStopped) return healthy(`${last}; nothing goes out on purpose`)
    if (dueSeconds !== null && dueSeconds > UNHEALTHY_DUE_SECONDS) {
      const details = `${last}, although ${counted(dueCount, 'story is', 'stories are')} due, the first for ${duration(dueSeconds)}`
      return unhealthy(details, 'Run `storyline monitor-queue`: it says what each of them waits for.')
    }
    if (missed >= UNHEALTHY_MISSED) {
      return unhealthy(`${last}, and ${missed} have been missed since`, 'Run `storyline history --status missed`.')
    }
    return judgeSlots(facts, last)
  },
}

function judgeSlots({ passedSlots, upcoming, postsPerDay }: DeliveryFacts, last: string) {
  if (passedSlots < WARN_SLOTS) return healthy(last)
  const details = `${last}; ${passedSlots} slots have passed without one`
  const fix = 'Run `storyline create-schedule`, and let cron do it daily: `storyline install-cron`.'
  // Two days: the plan is not a bit late, nobody plans any more.
  const isForgotten = upcoming === 0 && passedSlots >= Math.max(WARN_SLOTS, 2 * postsPerDay)
  return isForgotten ? unhealthy(`${details}, and nothing is planned`, fix) : warning(details, fix)
}

interface Row extends Record<string, unknown> {
  lastSeconds: number | null
  dueSeconds: number | null
  dueCount: number
  missed: number
  upcoming: number
  /** The last story, the end of the last pause or the first planned story, whichever is latest. */
  emptySinceMs: number | null
}

const QUERY = sql`
  with own as (
    select q.* from posting_queue q join media_items m on m.id = q.media_item_id where not m.is_sample),
  ended as (select * from posting_history where undone_at is null and status <> 'cancelled'),
  last as (
    select greatest((select max(coalesce(sent_at, posted_at)) from ended), (select max(sent_at) from own)) as at,
           (select max(resumed_at) from pauses) as resumed_at),
  due as (
    select greatest(scheduled_for, (select resumed_at from last)) as at from own
     where status in ('pending', 'retrying', 'processing') and scheduled_for <= now())
  select extract(epoch from now() - last.at)::float8 as "lastSeconds",
         extract(epoch from now() - (select min(at) from due))::float8 as "dueSeconds",
         (select count(*)::int from due) as "dueCount",
         (select count(*)::int from ended where status = 'missed'
             and scheduled_for > greatest(last.at, last.resumed_at, '-infinity')) as missed,
         (select count(*)::int from own where status in ('pending', 'retrying') and scheduled_for > now()) as upcoming,
         (extract(epoch from greatest(last.at, last.resumed_at,
            least((select min(scheduled_for) from own), (select min(scheduled_for) from ended)))) * 1000)::float8 as "emptySinceMs"
    from last`

/** Slots of the posting window between two moments. Pure. */
export function countPassedSlots(settings: Settings, from: Date, now: Date): number {
  const since = new Date(Math.max(from.getTime(), now.getTime() - LOOK_BACK_DAYS * MS_PER_DAY))
  const until = now.getTime() - SLOT_SLACK_MS
  if (since.getTime() >= until) return 0
  const slots = planSlots({
    ...{ now: since, jitterMinutes: 0, random: () => 0, taken: [] },
    days: Math.ceil((until - since.getTime()) / MS_PER_DAY) + 2,
    postsPerDay: settings.postsPerDay,
    timeZone: settings.timeZone,
    windowStartMinutes: settings.postingStartMinutes,
    windowEndMinutes: settings.postingEndMinutes,
  })
  return slots.filter(({ at }) => at.getTime() <= until).length
}
