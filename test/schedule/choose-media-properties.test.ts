import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChooseMediaInput } from '../../src/schedule/choose-media.ts'
import type { Candidate } from '../../src/schedule/content.ts'
import { choose, day, slotsAt } from './choosing.ts'

const hash = fc.constantFrom(...'abcdefghijkl')
const category = fc.constantFrom('memes', 'products', 'team', null)
const tags = fc.subarray(['x', 'y', 'z'])
const lock = fc.oneof(
  { weight: 5, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constant('forever' as const) },
  fc.integer({ min: -5, max: 40 }).map(day),
)

const candidate = fc
  .record({
    fileHash: hash,
    category,
    tags,
    daysAgo: fc.option(fc.integer({ min: 1, max: 60 })),
    times: fc.integer({ min: 1, max: 4 }),
    lockedUntil: lock,
  })
  .map(({ daysAgo, times, ...rest }) => ({
    ...rest,
    timesPosted: daysAgo === null ? 0 : times,
    lastPostedAt: daysAgo === null ? null : day(-daysAgo),
  }))

const candidates = fc
  .array(candidate, { maxLength: 25 })
  .map((list) => list.map((item, i): Candidate => ({ ...item, id: `id ${i}` })))
const planned = fc.array(
  fc.record({ at: fc.integer({ min: -40, max: 60 }).map(day), fileHash: hash, category, tags }),
  { maxLength: 6 },
)
const slots = fc
  .uniqueArray(fc.integer({ min: 1, max: 160 }), { maxLength: 20 })
  .map((quarters) => slotsAt(...quarters.map((number) => number / 4)))
const mix = fc.constantFrom(
  null,
  new Map([
    ['memes', 70],
    ['products', 30],
    ['team', 0],
  ]),
)
const request = fc.record({
  candidates,
  planned,
  slots,
  categoryMix: mix,
  avoidRepostDays: fc.integer({ min: 0, max: 20 }),
  repostTtlDays: fc.integer({ min: 0, max: 20 }),
})
type Request = Pick<
  ChooseMediaInput,
  'candidates' | 'planned' | 'slots' | 'categoryMix' | 'avoidRepostDays' | 'repostTtlDays'
>

const MS_PER_DAY = 86_400_000

/** The rules once more, as plainly as they can be said: may this item be a story at that time, given all other stories? */
function isFree(item: Candidate, at: Date, stories: { at: Date; fileHash: string }[], facts: Request): boolean {
  const copies = facts.candidates.filter(({ fileHash }) => fileHash === item.fileHash)
  if (copies.some(({ lockedUntil }) => lockedUntil === 'forever' || (lockedUntil !== null && lockedUntil > at)))
    return false
  if (item.category !== null && facts.categoryMix?.get(item.category) === 0) return false
  const posts = copies.flatMap(({ lastPostedAt }) => (lastPostedAt ? [lastPostedAt] : []))
  const shown = [...posts, ...stories.filter(({ fileHash }) => fileHash === item.fileHash).map((story) => story.at)]
  const distanceMs = Math.max(facts.avoidRepostDays, facts.repostTtlDays) * MS_PER_DAY
  return shown.every((other) => Math.abs(other.getTime() - at.getTime()) >= distanceMs)
}

function lastPostOf(item: Candidate, { candidates }: Request): number {
  const posts = candidates
    .filter(({ fileHash }) => fileHash === item.fileHash)
    .map(({ lastPostedAt }) => lastPostedAt?.getTime() ?? -1)
  return Math.max(...posts)
}

/** Walks through the plan in the order of time and collects what breaks a rule. */
function faultsOf(facts: Request, seed: string): string[] {
  const plan = choose({ ...facts, seed })
  const faults: string[] = []
  const stories: { at: Date; fileHash: string }[] = [...facts.planned]
  const left = new Set(facts.candidates)
  for (const slot of facts.slots.toSorted((a, b) => a.at.getTime() - b.at.getTime())) {
    const choice = plan.chosen.find((it) => it.slot === slot)
    const free = [...left].filter((item) => isFree(item, slot.at, stories, facts))
    if (!choice) {
      if (free.length > 0) faults.push(`${slot.slot} is empty, though ${free[0]?.id} is free`)
      if (!plan.shortfalls.some((it) => it.slot === slot.slot)) faults.push(`${slot.slot} is forgotten`)
      continue
    }
    const item = free.find(({ id }) => id === choice.mediaId)
    if (!item) {
      faults.push(`${slot.slot}: ${choice.mediaId} is not free`)
      continue
    }
    const dayOf = (other: Candidate) => Math.floor(lastPostOf(other, facts) / MS_PER_DAY)
    const rivals = facts.categoryMix === null ? free : free.filter((other) => other.category === item.category)
    if (rivals.some((other) => dayOf(other) < dayOf(item)))
      faults.push(`${slot.slot}: ${item.id} was not next in order`)
    left.delete(item)
    stories.push({ at: slot.at, fileHash: item.fileHash })
  }
  return faults
}

describe('a plan of any library', () => {
  it('fills each slot with what is free there and next in order, and leaves none empty without need', () => {
    fc.assert(
      fc.property(request, fc.string(), (facts, seed) => {
        expect(faultsOf(facts, seed)).toEqual([])
      }),
      { numRuns: 1500 },
    )
  })
})

describe('a large library', () => {
  it('takes well under a second for 1,000 slots over 5,000 pictures', () => {
    const candidates = Array.from({ length: 5000 }, (_, i): Candidate => {
      const lastPostedAt = i % 3 === 0 ? day(-40 - (i % 200)) : null
      return {
        id: `${i}`,
        fileHash: `h${i}`,
        category: `c${i % 5}`,
        tags: [`t${i % 7}`],
        timesPosted: lastPostedAt ? 1 : 0,
        lastPostedAt,
        lockedUntil: i % 10 === 0 ? day(i / 50) : null,
      }
    })
    const slots = slotsAt(...Array.from({ length: 1000 }, (_, i) => i / 10))
    const start = performance.now()
    expect(choose({ candidates, slots }).chosen).toHaveLength(1000)
    expect(performance.now() - start).toBeLessThan(1000)
  })
})
