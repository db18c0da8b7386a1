import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { mediaItems, postingQueue } from '../../src/db/schema.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  addHistory,
  addItem,
  addManyMedia,
  addMedia,
  DAY_MS,
  emptyTables,
  fromNow,
  HOUR_MS,
  NOW,
  storyline,
} from './commanding.ts'

interface Plan {
  scheduled: { id: string | null; slot: string; scheduledFor: string; file: string; channel: string; reason: string }[]
  shortfalls: { slot: string; reason: string }[]
  runwayDays: number
  dryRun?: true
}

let t: TestDatabase
beforeAll(async () => {
  t = await createTestDatabase()
})
beforeEach(() => emptyTables(t.db))
afterAll(() => t.drop())

async function createSchedule(args: string[] = [], options: Parameters<typeof storyline>[2] = {}): Promise<Plan> {
  const ran = await storyline(t, ['create-schedule', '--json', ...args], options)
  expect(ran).toMatchObject({ exitCode: 0 })
  return ran.json as unknown as Plan
}

const NO_JITTER = { SLOT_JITTER_MINUTES: '0' }
const files = (plan: Plan) => plan.scheduled.map(({ file }) => file)
const slots = (plan: Plan) => plan.scheduled.map(({ slot }) => slot)

describe('the plan', () => {
  test('fills the free slots of the days asked for, in local time, with different pictures', async () => {
    await addManyMedia(t.db, 10)
    const plan = await createSchedule(['--days', '2'], { env: NO_JITTER })
    // 09:00 of today is now and so over.
    expect(plan.scheduled.map(({ slot, scheduledFor }) => [slot, scheduledFor])).toEqual([
      ['2026-11-21/2', '2026-11-21T13:00:00+01:00'],
      ['2026-11-21/3', '2026-11-21T17:00:00+01:00'],
      ['2026-11-22/1', '2026-11-22T09:00:00+01:00'],
      ['2026-11-22/2', '2026-11-22T13:00:00+01:00'],
      ['2026-11-22/3', '2026-11-22T17:00:00+01:00'],
    ])
    expect(new Set(files(plan)).size).toBe(5)
    expect(plan).toMatchObject({ shortfalls: [], runwayDays: 3 })
    expect(plan.scheduled[0]).toMatchObject({ channel: 'telegram', reason: 'never posted' })

    const rows = await t.db.select().from(postingQueue).orderBy(postingQueue.scheduledFor)
    expect(rows.map(({ id, slot, status, attempt }) => [id, slot, status, attempt])).toEqual(
      plan.scheduled.map(({ id, slot }) => [id, slot, 'pending', 0]),
    )
    expect(rows.map(({ storyNumber }) => storyNumber)).toEqual([1, 2, 3, 4, 5])
  })

  test('does not depend on the time zone of the database session', async () => {
    await addManyMedia(t.db, 3)
    const name = new URL(t.url).pathname.slice(1)
    await t.db.execute(sql.raw(`alter database ${name} set timezone = 'Asia/Kolkata'`))
    const plan = await createSchedule(['--days', '1', '--from', '2026-11-22'], { env: NO_JITTER })
    await t.db.execute(sql.raw(`alter database ${name} reset timezone`))
    expect(plan.scheduled.map(({ scheduledFor }) => scheduledFor.slice(11))).toEqual([
      '09:00:00+01:00',
      '13:00:00+01:00',
      '17:00:00+01:00',
    ])
  })

  test.each([
    ['the clocks go forward', '2027-03-28', ['09:00:00+02:00', '13:00:00+02:00', '17:00:00+02:00']],
    ['the clocks go back', '2026-10-25', ['09:00:00+01:00', '13:00:00+01:00', '17:00:00+01:00']],
  ])('keeps the wall clock on the day when %s', async (_, day, expected) => {
    await addManyMedia(t.db, 3)
    const now = new Date('2026-10-01T00:00:00Z')
    const plan = await createSchedule(['--days', '1', '--from', day], { env: NO_JITTER, now })
    expect(plan.scheduled.map(({ scheduledFor }) => scheduledFor)).toEqual(expected.map((time) => `${day}T${time}`))
  })

  test('has every slot of a night window once, on a night that loses an hour', async () => {
    await addManyMedia(t.db, 6)
    const env = { ...NO_JITTER, POSTING_HOURS_START: '0', POSTING_HOURS_END: '6', POSTS_PER_DAY: '6' }
    const plan = await createSchedule(['--days', '1', '--from', '2027-03-28'], { env })
    expect(slots(plan)).toEqual([1, 2, 3, 4, 5, 6].map((index) => `2027-03-28/${index}`))
    expect(new Set(plan.scheduled.map(({ scheduledFor }) => Date.parse(scheduledFor))).size).toBe(6)
    // 02:00 to 03:00 does not exist.
    expect(plan.scheduled.filter(({ scheduledFor }) => scheduledFor.slice(11, 13) === '02')).toEqual([])
  })

  test('takes --posts-per-day over the setting, and says how long the content lasts at that pace', async () => {
    await addManyMedia(t.db, 10)
    const plan = await createSchedule(['--days', '1', '--from', '2026-11-22', '--posts-per-day', '5'])
    expect(slots(plan)).toEqual([1, 2, 3, 4, 5].map((index) => `2026-11-22/${index}`))
    expect(plan.runwayDays).toBe(2)
  })
})

describe('running it again', () => {
  test('schedules nothing and says so', async () => {
    await addManyMedia(t.db, 30)
    await createSchedule()
    const again = await storyline(t, ['create-schedule'])
    expect(again).toMatchObject({ exitCode: 0 })
    expect(again.stdout).toContain('0 free slots')
    expect(await t.db.$count(postingQueue)).toBe(20)
  })

  test('fills only what is free after POSTS_PER_DAY changed', async () => {
    await addManyMedia(t.db, 30)
    await createSchedule(['--days', '1', '--from', '2026-11-22'], { env: NO_JITTER })
    const more = await createSchedule(['--days', '1', '--from', '2026-11-22', '--posts-per-day', '4'], {
      env: NO_JITTER,
    })
    // 09:00 is taken; 12:00, 15:00 and 18:00 lie within 90 minutes of 13:00 and 17:00.
    expect(more.scheduled).toEqual([])
    const most = await createSchedule(['--days', '1', '--from', '2026-11-22', '--posts-per-day', '6'], {
      env: NO_JITTER,
    })
    // 11:00 would be slot 2 of the day, and that name is taken.
    expect(most.scheduled.map(({ scheduledFor }) => scheduledFor.slice(11, 16))).toEqual(['15:00', '19:00'])
  })

  test.each(['missed', 'failed', 'posted', 'skipped', 'rejected'] as const)(
    'leaves the slot of a %s story alone',
    async (status) => {
      const [old] = await addManyMedia(t.db, 5)
      if (!old) throw new Error('no media')
      await addHistory(t.db, old, { status, slot: '2026-11-22/2', scheduledFor: new Date('2026-11-22T12:00:00Z') })
      const plan = await createSchedule(['--days', '1', '--from', '2026-11-22'])
      expect(slots(plan)).toEqual(['2026-11-22/1', '2026-11-22/3'])
    },
  )

  test.each([
    ['was cancelled', { status: 'cancelled' as const }],
    ['was undone', { status: 'skipped' as const, undoneAt: NOW }],
  ])('fills the slot of a story that %s', async (_, values) => {
    const [old] = await addManyMedia(t.db, 5)
    if (!old) throw new Error('no media')
    await addHistory(t.db, old, { ...values, slot: '2026-11-22/2', scheduledFor: new Date('2026-11-22T12:00:00Z') })
    expect(slots(await createSchedule(['--days', '1', '--from', '2026-11-22']))).toContain('2026-11-22/2')
  })

  test('does not fill a slot twice whose story was rescheduled to another day and posted there', async () => {
    const [old] = await addManyMedia(t.db, 5)
    if (!old) throw new Error('no media')
    await addHistory(t.db, old, { slot: '2026-11-30/2', scheduledFor: fromNow(-HOUR_MS) })
    const plan = await createSchedule(['--days', '1', '--from', '2026-11-30'])
    expect(slots(plan)).toEqual(['2026-11-30/1', '2026-11-30/3'])
  })

  test('keeps its distance from a story that was planned by hand', async () => {
    const [own, ...rest] = await addManyMedia(t.db, 5)
    if (!own || rest.length !== 4) throw new Error('no media')
    await addItem(t.db, own, { scheduledFor: new Date('2026-11-22T12:20:00Z') })
    const plan = await createSchedule(['--days', '1', '--from', '2026-11-22'])
    expect(slots(plan)).toEqual(['2026-11-22/1', '2026-11-22/3'])
  })

  test('two runs at once share the work: every slot once, every picture once, no error', async () => {
    await addManyMedia(t.db, 60)
    const runs = await Promise.all([
      createSchedule(['--seed', 'one']),
      createSchedule(['--seed', 'two', '--days', '14']),
      createSchedule(['--seed', 'three', '--from', '2026-11-24']),
    ])
    const all = runs.flatMap(slots)
    expect(new Set(all).size).toBe(all.length)
    expect(all.length).toBe(41)
    expect(new Set(runs.flatMap(files)).size).toBe(41)
    expect(await t.db.$count(postingQueue)).toBe(41)
  })
})

describe('a preview', () => {
  test('shows exactly what the real run with the same seed does, and writes nothing', async () => {
    await addManyMedia(t.db, 40)
    const preview = await createSchedule(['--dry-run', '--seed', 'monday'])
    expect(preview.dryRun).toBe(true)
    expect(preview.scheduled.every(({ id }) => id === null)).toBe(true)
    expect(new Set(files(preview)).size).toBe(20)
    expect(await t.db.$count(postingQueue)).toBe(0)

    const real = await createSchedule(['--seed', 'monday'])
    expect(real.scheduled.map((story) => ({ ...story, id: null }))).toEqual(preview.scheduled)
  })

  test('differs with another seed when nothing else tells the pictures apart', async () => {
    await addManyMedia(t.db, 40)
    const [one, two, again] = [
      await createSchedule(['--dry-run', '--seed', 'one']),
      await createSchedule(['--dry-run', '--seed', 'two']),
      await createSchedule(['--dry-run', '--seed', 'one']),
    ]
    expect(files(one)).not.toEqual(files(two))
    expect(again).toEqual(one)
  })
})

describe('the report for people', () => {
  test('shows day, time, file, channel and reason, what is missing and the runway', async () => {
    await addMedia(t.db, 'memes/cat.jpg')
    const { stdout, stderr } = await storyline(t, ['create-schedule', '--days', '1', '--verbose', '--seed', 'x'], {
      env: NO_JITTER,
    })
    expect(stdout).toContain('Scheduled 1 story (times in Europe/Berlin):')
    expect(stdout).toContain('Sat, Nov 21\t13:00\tstories/memes/cat.jpg\ttelegram\tnever posted')
    expect(stdout).toContain('Without a story: 1 slot (2026-11-21/3): no picture is free: 1 already planned')
    expect(stdout).toContain('Less than a day of content left.')
    expect(stderr).toContain('Seed: x')
  })

  test('a plan with shortfalls is no failure, and each one has its reason', async () => {
    const plan = await createSchedule(['--days', '2'])
    expect(plan.scheduled).toEqual([])
    expect(plan.shortfalls).toHaveLength(5)
    expect(plan.shortfalls[0]?.reason).toContain('no active one')
    expect(plan.runwayDays).toBe(0)
  })
})

test.each([
  ['--days 0', ['--days', '0'], 2, 'from 1 to 366'],
  ['--days seven', ['--days', 'seven'], 2, 'from 1 to 366'],
  ['--posts-per-day 51', ['--posts-per-day', '51'], 2, 'from 1 to 50'],
  ['a day that does not exist', ['--from', '2026-02-30'], 2, 'YYYY-MM-DD'],
  ['a day that is past', ['--from', '2026-11-20'], 2, 'today is 2026-11-21'],
])('%s is refused with its rule', async (_, args, exitCode, message) => {
  const ran = await storyline(t, ['create-schedule', ...args])
  expect(ran.exitCode).toBe(exitCode)
  expect(ran.stderr).toContain(message)
})

test('a category mix that makes no sense stops the run and says how to write it', async () => {
  const ran = await storyline(t, ['create-schedule'], { env: { CATEGORY_MIX: 'memes=60,products=50' } })
  expect(ran.exitCode).toBe(4)
  expect(ran.stderr).toContain('add up to 110')
})

test('an inactive picture and one that is in the queue are no candidates', async () => {
  const [inactive, queued, free] = await addManyMedia(t.db, 3)
  if (!inactive || !queued || !free) throw new Error('no media')
  await t.db.update(mediaItems).set({ isActive: false }).where(eq(mediaItems.id, inactive.id))
  await addItem(t.db, queued, { scheduledFor: fromNow(60 * DAY_MS) })
  expect(files(await createSchedule(['--days', '3']))).toEqual([free.filePath])
})
