import { sql } from 'drizzle-orm'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openDatabase } from '../../src/db/connect.ts'
import { postingHistory, postingQueue } from '../../src/db/schema.ts'
import { startStoryline } from '../support/cli.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type FakeTelegram, startFakeTelegram } from '../support/fake-telegram.ts'
import { createLibrary, type Library } from '../support/stories.ts'

/** PostgreSQL ends the session of a run in the middle of its work (pg_terminate_backend, a restart, a time-out). */

const TEAM = -1001000000001
const ADMIN = 77

let database: TestDatabase
let fake: FakeTelegram
let library: Library

beforeAll(async () => {
  database = await createTestDatabase()
})
beforeEach(async () => {
  fake = await startFakeTelegram({ chats: [{ id: TEAM, members: { 5: 'member' } }, { id: ADMIN }] })
  library = await createLibrary(database.db)
})
afterEach(async () => {
  await fake.close()
  library.remove()
  await database.db.execute(sql`
    truncate posting_queue, posting_history, media_items, media_posting_locks, telegram_cards, telegram_updates, alerts,
             users restart identity cascade`)
})
afterAll(() => database.drop())

const env = () => ({
  DATABASE_URL: database.url,
  TELEGRAM_BOT_TOKEN: fake.token,
  TELEGRAM_API_ROOT: fake.url,
  TELEGRAM_CHANNEL_ID: String(TEAM),
  ADMIN_TELEGRAM_CHAT_ID: String(ADMIN),
  MEDIA_BASE_PATH: library.path,
})
const queue = () => database.db.select().from(postingQueue)
const adminTexts = () => fake.messages(ADMIN).map(({ text }) => text)

/** Ends every session of this database that waits for a lock, once there is one. */
async function killWhoWaits() {
  const waiting = sql`datname = current_database() and wait_event_type = 'Lock'`
  for (let killed = 0; killed === 0; ) {
    const rows = await database.db.execute(sql`select pg_terminate_backend(pid) from pg_stat_activity where ${waiting}`)
    killed = rows.length
  }
}

/** While `table` is locked, `begin` runs into it and loses its connection there. */
async function killInside(table: string, begin: () => void) {
  const other = openDatabase(database.url)
  await other.db.transaction(async (tx) => {
    await tx.execute(sql`select 1 from ${sql.identifier(table)} for update`)
    begin()
    await killWhoWaits()
  })
  await other.close()
}

test.each(['sendDocument', 'sendPhoto'])(
  'while %s is open: the answer is recorded on a new connection',
  async (method) => {
    await library.plan('a.jpg')
    const others = await database.db.execute<{ pid: number }>(sql`select pid from pg_stat_activity`)
    const hold = fake.hold(method)
    const tick = startStoryline(['process-queue', '--json'], { env: env() })
    await hold.reached
    const known = sql.join(
      others.map(({ pid }) => sql`${pid}`),
      sql`, `,
    )
    await database.db.execute(sql`
    select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and pid not in (${known})`)
    hold.release()
    expect(await tick.done).toMatchObject({ code: 0, stderr: '' })
    expect(await queue()).toMatchObject([{ status: 'awaiting_team' }])
  },
)

test('in the transaction that records the card: written again, not forgotten', async () => {
  await library.plan('a.jpg')
  const hold = fake.hold('sendPhoto')
  const tick = startStoryline(['process-queue', '--json'], { env: env() })
  await hold.reached
  await killInside('posting_queue', hold.release)
  expect(await tick.done).toMatchObject({ code: 0, stderr: '' })
  expect(await queue()).toMatchObject([{ status: 'awaiting_team', telegramMessageId: expect.any(Number) }])
  expect(fake.calls('sendPhoto')).toHaveLength(1)
})

test('in the transaction that settles a failure: the failure is recorded and told', async () => {
  await library.plan('a.jpg')
  fake.fault({ kind: 'error', error_code: 400, description: 'Bad Request: IMAGE_PROCESS_FAILED', method: 'sendPhoto' })
  const hold = fake.hold('sendPhoto', 'before')
  const tick = startStoryline(['process-queue', '--json'], { env: env() })
  await hold.reached
  await killInside('posting_queue', hold.release)
  expect((await tick.done).code).toBe(3)
  expect(await database.db.select().from(postingHistory)).toMatchObject([{ status: 'failed' }])
  expect(adminTexts()).toEqual([expect.stringContaining('failed')])
})

test('after the admin chat was told: not told twice', async () => {
  await library.plan('a.jpg', { minutesAgo: 500 })
  const hold = fake.hold('sendMessage')
  const tick = startStoryline(['process-queue'], { env: env() })
  await hold.reached
  await killInside('alerts', hold.release)
  expect((await tick.done).code).toBe(3)
  await database.db.execute(sql`update alerts set notice_lease_until = null`)
  await startStoryline(['process-queue'], { env: env() }).done
  expect(adminTexts()).toHaveLength(1)
})

test('while a press waits: the bot lives on and the press counts', async () => {
  await library.plan('a.jpg')
  await startStoryline(['process-queue'], { env: env() }).done
  const card = fake.messages(TEAM).find(({ kind }) => kind === 'photo')
  const bot = startStoryline(['bot'], { env: env() })
  await fake.waitForCalls('setMyCommands', 1)
  await killInside('posting_queue', () =>
    fake.press({ chatId: TEAM, messageId: card?.messageId ?? 0, button: 'Mark Posted', from: 5 }),
  )
  await fake.waitForCalls('editMessageCaption', 1, 15)
  expect(await database.db.select().from(postingHistory)).toMatchObject([{ status: 'posted' }])
  bot.child.kill('SIGTERM')
  expect((await bot.done).code).toBe(143)
})
