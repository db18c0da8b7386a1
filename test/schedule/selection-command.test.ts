import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { mediaItems } from '../../src/db/schema.ts'
import type { MediaItem } from '../../src/history/settle.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  addHistory,
  addItem,
  addLock,
  addManyMedia,
  addMedia,
  DAY_MS,
  emptyTables,
  fromNow,
  HOUR_MS,
  storyline,
} from './commanding.ts'

interface Plan {
  scheduled: { slot: string; scheduledFor: string; file: string; reason: string }[]
  shortfalls: { slot: string; reason: string }[]
  runwayDays: number
}

let t: TestDatabase
beforeAll(async () => {
  t = await createTestDatabase()
})
beforeEach(() => emptyTables(t.db))
afterAll(() => t.drop())

async function preview(args: string[] = [], env: Record<string, string> = {}): Promise<Plan> {
  const ran = await storyline(t, ['create-schedule', '--dry-run', '--json', '--seed', 'test', ...args], { env })
  expect(ran.exitCode).toBe(0)
  return ran.json as unknown as Plan
}

const files = (plan: Plan) => plan.scheduled.map(({ file }) => file)

describe('locks', () => {
  test.each([
    ['for ever', 'rejected', null],
    ['by hand for ever', 'manual_hold', null],
    ['until after the plan', 'skip', fromNow(14 * DAY_MS)],
    ['out of season', 'seasonal', fromNow(90 * DAY_MS)],
  ] as const)('a picture that is locked %s is never chosen', async (_, reason, until) => {
    const locked = await addMedia(t.db, 'memes/locked.jpg')
    await addLock(t.db, locked, reason, until)
    const [free] = await addManyMedia(t.db, 1)
    for (const seed of ['a', 'b', 'c']) expect(files(await preview(['--seed', seed]))).toEqual([free?.filePath])
  })

  test('one that ended is none', async () => {
    await addLock(t.db, await addMedia(t.db, 'memes/once.jpg'), 'skip', fromNow(-1000))
    expect(files(await preview())).toEqual(['stories/memes/once.jpg'])
  })

  test('one that ends within the plan is judged at the instant of the slot', async () => {
    await addLock(t.db, await addMedia(t.db, 'memes/soon.jpg'), 'skip', new Date('2026-11-23T23:00:00Z'))
    const plan = await preview([], { SLOT_JITTER_MINUTES: '0' })
    expect(plan.scheduled).toMatchObject([{ slot: '2026-11-24/1', file: 'stories/memes/soon.jpg' }])
    expect(plan.shortfalls[0]?.reason).toContain('1 locked until 24 Nov 2026')
  })

  test('a failed, missed or cancelled story keeps nothing out', async () => {
    for (const status of ['failed', 'missed', 'cancelled'] as const) {
      await addHistory(t.db, await addMedia(t.db, `memes/${status}.jpg`), { status })
    }
    expect(files(await preview()).sort()).toEqual(
      ['cancelled', 'failed', 'missed'].map((name) => `stories/memes/${name}.jpg`),
    )
  })
})

describe('copies of one picture', () => {
  test('are locked together', async () => {
    const original = await addMedia(t.db, 'memes/cat.jpg', { content: 'cat' })
    await addMedia(t.db, 'products/the-same-cat.jpg', { content: 'cat' })
    await addLock(t.db, original, 'rejected', null)
    expect(files(await preview())).toEqual([])
  })

  test('are locked by one whose file is gone', async () => {
    const gone = await addMedia(t.db, 'memes/gone.jpg', { content: 'cat', isActive: false })
    await addMedia(t.db, 'memes/cat.jpg', { content: 'cat' })
    await addLock(t.db, gone, 'recent_post', fromNow(20 * DAY_MS))
    expect(files(await preview())).toEqual([])
  })

  test('count as posted when one of them was, also an inactive one', async () => {
    const when = fromNow(-60 * DAY_MS)
    await addMedia(t.db, 'memes/gone.jpg', { content: 'cat', isActive: false, timesPosted: 2, lastPostedAt: when })
    await addMedia(t.db, 'memes/cat.jpg', { content: 'cat', timesPosted: 1, lastPostedAt: fromNow(-90 * DAY_MS) })
    await addMedia(t.db, 'memes/cat-again.jpg', { content: 'cat' })
    await addMedia(t.db, 'memes/new.jpg')
    const plan = await preview(['--days', '1'])
    expect(plan.scheduled).toMatchObject([
      { file: 'stories/memes/new.jpg', reason: 'never posted' },
      { file: expect.stringContaining('cat'), reason: 'last posted 60 days ago, posted 3 times' },
    ])
  })

  test('keep their distance from the one in the queue, and from each other', async () => {
    const planned = await addMedia(t.db, 'memes/planned.jpg', { content: 'cat' })
    await addItem(t.db, planned, { scheduledFor: fromNow(3 * DAY_MS) })
    await addMedia(t.db, 'memes/copy.jpg', { content: 'cat' })
    await addMedia(t.db, 'memes/dog.jpg', { content: 'dog' })
    await addMedia(t.db, 'memes/dog-again.jpg', { content: 'dog' })
    const plan = await preview(['--days', '20'])
    expect(plan.scheduled).toHaveLength(1)
    expect(plan.scheduled[0]?.file).toMatch(/dog/)
  })

  test('keep their distance from what was posted, whatever became of its lock', async () => {
    const posted = await addMedia(t.db, 'memes/posted.jpg', {
      content: 'cat',
      timesPosted: 1,
      lastPostedAt: fromNow(-HOUR_MS),
    })
    await addHistory(t.db, posted)
    await addMedia(t.db, 'memes/copy.jpg', { content: 'cat' })
    expect(files(await preview())).toEqual([])
  })
})

describe('the order', () => {
  test('is: never posted, then least recently posted, then least posted', async () => {
    const days = (count: number) => fromNow(-count * DAY_MS)
    await addMedia(t.db, 'memes/often.jpg', { timesPosted: 5, lastPostedAt: days(100) })
    await addMedia(t.db, 'memes/rarely.jpg', { timesPosted: 1, lastPostedAt: days(100) })
    await addMedia(t.db, 'memes/lately.jpg', { timesPosted: 1, lastPostedAt: days(40) })
    await addMedia(t.db, 'memes/never.jpg')
    expect(files(await preview(['--days', '2']))).toEqual(
      ['never', 'rarely', 'often', 'lately'].map((name) => `stories/memes/${name}.jpg`),
    )
  })

  test('follows the category mix, and a category that is exhausted is named with what was taken instead', async () => {
    await addManyMedia(t.db, 10, 'memes')
    await addManyMedia(t.db, 1, 'products')
    await addManyMedia(t.db, 10, 'internal')
    const plan = await preview(['--days', '2', '--from', '2026-11-22'], {
      CATEGORY_MIX: 'memes=50,products=50,internal=0',
    })
    expect(files(plan).filter((file) => file.includes('/products/'))).toHaveLength(1)
    expect(files(plan).filter((file) => file.includes('/internal/'))).toEqual([])
    expect(
      plan.scheduled.filter(({ reason }) => reason.includes('products exhausted, took memes instead')).length,
    ).toBeGreaterThan(0)
  })
})

describe('a library too large to be planned as a whole', () => {
  const LARGE = 6000

  /** `SELECT` columns of row `i`; everything else is as in `addMedia`. */
  async function addLarge(columns = sql`0 as times_posted, null::timestamptz as last_posted_at`): Promise<void> {
    await t.db.execute(sql`
      insert into media_items (file_path, file_name, file_size, file_hash, category, times_posted, last_posted_at)
      select 'stories/' || category || '/' || i || '.jpg', i || '.jpg', 1000, encode(sha256(i::text::bytea), 'hex'), category,
             times_posted, last_posted_at
        from (select i, (array['memes', 'products', 'quotes'])[1 + i % 3] as category, ${columns}
                from generate_series(1, ${LARGE}) as i) as items`)
  }

  const pick = async (name: string): Promise<MediaItem> => {
    const [media] = await t.db.select().from(mediaItems).where(eq(mediaItems.fileName, name))
    if (!media) throw new Error('no media')
    return media
  }

  test('is planned from a seeded shortlist, and the runway counts all of it', async () => {
    await addLarge()
    await addMedia(t.db, 'memes/copy-of-1.jpg', { fileHash: (await pick('1.jpg')).fileHash })
    await addLock(t.db, await pick('2.jpg'), 'rejected', null)
    await addItem(t.db, await pick('3.jpg'), { scheduledFor: fromNow(100 * DAY_MS) })
    const [one, two, again] = [await preview(), await preview(['--seed', 'other']), await preview()]
    expect(one.scheduled).toHaveLength(20)
    expect(files(one)).not.toEqual(files(two))
    expect(again).toEqual(one)
    // 6,000 pictures without the locked one; the copy is no other picture; the planned one lasts too.
    expect(one.runwayDays).toBe(Math.floor((LARGE - 1) / 3))
  })

  test('never posted ones come first, also when they are few and a copy of a posted one looks like one', async () => {
    await addLarge(sql`case when i <= 3 then 0 else 2 end as times_posted,
      case when i <= 3 then null else '2026-01-01T00:00:00Z'::timestamptz + make_interval(mins => i) end as last_posted_at`)
    await t.db.execute(sql`
      insert into media_items (file_path, file_name, file_size, file_hash, category)
      select 'stories/memes/copy-of-' || file_name, 'copy-of-' || file_name, 1000, file_hash, 'memes'
        from media_items where times_posted > 0 order by last_posted_at desc limit 600`)
    const plan = await preview(['--days', '2', '--from', '2026-11-22'])
    expect(files(plan).slice(0, 3).sort()).toEqual([
      'stories/memes/3.jpg',
      'stories/products/1.jpg',
      'stories/quotes/2.jpg',
    ])
    // Then the least recently posted day.
    expect(plan.scheduled.slice(3).every(({ reason }) => reason.startsWith('last posted 324 days ago'))).toBe(true)
  })

  test('one that is locked now is still chosen for a slot after its lock, when its category needs it', async () => {
    await addLarge()
    await addLock(t.db, await addMedia(t.db, 'rare/soon.jpg'), 'skip', new Date('2026-11-22T12:00:00Z'))
    const plan = await preview([], { CATEGORY_MIX: 'rare=50,memes=50' })
    expect(files(plan)).toContain('stories/rare/soon.jpg')
  })

  test('what the shortlist cannot fill is asked of the whole library, and the reason counts all of it', async () => {
    await addLarge()
    await t.db.execute(sql`
      insert into media_posting_locks (media_item_id, lock_reason) select id, 'manual_hold' from media_items where file_name <> '7.jpg'`)
    const plan = await preview()
    expect(files(plan)).toEqual(['stories/products/7.jpg'])
    expect(plan.shortfalls[0]?.reason).toContain(`${LARGE - 1} locked for ever`)
  })
})
