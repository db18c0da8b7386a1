import { type SQL, sql } from 'drizzle-orm'
import type { Transaction } from '../db/connect.ts'

/** A library of this many active items goes to the planner whole: as exact as it gets, and still quick. */
const WHOLE_LIBRARY = 5_000

/** Items of each category for every slot wanted: room for variety, and for copies that keep away from each other. */
const ITEMS_PER_SLOT = 3
const LEAST_ITEMS_PER_CATEGORY = 64

const MS_PER_DAY = 86_400_000

export interface ShortlistRequest {
  now: Date
  firstSlot: Date
  lastSlot: Date
  slotCount: number
  /** The same seed lists the same items. */
  seed: string
}

/** Whether the library is too large to be handed over whole. */
export async function isLargeLibrary(tx: Transaction): Promise<boolean> {
  const [row] = await tx.execute<{ count: number }>(sql`
    select count(*)::int as count from (select from media_items where is_active limit ${WHOLE_LIBRARY + 1}) as active`)
  return (row?.count ?? 0) > WHOLE_LIBRARY
}

/**
 * Ids of the media worth looking at for these slots: of each category the best by the planner's own order (never posted,
 * a seeded choice of them; then least recently posted), and everything that a lock or a copy in the queue keeps away
 * from some of the slots only. Each branch walks idx_media_items_active and stops when it has enough.
 */
export async function loadShortlist(tx: Transaction, request: ShortlistRequest): Promise<string[]> {
  const { firstSlot, lastSlot, slotCount, seed } = request
  const [first, last] = [firstSlot.toISOString(), lastSlot.toISOString()]
  const limit = Math.max(LEAST_ITEMS_PER_CATEGORY, ITEMS_PER_SLOT * slotCount)
  const rows = await tx.execute<{ id: string }>(sql`
    with recursive
    -- From one category to the next along the index: "distinct" would read the whole library.
    categories as (
      (select category from media_items where is_active and category is not null order by category limit 1)
      union all
      select (select m.category from media_items m where m.is_active and m.category > c.category order by 1 limit 1)
        from categories c where c.category is not null),
    locked as materialized (
      select m.file_hash, max(coalesce(l.locked_until, 'infinity')) as until
        from media_posting_locks l join media_items m on m.id = l.media_item_id
       where l.locked_until is null or l.locked_until > ${first}
       group by m.file_hash),
    queued as materialized (select m.file_hash from posting_queue q join media_items m on m.id = q.media_item_id),
    kept_away as materialized (select file_hash from locked union select file_hash from queued),
    best as (
      select best.id from categories c cross join lateral (${bestOf(sql`m.category = c.category`, seed, limit)}) as best
       where c.category is not null
      union all
      (${bestOf(sql`m.category is null`, seed, limit)})),
    sometimes_free as (
      select m.id
        from (select file_hash from locked where until <= ${last} union select file_hash from queued) as content
        join media_items m using (file_hash)
       where m.is_active)
    select id from best union select id from sometimes_free`)
  return rows.map(({ id }) => id)
}

/** Ids are random: those from the seed's place on, and round to it again, are a random choice that costs no sorting. */
function bestOf(inCategory: SQL, seed: string, limit: number): SQL {
  const place = sql`md5(${seed})::uuid`
  const walk = (condition: SQL) => sql`
    (select m.id from media_items m
      where m.is_active and ${inCategory} and ${condition}
        and m.file_hash not in (select file_hash from kept_away)
        and not exists (select from media_items copy
             where copy.file_hash = m.file_hash and copy.last_posted_at > coalesce(m.last_posted_at, '-infinity'))
      order by m.last_posted_at nulls first, m.id limit ${limit})`
  return sql`
    ${walk(sql`m.last_posted_at is null and m.id >= ${place}`)}
    union all ${walk(sql`m.last_posted_at is null and m.id < ${place}`)}
    union all ${walk(sql`m.last_posted_at is not null`)}`
}

/**
 * How many different pictures are free now: not locked, not in the queue, not shown within the distance, in no category
 * of `unwanted`.
 */
export async function countFree(
  tx: Transaction,
  request: { now: Date; distanceDays: number; unwanted: readonly string[] },
): Promise<number> {
  const { distanceDays, unwanted } = request
  const now = request.now.toISOString()
  const shownSince = new Date(request.now.getTime() - distanceDays * MS_PER_DAY).toISOString()
  const wanted =
    unwanted.length === 0 ? sql`is_active` : sql`is_active and coalesce(category not in ${[...unwanted]}, true)`
  const [row] = await tx.execute<{ count: number }>(sql`
    with kept_away as (
      select m.file_hash from media_posting_locks l join media_items m on m.id = l.media_item_id
       where l.locked_until is null or l.locked_until > ${now}
      union
      select m.file_hash from posting_queue q join media_items m on m.id = q.media_item_id
      union
      select m.file_hash from posting_history h join media_items m on m.id = h.media_item_id
       where h.undone_at is null and h.posted_at > ${shownSince})
    select ((select count(*) from (select distinct file_hash from media_items where ${wanted}) as content)
          - (select count(*) from kept_away where exists (
              select from media_items m where m.file_hash = kept_away.file_hash and ${wanted})))::int as count`)
  return row?.count ?? 0
}
