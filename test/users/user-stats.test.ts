import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { users } from '../../src/db/schema.ts'
import command from '../../src/users/user-stats.ts'
import { addHistory, addMedia, emptyTables, fromNow, HOUR_MS, NOW } from '../schedule/commanding.ts'
import { runCommand } from '../setup/run-command.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let t: TestDatabase
let sarah: string
beforeAll(async () => {
  t = await createTestDatabase()
  const [row] = await t.db
    .insert(users)
    .values([
      {
        telegramUserId: 1001,
        telegramUsername: 'sarah_m',
        telegramFirstName: 'Sarah',
        telegramLastName: 'Mar\u001b[31mtinez',
        teamName: 'Marketing Team',
        role: 'admin',
        firstSeenAt: new Date('2026-01-01T10:00:00Z'),
        lastSeenAt: fromNow(-2 * HOUR_MS),
      },
      { telegramUserId: 1002, telegramFirstName: 'Ana', isActive: false },
    ])
    .returning()
  sarah = row?.id ?? ''
})
beforeEach(() => emptyTables(t.db))
afterAll(() => t.drop())

const run = (args: readonly string[]) =>
  runCommand(command, args, {
    env: { STORYLINE_HOME: '/nonexistent', TIMEZONE: 'Europe/Berlin' },
    db: t.db,
    now: NOW,
  })

async function addStories(): Promise<void> {
  const mug = await addMedia(t.db, 'products/mug.jpg', { tags: ['product', 'mug'] })
  const cat = await addMedia(t.db, 'memes/cat.jpg', { tags: ['meme'] })
  const by = { postedByUserId: sarah }
  const story = (media: typeof mug, hoursAgo: number, waitMinutes: number, more = {}) => {
    const at = fromNow(-hoursAgo * HOUR_MS)
    return addHistory(t.db, media, {
      ...by,
      queueDeletedAt: at,
      sentAt: new Date(at.getTime() - waitMinutes * 60_000),
      ...more,
    })
  }
  await story(mug, 1, 5)
  await story(mug, 2, 20)
  // Tuesday last week, and in October.
  await story(cat, 11 * 24, 12)
  await story(mug, 40 * 24, 60)
  await story(cat, 3, 1, { status: 'skipped' })
  // None of these is hers, or is any more.
  await story(cat, 1, 1, { undoneAt: NOW })
  await story(cat, 1, 1, { postedByUserId: null })
  // What the picture says today does not change what was posted.
  await t.db.execute(`update media_items set tags = '{other}'`)
}

test('shows the person and what they did', async () => {
  await addStories()
  const { stdout, exitCode } = await run(['--username', '@Sarah_M'])
  expect(exitCode).toBe(0)
  expect(stdout).toBe(`👤 User Statistics: @sarah_m

Name:              Sarah Mar\\u{1b}[31mtinez
Role:              admin
Team:              Marketing Team
Status:            Active
First Seen:        Jan 1, 2026, 11:00 AM GMT+1
Last Seen:         2 hours ago

📊 Posting Activity

Total Settled:     5
Posted:            4 (80.0%)
Not Posted:        1 (20.0%): 1 skipped
This Week:         2 posts (since Mon, Nov 16)
This Month:        3 posts (since Sun, Nov 1)
Time to Post:      16 minutes (median)

· Top Tags
  • mug: 3 posts
  • product: 3 posts
  • meme: 1 post

· Most Active Times (Europe/Berlin)
  • 7 AM - 8 AM: 1 post
  • 8 AM - 9 AM: 1 post
  • 9 AM - 10 AM: 1 post
`)
})

test('--json has the numbers as they are', async () => {
  await addStories()
  const { json } = await run(['--telegram-id', '1001', '--json'])
  expect(json).toMatchObject({
    telegramUserId: 1001,
    username: 'sarah_m',
    role: 'admin',
    active: true,
    team: 'Marketing Team',
    firstSeenAt: '2026-01-01T11:00:00+01:00',
    settled: 5,
    posted: 4,
    successPercent: 80,
    others: [{ status: 'skipped', stories: 1 }],
    thisWeek: { since: '2026-11-16T00:00:00+01:00', posts: 2 },
    thisMonth: { since: '2026-11-01T00:00:00+01:00', posts: 3 },
    medianSecondsToPost: 16 * 60,
  })
})

test('somebody who did nothing yet is shown as that, not with zeros', async () => {
  const { stdout } = await run(['--telegram-id', '1002'])
  expect(stdout).toContain('👤 User Statistics: Ana')
  expect(stdout).toContain('Status:            Deactivated')
  expect(stdout).toContain('Nothing yet')
  expect(stdout).not.toContain('%')
  const { json } = await run(['--telegram-id', '1002', '--json'])
  expect(json).toMatchObject({ team: null, settled: 0, successPercent: null, medianSecondsToPost: null, tags: [] })
})

test.each([
  ['nobody', [], 2, 'Name one person'],
  ['two', ['--username', 'x', '--telegram-id', '1'], 2, 'Name one person'],
  ['no number', ['--telegram-id', 'x'], 2, 'expected a number'],
  ['a stranger', ['--username', 'nobody'], 1, '@nobody is not known'],
])('%s: says so', async (_, args, exitCode, reason) => {
  const finished = await run(args)
  expect([finished.exitCode, finished.stdout]).toEqual([exitCode, ''])
  expect(finished.stderr).toContain(reason)
})
