import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { pauses, postingHistory, postingQueue } from '../../src/db/schema.ts'
import { runTick } from '../../src/publish/tick.ts'
import { runStoryline } from '../support/cli.ts'
import { TEAM, useTeam } from '../support/team.ts'

const team = useTeam()

const storyline = async (args: readonly string[], more: Record<string, string> = {}) => {
  const finished = await runStoryline([...args, '--json'], { env: team.env(more) })
  return { ...finished, json: JSON.parse(finished.stdout) }
}
const queue = () => team.db.select().from(postingQueue).orderBy(postingQueue.storyNumber)
const tick = (more: Record<string, string> = {}) => runTick(team.context(team.env(more)))

test('paused: nothing is sent, nothing is missed, and every screen says so', async () => {
  await team.library.plan('due.jpg')
  await team.library.plan('late.jpg', { minutesAgo: 500 })
  await team.library.plan('card.jpg', {
    item: { status: 'awaiting_team', sentAt: sql`now() - interval '3 days'` as never, telegramChatId: TEAM },
  })
  const paused = await storyline(['pause', '--reason', 'stock taking'])
  expect([paused.code, paused.json]).toMatchObject([
    0,
    { paused: true, by: 'operator', reason: 'stock taking', already: false },
  ])
  const { report } = await tick()
  expect([report.claimed, report.missed, (await queue()).length]).toEqual([0, [], 3])
  expect(team.fake.messages()).toEqual([])
  for (const command of ['list-queue', 'process-queue --dry-run', 'history']) {
    const { stdout, stderr } = await runStoryline(command.split(' '), { env: team.env() })
    expect(stdout + stderr).toContain('Paused by operator since')
    expect(stdout + stderr).toContain('stock taking')
  }
})

test('pausing twice changes nothing, and says who did it', async () => {
  await storyline(['pause', '--reason', 'first'])
  expect((await storyline(['pause', '--reason', 'second'])).json).toMatchObject({ already: true, reason: 'first' })
  expect(await team.db.select().from(pauses)).toHaveLength(1)
})

test('two operators at once: one pause', async () => {
  await Promise.all([storyline(['pause']), storyline(['pause'])])
  expect(await team.db.select().from(pauses)).toHaveLength(1)
})

test.each([
  [['reschedule', '1', '--now'], 'storyline resume --send'],
  [['reschedule', '1', '--in', '2h'], 'storyline resume'],
  [['add-to-queue', 'free.jpg', '--now'], 'storyline resume --send'],
  [['add-to-queue', 'free.jpg', '--in', '2h', '--dry-run'], 'storyline resume'],
])('%j promises no time that a pause does not keep', async (args, next) => {
  await team.library.plan('planned.jpg', { minutesAgo: -60 })
  await team.library.add('free.jpg')
  const said = async () => (await runStoryline(args, { env: team.env() })).stderr
  await storyline(['pause', '--reason', 'stock taking'])
  expect(await said()).toMatch(
    new RegExp(`^Paused by operator since .*: stock taking\\. Nothing is sent\\. It goes out after: ${next}\n$`),
  )
  await storyline(['resume'])
  await storyline(['cancel', '2'])
  expect(await said()).toBe('')
})

test.each([
  [27 * 60, 'No tick has worked for 1 day: it goes out only when one runs. `storyline check-health` tells more.\n'],
  [14, ''],
])('a tick that was %i minutes ago, and what is promised', async (minutes, said) => {
  await team.library.plan('planned.jpg', { minutesAgo: -60 })
  await team.db.execute(
    sql`insert into heartbeats (name, beat_at) values ('process-queue', now() - make_interval(mins => ${minutes}::int))
        on conflict (name) do update set beat_at = excluded.beat_at`,
  )
  expect((await runStoryline(['reschedule', '1', '--now'], { env: team.env() })).stderr).toBe(said)
})

test('resuming without a pause says so', async () => {
  expect((await storyline(['resume'])).json).toEqual({ resumed: false, how: null, overdue: [] })
})

async function pausedWithOverdue() {
  for (const [n, minutesAgo] of [500, 60, 5, -60].entries()) await team.library.plan(`${n}.jpg`, { minutesAgo })
  await storyline(['pause'])
}

test('resume gives overdue stories the next free slots, in their order', async () => {
  await pausedWithOverdue()
  const before = await queue()
  const { json } = await storyline(['resume'])
  expect([json.how, json.overdue.length]).toEqual(['replan', 3])
  const after = await queue()
  const times = after.slice(0, 3).map(({ scheduledFor }) => scheduledFor.getTime())
  expect(times).toEqual([...times].sort((a, b) => a - b))
  expect(after.slice(0, 3).map(({ slot }) => slot)).not.toContain(null)
  const [row] = await team.db.execute<{ ahead: number }>(
    sql`select count(*)::int as ahead from posting_queue where scheduled_for > now()`,
  )
  expect(row?.ahead).toBe(4)
  expect(after[3]?.scheduledFor).toEqual(before[3]?.scheduledFor)
  expect((await tick()).report.claimed).toBe(0)
})

test('resume --send sends a few with every tick, and none is too late', async () => {
  await pausedWithOverdue()
  await storyline(['resume', '--send'])
  expect((await tick({ MAX_POSTS_PER_RUN: '2' })).report).toMatchObject({ claimed: 2, missed: [] })
  expect((await tick({ MAX_POSTS_PER_RUN: '2' })).report).toMatchObject({ claimed: 1, missed: [] })
})

test('resume --drop cancels them: no lock, and their slots are free again', async () => {
  await pausedWithOverdue()
  await storyline(['resume', '--drop'])
  expect((await queue()).length).toBe(1)
  expect((await team.db.select().from(postingHistory)).map(({ status }) => status)).toEqual([
    'cancelled',
    'cancelled',
    'cancelled',
  ])
})

test('a dry run shows the new times and changes nothing', async () => {
  await pausedWithOverdue()
  const before = await queue()
  const { json } = await storyline(['resume', '--dry-run'])
  expect([json.dryRun, json.overdue.length]).toEqual([true, 3])
  expect([await queue(), (await tick()).report.claimed]).toEqual([before, 0])
})

test('two ways exclude each other', async () => {
  const { code, stderr } = await runStoryline(['resume', '--send', '--drop'], { env: team.env() })
  expect([code, stderr]).toEqual([2, expect.stringContaining('exclude each other')])
})

test('what may be live is left alone: a person decides', async () => {
  await team.library.plan('a.jpg', { minutesAgo: 60, item: { instagramSends: 1 } })
  await storyline(['pause'])
  expect((await storyline(['resume', '--drop'])).json.overdue).toEqual([])
  expect(await queue()).toHaveLength(1)
})
