import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { desc, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { serviceRuns } from '../../src/db/schema.ts'
import { judgeRun, type RunFacts } from '../../src/runs/judge-run.ts'
import { summarise } from '../../src/runs/summarise.ts'
import { runStoryline, startStoryline } from '../support/cli.ts'
import { createTestDatabase } from '../support/database.ts'
import { useTeam } from '../support/team.ts'

const team = useTeam()
const runs = () => team.db.select().from(serviceRuns).orderBy(serviceRuns.startedAt)
const list = async (...args: string[]) =>
  JSON.parse((await runStoryline(['list-service-runs', '--json', ...args], { env: team.env() })).stdout).runs

const NOW = new Date('2026-11-21T12:00:00Z')
const facts = (more: Partial<RunFacts>): RunFacts => ({
  status: 'running',
  serviceName: 'index-media',
  startedAt: NOW,
  isAlive: null,
  now: NOW,
  ...more,
})
const dayAgo = new Date(NOW.getTime() - 25 * 3_600_000)

test.each<[string, Partial<RunFacts>, string]>([
  ['what ended is shown as it ended', { status: 'failed', isAlive: false }, 'failed'],
  ['its process goes on', { isAlive: true, startedAt: dayAgo }, 'running'],
  ['its process is gone', { isAlive: false }, 'died'],
  ['on another machine, just now', {}, 'running'],
  ['on another machine, since yesterday', { startedAt: dayAgo }, 'died'],
  ['a bot on another machine may run for weeks', { startedAt: dayAgo, serviceName: 'bot' }, 'running'],
])('a run, %s', (_name, given, state) => {
  expect(judgeRun(facts(given))).toBe(state)
})

test('results are small: texts cut, lists counted, two levels deep', () => {
  const result = summarise({
    claimed: 2,
    delivered: [{ id: 'x' }, { id: 'y' }],
    tags: ['a', 'b'],
    text: 'z'.repeat(500),
    deep: { er: { and: { deeper: 1 } } },
    nothing: undefined,
    none: null,
  })
  expect(result).toEqual({
    claimed: 2,
    delivered: 2,
    tags: ['a', 'b'],
    text: `${'z'.repeat(200)}…`,
    deep: { er: 1 },
    none: null,
  })
})

test('a tick is a row only when it does something, and its row says what', async () => {
  const idle = await runStoryline(['process-queue'], { env: team.env() })
  expect([idle.code, await runs()]).toEqual([0, []])
  await team.library.plan('a.jpg')
  await runStoryline(['process-queue'], { env: team.env() })
  expect(await list()).toMatchObject([
    {
      service: 'process-queue',
      status: 'completed',
      triggeredBy: 'system',
      result: { exitCode: 0, claimed: 1, delivered: 1 },
      durationMs: expect.any(Number),
    },
  ])
})

test('every change is a row with its parameters; a dry run and a listing are none', async () => {
  await team.library.plan('a.jpg', { minutesAgo: -60 })
  await runStoryline(['list-queue'], { env: team.env() })
  await runStoryline(['pause', '--dry-run'], { env: team.env() })
  expect(await runs()).toEqual([])
  await runStoryline(['pause', '--reason', 'holidays'], { env: team.env() })
  const [run] = await list('--service', 'pause')
  expect(run).toMatchObject({ params: { options: { reason: 'holidays' } }, result: { paused: true } })
})

test('a failure keeps its error; what a user got wrong keeps no stack', async () => {
  const { code } = await runStoryline(['cancel', '4711'], { env: team.env() })
  expect(code).toBe(1)
  const [row] = await runs()
  expect(row).toMatchObject({ status: 'failed', success: false, errorMessage: expect.stringContaining('4711') })
  expect(await list('--status', 'failed')).toHaveLength(1)
  expect(await list('--status', 'completed')).toEqual([])
})

test('commands that open the database themselves leave a row as well, without a password of an address', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'storyline-runs-'))
  const env = team.env({ BACKUP_DIR: folder, STORYLINE_HOME: folder })
  await team.library.plan('late.jpg', { minutesAgo: 60 })
  const told = await runStoryline(['check-health', '--alert-on-error'], { env })
  expect(told.code).toBe(3)
  await runStoryline(['check-health', '--alert-on-error'], { env })
  await runStoryline(['config', 'set', 'POSTS_PER_DAY', '4'], { env })
  await runStoryline(['config', 'set', 'POSTS_PER_DAY', '4'], { env })
  await runStoryline(['backup', '--database'], { env })
  await runStoryline(['verify-backups'], { env })
  const expected = ['verify-backups', 'backup', 'config', 'check-health']
  expect((await list()).map(({ service }: { service: string }) => service)).toEqual(expected)

  const target = await createTestDatabase()
  const backup = readdirSync(folder).find((name) => name.startsWith('storyline-')) ?? ''
  const restored = await runStoryline(['restore', backup, '--database', '--into', target.url, '--force'], { env })
  expect(restored).toMatchObject({ code: 0 })
  const [row] = await target.db.select().from(serviceRuns).orderBy(desc(serviceRuns.startedAt)).limit(1)
  expect(row).toMatchObject({ serviceName: 'restore', status: 'completed' })
  expect(JSON.stringify(row)).not.toContain(new URL(target.url).password)
  await target.drop()
  rmSync(folder, { recursive: true, force: true })
}, 120_000)

const until = async (condition: () => Promise<boolean>) => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20))
}

test('a run whose process died is shown as such, not as running for ever', async () => {
  const bot = startStoryline(['bot'], { env: team.env() })
  await team.fake.waitForCalls('getMe')
  await until(async () => (await runs()).length > 0)
  expect(await list()).toMatchObject([{ service: 'bot', status: 'running' }])
  bot.child.kill('SIGKILL')
  await bot.done
  expect(await list()).toMatchObject([{ service: 'bot', status: 'died', completedAt: null }])
  expect(await list('--status', 'died')).toHaveLength(1)
  const { stdout } = await runStoryline(['list-service-runs'], { env: team.env() })
  expect(stdout).toContain('✗ died')
})

test('rows older than three months are forgotten with the next one', async () => {
  await team.db.execute(sql`insert into service_runs (service_name, method_name, started_at)
    values ('old', 'run', now() - interval '91 days'), ('recent', 'run', now() - interval '89 days')`)
  await runStoryline(['pause'], { env: team.env() })
  expect((await runs()).map(({ serviceName }) => serviceName).sort()).toEqual(['pause', 'recent'])
})
