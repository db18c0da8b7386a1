import { describe, expect, it } from 'vitest'
import type { MediaPlan } from '../../src/schedule/choose-media.ts'
import { choose, idsOf, manySlots, picture, pictures, posted, reasonsOf, slotsAt, story } from './choosing.ts'

const mix = (shares: Record<string, number>) => new Map(Object.entries(shares))

function countsOf(plan: MediaPlan): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const id of idsOf(plan)) {
    const category = id.replace(/-\d+$/, '')
    counts[category] = (counts[category] ?? 0) + 1
  }
  return counts
}

describe('the category mix', () => {
  const candidates = [...pictures('memes', 40), ...pictures('products', 40), ...pictures('team', 40)]

  it.each([
    [{ memes: 60, products: 40 }, 10, { memes: 6, products: 4 }],
    [{ memes: 50, products: 30, team: 20 }, 20, { memes: 10, products: 6, team: 4 }],
    [{ memes: 33.4, products: 33.3, team: 33.3 }, 30, { memes: 10, products: 10, team: 10 }],
    [{ memes: 90, team: 10 }, 20, { memes: 18, team: 2 }],
    [{ memes: 100, products: 0 }, 5, { memes: 5 }],
  ])('%o gives %i slots as %o', (shares, slots, expected) => {
    expect(countsOf(choose({ slots: manySlots(slots), candidates, categoryMix: mix(shares) }))).toEqual(expected)
  })

  it('counts what is planned already', () => {
    const planned = [1, 2, 3, 4, 5].map((days) => story(days + 0.1, { category: 'memes' }))
    const plan = choose({ slots: manySlots(5), candidates, planned, categoryMix: mix({ memes: 50, products: 50 }) })
    expect(countsOf(plan)).toEqual({ products: 5 })
  })

  it('counts the stories of the last week, so that a plan for a single day does not always start over', () => {
    const week = [-1, -2, -3].map((days) => story(days, { category: 'memes' }))
    const plan = (planned: typeof week) =>
      countsOf(choose({ slots: slotsAt(1), candidates, planned, categoryMix: mix({ memes: 80, team: 20 }) }))
    expect(plan(week)).toEqual({ team: 1 })
    expect(plan(week.map((it) => ({ ...it, at: new Date(it.at.getTime() - 7 * 86_400_000) })))).toEqual({ memes: 1 })
  })

  it('is stronger than the order between categories: a posted product before a new meme', () => {
    const library = [
      ...pictures('memes', 9),
      posted('products-1', 50, 1, { category: 'products' }),
      picture('products-2', { category: 'products' }),
    ]
    const plan = choose({ slots: manySlots(5), candidates: library, categoryMix: mix({ memes: 60, products: 40 }) })
    expect(countsOf(plan)).toEqual({ memes: 3, products: 2 })
    expect(idsOf(plan).filter((id) => id.startsWith('products'))).toEqual(['products-2', 'products-1'])
  })

  it('says how far a category was behind', () => {
    const planned = [
      story(0.1, { category: 'memes' }),
      story(0.2, { category: 'memes' }),
      story(0.3, { category: 'products' }),
    ]
    const plan = choose({ slots: slotsAt(1), candidates, planned, categoryMix: mix({ memes: 50, products: 50 }) })
    expect(reasonsOf(plan)).toEqual(['never posted; products were 25 % behind their share'])
  })

  it('between equals, prefers a change of category', () => {
    const shares = mix({ memes: 50, products: 50 })
    const chosenAfter = (category: string) =>
      countsOf(choose({ slots: slotsAt(1), candidates, planned: [story(-20, { category })], categoryMix: shares }))
    expect(chosenAfter('memes')).toEqual({ products: 1 })
    expect(chosenAfter('products')).toEqual({ memes: 1 })
  })
})

describe('an exhausted category', () => {
  const shares = mix({ memes: 60, products: 40, ads: 0 })

  it('is replaced by the next one, and the plan says so', () => {
    const candidates = [picture('memes-1', { category: 'memes' }), ...pictures('products', 9), ...pictures('team', 9)]
    const plan = choose({ slots: slotsAt(1, 2, 3), candidates, categoryMix: shares })
    expect(reasonsOf(plan)).toEqual([
      'never posted; memes were 60 % behind their share',
      'never posted; products were 40 % behind their share',
      'never posted; memes exhausted, took products instead',
    ])
  })

  it('is replaced by one that the mix does not name when all others are exhausted too', () => {
    const candidates = [
      picture('memes-1', { category: 'memes' }),
      picture('team-1', { category: 'team' }),
      picture('loose'),
    ]
    const plan = choose({ slots: slotsAt(1, 2, 3), candidates, categoryMix: shares })
    expect(idsOf(plan)[0]).toBe('memes-1')
    expect(idsOf(plan).toSorted()).toEqual(['loose', 'memes-1', 'team-1'])
    expect(reasonsOf(plan).slice(1).toSorted()).toEqual([
      'never posted; products and memes exhausted, took team instead',
      'never posted; products and memes exhausted, took uncategorised instead',
    ])
  })

  it('is never replaced by one with 0 %', () => {
    const { chosen, shortfalls } = choose({ slots: manySlots(3), candidates: pictures('ads', 5), categoryMix: shares })
    expect(chosen).toEqual([])
    expect(shortfalls[0]?.reason).toBe('no picture is free: 5 in a category with a share of 0 %')
  })

  it('comes back when a lock ends', () => {
    const candidates = [
      ...pictures('memes', 5).map((it) => ({ ...it, lockedUntil: slotsAt(2)[0]?.at ?? null })),
      ...pictures('products', 5),
    ]
    const plan = choose({ slots: slotsAt(1, 2, 3), candidates, categoryMix: shares })
    expect(countsOf(plan)).toEqual({ products: 1, memes: 2 })
  })
})
