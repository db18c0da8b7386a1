import { sql } from 'drizzle-orm'
import { expect, it } from 'vitest'
import { openAlert } from '../../src/alerts/alerts.ts'
import { apiLimits, pauses } from '../../src/db/schema.ts'
import monitorQueue from '../../src/health/monitor-queue.ts'
import { holdChat } from '../../src/telegram/chats.ts'
import { testContext } from '../support/database.ts'
import { TEAM } from '../support/team.ts'
import { useHealth } from './health-at-work.ts'

const health = useHealth()
const { team } = health

const monitor = (env: Record<string, string> = {}) => health.run(monitorQueue, {}, env)

it('an empty queue moves', async () => {
  const { exitCode, json, text } = await monitor()
  expect([exitCode, json]).toEqual([
    0,
    {
      ...{ stuck: false, samples: 0, overdueCount: 0, overdue: [], next: null, pausedBy: null, lastTickSeconds: null },
      counts: { pending: 0, processing: 0, retrying: 0, awaiting_team: 0, unconfirmed: 0 },
      today: { posted: 0, skipped: 0, rejected: 0, failed: 0, missed: 0 },
      pausesOfToday: [],
      cards: { count: 0, oldestSeconds: null },
      unconfirmed: { count: 0, beingRead: 0, oldestSeconds: null },
    },
  ])
  expect(text).toContain('Next: nothing is planned.')
})

it('says what today brought, since local midnight and without what was undone', async () => {
  const now = new Date()
  const minutesOfDay = now.getUTCHours() * 60 + now.getUTCMinutes()
  // A zone in which it is noon, give or take an hour: neither midnight is near.
  const offset = Math.round(minutesOfDay / 60) - 12
  const TIMEZONE = offset === 0 ? 'UTC' : `Etc/GMT${offset > 0 ? '+' : ''}${offset}`
  await health.workForAWhile()
  const ended = (status: string, hours: number, more = 'null') => sql`
    insert into posting_history (media_item_id, queue_created_at, queue_deleted_at, scheduled_for, status, success, posted_at, undone_at)
    select id, now(), now() - make_interval(hours => ${hours}), now(), ${status}, ${status} = 'posted',
      case when ${status} = 'posted' then now() - make_interval(hours => ${hours}) end, ${sql.raw(more)} from media_items limit 1`
  await team.db.execute(sql`delete from posting_history`)
  for (const query of [
    ended('posted', 1),
    ended('posted', 2),
    ended('missed', 20),
    ended('skipped', 1),
    ended('posted', 1, 'now()'),
  ]) {
    await team.db.execute(query)
  }
  const { json, text } = await monitor({ TIMEZONE })
  expect(json.today).toEqual({ posted: 2, skipped: 1, rejected: 0, failed: 0, missed: 0 })
  expect(text).toContain('Today: 2 posted, 1 skipped')
})

it('tells of the pauses that ended today: afterwards nobody sees why little was posted', async () => {
  const now = new Date()
  // Noon, give or take an hour.
  const offset = Math.round((now.getUTCHours() * 60 + now.getUTCMinutes()) / 60) - 12
  const TIMEZONE = offset === 0 ? 'UTC' : `Etc/GMT${offset > 0 ? '+' : ''}${offset}`
  const at = (hours: number) => new Date(now.getTime() + hours * 3_600_000)
  await team.db.insert(pauses).values([
    { pausedBy: '@ana', pausedAt: at(-40), resumedAt: at(-30), resumedBy: '@ana', reason: 'long ago' },
    { pausedBy: '@tom', pausedAt: at(-26), resumedAt: at(-2), resumedBy: '@ana', reason: 'stock\u001btaking' },
    { pausedBy: '@ana', pausedAt: at(-1), resumedAt: at(-0.5), resumedBy: 'operator' },
  ] as never)
  const { json, text } = await monitor({ TIMEZONE })
  expect(json.pausesOfToday).toEqual([
    { by: '@tom', reason: 'stock\u001btaking', since: expect.any(String), until: expect.any(String) },
    { by: '@ana', reason: null, since: expect.any(String), until: expect.any(String) },
  ])
  const clock = '\\d\\d:\\d\\d'
  const first = `paused \\w{3}, \\w{3} \\d+ ${clock} to ${clock} by @tom: stock\\\\u\\{1b\\}taking`
  expect(text).toMatch(new RegExp(`Today: nothing posted; ${first}; paused ${clock} to ${clock} by @ana\n`))
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may reach the terminal
  expect(text).not.toMatch(/\u001b/)
})

it('counts what is where, and names what comes next', async () => {
  await health.beat('process-queue', 1)
  await team.library.plan('next.jpg', { minutesAgo: -30 })
  await team.library.plan('sample.jpg', { minutesAgo: 90, media: { isSample: true } })
  const sentAt = sql`now() - interval '2 hours'`
  await team.library.plan('card.jpg', { minutesAgo: 120, item: { status: 'awaiting_team', sentAt } as never })
  const reading = { reconcileAt: sql`now()`, effectStartedAt: sql`now() - interval '5 minutes'` }
  await team.library.plan('doubt.jpg', {
    item: { status: 'unconfirmed', effect: 'instagram_publish', ...reading } as never,
  })
  const { exitCode, json, text } = await monitor({ TIMEZONE: 'Asia/Tokyo' })
  expect(exitCode).toBe(0)
  expect(json).toMatchObject({
    counts: { pending: 1, awaiting_team: 1, unconfirmed: 1 },
    ...{ samples: 1, overdueCount: 0, cards: { count: 1 }, unconfirmed: { count: 1, beingRead: 1 } },
    next: { storyNumber: 1, file: 'stories/next.jpg', at: expect.stringMatching(/\+09:00$/) },
  })
  const lines = text.split('\n')
  expect(lines[0]).toBe('✓ The queue moves: 0 overdue')
  expect(text).toMatch(/last tick: 1 minute ago/)
  expect(text).toContain('Queue: 1 pending, 1 awaiting_team, 1 unconfirmed, 1 sample (never sent)')
  expect(text).toContain('With the team: 1 card, the oldest for 2 hours')
  expect(text).toMatch(/Next: #1 stories\/next\.jpg, .*GMT\+9 \(in 29 minutes\)/)
})

const OF_ONE: Readonly<Record<string, string>> = {
  0: '✓ The queue moves: 1 overdue',
  3: '✗ Stuck: 1 story of 1 overdue',
  paused: '! Paused, nothing is sent: 1 overdue',
}

it.each<[string, () => Promise<unknown>, number, string]>([
  ['cron does not run', () => health.beat('process-queue', 60), 3, 'no_tick'],
  ['paused', () => team.db.insert(pauses).values({ pausedBy: '@ana' }), 0, 'paused'],
  ['Telegram asked to wait', () => holdChat(team.db, TEAM, 600, 'flood'), 0, 'limit'],
  ['another chat has to wait', () => holdChat(team.db, TEAM * 10, 600, 'flood'), 3, 'unknown'],
  [
    'Telegram asked to wait, but no longer',
    () =>
      team.db.insert(apiLimits).values({ subject: `telegram:${TEAM}`, until: sql`now()`, reason: 'flood' } as never),
    3,
    'unknown',
  ],
  [
    'Telegram is closed to us',
    () => openAlert(team.db, { subject: 'telegram-blocked', severity: 'critical', summary: 'kicked' }),
    3,
    'blocked',
  ],
])('what is overdue: %s', async (_, prepare, exitCode, waitsFor) => {
  await health.beat('process-queue', 1)
  await prepare()
  await team.library.plan('late.jpg', { minutesAgo: 16 })
  const found = await monitor()
  expect([found.exitCode, found.json.overdue]).toEqual([exitCode, [expect.objectContaining({ waitsFor })]])
  expect(found.json.stuck).toBe(exitCode === 3)
  expect(found.text.split('\n')[0]).toBe(OF_ONE[waitsFor] ?? OF_ONE[exitCode])
})

it('a story of Instagram waits for Instagram', async () => {
  await health.beat('process-queue', 1)
  await openAlert(team.db, { subject: 'instagram-blocked', severity: 'critical', summary: 'reconnect it' })
  await team.library.plan('own.jpg', { minutesAgo: 20 })
  await team.library.plan('sticker.jpg', { minutesAgo: 5, media: { requiresInteraction: true } })
  const { json } = await monitor({ ENABLE_INSTAGRAM_API: 'true' })
  expect(json.overdue).toMatchObject([
    { channel: 'instagram', waitsFor: 'blocked', why: 'reconnect it' },
    { channel: 'telegram', waitsFor: 'next_tick' },
  ])
})

it('a backlog that ticks work off is not stuck; the oldest are listed, all are counted', async () => {
  await health.beat('process-queue', 1)
  for (let n = 0; n < 55; n += 1) await team.library.plan(`late/${n}.jpg`, { minutesAgo: 14 })
  const { exitCode, json, text } = await monitor()
  expect([exitCode, json.overdueCount, (json.overdue as unknown[]).length]).toEqual([0, 55, 50])
  expect(text).toContain('The oldest 50 of 55 are shown.')
})

it('--watch looks again until it is stopped, and the last look decides', async () => {
  const stop = new AbortController()
  const ctx = testContext(team.db, { env: team.env(), now: () => new Date(), signal: stop.signal })
  const watching = monitorQueue.run(ctx, { options: { watch: 1 }, args: [] })
  await team.library.plan('late.jpg', { minutesAgo: 30 })
  while (!ctx.stdout().includes('Stuck')) await new Promise((resolve) => setTimeout(resolve, 50))
  stop.abort()
  expect(await watching).toBe(3)
})

it('--watch with --json is refused: there is one document', async () => {
  const ctx = testContext(team.db, { env: team.env(), json: true })
  await expect(monitorQueue.run(ctx, { options: { watch: 1 }, args: [] })).rejects.toMatchObject({ exitCode: 2 })
})
