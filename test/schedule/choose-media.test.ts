import { describe, expect, it } from 'vitest'
import { choose, day, idsOf, manySlots, NOW, picture, pictures, posted, reasonsOf, slotsAt, story } from './choosing.ts'

describe('who comes first', () => {
  it('never posted, then least recently posted', () => {
    const candidates = [posted('recent', 40), posted('old', 90), picture('new'), posted('older', 120, 9)]
    expect(idsOf(choose({ slots: slotsAt(1, 2, 3, 4), candidates }))).toEqual(['new', 'older', 'old', 'recent'])
  })

  it('then least posted', () => {
    const candidates = [posted('thrice', 60, 3), posted('once', 60, 1), posted('twice', 60, 2)]
    expect(idsOf(choose({ candidates }))).toEqual(['once', 'twice', 'thrice'])
  })

  it('a posted picture waits while a never posted one is free, even one too like its neighbours', () => {
    const candidates = [...pictures('memes', 3, { tags: ['a'] }), posted('other', 300, 1, { category: 'products' })]
    expect(idsOf(choose({ candidates })).toSorted()).toEqual(['memes-1', 'memes-2', 'memes-3'])
  })

  it('a copy of a posted picture is not new', () => {
    const candidates = [posted('a', 50), picture('copy of a', { fileHash: 'hash of a' }), picture('b')]
    expect(idsOf(choose({ slots: slotsAt(1), candidates }))).toEqual(['b'])
  })

  it('chance decides the rest: the same seed gives the same plan, another seed another', () => {
    const candidates = pictures('memes', 100)
    const slots = manySlots(10)
    const plan = (seed: string) => idsOf(choose({ slots, candidates, seed }))
    expect(plan('a')).toEqual(plan('a'))
    expect(plan('a')).not.toEqual(plan('b'))
  })

  it('gives every picture of a fresh library a chance', () => {
    const candidates = pictures('memes', 10)
    const first = Array.from(
      { length: 200 },
      (_, i) => idsOf(choose({ slots: slotsAt(1), candidates, seed: `${i}` }))[0],
    )
    expect(new Set(first).size).toBe(10)
  })

  it('does not depend on the order in which the candidates arrive', () => {
    const candidates = pictures('memes', 50)
    const slots = manySlots(20)
    expect(choose({ slots, candidates: candidates.toReversed() })).toEqual(choose({ slots, candidates }))
  })

  it('never chooses an item twice, and a preview equals the plan', () => {
    const request = { slots: manySlots(40), candidates: pictures('memes', 60) }
    const preview = idsOf(choose(request))
    expect(new Set(preview).size).toBe(40)
    expect(idsOf(choose(request))).toEqual(preview)
  })
})

describe('locks', () => {
  it('a picture locked for ever is never chosen, in 1,000 draws', () => {
    const candidates = [...pictures('memes', 3, { lockedUntil: 'forever' }), ...pictures('products', 3)]
    const chosen = Array.from({ length: 1000 }, (_, i) =>
      idsOf(choose({ slots: manySlots(5), candidates, seed: `${i}` })),
    ).flat()
    expect(chosen).toHaveLength(3000)
    expect(chosen.filter((id) => id.startsWith('memes'))).toEqual([])
  })

  it('a skipped picture does not come back before its lock ends, although it was never posted', () => {
    const candidates = [picture('skipped', { lockDays: 2 }), posted('old', 60), posted('older', 90)]
    expect(idsOf(choose({ slots: slotsAt(1, 1.5, 2), candidates }))).toEqual(['older', 'old', 'skipped'])
  })

  it('a lock is judged at the slot, not now', () => {
    const candidates = [picture('locked', { lockDays: 2 })]
    expect(choose({ slots: slotsAt(1.9, 2), candidates }).chosen.map(({ slot }) => slot.slot)).toEqual(['s2'])
  })

  it('a lock of one copy holds for all', () => {
    const copies = [picture('a', { fileHash: 'h', lockedUntil: 'forever' }), picture('b', { fileHash: 'h' })]
    expect(choose({ candidates: copies }).chosen).toEqual([])
  })
})

describe('the distance between stories of one content', () => {
  const copies = ['a', 'b', 'c'].map((id) => picture(id, { fileHash: 'same' }))

  it('one copy is chosen within it', () => {
    const plan = choose({ slots: slotsAt(1, 2, 30.9, 31, 32), candidates: copies })
    expect(plan.chosen.map(({ slot }) => slot.slot)).toEqual(['s1', 's4'])
    expect(new Set(idsOf(plan)).size).toBe(2)
  })

  it.each([
    [7, 30],
    [30, 7],
  ])('is the larger of AVOID_REPOST_DAYS %i and REPOST_TTL_DAYS %i', (avoidRepostDays, repostTtlDays) => {
    const plan = choose({ slots: slotsAt(1, 20, 31), candidates: copies, avoidRepostDays, repostTtlDays })
    expect(plan.chosen.map(({ slot }) => slot.slot)).toEqual(['s1', 's3'])
  })

  it('counts from planned stories, before and after the slot', () => {
    const planned = [story(40, { fileHash: 'same' })]
    const plan = choose({ slots: slotsAt(9, 11, 40, 69, 71), candidates: copies, planned })
    expect(plan.chosen.map(({ slot }) => slot.slot)).toEqual(['s1', 's5'])
  })

  it('counts from the last post of any copy', () => {
    const candidates = [posted('a', 20, 1, { fileHash: 'same' }), picture('b', { fileHash: 'same' })]
    expect(choose({ slots: slotsAt(9, 10), candidates }).chosen.map(({ slot }) => slot.slot)).toEqual(['s2'])
  })
})

describe('variety', () => {
  it('neighbours differ in category while they can', () => {
    const candidates = [...pictures('memes', 10), ...pictures('products', 10)]
    const categories = idsOf(choose({ slots: manySlots(20), candidates })).map((id) => id.split('-')[0])
    expect(categories.every((category, i) => category !== categories[i - 1])).toBe(true)
  })

  it('then they share as few tags as they can', () => {
    const candidates = ['x', 'y'].flatMap((tag) =>
      pictures(null, 10, { tags: [tag] }).map((it) => ({ ...it, id: it.id + tag, fileHash: it.id + tag })),
    )
    const tags = idsOf(choose({ slots: manySlots(20), candidates })).map((id) => id.at(-1))
    expect(tags.every((tag, i) => tag !== tags[i - 1])).toBe(true)
  })

  it('also between two categories that both differ', () => {
    const alike = pictures('products', 3, { tags: ['x'] })
    const candidates = [...alike, picture('team', { category: 'team' })]
    const planned = [story(0.5, { category: 'memes', tags: ['x'] })]
    const first = (seed: number) => idsOf(choose({ slots: slotsAt(1), candidates, planned, seed: `${seed}` }))[0]
    expect(new Set([1, 2, 3, 4, 5, 6, 7, 8].map(first))).toEqual(new Set(['team']))
  })

  it('a different category weighs more than different tags', () => {
    const candidates = [
      picture('meme', { category: 'memes' }),
      picture('product', { category: 'products', tags: ['x', 'y'] }),
    ]
    const planned = [story(0.5, { category: 'memes', tags: ['x', 'y'] })]
    expect(idsOf(choose({ slots: slotsAt(1), candidates, planned }))).toEqual(['product'])
  })

  it('looks at the planned stories on both sides', () => {
    const candidates = [...pictures('memes', 5), ...pictures('products', 5), ...pictures('team', 5)]
    const planned = [story(0.9, { category: 'memes' }), story(1.1, { category: 'products' })]
    const categories = Array.from(
      { length: 20 },
      (_, i) => idsOf(choose({ slots: slotsAt(1), candidates, planned, seed: `${i}` }))[0],
    )
    expect(categories.every((id) => id?.startsWith('team'))).toBe(true)
  })

  it('decides among pictures last posted on the same day, not beyond', () => {
    const candidates = [
      posted('meme', 60, 1, { category: 'memes' }),
      posted('product', 60, 5, { category: 'products' }),
      posted('team', 59, 1, { category: 'team' }),
    ]
    const planned = [story(0.5, { category: 'memes' })]
    expect(idsOf(choose({ candidates, planned }))).toEqual(['product', 'meme', 'team'])
  })
})

describe('what the plan says', () => {
  it('why each picture was chosen', () => {
    const candidates = [picture('a'), posted('b', 45.5, 2), posted('c', 40, 1)]
    expect(reasonsOf(choose({ candidates }))).toEqual([
      'never posted',
      'last posted 45 days ago, posted 2 times',
      'last posted 40 days ago, posted 1 time',
    ])
  })

  it('why a slot stays empty, with counts', () => {
    const candidates = [
      ...pictures('locked', 12, { lockedUntil: new Date('2027-01-03T09:00:00Z') }),
      ...pictures('hold', 2, { lockedUntil: 'forever' }),
      picture('seen', { fileHash: 'seen' }),
      picture('free'),
    ]
    const planned = [story(1.5, { fileHash: 'seen' }), story(2), story(-3)]
    const { chosen, shortfalls } = choose({ slots: slotsAt(1, 2), candidates, planned })
    expect(chosen).toHaveLength(1)
    expect(shortfalls).toEqual([
      {
        slot: 's2',
        reason:
          'no picture is free: 12 locked until 3 Jan 2027, 2 locked for ever, 1 less than 30 days from another story of the same picture, 3 already planned',
      },
    ])
  })

  it('of each empty slot on its own', () => {
    const candidates = [picture('a', { lockDays: 2 }), picture('b', { lockDays: 4 })]
    const { shortfalls } = choose({ slots: slotsAt(1, 2, 3), candidates, planned: [] })
    expect(shortfalls.map(({ slot, reason }) => [slot, reason])).toEqual([
      ['s1', 'no picture is free: 2 locked until 23 Nov 2026 or later'],
      ['s3', 'no picture is free: 1 locked until 25 Nov 2026, 1 already planned'],
    ])
  })

  it('when locks end on different days, it says the first', () => {
    const candidates = [picture('a', { lockDays: 60 }), picture('b', { lockDays: 90 })]
    expect(choose({ slots: slotsAt(1), candidates }).shortfalls[0]?.reason).toBe(
      'no picture is free: 2 locked until 20 Jan 2027 or later',
    )
  })

  it('gives dates in TIMEZONE', () => {
    const candidates = [picture('a', { lockedUntil: new Date('2027-01-03T23:30:00Z') })]
    const reason = (timeZone: string) => choose({ slots: slotsAt(1), candidates, timeZone }).shortfalls[0]?.reason
    expect(reason('Europe/Berlin')).toBe('no picture is free: 1 locked until 4 Jan 2027')
    expect(reason('America/New_York')).toBe('no picture is free: 1 locked until 3 Jan 2027')
  })

  it('says when there is no library', () => {
    const { shortfalls, runwayDays } = choose({ slots: slotsAt(1) })
    expect(shortfalls[0]?.reason).toBe('no picture is free: the library has no active one')
    expect(runwayDays).toBe(0)
  })

  it('asked for no slots, tells the runway all the same', () => {
    expect(choose({ slots: [], candidates: pictures('memes', 10) })).toEqual({
      chosen: [],
      shortfalls: [],
      runwayDays: 3,
    })
  })
})

describe('the runway', () => {
  it.each([
    ['free pictures', { candidates: pictures('memes', 12) }, 4],
    ['whole days only', { candidates: pictures('memes', 11) }, 3],
    [
      'planned stories count, posted ones do not',
      { candidates: pictures('memes', 3), planned: [story(1), story(2), story(3), story(-2)] },
      2,
    ],
    [
      'locked ones do not count',
      { candidates: [...pictures('memes', 3), ...pictures('products', 9, { lockedUntil: day(1) })] },
      1,
    ],
    ['a lock that has ended does not matter', { candidates: pictures('memes', 3, { lockedUntil: NOW }) }, 1],
    ['copies count once', { candidates: pictures('memes', 9, { fileHash: 'same' }), postsPerDay: 1 }, 1],
    [
      'copies of planned ones do not count',
      { candidates: pictures('memes', 9, { fileHash: 'x' }), planned: [story(1, { fileHash: 'x' })], postsPerDay: 1 },
      1,
    ],
    ['lately posted ones do not count', { candidates: [posted('a', 29), posted('b', 30)], postsPerDay: 1 }, 1],
    [
      'a category with 0 % does not count',
      {
        candidates: [...pictures('memes', 3), ...pictures('ads', 9)],
        categoryMix: new Map([
          ['memes', 100],
          ['ads', 0],
        ]),
      },
      1,
    ],
    ['what a shortlist left out counts', { candidates: pictures('memes', 12), unlistedFree: 90 }, 34],
  ])('%s', (_name, facts, expected) => {
    expect(choose({ ...facts, slots: slotsAt(0.5) }).runwayDays).toBe(expected)
    expect(choose({ ...facts, slots: [] }).runwayDays).toBe(expected)
  })
})
