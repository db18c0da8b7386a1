import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openAlert } from '../../src/alerts/alerts.ts'
import { AlertSubject } from '../../src/alerts/subjects.ts'
import { alerts, HISTORY_STATUSES, mediaItems, postingQueue } from '../../src/db/schema.ts'
import { findObstacle, type QueueingFacts } from '../../src/schedule/queue-media.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  addHistory,
  addItem,
  addLock,
  addMedia,
  DAY_MS,
  emptyTables,
  fromNow,
  HOUR_MS,
  NOW,
  storyline,
} from './commanding.ts'

let t: TestDatabase
beforeAll(async () => {
  t = await createTestDatabase()
})
beforeEach(() => emptyTables(t.db))
afterAll(() => t.drop())

describe('whether a picture may be queued by hand', () => {
  const free: QueueingFacts = { isActive: true, problem: null, queued: null, locks: [], stories: [] }
  const lock = (lockedUntil: Date | null) => ({ locks: [{ reason: 'skip' as const, lockedUntil, file: 'a.jpg' }] })
  const story = (days: number) => ({ stories: [{ at: fromNow(days * DAY_MS), file: 'b.jpg', isPosted: days < 0 }] })

  test.each([
    ['a free one', {}, null, null],
    ['an inactive one', { isActive: false }, 'media_inactive', 'media_inactive'],
    ['one in the queue', { queued: { storyNumber: 8, at: NOW } }, 'already_queued', 'already_queued'],
    ['one locked for ever', lock(null), 'media_locked', null],
    ['one locked beyond the time', lock(fromNow(1)), 'media_locked', null],
    ['one whose lock ends at the time', lock(NOW), null, null],
    ['one whose copy was posted 6 days ago', story(-6), 'media_repeats', null],
    ['one whose copy was posted 7 days ago', story(-7), null, null],
    ['one whose copy is planned in 6 days', story(6), 'media_repeats', null],
    ['one whose copy is planned in 7 days', story(7), null, null],
  ])('%s', (_, facts, expected, forced) => {
    const rule = { at: NOW, avoidRepostDays: 7, timeZone: 'Europe/Berlin' }
    expect(findObstacle({ ...free, ...facts }, { ...rule, force: false })?.code ?? null).toBe(expected)
    expect(findObstacle({ ...free, ...facts }, { ...rule, force: true })?.code ?? null).toBe(forced)
  })
})

describe('add-to-queue', () => {
  test('plans a picture without a slot, due now, and answers where it stands', async () => {
    const media = await addMedia(t.db, 'memes/cat.jpg')
    const { json, exitCode } = await storyline(t, ['add-to-queue', 'cat.jpg', '--json'])
    expect(exitCode).toBe(0)
    expect(json).toMatchObject({
      storyNumber: 1,
      mediaItemId: media.id,
      file: 'stories/memes/cat.jpg',
      scheduledFor: '2026-11-21T09:00:00+01:00',
      channel: 'telegram',
    })
    const [item] = await t.db.select().from(postingQueue)
    expect(item).toMatchObject({ id: json.id, slot: null, status: 'pending', scheduledFor: NOW })
  })

  test('echoes a typed time in local time and in UTC', async () => {
    await addMedia(t.db, 'cat.jpg')
    const { stdout } = await storyline(t, ['add-to-queue', 'cat.jpg', '--at', '2026-11-22 14:30'])
    expect(stdout).toContain('for Nov 22, 2026, 2:30 PM GMT+1 (2026-11-22 13:30 UTC, in 1 day)')
  })

  test('--dry-run judges the same and writes nothing', async () => {
    await addMedia(t.db, 'cat.jpg')
    const { json } = await storyline(t, ['add-to-queue', 'cat.jpg', '--dry-run', '--json'])
    expect(json).toMatchObject({ id: null, dryRun: true, file: 'stories/cat.jpg' })
    expect(await t.db.$count(postingQueue)).toBe(0)
  })

  test('refuses what is already in the queue with its time, even by force', async () => {
    await addItem(t.db, await addMedia(t.db, 'cat.jpg'), { scheduledFor: new Date('2026-11-22T13:30:00Z') })
    const ran = await storyline(t, ['add-to-queue', 'cat.jpg', '--force', '--json'])
    expect(ran.exitCode).toBe(1)
    expect(ran.json).toMatchObject({
      error: { code: 'already_queued', message: expect.stringContaining('Nov 22, 2026, 2:30 PM') },
    })
  })

  test('a lock of any copy counts until it ends, and --force overrides it', async () => {
    const copy = await addMedia(t.db, 'copy.jpg', { content: 'cat', isActive: false })
    await addMedia(t.db, 'cat.jpg', { content: 'cat' })
    await addLock(t.db, copy, 'skip', fromNow(DAY_MS))
    const refused = await storyline(t, ['add-to-queue', 'cat.jpg'])
    expect(refused.exitCode).toBe(1)
    expect(refused.stderr).toContain('is locked until Nov 22, 2026')
    expect(refused.stderr).toContain('skip, stories/copy.jpg')
    expect((await storyline(t, ['add-to-queue', 'cat.jpg', '--in', '25h', '--dry-run'])).exitCode).toBe(0)
    expect((await storyline(t, ['add-to-queue', 'cat.jpg', '--force'])).exitCode).toBe(0)
  })

  test.each([
    ['planned', async () => void (await addItem(t.db, await addMedia(t.db, 'copy.jpg', { content: 'cat' })))],
    ['posted', async () => void (await addHistory(t.db, await addMedia(t.db, 'copy.jpg', { content: 'cat' })))],
  ])('the same picture under another name, %s lately, is refused unless --force', async (what, prepare) => {
    await prepare()
    await addMedia(t.db, 'cat.jpg', { content: 'cat' })
    const refused = await storyline(t, ['add-to-queue', 'cat.jpg'])
    expect(refused.exitCode).toBe(1)
    expect(refused.stderr).toContain(`the same picture ${what === 'planned' ? 'is' : 'was'} ${what}`)
    expect((await storyline(t, ['add-to-queue', 'cat.jpg', '--force'])).exitCode).toBe(0)
  })

  test('two copies at once: one is queued, the other is told of it', async () => {
    await addMedia(t.db, 'one.jpg', { content: 'cat' })
    await addMedia(t.db, 'two.jpg', { content: 'cat' })
    const runs = await Promise.all([
      storyline(t, ['add-to-queue', 'one.jpg']),
      storyline(t, ['add-to-queue', 'two.jpg']),
    ])
    expect(runs.map(({ exitCode }) => exitCode).sort()).toEqual([0, 1])
    expect(await t.db.$count(postingQueue)).toBe(1)
  })

  test('an unknown picture is named', async () => {
    const ran = await storyline(t, ['add-to-queue', 'dog.jpg'])
    expect(ran.exitCode).toBe(1)
    expect(ran.stderr).toContain('dog.jpg')
  })
})

describe('retry', () => {
  test.each(HISTORY_STATUSES)('of a %s story', async (status) => {
    const media = await addMedia(t.db, 'cat.jpg')
    const ended = fromNow(-20 * DAY_MS)
    await addHistory(t.db, media, {
      status,
      storyNumber: 47,
      queueDeletedAt: ended,
      settledBy: '@sarah',
      slot: '2026-11-01/1',
    })
    const needsForce = ['posted', 'skipped', 'rejected'].includes(status)
    const ran = await storyline(t, ['retry', '47'])
    expect(ran.exitCode).toBe(needsForce ? 1 : 0)
    if (needsForce) {
      expect(ran.stderr).toContain('by @sarah')
      expect(await t.db.$count(postingQueue)).toBe(0)
      expect((await storyline(t, ['retry', '47', '--force'])).exitCode).toBe(0)
    }
    expect(await t.db.$count(postingQueue)).toBe(1)
  })

  test('makes a new story of its own, closes the alert, and refuses a second one', async () => {
    const media = await addMedia(t.db, 'cat.jpg')
    const history = await addHistory(t.db, media, { status: 'failed', storyNumber: 47, slot: '2026-11-20/1' })
    const subject = AlertSubject.failed(history.queueItemId ?? '')
    await openAlert(t.db, { subject, severity: 'critical', summary: 'failed' })

    const preview = await storyline(t, ['retry', '47', '--dry-run', '--json'])
    expect(preview.json).toMatchObject({ id: null, retryOf: history.id, dryRun: true })
    expect((await t.db.select().from(alerts))[0]).toMatchObject({ state: 'open' })

    const { json } = await storyline(t, ['retry', history.queueItemId?.slice(0, 8) ?? '', '--at', '14:30', '--json'])
    expect(json).toMatchObject({
      retryOf: history.id,
      file: 'stories/cat.jpg',
      scheduledFor: '2026-11-21T14:30:00+01:00',
    })
    const [item] = await t.db.select().from(postingQueue)
    expect(item).toMatchObject({ id: json.id, retryOf: history.id, slot: null, status: 'pending' })
    expect((await t.db.select().from(alerts))[0]).toMatchObject({ state: 'resolved' })

    const again = await storyline(t, ['retry', history.id])
    expect(again.exitCode).toBe(1)
    expect(again.stderr).toContain('already in the queue')
  })

  test('of a picture whose file is gone says so', async () => {
    const media = await addMedia(t.db, 'cat.jpg')
    await addHistory(t.db, media, { status: 'failed', storyNumber: 47 })
    await t.db
      .update(mediaItems)
      .set({ isActive: false, problem: 'pixels cannot be decoded' })
      .where(eq(mediaItems.id, media.id))
    const ran = await storyline(t, ['retry', '47', '--force'])
    expect(ran.exitCode).toBe(1)
    expect(ran.stderr).toContain('inactive: pixels cannot be decoded')
  })

  test('of a picture that was posted since needs --force', async () => {
    const media = await addMedia(t.db, 'cat.jpg')
    await addHistory(t.db, media, { status: 'failed', storyNumber: 47, queueDeletedAt: fromNow(-2 * HOUR_MS) })
    await addHistory(t.db, media, { status: 'posted', storyNumber: 48 })
    const ran = await storyline(t, ['retry', '47'])
    expect(ran.exitCode).toBe(1)
    expect(ran.stderr).toContain('the same picture was posted')
  })
})
