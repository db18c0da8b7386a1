import { sql } from 'drizzle-orm'
import type { CategoryMix } from '../../category-mix.ts'
import { printable } from '../../media/printable.ts'
import { type Bench, type Check, healthy, unhealthy, warning } from '../check.ts'
import { counted } from '../words.ts'

export interface RunwayFacts {
  /** Active pictures. */
  own: number
  samples: number
  postsPerDay: number
  mix: CategoryMix | null
  /** Different pictures that are free now, and stories planned from now on. */
  stories: { category: string | null; free: number; planned: number }[]
}

const WARN_DAYS = 7
const UNHEALTHY_DAYS = 1
const FIX = 'Put new pictures into the media folder, then run `storyline index-media`.'

/** How long the library lasts, counted as `create-schedule` counts it, but without samples: they are never sent. */
export const runway: Check<RunwayFacts> = {
  name: 'runway',
  title: 'Content left',
  needs: 'database',
  measure: measureRunway,
  judge: (facts) => {
    const { own, samples } = facts
    if (own === 0) {
      const but = samples > 0 ? `, only ${counted(samples, 'sample')}` : ''
      return unhealthy(`the library has no active picture of your own${but}`, FIX)
    }
    const days = runwayDays(facts)
    const details = `${days < 1 ? 'less than a day' : `about ${counted(days, 'day')}`} (${describeCategories(facts)})`
    if (days < UNHEALTHY_DAYS) return unhealthy(details, FIX)
    if (days < WARN_DAYS) return warning(details, FIX)
    const short = categoryDays(facts).filter((one) => one.days < WARN_DAYS)
    if (short.length === 0) return healthy(details)
    const names = short.map(({ category }) => printable(category)).join(', ')
    return warning(`${details}; ${names} will not last ${WARN_DAYS} days at the share of CATEGORY_MIX`, FIX)
  },
}

/** Whole days. */
export function runwayDays({ stories, postsPerDay }: RunwayFacts): number {
  return Math.floor(stories.reduce((sum, { free, planned }) => sum + free + planned, 0) / postsPerDay)
}

/** Only a mix says how fast a category is used up. */
function categoryDays({ mix, stories, postsPerDay }: RunwayFacts): { category: string; days: number }[] {
  return [...(mix ?? [])].flatMap(([category, share]) => {
    if (share === 0) return []
    const { free = 0, planned = 0 } = stories.find((one) => one.category === category) ?? {}
    return [{ category, days: Math.floor((free + planned) / ((postsPerDay * share) / 100)) }]
  })
}

/** Of more categories the scarcest are the interesting ones. */
const MAX_CATEGORIES = 8

function describeCategories(facts: RunwayFacts): string {
  const days = new Map(categoryDays(facts).map((one) => [one.category, one.days]))
  const lines = facts.stories
    .map(({ category, free, planned }) => ({ category, left: free + planned }))
    .sort((a, b) => a.left - b.left || (a.category ?? '').localeCompare(b.category ?? ''))
    .map(({ category, left }) => {
      const lasting = category === null ? undefined : days.get(category)
      const name = category === null ? 'without category' : printable(category)
      return `${name} ${left}${lasting === undefined ? '' : ` = ${counted(lasting, 'day')}`}`
    })
  const rest = lines.length - MAX_CATEGORIES
  return [...lines.slice(0, MAX_CATEGORIES), ...(rest > 0 ? [`${rest} more`] : [])].join(', ')
}

interface Row extends Record<string, unknown> {
  own: number
  samples: number
  stories: RunwayFacts['stories']
}

/** Also for the dashboard, which asks once for its numbers and for this check. */
export async function measureRunway({ db, settings }: Pick<Bench, 'db' | 'settings'>): Promise<RunwayFacts> {
  const { categoryMix, postsPerDay, avoidRepostDays, repostTtlDays } = settings
  const mix = categoryMix ?? null
  const unwanted = [...(mix ?? [])].flatMap(([category, share]) => (share === 0 ? [category] : []))
  const isWanted = unwanted.length === 0 ? sql`true` : sql`coalesce(category not in ${unwanted}, true)`
  const distanceDays = Math.max(avoidRepostDays, repostTtlDays)
  const [row] = await db.execute<Row>(sql`
    with kept_away as materialized (
      select m.file_hash from media_posting_locks l join media_items m on m.id = l.media_item_id
       where l.locked_until is null or l.locked_until > now()
      union select m.file_hash from posting_queue q join media_items m on m.id = q.media_item_id
      union select coalesce(h.media_metadata ->> 'file_hash', m.file_hash)
        from posting_history h join media_items m on m.id = h.media_item_id
       where h.undone_at is null and h.posted_at > now() - make_interval(days => ${distanceDays})
      union select file_hash from media_items where last_posted_at > now() - make_interval(days => ${distanceDays})),
    wanted as (
      select category, file_hash from media_items where is_active and not is_sample and ${isWanted}),
    free as (
      select category, count(*)::int as free
        from (select file_hash, min(category) as category from wanted
               where file_hash not in (select file_hash from kept_away) group by file_hash) as content
       group by category),
    planned as (
      select m.category, count(*)::int as planned from posting_queue q join media_items m on m.id = q.media_item_id
       where q.scheduled_for > now() and not m.is_sample group by m.category),
    names as (select distinct category from wanted union select category from planned)
    select (select count(*)::int from media_items where is_active and not is_sample) as own,
           (select count(*)::int from media_items where is_active and is_sample) as samples,
           (select coalesce(json_agg(json_build_object('category', n.category, 'free', coalesce(f.free, 0),
                'planned', coalesce(p.planned, 0)) order by n.category), '[]')
              from names n left join free f on f.category is not distinct from n.category
                left join planned p on p.category is not distinct from n.category) as stories`)
  if (!row) throw new Error('select answered no row')
  return { ...row, postsPerDay, mix }
}
