import { type SQL, sql } from 'drizzle-orm'
import type { Transaction } from '../db/connect.ts'
import type { Candidate } from './content.ts'

/** A candidate with what the report and the queue need besides. */
export interface ListedMedia extends Candidate {
  filePath: string
  requiresInteraction: boolean
}

interface CandidateRow extends Record<string, unknown> {
  id: string
  filePath: string
  fileHash: string
  category: string | null
  tags: string[]
  requiresInteraction: boolean
  timesPosted: number
  lastPostedMs: number | null
  lockedUntilMs: number | null
  lockedForEver: boolean | null
}

/**
 * Active media that are not in the queue, judged over all copies of their content, also inactive ones: posts add up, the
 * latest lock counts. `ids`: only these; undefined: the whole library.
 */
export async function loadCandidates(tx: Transaction, now: Date, ids?: readonly string[]): Promise<ListedMedia[]> {
  // As an array, whose length the server knows when it plans.
  const listed = ids && sql`any(${`{${ids.join(',')}}`}::uuid[])`
  const [found] = await tx.execute<{ rows: CandidateRow[] }>(sql`
    with listed as materialized (
      select id, file_path, file_hash, category, tags, requires_interaction
        from media_items where is_active ${onlyIf(listed, (any) => sql`and id = ${any}`)}),
    content as materialized (
      select file_hash, sum(times_posted)::int as times_posted, max(last_posted_at) as last_posted_at
        from media_items ${onlyIf(listed, () => sql`where file_hash in (select file_hash from listed)`)}
       group by file_hash),
    locked as materialized (
      select m.file_hash, max(l.locked_until) as locked_until, bool_or(l.locked_until is null) as for_ever
        from media_posting_locks l join media_items m on m.id = l.media_item_id
       where (l.locked_until is null or l.locked_until > ${now.toISOString()})
         ${onlyIf(listed, () => sql`and m.file_hash in (select file_hash from listed)`)}
       group by m.file_hash)
    -- One document: thousands of rows would each be taken apart by the driver.
    select coalesce(json_agg(candidate), '[]') as rows from (select id, file_path as "filePath", file_hash as "fileHash", category, tags,
           requires_interaction as "requiresInteraction", content.times_posted as "timesPosted",
           ${epochMs(sql`content.last_posted_at`)} as "lastPostedMs",
           ${epochMs(sql`locked.locked_until`)} as "lockedUntilMs", for_ever as "lockedForEver"
      from listed join content using (file_hash) left join locked using (file_hash)
     where not exists (select from posting_queue q where q.media_item_id = listed.id)) as candidate`)
  return oncePerContent(found?.rows ?? [])
}

function onlyIf<T>(value: T | undefined, then: (value: T) => SQL): SQL {
  return value === undefined ? sql`` : then(value)
}

function epochMs(at: SQL): SQL {
  return sql`(extract(epoch from ${at}) * 1000)::float8`
}

/** The planner adds up the posts of the copies it sees: each content's total is given to one of them. */
function oncePerContent(rows: readonly CandidateRow[]): ListedMedia[] {
  const seen = new Set<string>()
  return rows.map((row) => {
    const { id, filePath, fileHash, category, tags, requiresInteraction, lastPostedMs, lockedUntilMs } = row
    const isFirst = !seen.has(fileHash)
    seen.add(fileHash)
    return {
      ...{ id, filePath, fileHash, category, tags, requiresInteraction },
      timesPosted: isFirst ? row.timesPosted : 0,
      lastPostedAt: lastPostedMs === null ? null : new Date(lastPostedMs),
      lockedUntil: row.lockedForEver ? 'forever' : lockedUntilMs === null ? null : new Date(lockedUntilMs),
    }
  })
}
