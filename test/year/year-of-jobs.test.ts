import { afterEach, expect, test } from 'vitest'
import { openDatabase } from '../../src/db/connect.ts'
import { createTestDatabase } from '../support/database.ts'
import { startFakeTelegram } from '../support/fake-telegram.ts'
import { startProxy } from '../support/proxy.ts'
import { createLibrary } from '../support/stories.ts'
import { ADMIN, TEAM } from '../support/team.ts'
import { takeDatabaseClock } from './database-clock.ts'
import { type Evidence, readStories } from './evidence.ts'
import { brokenPromises } from './judge.ts'
import { MEMBERS } from './people.ts'
import type { Scenario } from './scenario.ts'
import { liveThrough, type YearRecord } from './year.ts'
import { scenarioOf, ZONES } from './zones.ts'

/** A short version for every run of the suite; STORYLINE_YEAR_DAYS=365 is what a release is measured by. */
const DAYS = Number(process.env.STORYLINE_YEAR_DAYS ?? 16)
const SEED = process.env.STORYLINE_YEAR_SEED ?? 'year'
const EVERY_TICK = process.env.STORYLINE_YEAR_EVERY_TICK === '1'

const undo: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function live(scenario: Scenario): Promise<Evidence & { record: YearRecord }> {
  const test = await createTestDatabase()
  undo.push(test.drop)
  const members = Object.fromEntries(MEMBERS.map((id) => [id, 'member' as const]))
  const fake = await startFakeTelegram({
    chats: [
      { id: TEAM, members },
      { id: ADMIN, members: { [ADMIN]: 'member' } },
    ],
  })
  undo.push(fake.close)
  const library = await createLibrary(test.db)
  undo.push(library.remove)
  const categories = ['memes', 'products', 'people']
  for (let n = 0; n < scenario.pictures; n += 1) {
    const category = categories[n % 3] ?? ''
    await library.add(`${category}/${n}.jpg`, { category, requiresInteraction: n % 2 === 0 })
  }
  const clock = await takeDatabaseClock(test.db)
  const { db, close } = openDatabase(test.url, 2)
  undo.push(close)
  const wire = await startProxy(fake.url)
  undo.push(wire.cut)
  const env = {
    DATABASE_URL: test.url,
    TELEGRAM_BOT_TOKEN: fake.token,
    TELEGRAM_API_ROOT: wire.url,
    TELEGRAM_CHANNEL_ID: String(TEAM),
    ADMIN_TELEGRAM_CHAT_ID: String(ADMIN),
    MEDIA_BASE_PATH: library.path,
    TIMEZONE: scenario.timeZone,
    POSTS_PER_DAY: String(scenario.postsPerDay),
    POSTING_HOURS_START: scenario.opens,
    POSTING_HOURS_END: scenario.closes,
  }
  const record = await liveThrough(scenario, { db, clock, fake, wire, env, everyTick: EVERY_TICK })
  const { planned, unlucky, people } = record
  const stories = await readStories(db)
  return { scenario, stories, planned, unlucky, pressed: people.pressed, fake, tickMinutes: 5, record }
}

/** The whole year is lived through in every zone; the short one in the first. */
const LIVED = DAYS < 365 ? ZONES.slice(0, 1) : ZONES

test.each(LIVED)('$timeZone: the promises hold, whatever goes wrong', { timeout: 3_600_000 }, async (zone) => {
  const evidence = await live(scenarioOf(zone, DAYS, SEED))
  const { record } = evidence
  expect(brokenPromises(evidence)).toEqual({})
  expect(record.shortfalls).toEqual([])
  expect(record.ticks.filter(({ report }) => report.claimed > 3)).toEqual([])
  expect(record.ticks.filter(({ wasDue, calls }) => !wasDue && calls > 0)).toEqual([])
  expect(record.ticks.filter(({ wasDue }) => !wasDue).length).toBeGreaterThan(DAYS)
  expect(record.failedRuns.database).toBeGreaterThan(10)
})

test('after two hours without a database nothing floods', { timeout: 600_000 }, async () => {
  const zone = { timeZone: 'UTC', firstDay: '2026-06-01', postsPerDay: 48, opens: '00:00', closes: '24:00' }
  const from = new Date('2026-06-01T10:01:00Z')
  const outages = [{ kind: 'database' as const, from, to: new Date('2026-06-01T12:01:00Z') }]
  const evidence = await live({ ...zone, days: 1, pictures: 360, seed: `${SEED} flood`, outages, jumps: [] })
  expect(brokenPromises(evidence)).toEqual({})
  const claims = evidence.record.ticks.map(({ report }) => report.claimed)
  expect(Math.max(...claims)).toBe(3)
  const late = evidence.record.ticks.filter(({ at }) => at >= new Date('2026-06-01T12:05:00Z')).slice(0, 2)
  expect(late.map(({ report }) => report.claimed)).toEqual([3, expect.toSatisfy((count: number) => count >= 1)])
})
