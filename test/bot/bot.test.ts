import { eq, sql } from 'drizzle-orm'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  mediaItems,
  mediaPostingLocks,
  postingHistory,
  postingQueue,
  telegramCards,
  users,
} from '../../src/db/schema.ts'
import { runTick } from '../../src/publish/tick.ts'
import { type Running, runStoryline, startStoryline } from '../support/cli.ts'
import { createTestDatabase, type TestDatabase, testContext } from '../support/database.ts'
import { type FakeTelegram, startFakeTelegram } from '../support/fake-telegram.ts'
import { startProxy } from '../support/proxy.ts'
import { createLibrary, type Library } from '../support/stories.ts'

const TEAM = -1001000000001
const ADMIN = 77
const SARAH = { id: 501, username: 'sarah', first_name: 'Sarah' }
const ANA = { id: 502, first_name: 'Ana <3' }
const TOM = { id: 503, username: 'tom_t', first_name: 'Tom' }
const STRANGER = { id: 666, username: 'stranger', first_name: 'S' }

let database: TestDatabase
let fake: FakeTelegram
let library: Library
let bots: Running[]

beforeAll(async () => {
  database = await createTestDatabase()
})
beforeEach(async () => {
  fake = await startFakeTelegram({
    chats: [
      {
        id: TEAM,
        members: { [SARAH.id]: 'member', [ANA.id]: 'administrator', [TOM.id]: 'creator', [STRANGER.id]: 'left' },
      },
      { id: ADMIN, members: { [ADMIN]: 'member' } },
      { id: SARAH.id },
      { id: STRANGER.id },
    ],
  })
  library = await createLibrary(database.db)
  bots = []
})
afterEach(async () => {
  for (const bot of bots) bot.child.kill('SIGKILL')
  await Promise.all(bots.map(({ done }) => done))
  await fake.close()
  library.remove()
  await database.db.execute(sql`
    truncate posting_queue, posting_history, media_items, media_posting_locks, telegram_cards, telegram_updates, alerts,
             users restart identity cascade`)
})
afterAll(() => database.drop())

const env = (more: Record<string, string> = {}) => ({
  DATABASE_URL: database.url,
  TELEGRAM_BOT_TOKEN: fake.token,
  TELEGRAM_API_ROOT: fake.url,
  TELEGRAM_CHANNEL_ID: String(TEAM),
  ADMIN_TELEGRAM_CHAT_ID: String(ADMIN),
  MEDIA_BASE_PATH: library.path,
  TIMEZONE: 'America/New_York',
  ...more,
})

async function startBot(more?: Record<string, string>): Promise<Running> {
  const bot = startStoryline(['bot'], { env: env(more) })
  bots.push(bot)
  const before = fake.calls('getUpdates').length
  await until(() => fake.calls('getUpdates').length > before || bot.child.exitCode !== null)
  return bot
}

async function until(condition: () => boolean | Promise<boolean>, seconds = 15) {
  const end = performance.now() + seconds * 1000
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('the condition never came true')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A card in the team's chat, sent by a real tick. */
async function sendCard(name = 'monday.jpg') {
  const { item, media } = await library.plan(name, { media: { title: 'Monday', linkUrl: 'https://shop.example/m' } })
  await runTick(testContext(database.db, { env: env() }))
  const [row] = await database.db.select().from(postingQueue).where(eq(postingQueue.id, item.id))
  return { item, media, messageId: row?.telegramMessageId ?? 0 }
}

const card = (messageId: number) => fake.messages(TEAM).find((message) => message.messageId === messageId)
const answers = () => fake.presses().map(({ answer }) => answer?.text)
const history = () => database.db.select().from(postingHistory)

test('Mark Posted records who, when and how long, locks the picture and edits the card', async () => {
  const { item, media, messageId } = await sendCard()
  await startBot()
  fake.press({ chatId: TEAM, messageId, button: 'Mark Posted', from: SARAH })
  await until(() => card(messageId)?.keyboard.length === 0)
  expect(card(messageId)?.text).toMatch(
    /Status: ✅ POSTED\n👤 Posted by: @sarah\n🕒 Posted at: .*E[SD]T\n📊 Took: \d+ second/,
  )
  expect(answers()).toEqual(['✅ Marked as posted'])
  expect(await history()).toMatchObject([
    {
      queueItemId: item.id,
      status: 'posted',
      settledBy: '@sarah',
      postedByTelegramUsername: 'sarah',
      postedAt: expect.any(Date),
    },
  ])
  expect(await database.db.select().from(mediaPostingLocks)).toMatchObject([
    { mediaItemId: media.id, lockReason: 'recent_post' },
  ])
  expect(await database.db.select().from(mediaItems)).toMatchObject([{ timesPosted: 1 }])
  expect(await database.db.select().from(users)).toMatchObject([
    { telegramUserId: SARAH.id, totalPosts: 1, role: 'member' },
  ])
  expect(await database.db.select().from(postingQueue)).toEqual([])
  // Edited once, then left alone.
  await until(async () => (await database.db.select().from(telegramCards)).every(({ editDueAt }) => editDueAt === null))
  expect(fake.calls('editMessageCaption')).toHaveLength(1)
  expect(fake.violations()).toEqual([])
})

test('Skip rests the picture and counts nothing; somebody without a username is named all the same', async () => {
  const { messageId } = await sendCard()
  await startBot()
  fake.press({ chatId: TEAM, messageId, button: 'Skip', from: ANA })
  await until(() => card(messageId)?.keyboard.length === 0)
  expect(card(messageId)?.text).toContain('Status: ⏭ SKIPPED\n👤 Skipped by: Ana <3')
  expect(await database.db.select().from(mediaPostingLocks)).toMatchObject([{ lockReason: 'skip' }])
  expect(await database.db.select().from(mediaItems)).toMatchObject([{ timesPosted: 0, lastPostedAt: null }])
})

test('a late second press says who did it and when, and changes nothing', async () => {
  const { item, messageId } = await sendCard()
  await startBot()
  fake.press({ chatId: TEAM, messageId, button: 'Mark Posted', from: SARAH })
  await until(() => card(messageId)?.keyboard.length === 0)
  const before = card(messageId)?.text
  fake.press({ chatId: TEAM, messageId, data: `skip:${item.id}`, from: TOM })
  await until(() => fake.unansweredPresses().length === 0)
  expect(answers()[1]).toMatch(/^Already marked posted by @sarah on .+, \d+:\d\d [AP]M E[SD]T\.$/)
  expect(card(messageId)?.text).toBe(before)
  expect(await history()).toHaveLength(1)
})

test('twenty presses on one card, through two processes: one history row, one lock, one count', async () => {
  const { item, media, messageId } = await sendCard()
  const { applyPress } = await import('../../src/bot/press.ts')
  const { createTelegramClient } = await import('../../src/telegram/client.ts')
  await startBot()
  const client = createTelegramClient({ token: fake.token, apiRoot: fake.url })
  const deps = { ctx: testContext(database.db, { env: env() }), client, inBackground: () => {} }
  const people = [SARAH, ANA, TOM]
  const here = Array.from({ length: 10 }, (_, index) =>
    applyPress(deps, {
      updateId: 1_000_000 + index,
      data: `posted:${item.id}`,
      from: people[index % 3] ?? SARAH,
      chat: { id: TEAM, type: 'supergroup' },
      messageId,
    }),
  )
  for (let index = 0; index < 10; index += 1) {
    fake.press({ chatId: TEAM, messageId, data: `posted:${item.id}`, from: people[index % 3] ?? SARAH })
  }
  const own = await Promise.all(here)
  await until(() => fake.unansweredPresses().length === 0)
  client.close()
  const texts = [...own.map(({ text }) => text), ...answers()]
  expect(texts.filter((text) => text === '✅ Marked as posted')).toHaveLength(1)
  expect(texts.filter((text) => text?.startsWith('Already marked posted by '))).toHaveLength(19)
  expect(await history()).toHaveLength(1)
  expect(await database.db.select().from(mediaPostingLocks)).toHaveLength(1)
  expect(await database.db.select().from(mediaItems).where(eq(mediaItems.id, media.id))).toMatchObject([
    { timesPosted: 1 },
  ])
  const total = (await database.db.select().from(users)).reduce((sum, user) => sum + user.totalPosts, 0)
  expect(total).toBe(1)
})

test('strangers, other chats, deactivated people and forged data are refused and change nothing', async () => {
  const { item, messageId } = await sendCard()
  await startBot()
  fake.press({ chatId: TEAM, messageId, button: 'Mark Posted', from: STRANGER })
  await until(() => fake.unansweredPresses().length === 0)
  fake.press({ chatId: STRANGER.id, messageId: 1, data: `posted:${item.id}`, from: STRANGER })
  fake.press({ chatId: TEAM, messageId, data: `again:${item.id}`, from: TOM })
  for (const data of [
    'posted:',
    'posted:x',
    'x'.repeat(64),
    `posted:${item.id}:1`,
    'posted:00000000-0000-0000-0000-000000000000',
  ]) {
    fake.press({ chatId: TEAM, messageId, data, from: TOM })
  }
  await until(() => fake.unansweredPresses().length === 0)
  await database.db.insert(users).values({ telegramUserId: SARAH.id, isActive: false })
  fake.press({ chatId: TEAM, messageId, button: 'Mark Posted', from: SARAH })
  await until(() => fake.unansweredPresses().length === 0)
  expect(answers()).toEqual([
    expect.stringContaining('Only the team may press this'),
    expect.stringContaining('belongs to another chat'),
    expect.stringContaining('belongs to the admin chat'),
    ...Array(4).fill(expect.stringContaining('outdated')),
    expect.stringContaining('another story'),
    expect.stringContaining('switched off'),
  ])
  expect(await history()).toEqual([])
  expect(card(messageId)?.keyboard.length).toBe(2)
})

test("a forged press for another story's card, or for a story that was never sent, changes nothing", async () => {
  const one = await sendCard('a.jpg')
  const other = await sendCard('b.jpg')
  const { item: never } = await library.plan('c.jpg', { minutesAgo: -60 })
  await startBot()
  const documentId = fake.messages(TEAM)[0]?.messageId ?? 0
  fake.press({ chatId: TEAM, messageId: other.messageId, data: `posted:${one.item.id}`, from: TOM })
  fake.press({ chatId: TEAM, messageId: documentId, data: `posted:${other.item.id}`, from: TOM })
  fake.press({ chatId: TEAM, messageId: 9999, data: `posted:${never.id}`, from: TOM })
  await until(() => fake.unansweredPresses().length === 0)
  expect(await history()).toEqual([])
  expect(await database.db.select().from(postingQueue)).toHaveLength(3)
})

test('in a channel a subscriber is not the team, unless TEAM_JOIN=anyone', async () => {
  const channel = -1002000000002
  fake.setChat({ id: channel, type: 'channel', members: { [SARAH.id]: 'member', [TOM.id]: 'administrator' } })
  const { item } = await library.plan('a.jpg')
  const { item: other } = await library.plan('b.jpg')
  await runTick(testContext(database.db, { env: env({ TELEGRAM_CHANNEL_ID: String(channel) }) }))
  const [first, second] = fake.messages(channel).filter(({ kind }) => kind === 'photo')
  const bot = await startBot({ TELEGRAM_CHANNEL_ID: String(channel) })
  fake.press({ chatId: channel, messageId: first?.messageId ?? 0, data: `posted:${item.id}`, from: SARAH })
  await until(() => fake.unansweredPresses().length === 0)
  expect(await history()).toEqual([])
  fake.press({ chatId: channel, messageId: first?.messageId ?? 0, data: `posted:${item.id}`, from: TOM })
  await until(async () => (await history()).length === 1)
  bot.child.kill('SIGTERM')
  await bot.done
  await startBot({ TELEGRAM_CHANNEL_ID: String(channel), TEAM_JOIN: 'anyone' })
  fake.press({ chatId: channel, messageId: second?.messageId ?? 0, data: `posted:${other.id}`, from: SARAH })
  await until(async () => (await history()).length === 2)
})

test('presses made while the bot is down are applied once when it returns', async () => {
  const { messageId } = await sendCard()
  const bot = await startBot()
  bot.child.kill('SIGKILL')
  await bot.done
  for (const from of [SARAH, ANA, SARAH]) fake.press({ chatId: TEAM, messageId, button: 'Mark Posted', from })
  await startBot()
  await until(() => card(messageId)?.keyboard.length === 0 && fake.unansweredPresses().length === 0)
  expect(await history()).toMatchObject([{ settledBy: '@sarah' }])
})

test('after a longer outage Telegram forgot the press, but the card can still be pressed', async () => {
  const { messageId } = await sendCard()
  fake.press({ chatId: TEAM, messageId, button: 'Mark Posted', from: SARAH, ageSeconds: 200 })
  await startBot()
  expect(await history()).toEqual([])
  fake.press({ chatId: TEAM, messageId, button: 'Mark Posted', from: SARAH })
  await until(async () => (await history()).length === 1)
})

test('a press while the sender still waits for its answer settles the story; the tick reports it as delivered', async () => {
  await library.plan('a.jpg')
  await startBot()
  const hold = fake.hold('sendPhoto', 'after')
  const tick = startStoryline(['process-queue', '--json'], { env: env() })
  await hold.reached
  const photo = fake.messages(TEAM).find(({ kind }) => kind === 'photo')
  fake.press({ chatId: TEAM, messageId: photo?.messageId ?? 0, button: 'Mark Posted', from: SARAH })
  await until(async () => (await history()).length === 1)
  hold.release()
  const { code, stdout } = await tick.done
  expect(code).toBe(0)
  expect(JSON.parse(stdout).delivered).toHaveLength(1)
  await until(() => card(photo?.messageId ?? 0)?.keyboard.length === 0)
  expect(await history()).toMatchObject([{ status: 'posted', sentAt: expect.any(Date) }])
})

test('a press whose answer is refused still acts, and an edit that fails is made later', async () => {
  const { messageId } = await sendCard()
  await startBot()
  fake.fault({
    kind: 'error',
    error_code: 400,
    description: 'Bad Request: query is too old and response timeout expired or query ID is invalid',
    method: 'answerCallbackQuery',
  })
  fake.fault({ kind: 'error', error_code: 502, description: 'Bad Gateway', method: 'editMessageCaption' })
  fake.press({ chatId: TEAM, messageId, button: 'Mark Posted', from: SARAH })
  await until(async () => (await history()).length === 1)
  // Postponed (about 30 s), no longer claimed (90 s).
  const postponed = sql`edit_attempts = 1 and edit_due_at < now() + interval '60 seconds'`
  await until(async () => (await database.db.select().from(telegramCards).where(postponed)).length === 1)
  await database.db.execute(sql`update telegram_cards set edit_due_at = now()`)
  await runTick(testContext(database.db, { env: env() }))
  // The bot itself may have taken the edit just before the tick.
  await until(() => card(messageId)?.keyboard.length === 0)
})

test('the same update delivered twice changes nothing and blames nobody', async () => {
  const { item, messageId } = await sendCard()
  const { applyPress } = await import('../../src/bot/press.ts')
  const { createTelegramClient } = await import('../../src/telegram/client.ts')
  const client = createTelegramClient({ token: fake.token, apiRoot: fake.url })
  const deps = { ctx: testContext(database.db, { env: env() }), client, inBackground: () => {} }
  const update = {
    updateId: 9,
    data: `posted:${item.id}`,
    from: SARAH,
    chat: { id: TEAM, type: 'supergroup' as const },
    messageId,
  }
  expect((await applyPress(deps, update)).text).toBe('✅ Marked as posted')
  expect((await applyPress(deps, update)).text).toBe('✅ Marked as posted')
  expect(await history()).toHaveLength(1)
  client.close()
})

test('the admin chat decides about an unconfirmed story: sent again, or it waits for the team', async () => {
  const first = await library.plan('a.jpg')
  fake.fault({ kind: 'drop', when: 'before', method: 'sendPhoto' })
  await runTick(testContext(database.db, { env: env() }))
  await startBot()
  const question = fake.messages(ADMIN)[0]
  fake.press({ chatId: ADMIN, messageId: question?.messageId ?? 0, button: 'Send again', from: ADMIN })
  await until(() => fake.messages(ADMIN)[0]?.keyboard.length === 0)
  await runTick(testContext(database.db, { env: env() }))
  expect(await database.db.select().from(postingQueue)).toMatchObject([{ id: first.item.id, status: 'awaiting_team' }])
  expect(fake.messages(TEAM).map(({ kind }) => kind)).toEqual(['document', 'photo'])
  expect(
    fake
      .messages(ADMIN)
      .map(({ text }) => text)
      .at(-1),
  ).toContain('Resolved')

  const second = await library.plan('b.jpg')
  fake.fault({ kind: 'drop', when: 'after', method: 'sendPhoto' })
  await runTick(testContext(database.db, { env: env() }))
  const next = fake.messages(ADMIN).find(({ keyboard }) => keyboard.length > 0)
  fake.press({ chatId: ADMIN, messageId: next?.messageId ?? 0, button: 'It was sent', from: ADMIN })
  await until(() => fake.unansweredPresses().length === 0)
  const [row] = await database.db.select().from(postingQueue).where(eq(postingQueue.id, second.item.id))
  expect(row).toMatchObject({ status: 'awaiting_team', sentAt: expect.any(Date) })
  // The card that arrived can be pressed although its ids were never heard of.
  const arrived = fake.messages(TEAM).filter(({ kind }) => kind === 'photo')[1]
  fake.press({ chatId: TEAM, messageId: arrived?.messageId ?? 0, button: 'Mark Posted', from: SARAH })
  await until(() => card(arrived?.messageId ?? 0)?.keyboard.length === 0)
})

test('after "Send again" both cards exist, and settling one edits both', async () => {
  const { item } = await library.plan('a.jpg')
  fake.fault({ kind: 'drop', when: 'after', method: 'sendPhoto' })
  await runTick(testContext(database.db, { env: env() }))
  await runStoryline(['confirm', item.id, '--not-posted'], { env: env() })
  await runTick(testContext(database.db, { env: env() }))
  const photos = () => fake.messages(TEAM).filter(({ kind }) => kind === 'photo')
  expect(photos()).toHaveLength(2)
  await startBot()
  fake.press({ chatId: TEAM, messageId: photos()[0]?.messageId ?? 0, button: 'Mark Posted', from: SARAH })
  await until(() => photos().every(({ keyboard }) => keyboard.length === 0))
  expect(photos().every(({ text }) => text.includes('✅ POSTED'))).toBe(true)
  expect(await history()).toHaveLength(1)
})

test('commands answer in the team chat and to known people in private, and to nobody else', async () => {
  await sendCard('waiting.jpg')
  await library.plan('next.jpg', { minutesAgo: -60 })
  await startBot()
  fake.say({ chatId: TEAM, from: SARAH, text: '/pending' })
  await fake.waitForCalls('sendMessage', 1)
  expect(fake.messages(TEAM).at(-1)?.text).toMatch(/Waiting for the team: 1\n• #1 Monday – for \d+ second/)
  fake.say({ chatId: STRANGER.id, from: STRANGER, text: '/stats' })
  await fake.waitForCalls('sendMessage', 2)
  expect(fake.messages(STRANGER.id).at(-1)?.text).toContain('I only talk to the team')
  await database.db.insert(users).values({ telegramUserId: SARAH.id })
  for (const text of ['/posted', '/stats', '/help', '/start']) fake.say({ chatId: SARAH.id, from: SARAH, text })
  await fake.waitForCalls('sendMessage', 6)
  fake.setChat({ id: -1003000000003 })
  fake.say({ chatId: -1003000000003, from: STRANGER, text: '/pending' })
  fake.say({ chatId: TEAM, from: SARAH, text: '/pending@some_other_bot' })
  fake.say({ chatId: TEAM, from: SARAH, text: '/help' })
  await fake.waitForCalls('sendMessage', 7)
  expect(fake.messages(-1003000000003).filter(({ fromBot }) => fromBot)).toEqual([])
  expect(fake.violations()).toEqual([])
})

test('one hanging call does not delay the press of somebody else', async () => {
  const one = await sendCard('a.jpg')
  const other = await sendCard('b.jpg')
  await startBot()
  fake.fault({ kind: 'hang', when: 'before', method: 'getChatMember' })
  fake.press({ chatId: TEAM, messageId: one.messageId, button: 'Mark Posted', from: SARAH })
  await fake.waitForCalls('answerCallbackQuery', 1)
  fake.press({ chatId: TEAM, messageId: other.messageId, button: 'Mark Posted', from: TOM })
  await until(() => card(other.messageId)?.keyboard.length === 0, 4)
  expect(await history()).toMatchObject([{ queueItemId: other.item.id }])
})

test('SIGTERM ends it within five seconds and with exit code 143', async () => {
  const bot = await startBot()
  const begun = performance.now()
  bot.child.kill('SIGTERM')
  expect((await bot.done).code).toBe(143)
  expect(performance.now() - begun).toBeLessThan(5000)
})

test('the network going away is waited out', async () => {
  const { messageId } = await sendCard()
  fake.fault({ kind: 'drop', when: 'before', method: 'getMe', times: 2 })
  fake.fault({ kind: 'drop', when: 'before', method: 'getUpdates', times: 2 })
  const bot = await startBot()
  fake.press({ chatId: TEAM, messageId, button: 'Mark Posted', from: SARAH })
  await until(async () => (await history()).length === 1)
  expect(bot.stderr()).toContain('Telegram answers again')
})

test('the database going away is waited out, and the press is not lost', async () => {
  const { messageId } = await sendCard()
  const proxy = await startProxy(database.url)
  const bot = await startBot({ DATABASE_URL: proxy.url })
  await proxy.cut()
  fake.press({ chatId: TEAM, messageId, button: 'Mark Posted', from: SARAH })
  await fake.waitForCalls('answerCallbackQuery', 1)
  expect(answers()).toEqual(['One moment…'])
  await proxy.mend()
  await until(() => card(messageId)?.keyboard.length === 0, 20)
  expect(await history()).toHaveLength(1)
  expect(bot.stderr()).toContain('the database does not answer')
  await proxy.cut()
})

test('a second poller is told what is wrong and exits 1', async () => {
  fake.fault({
    kind: 'error',
    error_code: 409,
    description: 'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
    method: 'getUpdates',
    times: 100,
  })
  const { code, stderr } = await (await startBot()).done
  expect(code).toBe(1)
  expect(stderr).toContain("Another process reads this bot's updates")
}, 40_000)

test('a wrong token ends with exit code 4 and never shows the token', async () => {
  const { code, stderr } = await runStoryline(['bot'], {
    env: env({ TELEGRAM_BOT_TOKEN: '999:AAwrong-token-wrong-token' }),
  })
  expect(code).toBe(4)
  expect(stderr).toContain('Telegram does not accept the bot token')
  expect(stderr).not.toContain('AAwrong')
})
