import { sql } from 'drizzle-orm'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { type Database, openDatabase } from '../../src/db/connect.ts'
import { createTestDatabase, type TestContext, testContext } from './database.ts'
import { type FakeTelegram, startFakeTelegram } from './fake-telegram.ts'
import { createLibrary, type Library } from './stories.ts'

/** The team's chat, a supergroup, and the admin's private chat with the bot. */
export const TEAM = -1001000000001
export const ADMIN = 77

type Chats = NonNullable<NonNullable<Parameters<typeof startFakeTelegram>[0]>['chats']>

/** A team at work: a database for the file; a Telegram server and a library of its own for every test. */
export interface Team {
  readonly db: Database
  readonly url: string
  readonly fake: FakeTelegram
  readonly library: Library
  /** Settings for a process that a test starts. */
  env(more?: Record<string, string>): Record<string, string>
  /** What a job gets that runs in this process. */
  context(more?: Record<string, string>, signal?: AbortSignal): TestContext
  adminTexts(): string[]
}

/** Registers the hooks of a test file; call it once, at the top. */
export function useTeam(chats: Chats = [{ id: TEAM }, { id: ADMIN, members: { [ADMIN]: 'member' } }]): Team {
  const now = {} as { db: Database; url: string; drop(): Promise<void>; fake: FakeTelegram; library: Library }
  beforeAll(async () => {
    Object.assign(now, await createTestDatabase({ connections: 8 }))
  })
  beforeEach(async () => {
    now.fake = await startFakeTelegram({ chats })
    now.library = await createLibrary(now.db)
  })
  afterEach(async () => {
    await now.fake.close()
    now.library.remove()
    await empty(now.url)
  })
  afterAll(() => now.drop())
  const env = (more: Record<string, string> = {}) => ({
    DATABASE_URL: now.url,
    TELEGRAM_BOT_TOKEN: now.fake.token,
    TELEGRAM_API_ROOT: now.fake.url,
    TELEGRAM_CHANNEL_ID: String(TEAM),
    ADMIN_TELEGRAM_CHAT_ID: String(ADMIN),
    MEDIA_BASE_PATH: now.library.path,
    ...more,
  })
  return {
    get db() {
      return now.db
    },
    get url() {
      return now.url
    },
    get fake() {
      return now.fake
    },
    get library() {
      return now.library
    },
    env,
    context: (more, signal) => testContext(now.db, { env: env(more), ...(signal ? { signal } : {}) }),
    adminTexts: () => now.fake.messages(ADMIN).map(({ text }) => text),
  }
}

/** On a connection of its own: a test may have left the others in any state. */
async function empty(url: string): Promise<void> {
  const { db, close } = openDatabase(url)
  await db.execute(sql`drop trigger if exists barrier on posting_queue`)
  await db.execute(sql`
    truncate posting_queue, posting_history, media_items, media_posting_locks, telegram_cards, telegram_updates, alerts,
             api_limits, api_quotas, hosted_files, stored_secrets, pauses, service_runs, telegram_chats, heartbeats, users restart identity cascade`)
  await close()
}
