import { bestOf, compareEntries, type Entry, type Pool } from './media-pool.ts'

/** A story next to the slot, from which the choice should differ. */
export interface Neighbour {
  category: string | null
  tags: ReadonlySet<string>
}

/** How many equally ranked entries are compared for a slot, over all categories. Bounds the work; more would hardly add variety. */
const ENTRIES_COMPARED = 16

/** How many of the neighbours have this category. No category is no likeness. */
export function repeats(category: string | null, neighbours: readonly Neighbour[]): number {
  return category === null ? 0 : neighbours.filter((neighbour) => neighbour.category === category).length
}

/** The best free entry of these categories; among equally ranked ones the most different from the neighbours. Null: none is free. */
export function pickVaried(
  pool: Pool,
  categories: ReadonlyArray<string | null>,
  atMs: number,
  neighbours: readonly Neighbour[],
): Entry | null {
  const limit = Math.max(1, Math.floor(ENTRIES_COMPARED / categories.length))
  const shelves = categories.map((category) => bestOf(pool, category, atMs, limit))
  const topTier = Math.min(...shelves.map(([head]) => head?.tier ?? Number.POSITIVE_INFINITY))
  let pick: Offer | null = null
  for (const [head, ...others] of shelves) {
    if (head?.tier !== topTier) continue
    const offer = leastAlike(head, others, neighbours)
    if (pick === null || isBetter(offer, pick)) pick = offer
  }
  return pick?.entry ?? null
}

interface Offer {
  entry: Entry
  /** How many neighbours have its category. */
  repeats: number
  sharedTags: number
}

/** The first of one category's entries, which come best first, that has the fewest tags in common with the neighbours. */
function leastAlike(head: Entry, others: readonly Entry[], neighbours: readonly Neighbour[]): Offer {
  let entry = head
  let fewest = countSharedTags(head, neighbours)
  for (const other of others) {
    if (fewest === 0) break
    const shared = countSharedTags(other, neighbours)
    if (shared < fewest) {
      entry = other
      fewest = shared
    }
  }
  return { entry, repeats: repeats(head.candidate.category, neighbours), sharedTags: fewest }
}

function isBetter(a: Offer, b: Offer): boolean {
  return (a.repeats - b.repeats || a.sharedTags - b.sharedTags || compareEntries(a.entry, b.entry)) < 0
}

function countSharedTags(entry: Entry, neighbours: readonly Neighbour[]): number {
  let shared = 0
  for (const { tags } of neighbours) for (const tag of entry.candidate.tags) if (tags.has(tag)) shared++
  return shared
}
