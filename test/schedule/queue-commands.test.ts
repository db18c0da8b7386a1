import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openAlert } from '../../src/alerts/alerts.ts'
import { AlertSubject } from '../../src/alerts/subjects.ts'
import {
  alerts,
  mediaPostingLocks,
  postingHistory,
  postingQueue,
  QUEUE_STATUSES,
  telegramCards,
} from '../../src/db/schema.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  AS_STATUS,
  addHistory,
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

const itemNow = async (id: string) => {
  const [item] = await t.db.select().from(postingQueue).where(eq(postingQueue.id, id))
  return item
}
const historyOf = async (id: string) => {
  const [row] = await t.db.select().from(postingHistory).where(eq(postingHistory.queueItemId, id))
  return row
}
const openAlerts = async () =>
  (await t.db.select().from(alerts).where(eq(alerts.state, 'open'))).map(({ subject }) => subject)

describe('what each status allows', () => {
  const ALLOWED: Record<string, readonly string[]> = {
    'reschedule --in 2h': ['pending', 'retrying'],
    cancel: ['pending', 'retrying', 'awaiting_team'],
    skip: ['pending', 'retrying', 'awaiting_team'],
    reject: ['pending', 'retrying', 'awaiting_team'],
    undo: [],
    retry: [],
    'confirm --posted': ['unconfirmed', 'awaiting_team'],
    'confirm --not-posted': ['unconfirmed'],
    'confirm --sent': ['unconfirmed'],
  }
  const table = Object.keys(ALLOWED).flatMap((command) => QUEUE_STATUSES.map((status) => [command, status] as const))

  test.each(table)('%s of a %s story', async (command, status) => {
    const item = await addItem(t.db, await addMedia(t.db, 'cat.jpg'), { ...AS_STATUS[status], slot: '2026-11-21/2' })
    const [name = '', ...flags] = command.split(' ')
    const isAllowed = ALLOWED[command]?.includes(status) ?? false

    const preview = await storyline(t, [name, item.id, ...flags, '--dry-run'])
    expect(preview.exitCode).toBe(isAllowed ? 0 : 1)
    expect(await itemNow(item.id)).toEqual(item)

    const ran = await storyline(t, [name, item.id, ...flags])
    expect(ran.exitCode).toBe(isAllowed ? 0 : 1)
    if (isAllowed) return
    expect(await itemNow(item.id)).toEqual(item)
    expect(ran.stderr).toContain(`#${item.storyNumber}`)
  })

  test('a story that is claimed, but for which nothing was sent yet, can be cancelled', async () => {
    const claimed = { ...AS_STATUS.processing, effect: null, effectStartedAt: null }
    const item = await addItem(t.db, await addMedia(t.db, 'cat.jpg'), claimed)
    expect((await storyline(t, ['cancel', item.id])).exitCode).toBe(0)
    expect(await historyOf(item.id)).toMatchObject({ status: 'cancelled' })
  })
})

describe('naming a story', () => {
  test('by number, by number with #, by the beginning of the id in any case, by the whole id', async () => {
    const id = 'abcd1234-0000-4000-8000-000000000001'
    const item = await addItem(t.db, await addMedia(t.db, 'cat.jpg'), { id, storyNumber: 47 })
    for (const typed of ['47', '#47', 'abcd', 'ABCD1234', id]) {
      const { json, exitCode } = await storyline(t, ['cancel', typed, '--dry-run', '--json'])
      expect([typed, exitCode, json.cancelled]).toEqual([
        typed,
        0,
        [expect.objectContaining({ id: item.id, storyNumber: 47 })],
      ])
    }
  })

  test('by a number that is also the beginning of another id is refused with both', async () => {
    const [one, two] = await addManyMedia(t.db, 2)
    if (!one || !two) throw new Error('no media')
    await addItem(t.db, one, { storyNumber: 4711 })
    await addItem(t.db, two, { id: '47110000-0000-4000-8000-000000000001', storyNumber: 9 })
    const ran = await storyline(t, ['cancel', '4711'])
    expect(ran.exitCode).toBe(1)
    expect(ran.stderr).toContain('#4711')
    expect(ran.stderr).toContain('#9')
    expect((await storyline(t, ['cancel', '#4711'])).exitCode).toBe(0)
  })

  test.each([
    ['abc', 1, 'No story of "abc"'],
    ['cat.jpg', 1, 'No story of "cat.jpg"'],
    ['%%%%', 1, 'No story of "%%%%"'],
    ['  ', 2, 'A story is missing'],
    ['999', 1, 'No story "999"'],
    ['abcdef', 1, 'No story "abcdef"'],
  ])('"%s" exits %i', async (typed, exitCode, message) => {
    const ran = await storyline(t, ['cancel', typed])
    expect(ran.exitCode).toBe(exitCode)
    expect(ran.stderr).toContain(message)
  })

  test('may be named by its picture: the open story of it, and never one that ended', async () => {
    const [cat, dog] = [await addMedia(t.db, 'memes/cat.jpg'), await addMedia(t.db, 'memes/dög.jpg')]
    const twin = await addMedia(t.db, 'products/cat.jpg')
    await addHistory(t.db, cat, { status: 'skipped', storyNumber: 3, queueDeletedAt: fromNow(-40 * DAY_MS) })
    expect((await storyline(t, ['skip', 'cat.jpg'])).exitCode).toBe(1)
    await addItem(t.db, cat, { storyNumber: 47, scheduledFor: fromNow(HOUR_MS) })
    await addItem(t.db, dog, { storyNumber: 48, scheduledFor: fromNow(2 * HOUR_MS) })
    expect((await storyline(t, ['reschedule', 'dög.jpg'.normalize('NFD'), '--in', '3h', '--json'])).json).toMatchObject(
      {
        storyNumber: 48,
      },
    )
    await addItem(t.db, twin, { storyNumber: 49, scheduledFor: fromNow(3 * HOUR_MS) })
    const both = await storyline(t, ['cancel', 'cat.jpg'])
    expect([both.exitCode, both.stderr]).toEqual([
      1,
      expect.stringMatching(/fits more than one story:\n +#47 .*\n +#49 /),
    ])
    expect((await storyline(t, ['reschedule', 'dög', '--in', '4h', '--json'])).json).toMatchObject({ storyNumber: 48 })
    const { json } = await storyline(t, ['cancel', 'stories/memes/cat.jpg', '--json'])
    expect(json.cancelled).toMatchObject([{ storyNumber: 47 }])
  })

  test('that is settled says who did it and when', async () => {
    const at = new Date('2026-11-20T13:30:00Z')
    const media = await addMedia(t.db, 'cat.jpg')
    await addHistory(t.db, media, { storyNumber: 47, settledBy: '@sarah', queueDeletedAt: at, postedAt: at })
    for (const argv of [
      ['cancel', '47'],
      ['reschedule', '47', '--in', '1h'],
      ['confirm', '47', '--posted'],
    ]) {
      const ran = await storyline(t, argv)
      expect(ran.exitCode).toBe(1)
      expect(ran.stderr).toContain('was posted by @sarah on Nov 20, 2026, 2:30 PM GMT+1')
    }
  })
})

describe('reschedule', () => {
  test('moves the time, keeps the slot, and echoes local time and UTC', async () => {
    const item = await addItem(t.db, await addMedia(t.db, 'cat.jpg'), { slot: '2026-11-21/2' })
    const { stdout } = await storyline(t, ['reschedule', item.id, '--at', '2026-11-22 14:30'])
    expect(stdout).toContain('Nov 22, 2026, 2:30 PM GMT+1 (2026-11-22 13:30 UTC')
    expect(await itemNow(item.id)).toMatchObject({
      slot: '2026-11-21/2',
      scheduledFor: new Date('2026-11-22T13:30:00Z'),
    })

    const { json } = await storyline(t, ['reschedule', item.id, '--in', '90m', '--json'])
    expect(json).toMatchObject({
      id: item.id,
      status: 'pending',
      scheduledFor: '2026-11-21T10:30:00+01:00',
      was: '2026-11-22T14:30:00+01:00',
    })
  })

  test('gives a retrying story all its tries again', async () => {
    const item = await addItem(t.db, await addMedia(t.db, 'cat.jpg'), AS_STATUS.retrying)
    await storyline(t, ['reschedule', item.id, '--in', '0m'])
    expect(await itemNow(item.id)).toMatchObject({ status: 'pending', nextRetryAt: null, retryCount: 0 })
  })

  test.each([
    ['no time', [], 'A new time is missing'],
    ['two times', ['--at', '14:30', '--in', '2h'], 'exclude each other'],
    ['a time that is past', ['--at', '2026-11-21 08:59'], 'is "2026-11-21 08:59", which is past'],
    ['no time at all', ['--at', 'soon'], 'Expected a local time'],
  ])('%s is a usage error', async (_, flags, message) => {
    const item = await addItem(t.db, await addMedia(t.db, 'cat.jpg'))
    const ran = await storyline(t, ['reschedule', item.id, ...flags])
    expect(ran.exitCode).toBe(2)
    expect(ran.stderr).toContain(message)
    expect(await itemNow(item.id)).toEqual(item)
  })
})

describe('cancel', () => {
  test('leaves a record, no lock, a free slot and a card to be edited', async () => {
    const media = await addMedia(t.db, 'cat.jpg')
    const item = await addItem(t.db, media, {
      ...AS_STATUS.awaiting_team,
      slot: '2026-11-21/2',
      scheduledFor: fromNow(4 * HOUR_MS),
    })
    await t.db.insert(telegramCards).values({ queueItemId: item.id, kind: 'card', chatId: -100, messageId: 7 })
    const { json } = await storyline(t, ['cancel', item.id, '--reason', 'sold out', '--json'])
    expect(json).toMatchObject({
      cancelled: [
        {
          id: item.id,
          slot: '2026-11-21/2',
          file: 'stories/cat.jpg',
          scheduledFor: '2026-11-21T13:00:00+01:00',
          already: false,
        },
      ],
      failed: [],
    })
    expect(await historyOf(item.id)).toMatchObject({
      status: 'cancelled',
      reason: 'sold out',
      settledBy: 'operator',
      postedAt: null,
      slot: '2026-11-21/2',
    })
    expect(await itemNow(item.id)).toBeUndefined()
    expect(await t.db.$count(mediaPostingLocks)).toBe(0)
    expect((await t.db.select().from(telegramCards))[0]?.editDueAt).not.toBeNull()

    const plan = await storyline(t, ['create-schedule', '--days', '1', '--json'], { env: { SLOT_JITTER_MINUTES: '0' } })
    expect(plan.json.scheduled).toMatchObject([{ slot: '2026-11-21/2', file: 'stories/cat.jpg' }])
  })

  test('says what becomes of the card', async () => {
    const cards = [AS_STATUS.awaiting_team, AS_STATUS.pending].map(async (status, i) =>
      addItem(t.db, await addMedia(t.db, `cat-${i}.jpg`), { ...status, storyNumber: 47 + i }),
    )
    await Promise.all(cards)
    const lines = async (...args: string[]) => (await storyline(t, ['cancel', '47', '48', ...args])).stdout
    const card = 'its card in Telegram says so with the next tick'
    expect(await lines('--dry-run')).toContain(`Dry run: would cancel #47 stories/cat-0.jpg; ${card}\n`)
    expect(await lines()).toBe(`Cancelled #47 stories/cat-0.jpg; ${card}\nCancelled #48 stories/cat-1.jpg\n`)
  })

  test('of one that was cancelled before changes nothing and is no failure', async () => {
    const item = await addItem(t.db, await addMedia(t.db, 'cat.jpg'))
    await storyline(t, ['cancel', item.id])
    const again = await storyline(t, ['cancel', item.id])
    expect(again).toMatchObject({ exitCode: 0 })
    expect(again.stdout).toContain('Had been cancelled before: #1')
    expect(await t.db.$count(postingHistory)).toBe(1)
  })

  test('of many goes on after one that cannot be cancelled, and exits 3', async () => {
    const [one, two, three] = await addManyMedia(t.db, 3)
    if (!one || !two || !three) throw new Error('no media')
    const ids = [
      (await addItem(t.db, one)).id,
      (await addItem(t.db, two, AS_STATUS.unconfirmed)).id,
      (await addItem(t.db, three)).id,
    ]
    const ran = await storyline(t, ['cancel', ids[0] ?? '', ids[1] ?? '', 'nonsense!', ids[2] ?? '', '--json'])
    expect(ran.exitCode).toBe(3)
    expect(ran.json).toMatchObject({
      cancelled: [{ id: ids[0] }, { id: ids[2] }],
      failed: [
        { id: ids[1], code: 'not_cancellable', message: expect.stringContaining('confirm') },
        { id: 'nonsense!', code: 'unknown_item' },
      ],
    })
    expect(await t.db.$count(postingQueue)).toBe(1)
  })

  test('of many of which none can be cancelled exits 1', async () => {
    expect((await storyline(t, ['cancel', '1', '2'])).exitCode).toBe(1)
  })

  test('from two terminals at once leaves one record', async () => {
    const item = await addItem(t.db, await addMedia(t.db, 'cat.jpg'))
    const runs = await Promise.all([1, 2, 3].map(() => storyline(t, ['cancel', item.id])))
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0])
    expect(await t.db.$count(postingHistory)).toBe(1)
  })
})

describe('confirm', () => {
  async function addUnconfirmed(values: Partial<typeof postingQueue.$inferInsert> = {}) {
    const item = await addItem(t.db, await addMedia(t.db, 'cat.jpg'), { ...AS_STATUS.unconfirmed, ...values })
    const subject = AlertSubject.unconfirmed(item.id)
    await openAlert(t.db, { subject, severity: 'warning', summary: 'Was it sent?' })
    return item
  }

  test('--posted settles it as posted by the operator, with lock and counters', async () => {
    const item = await addUnconfirmed()
    const { json } = await storyline(t, ['confirm', item.id, '--posted', '--json'])
    expect(json).toEqual({ id: item.id, storyNumber: 1, file: 'stories/cat.jpg', answer: 'posted', status: 'posted' })
    expect(await historyOf(item.id)).toMatchObject({ status: 'posted', settledBy: 'operator', success: true })
    expect(await t.db.select().from(mediaPostingLocks)).toMatchObject([{ lockReason: 'recent_post' }])
    expect(await openAlerts()).toEqual([])
  })

  test('--sent hands it to the team, since the call began', async () => {
    const item = await addUnconfirmed()
    await storyline(t, ['confirm', item.id, '--sent'])
    expect(await itemNow(item.id)).toMatchObject({
      status: 'awaiting_team',
      sentAt: AS_STATUS.unconfirmed.effectStartedAt,
      effect: null,
      effectStartedAt: null,
    })
    expect(await openAlerts()).toEqual([])
  })

  test.each([
    ['the card', 'telegram_card' as const, 6],
    ['the original itself', 'telegram_document' as const, null],
  ])('--not-posted, with %s in doubt, is due now and sends only what did not arrive', async (_, effect, document) => {
    const item = await addUnconfirmed({ effect, scheduledFor: new Date('2020-01-01T00:00:00Z') })
    await storyline(t, ['confirm', item.id, '--not-posted'])
    const after = await itemNow(item.id)
    expect(after).toMatchObject({
      status: 'pending',
      effect: null,
      effectStartedAt: null,
      telegramDocumentMessageId: document,
      lastError: null,
    })
    // The database's clock: otherwise the grace would close it as missed at once.
    const [clock] = await t.db.execute<{ late: boolean }>(
      "select max(scheduled_for) < now() - interval '5 minutes' as late from posting_queue",
    )
    expect(clock).toEqual({ late: false })
    expect(await openAlerts()).toEqual([])
  })

  test('--not-posted keeps a time that is still to come', async () => {
    const scheduledFor = new Date('2199-01-01T00:00:00Z')
    const item = await addUnconfirmed({ scheduledFor })
    await storyline(t, ['confirm', item.id, '--not-posted'])
    expect(await itemNow(item.id)).toMatchObject({ scheduledFor })
  })

  test('--sent of an original in doubt: it is not sent again, and the card still follows', async () => {
    const item = await addUnconfirmed({ effect: 'telegram_document' })
    const ran = await storyline(t, ['confirm', item.id, '--sent', '--json'])
    expect(JSON.parse(ran.stdout)).toMatchObject({ answer: 'sent', status: 'pending' })
    const [row] = await t.db.select().from(postingQueue).where(eq(postingQueue.id, item.id))
    expect(row).toMatchObject({ status: 'pending', telegramDocumentMessageId: 0, effect: null })
    expect(await openAlerts()).toHaveLength(0)
  })

  test.each([[[]], [['--posted', '--sent']], [['--posted', '--not-posted', '--sent']]])(
    '%j is a usage error',
    async (flags) => {
      const item = await addUnconfirmed()
      const ran = await storyline(t, ['confirm', item.id, ...flags])
      expect(ran.exitCode).toBe(2)
      expect(await itemNow(item.id)).toEqual(item)
    },
  )

  // `--posted` after `--sent` is no contradiction: the card arrived, and it was posted.
  test.each(['--posted', '--sent'])('given at once with --not-posted, the first one counts (%s)', async (answer) => {
    const item = await addUnconfirmed()
    const runs = await Promise.all([
      storyline(t, ['confirm', item.id, answer]),
      storyline(t, ['confirm', item.id, '--not-posted']),
    ])
    expect(runs.map(({ exitCode }) => exitCode).sort()).toEqual([0, 1])
  })
})
