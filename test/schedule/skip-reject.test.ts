import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { mediaPostingLocks, postingHistory, postingQueue, telegramCards } from '../../src/db/schema.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { AS_STATUS, addItem, addManyMedia, addMedia, DAY_MS, emptyTables, NOW, storyline } from './commanding.ts'

let t: TestDatabase
beforeAll(async () => {
  t = await createTestDatabase()
})
beforeEach(() => emptyTables(t.db))
afterAll(() => t.drop())

const historyOf = async (id: string) => {
  const [row] = await t.db.select().from(postingHistory).where(eq(postingHistory.queueItemId, id))
  return row
}
const locks = () => t.db.select().from(mediaPostingLocks)

describe.each([
  ['skip', 'skipped', 'skip'],
  ['reject', 'rejected', 'rejected'],
] as const)('%s', (command, status, lockReason) => {
  test('ends the story by the operator, locks the picture and has its card edited', async () => {
    const media = await addMedia(t.db, 'cat.jpg')
    const item = await addItem(t.db, media, { ...AS_STATUS.awaiting_team, slot: '2026-11-21/2' })
    await t.db.insert(telegramCards).values({ queueItemId: item.id, kind: 'card', chatId: -100, messageId: 7 })
    const { exitCode, json } = await storyline(t, [command, '#1', '--reason', 'wrong logo', '--json'])
    expect([exitCode, json]).toMatchObject([
      0,
      { [status]: [{ id: item.id, slot: '2026-11-21/2', file: 'stories/cat.jpg', already: false }], failed: [] },
    ])
    expect(await historyOf(item.id)).toMatchObject({ status, reason: 'wrong logo', settledBy: 'operator' })
    expect(await locks()).toMatchObject([{ mediaItemId: media.id, lockReason }])
    expect((await t.db.select().from(telegramCards))[0]?.editDueAt).not.toBeNull()
    expect(await t.db.$count(postingQueue)).toBe(0)
  })

  test('of one that ended like this before changes nothing; of one that ended otherwise is refused', async () => {
    const item = await addItem(t.db, await addMedia(t.db, 'cat.jpg'))
    await storyline(t, [command, item.id])
    expect(await storyline(t, [command, item.id])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(`Had been ${status} before: #1`),
    })
    const other = command === 'skip' ? 'reject' : 'skip'
    const refused = await storyline(t, [other, item.id])
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('storyline undo 1')])
    expect(await t.db.$count(postingHistory)).toBe(1)
  })

  test('of many goes on after one that may have been sent, and exits 3', async () => {
    const [one, two] = await addManyMedia(t.db, 2)
    if (!one || !two) throw new Error('no media')
    const doubtful = await addItem(t.db, one, AS_STATUS.unconfirmed)
    const item = await addItem(t.db, two)
    const ran = await storyline(t, [command, doubtful.id, item.id, '--json'])
    expect([ran.exitCode, ran.json]).toMatchObject([
      3,
      { [status]: [{ id: item.id }], failed: [{ message: expect.stringContaining('confirm') }] },
    ])
  })

  test('leaves alone what may be live', async () => {
    const item = await addItem(t.db, await addMedia(t.db, 'cat.jpg'), { instagramSends: 1 })
    const ran = await storyline(t, [command, item.id])
    expect([ran.exitCode, ran.stderr]).toEqual([1, expect.stringContaining('may be live')])
    expect(await locks()).toEqual([])
  })

  test('from two terminals at once leaves one record', async () => {
    const item = await addItem(t.db, await addMedia(t.db, 'cat.jpg'))
    const runs = await Promise.all([1, 2, 3].map(() => storyline(t, [command, item.id])))
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0])
    expect([await t.db.$count(postingHistory), (await locks()).length]).toEqual([1, 1])
  })
})

test('a skipped picture rests for SKIP_TTL_DAYS, a rejected one for ever', async () => {
  const [one, two] = await addManyMedia(t.db, 2)
  if (!one || !two) throw new Error('no media')
  await storyline(t, ['skip', (await addItem(t.db, one)).id], { env: { SKIP_TTL_DAYS: '3' } })
  await storyline(t, ['reject', (await addItem(t.db, two)).id])
  const until = (await locks()).map(({ lockReason, lockedAt, lockedUntil }) => {
    return [lockReason, lockedUntil && lockedUntil.getTime() - lockedAt.getTime()]
  })
  expect(new Map(until as [string, number | null][])).toEqual(
    new Map([
      ['skip', 3 * DAY_MS],
      ['rejected', null],
    ]),
  )
})

describe('confirm of a story that is with the team', () => {
  test('--posted records it, with lock and counters', async () => {
    const item = await addItem(t.db, await addMedia(t.db, 'cat.jpg'), AS_STATUS.awaiting_team)
    const { exitCode, json } = await storyline(t, ['confirm', '1', '--posted', '--json'])
    expect([exitCode, json]).toMatchObject([0, { answer: 'posted', status: 'posted' }])
    expect(await historyOf(item.id)).toMatchObject({ status: 'posted', settledBy: 'operator' })
    expect(await locks()).toMatchObject([{ lockReason: 'recent_post' }])
  })

  test.each(['--sent', '--not-posted'])('%s is refused, with what to do instead', async (answer) => {
    const item = await addItem(t.db, await addMedia(t.db, 'cat.jpg'), AS_STATUS.awaiting_team)
    const ran = await storyline(t, ['confirm', item.id, answer])
    expect([ran.exitCode, ran.stderr]).toEqual([1, expect.stringContaining('storyline cancel 1')])
    expect(await t.db.$count(postingQueue)).toBe(1)
  })
})

describe('--now', () => {
  test('reschedule: due with the next tick', async () => {
    const item = await addItem(t.db, await addMedia(t.db, 'cat.jpg'))
    expect((await storyline(t, ['reschedule', item.id, '--now'])).exitCode).toBe(0)
    expect(await t.db.select().from(postingQueue)).toMatchObject([{ scheduledFor: NOW }])
  })

  test.each([
    ['reschedule', '1'],
    ['add-to-queue', 'dog.jpg'],
    ['retry', '1'],
    ['undo', '1'],
  ])('%s refuses it beside another time', async (...words) => {
    await addItem(t.db, await addMedia(t.db, 'cat.jpg'))
    await addMedia(t.db, 'dog.jpg')
    const ran = await storyline(t, [...words, '--now', '--in', '2h'])
    expect([ran.exitCode, ran.stderr]).toEqual([2, expect.stringContaining('--in and --now exclude each other')])
  })
})
