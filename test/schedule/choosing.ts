import { type ChooseMediaInput, chooseMedia, type MediaPlan } from '../../src/schedule/choose-media.ts'
import type { Candidate, Story } from '../../src/schedule/content.ts'
import { seededRandom } from '../../src/schedule/random.ts'
import type { Slot } from '../../src/schedule/slots.ts'

export const NOW = new Date('2026-11-21T06:00:00Z')

/** A day from `NOW`, before it when negative. */
export function day(days: number): Date {
  return new Date(NOW.getTime() + days * 86_400_000)
}

/** Slots at these days from `NOW`. */
export function slotsAt(...days: number[]): Slot[] {
  return days.map((number, i) => ({ slot: `s${i + 1}`, date: '2026-11-21', index: i + 1, at: day(number) }))
}

/** Slots every third of a day. */
export function manySlots(count: number): Slot[] {
  return slotsAt(...Array.from({ length: count }, (_, i) => (i + 1) / 3))
}

/** A picture of its own, never posted and without category; a number of days stands for a lock until then. */
export function picture(id: string, facts: Partial<Candidate> & { lockDays?: number } = {}): Candidate {
  const { lockDays, ...rest } = facts
  const lockedUntil = lockDays === undefined ? null : day(lockDays)
  return {
    id,
    fileHash: `hash of ${id}`,
    category: null,
    tags: [],
    timesPosted: 0,
    lastPostedAt: null,
    lockedUntil,
    ...rest,
  }
}

export function posted(id: string, daysAgo: number, timesPosted = 1, facts: Partial<Candidate> = {}): Candidate {
  return picture(id, { timesPosted, lastPostedAt: day(-daysAgo), ...facts })
}

/** `count` never posted pictures of a category. */
export function pictures(category: string | null, count: number, facts: Partial<Candidate> = {}): Candidate[] {
  return Array.from({ length: count }, (_, i) => picture(`${category}-${i + 1}`, { category, ...facts }))
}

export function story(days: number, facts: Partial<Story> = {}): Story {
  return { at: day(days), fileHash: `story ${days}`, category: null, tags: [], ...facts }
}

export function choose(overrides: Partial<ChooseMediaInput> & { seed?: string } = {}): MediaPlan {
  const { seed = 'test', ...rest } = overrides
  return chooseMedia({
    now: NOW,
    timeZone: 'Europe/Berlin',
    slots: slotsAt(1, 2, 3),
    candidates: [],
    planned: [],
    avoidRepostDays: 7,
    repostTtlDays: 30,
    categoryMix: null,
    postsPerDay: 3,
    random: seededRandom(seed),
    ...rest,
  })
}

export function idsOf({ chosen }: MediaPlan): string[] {
  return chosen.map(({ mediaId }) => mediaId)
}

export function reasonsOf({ chosen }: MediaPlan): string[] {
  return chosen.map(({ reason }) => reason)
}
