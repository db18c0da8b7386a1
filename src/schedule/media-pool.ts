import { type Candidate, type Content, groupByContent, type Story } from './content.ts'
import { hashText } from './random.ts'
import { firstIndexWhere } from './sorted.ts'

/** A candidate with what decides its place. */
export interface Entry {
  candidate: Candidate
  content: Content
  /** Entries of one tier are ranked alike, so that variety may decide between them: -1 never posted, else the (UTC) day of the last post. */
  tier: number
  /** Chance, for what nothing else tells apart. */
  lot: number
}

type Obstacle = 'locked' | 'tooClose'

/** An entry that is not free before `untilMs`, and why. */
export interface Waiting {
  entry: Entry
  obstacle: Obstacle
  untilMs: number
}

/** Media by category, best first, for slots asked in the order of time: what is not free yet waits aside and comes back. */
export interface Pool {
  contents: ReadonlyMap<string, Content>
  shelves: Map<string | null, Entry[]>
  /** Soonest first. */
  waiting: Waiting[]
  lockedForEver: number
  /** Candidates whose category is never chosen. */
  unwanted: number
  distanceMs: number
}

/** The complete input of `createPool`. */
export interface PoolFacts {
  candidates: readonly Candidate[]
  stories: readonly Story[]
  /** The least time between two stories of one content. */
  distanceMs: number
  firstSlotMs: number
  /** False: media of this category are never chosen. What happened to them still counts for their copies elsewhere. */
  isWanted: (category: string | null) => boolean
  /** Decides the lots. */
  salt: number
}

const MS_PER_DAY = 86_400_000

/** A pool that stands at the first slot. */
export function createPool(facts: PoolFacts): Pool {
  const { distanceMs } = facts
  const contents = groupByContent(facts.candidates, facts.stories)
  const pool: Pool = { contents, shelves: new Map(), waiting: [], lockedForEver: 0, unwanted: 0, distanceMs }
  for (const candidate of facts.candidates) {
    const content = contents.get(candidate.fileHash)
    if (!content) continue
    const entry: Entry = { candidate, content, tier: tierOf(content), lot: hashText(candidate.id, facts.salt) }
    if (facts.isWanted(candidate.category)) admit(pool, entry, facts.firstSlotMs)
    else pool.unwanted++
  }
  pool.waiting.sort((a, b) => a.untilMs - b.untilMs)
  for (const shelf of pool.shelves.values()) shelf.sort(compareEntries)
  return pool
}

/** First comes, first shelved: the pool is sorted when all are in. */
function admit(pool: Pool, entry: Entry, firstSlotMs: number): void {
  entry.content.isWanted = true
  const reason = obstacleAt(entry, firstSlotMs, pool.distanceMs)
  if (reason === null) shelfOf(pool, entry.candidate.category).push(entry)
  else if (reason.untilMs === Number.POSITIVE_INFINITY) pool.lockedForEver++
  else pool.waiting.push(reason)
}

/** Puts back what has become free by `atMs`. Call it before each slot, in the order of time. */
export function advance(pool: Pool, atMs: number): void {
  const count = firstIndexWhere(pool.waiting, ({ untilMs }) => untilMs > atMs)
  for (const { entry } of pool.waiting.splice(0, count)) shelve(pool, entry)
}

/** The best free entries of a category: up to `limit`, all of one tier. What turns out not to be free at `atMs` is put aside. */
export function bestOf(pool: Pool, category: string | null, atMs: number, limit: number): Entry[] {
  const shelf = shelfOf(pool, category)
  const best: Entry[] = []
  const aside: Waiting[] = []
  let seen = 0
  for (const entry of shelf) {
    if (best.length === limit || (best[0] && best[0].tier !== entry.tier)) break
    const reason = obstacleAt(entry, atMs, pool.distanceMs)
    if (reason === null) best.push(entry)
    else aside.push(reason)
    seen++
  }
  if (aside.length > 0) shelf.splice(0, seen, ...best)
  for (const waiting of aside) putAside(pool, waiting)
  return best
}

/** Takes an entry out of the pool for good: a media item is in the queue at most once. Its copies keep their distance from now on. */
export function take(pool: Pool, entry: Entry, atMs: number): void {
  const shelf = shelfOf(pool, entry.candidate.category)
  shelf.splice(shelf.indexOf(entry), 1)
  entry.content.storiesMs.push(atMs)
}

/** Never posted first, then least recently posted, then least posted, then the lot. */
export function compareEntries(a: Entry, b: Entry): number {
  return (
    a.tier - b.tier ||
    (a.content.lastPostedMs ?? 0) - (b.content.lastPostedMs ?? 0) ||
    a.content.timesPosted - b.content.timesPosted ||
    a.lot - b.lot ||
    (a.candidate.id < b.candidate.id ? -1 : 1)
  )
}

function tierOf({ timesPosted, lastPostedMs }: Content): number {
  if (lastPostedMs !== null) return Math.floor(lastPostedMs / MS_PER_DAY)
  return timesPosted === 0 ? -1 : 0
}

function obstacleAt(entry: Entry, atMs: number, distanceMs: number): Waiting | null {
  const { lockedUntilMs, storiesMs } = entry.content
  if (lockedUntilMs > atMs) return { entry, obstacle: 'locked', untilMs: lockedUntilMs }
  const near = storiesMs.find((storyMs) => Math.abs(atMs - storyMs) < distanceMs)
  return near === undefined ? null : { entry, obstacle: 'tooClose', untilMs: near + distanceMs }
}

function shelfOf(pool: Pool, category: string | null): Entry[] {
  const known = pool.shelves.get(category)
  if (known) return known
  const shelf: Entry[] = []
  pool.shelves.set(category, shelf)
  return shelf
}

function shelve(pool: Pool, entry: Entry): void {
  const shelf = shelfOf(pool, entry.candidate.category)
  const place = firstIndexWhere(shelf, (other) => compareEntries(other, entry) > 0)
  shelf.splice(place, 0, entry)
}

function putAside(pool: Pool, waiting: Waiting): void {
  const place = firstIndexWhere(pool.waiting, ({ untilMs }) => untilMs > waiting.untilMs)
  pool.waiting.splice(place, 0, waiting)
}
