import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/schedule/random.ts'
import { openWindow } from '../../src/schedule/slot-window.ts'
import { type PlanSlotsInput, planSlots, type Slot, type TakenSlot } from '../../src/schedule/slots.ts'

/** Zones with a change at two, at midnight, of half an hour, of two hours, in the south, and with none. */
const ZONES = [
  'Europe/Berlin',
  'Africa/Cairo',
  'Australia/Lord_Howe',
  'Antarctica/Troll',
  'America/Santiago',
  'Asia/Kolkata',
]

const settings = fc.record({
  timeZone: fc.constantFrom(...ZONES),
  days: fc.integer({ min: 1, max: 4 }),
  postsPerDay: fc.integer({ min: 1, max: 50 }),
  windowStartMinutes: fc.integer({ min: 0, max: 1439 }),
  windowEndMinutes: fc.integer({ min: 0, max: 1440 }),
  jitterMinutes: fc.integer({ min: 0, max: 240 }),
})

/** Days around the changes of spring and autumn 2027, and an ordinary one. */
const now = fc
  .tuple(
    fc.constantFrom('2027-03-27', '2027-10-30', '2027-04-03', '2027-04-29', '2027-06-15'),
    fc.integer({ min: 0, max: 2 * 86_400_000 }),
  )
  .map(([day, ms]) => new Date(Date.parse(`${day}T00:00:00Z`) + ms))

const handmade = fc.array(fc.integer({ min: 0, max: 5 * 86_400 }), { maxLength: 6 })

type Settings = Omit<PlanSlotsInput, 'random' | 'taken' | 'now'>
const facts = fc.record({ settings, now, handmade })

function planWith(input: { settings: Settings; now: Date; taken: readonly TakenSlot[]; seed: string }): Slot[] {
  return planSlots({ ...input.settings, now: input.now, taken: input.taken, random: seededRandom(input.seed) })
}

function takenByHand(now: Date, seconds: number[]): TakenSlot[] {
  return seconds.map((second) => ({ slot: null, at: new Date(now.getTime() + second * 1000) }))
}

function halfIntervalOf({ date }: Slot, rule: Settings): number {
  return openWindow(Temporal.PlainDate.from(date), rule)?.halfIntervalMs ?? Number.NaN
}

/** Slots that lie closer than half an interval to another story. */
function crowded(slots: Slot[], others: readonly TakenSlot[], rule: Settings): Slot[] {
  const all = [...slots, ...others]
  return slots.filter((slot) => {
    const half = halfIntervalOf(slot, rule)
    return all.some((other) => other !== slot && Math.abs(other.at.getTime() - slot.at.getTime()) < half)
  })
}

describe('planning slots', () => {
  it('again changes nothing, whatever the seed', () => {
    fc.assert(
      fc.property(facts, fc.string(), fc.string(), ({ settings, now, handmade }, seed, otherSeed) => {
        const taken = takenByHand(now, handmade)
        const slots = planWith({ settings, now, taken, seed })
        expect(planWith({ settings, now, taken: [...taken, ...slots], seed: otherSeed })).toEqual([])
      }),
      { numRuns: 400 },
    )
  })

  it('finds the same slots with every seed', () => {
    fc.assert(
      fc.property(facts, fc.string(), fc.string(), ({ settings, now, handmade }, seed, otherSeed) => {
        const taken = takenByHand(now, handmade)
        const names = planWith({ settings, now, taken, seed }).map(({ slot }) => slot)
        expect(planWith({ settings, now, taken, seed: otherSeed }).map(({ slot }) => slot)).toEqual(names)
      }),
      { numRuns: 200 },
    )
  })

  it('never puts two stories closer than half an interval, and none before now', () => {
    fc.assert(
      fc.property(facts, fc.string(), ({ settings, now, handmade }, seed) => {
        const taken = takenByHand(now, handmade)
        const slots = planWith({ settings, now, taken, seed })
        expect(crowded(slots, taken, settings)).toEqual([])
        expect(slots.filter(({ at }) => at <= now)).toEqual([])
      }),
      { numRuns: 400 },
    )
  })

  it('keeps that distance after POSTS_PER_DAY, the hours or the jitter changed, and settles at once', () => {
    fc.assert(
      fc.property(facts, settings, fc.string(), ({ settings, now }, changed, seed) => {
        const rule = { ...changed, timeZone: settings.timeZone }
        const before = planWith({ settings, now, taken: [], seed })
        const after = planWith({ settings: rule, now, taken: before, seed })
        expect(crowded(after, before, rule)).toEqual([])
        expect(planWith({ settings: rule, now, taken: [...before, ...after], seed: 'other' })).toEqual([])
      }),
      { numRuns: 400 },
    )
  })

  it('gives a cancelled slot back, and only that one', () => {
    fc.assert(
      fc.property(facts, fc.nat(), fc.string(), fc.string(), ({ settings, now }, pick, seed, otherSeed) => {
        const slots = planWith({ settings, now, taken: [], seed })
        fc.pre(slots.length > 0)
        const cancelled = slots[pick % slots.length]
        const taken = slots.filter((slot) => slot !== cancelled)
        const again = planWith({ settings, now, taken, seed: otherSeed })
        expect(again.map(({ slot }) => slot)).toEqual([cancelled?.slot])
        expect(crowded(again, taken, settings)).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  it('day by day finds the same slots as all at once', () => {
    fc.assert(
      fc.property(facts, fc.string(), ({ settings, now }, seed) => {
        const rule = { ...settings, days: 3 }
        const names = planWith({ settings: rule, now, taken: [], seed }).map(({ slot }) => slot)
        const taken: Slot[] = []
        for (const days of [1, 2, 3])
          taken.push(...planWith({ settings: { ...rule, days }, now, taken, seed: seed + days }))
        expect(taken.map(({ slot }) => slot)).toEqual(names)
      }),
      { numRuns: 300 },
    )
  })
})
