import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { addHistory, addMedia, DAY_MS, emptyTables, fromNow, HOUR_MS, NOW, storyline } from '../schedule/commanding.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let t: TestDatabase
beforeAll(async () => {
  t = await createTestDatabase()
})
beforeEach(() => emptyTables(t.db))
afterAll(() => t.drop())

async function names(...flags: string[]): Promise<string[]> {
  const { json } = await storyline(t, ['history', '--json', ...flags])
  return (json.items as unknown as { file: string }[]).map(({ file }) => file.replace(/^stories\/|\.jpg$/g, ''))
}

async function addStory(name: string, daysAgo: number, values: Parameters<typeof addHistory>[2] = {}) {
  const media = await addMedia(t.db, `${name}.jpg`)
  return addHistory(t.db, media, { queueDeletedAt: fromNow(-daysAgo * DAY_MS), ...values })
}

test('--json tells how each story ended, newest first', async () => {
  const missed = await addStory('memes/missed', 2, { status: 'missed', reason: 'more than 120 minutes late' })
  const posted = await addStory('memes/posted', 1, { settledBy: '@sarah' })
  const { json } = await storyline(t, ['history', '--json'])
  expect(json).toEqual({
    items: [
      {
        id: posted.id,
        queueItemId: posted.queueItemId,
        file: 'stories/memes/posted.jpg',
        status: 'posted',
        reason: null,
        postedAt: '2026-11-20T09:00:00+01:00',
        by: '@sarah',
        channel: 'telegram',
      },
      {
        id: missed.id,
        queueItemId: missed.queueItemId,
        file: 'stories/memes/missed.jpg',
        status: 'missed',
        reason: 'more than 120 minutes late',
        postedAt: null,
        by: null,
        channel: 'telegram',
      },
    ],
  })
})

test('is ordered by when a story was posted, else by when it ended', async () => {
  await addStory('old', 5)
  await addStory('recorded-late', 1, { postedAt: fromNow(-6 * DAY_MS) })
  await addStory('skipped', 3, { status: 'skipped' })
  expect(await names()).toEqual(['skipped', 'old', 'recorded-late'])
})

test('leaves out what was undone', async () => {
  await addStory('undone', 1, { undoneAt: NOW })
  await addStory('done', 2)
  expect(await names()).toEqual(['done'])
})

test('filters by status, time and file, and shows 20 unless told otherwise', async () => {
  for (let i = 1; i <= 25; i++) await addStory(`memes/picture-${i}`, i)
  await addStory('products/Red_Shoe', 0.5, { status: 'rejected' })
  expect(await names()).toHaveLength(20)
  expect(await names('--limit', '3')).toEqual(['products/Red_Shoe', 'memes/picture-1', 'memes/picture-2'])
  expect(await names('--status', 'rejected')).toEqual(['products/Red_Shoe'])
  expect(await names('--since', '36h')).toEqual(['products/Red_Shoe', 'memes/picture-1'])
  // Midnight in Berlin, not in UTC: two days ago at 09:00 is in, three days ago is not.
  expect(await names('--since', '2026-11-19')).toEqual(['products/Red_Shoe', 'memes/picture-1', 'memes/picture-2'])
  expect(await names('--file', 'red_shoe')).toEqual(['products/Red_Shoe'])
  // A pattern character is text.
  expect(await names('--file', 'red%')).toEqual([])
  const { stdout } = await storyline(t, ['history', '--limit', '2'])
  expect(stdout).toContain('26 stories; the newest 2 are shown')
})

test('shows people the time, who did it and why', async () => {
  await addStory('cat', 1, {
    status: 'skipped',
    settledBy: 'Ana',
    storyNumber: 47,
    reason: 'too similar',
    queueDeletedAt: fromNow(-HOUR_MS),
  })
  const { stdout } = await storyline(t, ['history'])
  expect(stdout).toContain('today 08:00 (1 hour ago)\t#47')
  expect(stdout).toContain('skipped\tstories/cat.jpg\tAna\ttoo similar')
})

test('says when there is nothing, and why', async () => {
  expect((await storyline(t, ['history'])).stdout).toContain('No story has ended yet')
  await addStory('cat', 1)
  expect((await storyline(t, ['history', '--status', 'failed'])).stdout).toContain('No past story fits')
})

test.each([
  ['--limit', '0'],
  ['--status', 'done'],
  ['--since', 'yesterday'],
])('%s %s is a usage error', async (flag, value) => {
  expect((await storyline(t, ['history', flag, value])).exitCode).toBe(2)
})
