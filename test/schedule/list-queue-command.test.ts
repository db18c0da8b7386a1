import { gte } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { postingQueue, QUEUE_STATUSES } from '../../src/db/schema.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  AS_STATUS,
  addItem,
  addManyMedia,
  addMedia,
  DAY_MS,
  emptyTables,
  fromNow,
  HOUR_MS,
  storyline,
} from './commanding.ts'

let t: TestDatabase
beforeAll(async () => {
  t = await createTestDatabase()
})
beforeEach(() => emptyTables(t.db))
afterAll(() => t.drop())

/** One story of each status, an hour apart, in the order of the statuses. */
async function addOneOfEach() {
  const media = await addManyMedia(t.db, QUEUE_STATUSES.length)
  const items = []
  for (const [i, status] of QUEUE_STATUSES.entries()) {
    const one = media[i]
    if (one)
      items.push(
        await addItem(t.db, one, {
          ...AS_STATUS[status],
          slot: `2026-11-21/${i + 1}`,
          scheduledFor: fromNow((i + 1) * HOUR_MS),
        }),
      )
  }
  return items
}

test('--json has every story in the order of time', async () => {
  const items = await addOneOfEach()
  const { json } = await storyline(t, ['list-queue', '--json'])
  expect(json).toEqual({
    items: items.map(({ id, slot, status, attempt, lastError }, i) => ({
      id,
      slot,
      status,
      scheduledFor: `2026-11-21T${String(10 + i).padStart(2, '0')}:00:00+01:00`,
      file: `stories/memes/picture-${i}.jpg`,
      channel: 'telegram',
      attempt,
      lastError,
    })),
  })
})

test('says what each story waits for, in local time, and since when the team has it', async () => {
  const items = await addOneOfEach()
  const { stdout } = await storyline(t, ['list-queue'])
  const lines = stdout.split('\n').map((line) => line.split('\t'))
  expect(lines[0]).toEqual([
    'Story',
    'Id',
    'When (Europe/Berlin)',
    'Status',
    'File',
    'Channel',
    'Waits for',
    'Last error',
  ])
  expect(lines[1]?.[2]).toBe('today 10:00 (in 1 hour)')
  expect(lines.slice(1, 6).map((cells) => [cells[3], cells[6], cells[7]])).toEqual([
    ['pending', 'its time', ''],
    ['processing', 'Telegram: being sent', ''],
    ['retrying', 'the next try at 10:00', 'Telegram is busy'],
    ['awaiting_team', 'the team, asked 2 hours ago', ''],
    ['unconfirmed', `you: storyline confirm ${items[4]?.id.slice(0, 8)}`, 'the reply was lost'],
  ])
  expect(stdout).toContain('5 stories: 1 pending, 1 processing, 1 retrying, 1 awaiting_team, 1 unconfirmed')
  expect(stdout).toContain('Next: #1 stories/memes/picture-0.jpg, Nov 21, 2026, 10:00 AM GMT+1 (in 1 hour)')
})

test('an overdue story waits for the next tick, and a sample for nothing', async () => {
  await addItem(t.db, await addMedia(t.db, 'late.jpg'), { scheduledFor: fromNow(-HOUR_MS) })
  await addItem(t.db, await addMedia(t.db, 'sample.jpg', { isSample: true }), { scheduledFor: fromNow(-2 * HOUR_MS) })
  await addItem(t.db, await addMedia(t.db, 'gone.jpg'), { scheduledFor: fromNow(-3 * HOUR_MS), storyNumber: 47 })
  const { stdout } = await storyline(t, ['list-queue'])
  expect(stdout).toContain('stories/late.jpg\ttelegram\tthe next tick')
  expect(stdout).toContain('stories/sample.jpg\ttelegram\tnothing: samples are never sent')
  expect(stdout).toContain('stories/gone.jpg\ttelegram\tyou: storyline reschedule 47, or it is missed')
  expect(stdout).toContain('Next: #47 stories/gone.jpg')
})

test('what is late in a pause waits for somebody who ends it', async () => {
  await addItem(t.db, await addMedia(t.db, 'late.jpg'), { scheduledFor: fromNow(-HOUR_MS) })
  await addItem(t.db, await addMedia(t.db, 'later.jpg'), { scheduledFor: fromNow(HOUR_MS) })
  await storyline(t, ['pause', '--reason', 'stocktaking'])
  const { stdout } = await storyline(t, ['list-queue'])
  expect(stdout).toMatch(/^Paused by operator .*: stocktaking\. Nothing is sent\. Go on with: storyline resume\n/)
  expect(stdout).toContain('stories/late.jpg\ttelegram\tyou: storyline resume')
  expect(stdout).toContain('stories/later.jpg\ttelegram\tits time')
  await storyline(t, ['resume'])
  expect((await storyline(t, ['list-queue'])).stdout).not.toContain('storyline resume')
})

test('the count is of all that fit, whatever the limit', async () => {
  const media = await addManyMedia(t.db, 8)
  for (const [i, one] of media.entries()) await addItem(t.db, one, { scheduledFor: fromNow((7 - i) * DAY_MS) })
  const { stdout } = await storyline(t, ['list-queue', '--limit', '3'])
  const shown = stdout.split('\n').filter((line) => line.startsWith('#'))
  expect(shown.map((line) => line.split('\t')[0])).toEqual(['#8', '#7', '#6'])
  expect(stdout).toContain('8 stories: 8 pending; the first 3 are shown')
  await t.db.update(postingQueue).set(AS_STATUS.awaiting_team).where(gte(postingQueue.storyNumber, 6))
  const cut = (await storyline(t, ['list-queue', '--limit', '3'])).stdout
  expect(cut).toContain('the first 3 are shown\nNext: not among those that are shown.\n')
  await t.db.update(postingQueue).set({ status: 'pending', sentAt: null, telegramMessageId: null })
  const { json } = await storyline(t, ['list-queue', '--days', '2', '--json'])
  expect(json.items).toHaveLength(3)
})

test('filters by status', async () => {
  const items = await addOneOfEach()
  for (const [i, status] of QUEUE_STATUSES.entries()) {
    const { json } = await storyline(t, ['list-queue', '--status', status, '--json'])
    expect(json.items).toEqual([expect.objectContaining({ id: items[i]?.id, status })])
  }
  expect((await storyline(t, ['list-queue', '--status', 'done'])).exitCode).toBe(2)
})

test('an empty queue says why it is empty and what to do', async () => {
  expect((await storyline(t, ['list-queue'])).stdout).toContain('storyline index-media')
  expect((await storyline(t, ['list-queue', '--json'])).json).toEqual({ items: [] })

  await addManyMedia(t.db, 2)
  const planless = await storyline(t, ['list-queue'])
  expect(planless.stdout).toContain('2 active pictures')
  expect(planless.stdout).toContain('storyline create-schedule')

  await addItem(t.db, await addMedia(t.db, 'cat.jpg'))
  const filtered = await storyline(t, ['list-queue', '--status', 'unconfirmed'])
  expect(filtered.stdout).toContain('Nothing in the queue fits; without the filter there is 1 story')
})
