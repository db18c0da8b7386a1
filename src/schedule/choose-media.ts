import type { CategoryMix } from '../category-mix.ts'
import type { Candidate, Story } from './content.ts'
import { advance, createPool, type Entry, type Pool, take } from './media-pool.ts'
import { createShortageReport, describeChoice } from './media-reasons.ts'
import type { Random } from './random.ts'
import { type MixNeed, rankByDeficit } from './rank-by-deficit.ts'
import type { Slot } from './slots.ts'
import { firstIndexWhere } from './sorted.ts'
import { type Neighbour, pickVaried, repeats } from './variety.ts'

export interface ChooseMediaInput {
  now: Date
  /** IANA name, for the dates in reasons. */
  timeZone: string
  slots: readonly Slot[]
  /** Active media that are not in the queue: all of them, or a shortlist. Their order does not matter. */
  candidates: readonly Candidate[]
  /** The whole queue, and posted stories at least as far back as the longer of the two distances and a week. */
  planned: readonly Story[]
  avoidRepostDays: number
  /** The larger of the two is the least distance between two stories of one content, in days of 24 hours, judged at the slot's instant. */
  repostTtlDays: number
  categoryMix: CategoryMix | null
  postsPerDay: number
  random: Random
  /** Free, distinct pictures that a shortlist left out. They count for the runway only. Default 0. */
  unlistedFree?: number
}

interface ChosenMedia {
  slot: Slot
  mediaId: string
  /** For people: `never posted; products were 12 % behind their share`. */
  reason: string
}

export interface Shortfall {
  /** Name of the slot. */
  slot: string
  reason: string
}

export interface MediaPlan {
  chosen: ChosenMedia[]
  shortfalls: Shortfall[]
  /**
   * Whole days that free, distinct pictures last at `postsPerDay`: those still free now after this plan (not locked, not shown within the
   * distance, category not at 0 %) and the stories planned from now on, this plan's included.
   */
  runwayDays: number
}

interface Choice {
  entry: Entry
  /** What the mix had to say, if anything. */
  because: string | null
}

interface Desk {
  input: ChooseMediaInput
  pool: Pool
  /** `planned`, in the order of time. */
  stories: Story[]
  /** Stories of each category that count for the mix. */
  mixCounts: Map<string, number>
}

const MS_PER_DAY = 86_400_000

/** The mix is what followers see in a rolling week: stories posted this many days back count with those that are planned. */
const MIX_MEMORY_DAYS = 7

/**
 * Decides which picture goes into which slot, slot by slot in the order of time.
 *
 * 1. With a category mix, the category that is farthest behind its share. When it has nothing free, the next one; then categories that
 *    the mix does not name. A category with 0 % is never chosen.
 * 2. Never posted first, then least recently posted (by day), then as `compareEntries` says.
 * 3. Among those that rank alike (all never posted ones, or all last posted on the same UTC day) a category other than that of the
 *    stories before and after, then fewer tags in common with them.
 */
export function chooseMedia(input: ChooseMediaInput): MediaPlan {
  const slots = [...input.slots].sort((a, b) => a.at.getTime() - b.at.getTime())
  const desk = openDesk(input, slots[0]?.at ?? input.now)
  const shortage = createShortageReport({ ...input, pool: desk.pool })
  const chosen: ChosenMedia[] = []
  const shortfalls: Shortfall[] = []
  let previous: Story | undefined
  slots.forEach((slot, i) => {
    const choice = chooseFor(slot.at, neighboursOf(slot.at, slots[i + 1]?.at, previous, desk.stories), desk)
    if (choice === null) {
      shortfalls.push({ slot: slot.slot, reason: shortage(chosen.length) })
      return
    }
    previous = put(choice.entry, slot.at, desk)
    const reason = describeChoice(choice.entry.content, input.now)
    const mediaId = choice.entry.candidate.id
    chosen.push({ slot, mediaId, reason: choice.because === null ? reason : `${reason}; ${choice.because}` })
  })
  return { chosen, shortfalls, runwayDays: runwayDays(desk, chosen.length) }
}

function openDesk(input: ChooseMediaInput, firstSlot: Date): Desk {
  const { now, candidates, planned, categoryMix, random } = input
  const pool = createPool({
    candidates,
    stories: planned,
    distanceMs: distanceMsOf(input),
    firstSlotMs: firstSlot.getTime(),
    isWanted: (category) => category === null || categoryMix?.get(category) !== 0,
    salt: Math.floor(random() * 2 ** 32),
  })
  const mixCounts = new Map<string, number>()
  for (const { at, category } of planned) {
    if (category === null || at.getTime() <= now.getTime() - MIX_MEMORY_DAYS * MS_PER_DAY) continue
    mixCounts.set(category, (mixCounts.get(category) ?? 0) + 1)
  }
  return { input, pool, stories: [...planned].sort((a, b) => a.at.getTime() - b.at.getTime()), mixCounts }
}

function chooseFor(at: Date, neighbours: Neighbour[], desk: Desk): Choice | null {
  const { pool, mixCounts } = desk
  const mix = desk.input.categoryMix
  advance(pool, at.getTime())
  if (mix === null) {
    const entry = pickVaried(pool, [...pool.shelves.keys()], at.getTime(), neighbours)
    return entry && { entry, because: null }
  }
  const needs = rankByDeficit(mix, mixCounts, (category) => repeats(category, neighbours) > 0)
  for (const need of needs) {
    const entry = pickVaried(pool, [need.category], at.getTime(), neighbours)
    if (entry) return { entry, because: explainMix(need, needs) }
  }
  const others = [...pool.shelves.keys()].filter((category) => category === null || !mix.has(category))
  const entry = pickVaried(pool, others, at.getTime(), neighbours)
  return (
    entry && {
      entry,
      because: `${listOf(needs)} exhausted, took ${entry.candidate.category ?? 'uncategorised'} instead`,
    }
  )
}

/** Puts the entry into the slot: from now on it is a story like the planned ones. */
function put(entry: Entry, at: Date, { pool, mixCounts }: Desk): Story {
  const { fileHash, category, tags } = entry.candidate
  take(pool, entry, at.getTime())
  if (category !== null) mixCounts.set(category, (mixCounts.get(category) ?? 0) + 1)
  return { at, fileHash, category, tags }
}

function explainMix(need: MixNeed, needs: MixNeed[]): string {
  const exhausted = needs.slice(0, needs.indexOf(need))
  if (exhausted.length > 0) return `${listOf(exhausted)} exhausted, took ${need.category} instead`
  return `${need.category} were ${Math.max(1, Math.round(need.behindPercent))} % behind their share`
}

function listOf(needs: MixNeed[]): string {
  return needs.map(({ category }) => category).join(' and ')
}

/** The story before the slot, and the one after it unless another slot comes between. */
function neighboursOf(
  at: Date,
  nextSlot: Date | undefined,
  previous: Story | undefined,
  stories: Story[],
): Neighbour[] {
  const above = firstIndexWhere(stories, (story) => story.at > at)
  const before = stories[above - 1]
  const after = stories[above]
  const nearest = previous && (!before || before.at < previous.at) ? previous : before
  const follower = after && (!nextSlot || after.at < nextSlot) ? after : undefined
  return [nearest, follower].flatMap((story) =>
    story ? [{ category: story.category, tags: new Set(story.tags) }] : [],
  )
}

function runwayDays({ input, pool }: Desk, chosen: number): number {
  const nowMs = input.now.getTime()
  const ahead = input.planned.filter(({ at }) => at.getTime() > nowMs).length
  let free = input.unlistedFree ?? 0
  for (const { isWanted, lockedUntilMs, storiesMs } of pool.contents.values()) {
    if (isWanted && lockedUntilMs <= nowMs && storiesMs.every((ms) => ms + pool.distanceMs <= nowMs)) free++
  }
  return Math.floor((free + ahead + chosen) / input.postsPerDay)
}

function distanceMsOf({ avoidRepostDays, repostTtlDays }: ChooseMediaInput): number {
  return Math.max(avoidRepostDays, repostTtlDays) * MS_PER_DAY
}
