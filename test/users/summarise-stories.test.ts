import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type SettledStory, summariseStories } from '../../src/users/summarise-stories.ts'

/** Saturday, 09:00 in Berlin. */
const NOW = new Date('2026-11-21T08:00:00Z')
const at = { now: NOW, timeZone: 'Europe/Berlin' }

function posted(time: string, values: Partial<SettledStory> = {}): SettledStory {
  return { status: 'posted', postedAt: new Date(time), sentAt: null, tags: [], ...values }
}
const other = (status: SettledStory['status']): SettledStory => ({ status, postedAt: null, sentAt: null, tags: [] })

describe('how many', () => {
  it('counts what was posted of all that were settled', () => {
    const stories = [posted('2026-11-01T10:00:00Z'), other('skipped'), other('skipped'), other('rejected')]
    expect(summariseStories(stories, at)).toMatchObject({
      settled: 4,
      posted: 1,
      successPercent: 25,
      others: [
        { status: 'skipped', stories: 2 },
        { status: 'rejected', stories: 1 },
      ],
    })
  })

  it.each([
    [0, 0, null],
    [1, 0, 100],
    [2, 1, 66.7],
    [0, 3, 0],
    [43, 2, 95.6],
  ])('%i posted and %i skipped are %s %%', (posts, skips, percent) => {
    const stories = [...Array(posts).fill(posted('2026-01-01T10:00:00Z')), ...Array(skips).fill(other('skipped'))]
    expect(summariseStories(stories, at).successPercent).toBe(percent)
  })
})

describe('this week and this month begin in the time zone', () => {
  it.each([
    ['Europe/Berlin', NOW, '2026-11-15T23:00:00.000Z', '2026-10-31T23:00:00.000Z'],
    ['Pacific/Auckland', NOW, '2026-11-15T11:00:00.000Z', '2026-10-31T11:00:00.000Z'],
    // Sunday evening there, Monday already here: the week is the old one.
    ['America/New_York', new Date('2026-11-23T02:00:00Z'), '2026-11-16T05:00:00.000Z', '2026-11-01T04:00:00.000Z'],
    // A Monday, just begun.
    ['UTC', new Date('2026-11-23T00:00:00Z'), '2026-11-23T00:00:00.000Z', '2026-11-01T00:00:00.000Z'],
    // The day on which the clocks are put forward at midnight begins at 01:00.
    ['America/Santiago', new Date('2026-09-06T12:00:00Z'), '2026-08-31T04:00:00.000Z', '2026-09-01T04:00:00.000Z'],
  ])('%s at %s', (timeZone, now, week, month) => {
    const { thisWeek, thisMonth } = summariseStories([], { now, timeZone })
    expect([thisWeek.since.toISOString(), thisMonth.since.toISOString()]).toEqual([week, month])
  })

  it('counts posted stories from the very moment on', () => {
    const stories = ['2026-10-31T22:59:59Z', '2026-10-31T23:00:00Z', '2026-11-15T22:59:59Z', '2026-11-15T23:00:00Z']
    const { thisWeek, thisMonth } = summariseStories([...stories.map((time) => posted(time)), other('skipped')], at)
    expect([thisWeek.posts, thisMonth.posts]).toEqual([1, 3])
  })
})

describe('tags and hours', () => {
  it('ranks the tags of posted stories; one tag twice on a picture counts once', () => {
    const stories = [
      posted('2026-11-01T10:00:00Z', { tags: ['meme', 'cat', 'meme'] }),
      posted('2026-11-02T10:00:00Z', { tags: ['meme'] }),
      posted('2026-11-02T10:00:00Z', { tags: ['art'] }),
      { ...other('skipped'), tags: ['never'] },
    ]
    expect(summariseStories(stories, at).tags).toEqual([
      { tag: 'meme', posts: 2 },
      { tag: 'art', posts: 1 },
      { tag: 'cat', posts: 1 },
    ])
  })

  it('ranks the hours of the local day, whatever the clocks do in between', () => {
    // 09:30 in summer and in winter; half past midnight; 23:59.
    const times = ['2026-07-01T07:30:00Z', '2026-11-01T08:30:00Z', '2026-10-31T23:30:00Z', '2026-11-01T22:59:00Z']
    expect(
      summariseStories(
        times.map((time) => posted(time)),
        at,
      ).hours,
    ).toEqual([
      { hour: 9, posts: 2 },
      { hour: 0, posts: 1 },
      { hour: 23, posts: 1 },
    ])
    const { hours } = summariseStories([posted('2026-11-01T18:45:00Z')], { now: NOW, timeZone: 'Asia/Kathmandu' })
    expect(hours).toEqual([{ hour: 0, posts: 1 }])
  })
})

describe('the time to post', () => {
  const waits = (...minutes: number[]) =>
    minutes.map((wait) =>
      posted('2026-11-01T10:00:00Z', { sentAt: new Date(Date.parse('2026-11-01T10:00:00Z') - wait * 60_000) }),
    )

  it.each([
    [[], null],
    [[3], 3],
    [[1, 100], 50.5],
    [[9, 1, 2], 2],
    [[4, 1, 1000, 2], 3],
  ])('the median of %s minutes is %s', (minutes, median) => {
    const ms = summariseStories(
      [...waits(...minutes), posted('2026-11-01T10:00:00Z'), other('skipped')],
      at,
    ).medianMsToPost
    expect(ms).toBe(median === null ? null : median * 60_000)
  })

  it('has as many shorter as longer ones beside it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 30 }), (minutes) => {
        const median = (summariseStories(waits(...minutes), at).medianMsToPost ?? Number.NaN) / 60_000
        const shorter = minutes.filter((wait) => wait < median).length
        const longer = minutes.filter((wait) => wait > median).length
        expect(Math.max(shorter, longer)).toBeLessThanOrEqual(minutes.length / 2)
      }),
    )
  })
})
