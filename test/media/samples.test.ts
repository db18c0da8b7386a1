import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { mediaPostingLocks, postingHistory, postingQueue } from '../../src/db/schema.ts'
import { retireSamples } from '../../src/media/samples.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Bench, bench, createFolder, emptyDatabase, picture } from './library.ts'

let database: TestDatabase
let library: Bench

beforeAll(async () => {
  database = await createTestDatabase()
})
beforeEach(() => {
  library = bench(database, createFolder())
  const sha256 = [0, 1, 2].map((seed) => createHash('sha256').update(picture(seed)).digest('hex'))
  library.folder.write('stories/.samples.json', { sha256 })
  for (const seed of [0, 1, 2]) library.folder.write(`stories/memes/sample${seed}.jpg`, picture(seed))
})
afterEach(async () => {
  library.folder.remove()
  await emptyDatabase(database)
})
afterAll(() => database.drop())

async function queueSamples(): Promise<void> {
  const rows = await library.rows()
  await database.db.insert(postingQueue).values(
    rows.map(({ id }, i) => ({
      mediaItemId: id,
      slot: `2026-11-22/${i + 1}`,
      scheduledFor: new Date('2026-11-22T10:00:00Z'),
    })),
  )
}

test('samples are recognised by their content, tagged, and active while they are alone', async () => {
  expect(await library.index()).toMatchObject({ added: 3, retired: 0 })
  for (const row of await library.rows())
    expect(row).toMatchObject({ isSample: true, isActive: true, tags: ['sample'] })
})

test('the first own picture retires the samples and cancels their stories, each with a record', async () => {
  await library.index()
  await queueSamples()
  library.folder.write('stories/memes/own.jpg', picture(50))
  expect(await library.index('--dry-run')).toMatchObject({ added: 1, retired: 3 })
  expect(await database.db.select().from(postingQueue)).toHaveLength(3)

  expect(await library.index()).toMatchObject({ added: 1, retired: 3, unchanged: 3, exitCode: 0 })
  expect(await library.row('stories/memes/own.jpg')).toMatchObject({ isSample: false, isActive: true })
  expect(await library.row('stories/memes/sample0.jpg')).toMatchObject({ isActive: false, problem: 'sample retired' })
  expect(await database.db.select().from(postingQueue)).toEqual([])
  const history = await database.db.select().from(postingHistory)
  expect(history).toHaveLength(3)
  for (const row of history) expect(row).toMatchObject({ status: 'cancelled', success: false, settledBy: null })
  expect(await database.db.select().from(mediaPostingLocks)).toEqual([])
})

test('retired samples stay retired, also when the own picture is gone again', async () => {
  await library.index()
  library.folder.write('stories/own.jpg', picture(50))
  await library.index()
  expect(await library.index()).toMatchObject({ retired: 0, unchanged: 4, updated: 0 })
  rmSync(library.folder.at('stories/own.jpg'))
  await library.index()
  expect((await library.rows()).filter(({ isActive }) => isActive)).toEqual([])
})

test('samples that arrive together with own pictures never become active', async () => {
  library.folder.write('stories/own.jpg', picture(50))
  expect(await library.index()).toMatchObject({ added: 1, retired: 3 })
  expect((await library.rows()).filter(({ isActive }) => isActive).map(({ fileName }) => fileName)).toEqual(['own.jpg'])
})

test('an own picture over a sample is an own picture', async () => {
  await library.index()
  library.folder.write('stories/memes/sample0.jpg', picture(60), new Date('2026-11-02T00:00:00Z'))
  await library.index()
  expect(await library.row('stories/memes/sample0.jpg')).toMatchObject({ isSample: false, isActive: true, tags: [] })
  expect(await library.row('stories/memes/sample1.jpg')).toMatchObject({ isActive: false })
})

test('removed samples are no reason to suspect a lost disk', async () => {
  await library.index()
  for (const seed of [0, 1, 2]) rmSync(library.folder.at(`stories/memes/sample${seed}.jpg`))
  expect(await library.index()).toMatchObject({ retired: 3, exitCode: 0 })
})

test('cleaning up retires samples without an own picture, and once', async () => {
  await library.index()
  await queueSamples()
  expect(await retireSamples(library.context())).toEqual({ retired: 3, cancelled: 3 })
  expect(await retireSamples(library.context())).toEqual({ retired: 0, cancelled: 0 })
  expect(await library.index()).toMatchObject({ unchanged: 3, updated: 0 })
})
