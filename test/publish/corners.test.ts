import { sql } from 'drizzle-orm'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openAlert, resolveAlert } from '../../src/alerts/alerts.ts'
import { sendNotices } from '../../src/alerts/send-notices.ts'
import { applyPress } from '../../src/bot/press.ts'
import { alerts, postingHistory, postingQueue, telegramCards, users } from '../../src/db/schema.ts'
import { settle } from '../../src/history/settle.ts'
import { claimDue } from '../../src/publish/claim.ts'
import { runTick } from '../../src/publish/tick.ts'
import { createTelegramClient } from '../../src/telegram/client.ts'
import { editDueCards } from '../../src/telegram/edit-cards.ts'
import { createTestDatabase, type TestDatabase, testContext } from '../support/database.ts'
import { type FakeTelegram, startFakeTelegram } from '../support/fake-telegram.ts'
import { createLibrary, type Library } from '../support/stories.ts'

/** Interleavings that once went wrong, or nearly did. */

const TEAM = -1001000000001
const ADMIN = 77
const SARAH = { id: 501, username: 'sarah', first_name: 'Sarah' }
const IN_TEAM = { id: TEAM, type: 'supergroup' } as const
const IN_ADMIN = { id: ADMIN, type: 'private' } as const

let database: TestDatabase
let fake: FakeTelegram
let library: Library

beforeAll(async () => {
  database = await createTestDatabase({ connections: 8 })
})
beforeEach(async () => {
  fake = await startFakeTelegram({
    chats: [
      { id: TEAM, members: { [SARAH.id]: 'member' } },
      { id: ADMIN, members: { [ADMIN]: 'member' } },
    ],
  })
  library = await createLibrary(database.db)
})
afterEach(async () => {
  await fake.close()
  library.remove()
  await database.db.execute(sql`
    truncate posting_queue, posting_history, media_items, media_posting_locks, telegram_cards, telegram_updates, alerts,
             api_limits, telegram_chats, heartbeats, users restart identity cascade`)
})
afterAll(() => database.drop())

function context(env: Record<string, string> = {}, signal?: AbortSignal) {
  return testContext(database.db, {
    env: {
      TELEGRAM_BOT_TOKEN: fake.token,
      TELEGRAM_API_ROOT: fake.url,
      TELEGRAM_CHANNEL_ID: String(TEAM),
      ADMIN_TELEGRAM_CHAT_ID: String(ADMIN),
      MEDIA_BASE_PATH: library.path,
      HTTP_TIMEOUT_SECONDS: '10',
      ...env,
    },
    ...(signal ? { signal } : {}),
  })
}

const client = () => createTelegramClient({ token: fake.token, apiRoot: fake.url, timeoutSeconds: 10 })
const press = (update: Pick<Parameters<typeof applyPress>[1], 'updateId' | 'data' | 'from' | 'chat' | 'messageId'>) =>
  applyPress({ ctx: context(), client: client(), inBackground: () => {} }, update)
const adminTexts = () => fake.messages(ADMIN).map(({ text }) => text)
const cardMessage = () => fake.messages(TEAM).find(({ kind }) => kind === 'photo')
const leaseOver = () => database.db.update(alerts).set({ noticeLeaseUntil: null })
const settleAsPosted = (queueItemId: string) =>
  settle(database.db, {
    queueItemId,
    settings: context().settings,
    decide: () => ({ status: 'posted', reason: null, actor: { kind: 'operator', displayName: 'operator' } }),
  })

test('a missed story is told although another one goes out in the same tick, and "resolved" comes after it', async () => {
  await library.plan('late.jpg', { minutesAgo: 300 })
  await library.plan('due.jpg', { minutesAgo: 5 })
  await runTick(context())
  expect(adminTexts()).toEqual([expect.stringContaining('late.jpg')])
  await library.plan('next.jpg', { minutesAgo: 5 })
  await runTick(context())
  expect(adminTexts()).toEqual([expect.anything(), expect.stringContaining('Resolved')])
})

test('names of missed stories stay in the message until somebody was told', async () => {
  await library.plan('one.jpg', { minutesAgo: 300 })
  fake.fault({ kind: 'error', error_code: 500, description: 'down', method: 'sendMessage' })
  await runTick(context())
  await leaseOver()
  await library.plan('two.jpg', { minutesAgo: 300 })
  await runTick(context())
  expect(adminTexts()).toEqual([expect.stringMatching(/one\.jpg[\s\S]*two\.jpg/)])
})

test('overlapping ticks that miss different stories tell all of them', async () => {
  for (let index = 0; index < 6; index += 1) await library.plan(`m${index}.jpg`, { minutesAgo: 300 })
  await Promise.all([runTick(context()), runTick(context()), runTick(context())])
  await leaseOver()
  await runTick(context())
  for (let index = 0; index < 6; index += 1) expect(adminTexts().join('\n')).toContain(`m${index}.jpg`)
})

test('a card that nobody knew of gets its final text when it is pressed after the story was settled', async () => {
  const { item } = await library.plan('a.jpg')
  fake.fault({ kind: 'drop', when: 'after', method: 'sendPhoto' })
  await runTick(context())
  await settleAsPosted(item.id)
  const messageId = cardMessage()?.messageId ?? 0
  const answer = await press({ updateId: 1, data: `posted:${item.id}`, from: SARAH, chat: IN_TEAM, messageId })
  expect(answer.text).toContain('Already marked posted by operator')
  await editDueCards(context(), client(), { limit: 5, queueItemId: item.id })
  expect(cardMessage()).toMatchObject({ keyboard: [], text: expect.stringContaining('✅ POSTED') })
})

test('a re-delivered "Send again" is not given to a later question about the same story', async () => {
  const { item } = await library.plan('a.jpg')
  fake.fault({ kind: 'drop', when: 'after', method: 'sendPhoto', times: 2 })
  await runTick(context())
  const again = { updateId: 42, data: `again:${item.id}`, from: { id: ADMIN }, chat: IN_ADMIN, messageId: 1 }
  await press(again)
  await runTick(context())
  expect(await database.db.select().from(postingQueue)).toMatchObject([{ status: 'unconfirmed' }])
  await press(again)
  expect(await database.db.select().from(postingQueue)).toMatchObject([{ status: 'unconfirmed' }])
})

test('a card that could not be edited for hours is mended when Telegram is back', async () => {
  const { item } = await library.plan('a.jpg')
  await runTick(context())
  await settleAsPosted(item.id)
  fake.fault({ kind: 'error', error_code: 500, description: 'down', method: 'editMessageCaption', times: 30 })
  const dueNow = () =>
    database.db.update(telegramCards).set({ editDueAt: sql`now()` }).where(sql`edit_due_at is not null`)
  for (let round = 0; round < 30; round += 1) {
    await dueNow()
    await editDueCards(context(), client(), { limit: 1 })
  }
  await dueNow()
  await runTick(context())
  expect(cardMessage()?.keyboard).toEqual([])
})

test('a claim takes exactly one story, also when the planner has no idea of the table', async () => {
  await library.plan('first.jpg', { minutesAgo: 50 })
  await database.db.execute(sql`analyze posting_queue`)
  await database.db.execute(sql`analyze media_items`)
  for (let index = 0; index < 12; index += 1) await library.plan(`m${index}.jpg`, { minutesAgo: 40 - index })
  await claimDue(database.db, { leaseOwner: 'x', leaseSeconds: 100, except: [] })
  const claimed = await database.db.select().from(postingQueue).where(sql`status = 'processing'`)
  expect(claimed).toHaveLength(1)
})

test('a story that keeps killing its run does not block the others', async () => {
  await library.plan('poison.jpg', { minutesAgo: 60, item: { attempt: 7 } })
  const { item } = await library.plan('good.jpg', { minutesAgo: 5 })
  const claim = await claimDue(database.db, { leaseOwner: 'x', leaseSeconds: 100, except: [] })
  expect(claim?.item.id).toBe(item.id)
})

test('what was resolved while its alert was on the way is told as resolved too', async () => {
  await openAlert(database.db, { subject: 's', severity: 'critical', summary: 'broken' })
  const hold = fake.hold('sendMessage')
  const sending = sendNotices(context(), client())
  await hold.reached
  await resolveAlert(database.db, 's')
  hold.release()
  await sending
  await sendNotices(context(), client())
  expect(adminTexts()).toEqual([expect.stringContaining('broken'), expect.stringContaining('Resolved')])
})

test('a question that is on its way while the card is pressed loses its buttons', async () => {
  const { item } = await library.plan('a.jpg')
  fake.fault({ kind: 'drop', when: 'after', method: 'sendPhoto' })
  const hold = fake.hold('sendMessage')
  const ticking = runTick(context())
  await hold.reached
  const messageId = cardMessage()?.messageId ?? 0
  await press({ updateId: 1, data: `posted:${item.id}`, from: SARAH, chat: IN_TEAM, messageId })
  hold.release()
  await ticking
  await runTick(context())
  expect(fake.messages(ADMIN).filter(({ keyboard }) => keyboard.length > 0)).toEqual([])
})

test('an alert is not given up because the admin chat could not be looked up', async () => {
  await openAlert(database.db, { subject: 's', severity: 'critical', summary: 'broken' })
  fake.fault({ kind: 'drop', when: 'after', method: 'getChat' })
  await sendNotices(context({ ADMIN_TELEGRAM_CHAT_ID: '@admins_here' }), client())
  expect(await database.db.select().from(alerts)).toMatchObject([{ notice: 'open', noticeAttempts: 0 }])
})

test('an alert that may have arrived is repeated once, not for ever', async () => {
  await openAlert(database.db, { subject: 's', severity: 'critical', summary: 'broken' })
  fake.fault({ kind: 'drop', when: 'after', method: 'sendMessage', times: 5 })
  for (let round = 0; round < 4; round += 1) {
    await sendNotices(context(), client())
    await leaseOver()
  }
  expect(adminTexts()).toHaveLength(2)
})

test('a tick that was told to stop begins no more repairs and notices', async () => {
  for (let index = 0; index < 5; index += 1) {
    await openAlert(database.db, { subject: `s${index}`, severity: 'critical', summary: `broken ${index}` })
  }
  const controller = new AbortController()
  const hold = fake.hold('sendMessage')
  const ticking = runTick(context({}, controller.signal))
  await hold.reached
  controller.abort()
  hold.release()
  await ticking
  expect(fake.calls('sendMessage')).toHaveLength(1)
})

test('somebody who is deactivated while Telegram is asked who it is cannot press', async () => {
  const { item } = await library.plan('a.jpg')
  await runTick(context())
  const hold = fake.hold('getChatMember')
  const messageId = cardMessage()?.messageId ?? 0
  const pressing = press({ updateId: 5, data: `posted:${item.id}`, from: SARAH, chat: IN_TEAM, messageId })
  await hold.reached
  await database.db.insert(users).values({ telegramUserId: SARAH.id, isActive: false })
  hold.release()
  expect((await pressing).text).toContain('switched off')
  expect(await database.db.select().from(postingHistory)).toEqual([])
})
