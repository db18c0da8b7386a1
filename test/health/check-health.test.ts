import { createServer } from 'node:net'
import { sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { openAlert } from '../../src/alerts/alerts.ts'
import { alerts, config } from '../../src/db/schema.ts'
import { checkOf } from '../../src/health/check.ts'
import checkHealth from '../../src/health/check-health.ts'
import { telegram } from '../../src/health/checks/telegram.ts'
import { examineAll } from '../../src/health/examine.ts'
import { runTick } from '../../src/publish/tick.ts'
import { rememberMigration } from '../../src/telegram/chats.ts'
import { runStoryline } from '../support/cli.ts'
import { testContext } from '../support/database.ts'
import { ADMIN, TEAM } from '../support/team.ts'
import { useHealth } from './health-at-work.ts'

const health = useHealth()
const { team } = health

/** Of the machine that runs the tests nothing is known. */
const MACHINE = ['disk']
const except = (names: string[], ...others: string[]) => names.filter((name) => ![...MACHINE, ...others].includes(name))

describe('a machine', () => {
  it('at work is healthy, with the verdict first', async () => {
    await health.workForAWhile()
    const found = await health.check()
    expect([except(found.names('unhealthy')), except(found.names('warning'))]).toEqual([[], []])
    expect(found.row('telegram')?.details).toContain('@storyline_test_bot')
    expect(found.row('runway')?.details).toBe('about 8 days (memes 25)')
    expect(found.row('disk')?.details).toMatch(/media.*: .* of .* free \(\d+ %\)/)
    const [verdict] = found.text.split('\n')
    expect(verdict).toMatch(/Storyline is (HEALTHY|UNHEALTHY)/)
    expect(found.stderr).toBe('')
    expect(team.fake.calls('sendMessage')).toEqual([])
  })

  it('that is fresh can never post, and says what to do, check by check', async () => {
    const found = await health.check(
      {},
      { TELEGRAM_BOT_TOKEN: '', TELEGRAM_CHANNEL_ID: '', ADMIN_TELEGRAM_CHAT_ID: '' },
    )
    expect([found.exitCode, found.status]).toEqual([3, 'unhealthy'])
    expect(except(found.names('unhealthy'))).toEqual(['configuration', 'telegram', 'runway'])
    expect(except(found.names('warning'))).toEqual(['last-tick', 'bot', 'plan', 'media-folder', 'backups'])
    expect(found.row('configuration')?.details).toContain('TELEGRAM_BOT_TOKEN and TELEGRAM_CHANNEL_ID')
    for (const name of [...found.names('unhealthy'), ...found.names('warning')]) {
      expect(found.row(name)?.fix, name).toEqual(expect.any(String))
    }
  })

  it('with samples only can never post', async () => {
    await health.workForAWhile()
    await team.db.execute(sql`update media_items set is_sample = true`)
    const found = await health.check()
    expect(found.row('runway')).toMatchObject({ status: 'unhealthy', details: expect.stringContaining('25 samples') })
  })

  it('as a process: --json on stdout, exit 3', async () => {
    const { code, stdout, stderr } = await runStoryline(['check-health', '--json', '--offline'], { env: team.env() })
    expect([code, stderr]).toEqual([3, ''])
    expect(JSON.parse(stdout)).toMatchObject({ status: 'unhealthy', alerts: null, checks: expect.any(Array) })
  })
})

describe('without a database', () => {
  it('says so wherever it is needed, still checks the rest, and exits 3', async () => {
    const found = await health.check(
      { alertOnError: true },
      { DATABASE_URL: 'postgres://nobody:pw-canary@127.0.0.1:1/none' },
    )
    expect(found.exitCode).toBe(3)
    expect(found.row('database')).toMatchObject({
      status: 'unhealthy',
      details: 'No database answers at 127.0.0.1:1/none (ECONNREFUSED)',
      fix: expect.stringContaining('DATABASE_URL'),
    })
    expect(found.row('last-tick')).toMatchObject({ status: 'unhealthy', details: 'not checked: it needs the database' })
    expect(except(found.names('healthy'))).toEqual(['time-zone', 'configuration', 'telegram', 'hosting'])
    expect(found.stderr).toContain('unhealthy: Database: No database answers')
    expect(found.text + found.stderr).not.toContain('pw-canary')
    expect(team.fake.calls('sendMessage')).toEqual([])
  })

  it('a server that takes connections and says nothing is given up', async () => {
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as { port: number }
    const { code, stdout } = await runStoryline(['check-health', '--json', '--offline'], {
      env: team.env({ DATABASE_URL: `postgres://a:b@127.0.0.1:${port}/c` }),
    })
    silent.close()
    expect(code).toBe(3)
    expect(stdout).toContain('No database answers at 127.0.0.1')
  })

  it.each([
    [
      'older',
      sql`delete from drizzle.__drizzle_migrations where id = (select max(id) from drizzle.__drizzle_migrations)`,
      /missing/,
      'db migrate',
    ],
    [
      'newer',
      sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('x', 9999999999999)`,
      /newer/,
      'Update',
    ],
  ])('a schema that is %s is named, and what needs it is not guessed', async (_, change, details, fix) => {
    await team.db.execute(sql`create table kept as select * from drizzle.__drizzle_migrations`)
    await team.db.execute(change)
    try {
      const found = await health.check({ alertOnError: true })
      expect(found.row('schema')).toMatchObject({
        ...{ status: 'unhealthy', details: expect.stringMatching(details) },
        fix: expect.stringContaining(fix),
      })
      expect(found.row('overdue')?.details).toContain('the schema of the database is not that of this version')
      expect([found.row('database')?.status, found.row('clock')?.status]).toEqual(['healthy', 'healthy'])
    } finally {
      await team.db.execute(sql`delete from drizzle.__drizzle_migrations`)
      await team.db.execute(sql`insert into drizzle.__drizzle_migrations select * from kept`)
      await team.db.execute(sql`drop table kept`)
    }
  })

  it('a configuration that cannot be read: exit 4', async () => {
    const { code, stderr } = await runStoryline(['check-health'], { env: team.env({ POSTS_PER_DAY: 'many' }) })
    expect([code, stderr]).toEqual([4, expect.stringContaining('POSTS_PER_DAY is "many"')])
  })
})

describe('settings in the table config', () => {
  it('count', async () => {
    await health.workForAWhile()
    await team.db.insert(config).values({ key: 'posting_frequency', value: '25' })
    expect((await health.check()).row('runway')).toMatchObject({ status: 'warning', details: 'about 1 day (memes 25)' })
  })

  it('that are wrong stop every command, which is unhealthy', async () => {
    await team.db.insert(config).values({ key: 'posting_frequency', value: 'many' })
    const { row } = await health.check()
    expect(row('configuration')).toMatchObject({ status: 'unhealthy', details: expect.stringContaining('"many"') })
  })

  it.each([
    ['a dry run', { DRY_RUN_MODE: 'true' }, 'warning', 'DRY_RUN_MODE'],
    ['nobody to tell', { ADMIN_TELEGRAM_CHAT_ID: '' }, 'warning', 'ADMIN_TELEGRAM_CHAT_ID'],
  ])('%s is said', async (_, env, status, details) => {
    const { row } = await health.check({ offline: true }, env)
    expect(row('configuration')).toMatchObject({ status, details: expect.stringContaining(details) })
  })
})

describe('Telegram', () => {
  it('a revoked token is named, and stderr is the loud way', async () => {
    await health.workForAWhile()
    team.fake.fault({ kind: 'error', error_code: 401, description: 'Unauthorized', times: 9 })
    const found = await health.check({ alertOnError: true })
    expect([found.exitCode, except(found.names('unhealthy'))]).toEqual([3, ['telegram']])
    expect(found.row('telegram')).toMatchObject({
      ...{ details: 'token: Telegram refused: Unauthorized (401)', fix: expect.stringContaining('@BotFather') },
    })
    expect(found.stderr).toContain('the admin chat could not be told: Telegram refused: Unauthorized (401)')
    expect(found.stderr).toContain('unhealthy: Telegram: token: Telegram refused: Unauthorized (401)')
    expect(found.text + found.stderr).not.toContain(team.fake.token)
  })

  it('one that hangs does not hang the command, and its alert is not used up', async () => {
    await health.workForAWhile()
    await health.beat('bot', 60)
    team.fake.fault({ kind: 'hang', when: 'before', times: 9 })
    const started = performance.now()
    const found = await health.check({ alertOnError: true }, { HTTP_TIMEOUT_SECONDS: '1' })
    expect(performance.now() - started).toBeLessThan(10_000)
    expect(found.row('telegram')).toMatchObject({ status: 'unhealthy', details: 'token: No answer within 1 s' })
    expect([found.exitCode, found.alerts?.opened]).toEqual([3, ['health:telegram']])
    team.fake.clearFaults()
    await health.beat('bot', 1)
    await health.check({ alertOnError: true })
    expect([await health.openSubjects(), team.adminTexts()]).toEqual([[], []])
  })

  it('nothing is left of a call that nobody waits for any more', async () => {
    team.fake.fault({ kind: 'hang', when: 'before' })
    const ctx = testContext(team.db, { env: team.env() })
    const door = { kind: 'closed', reason: 'none', fix: null } as const
    const opened = { door, db: undefined, settings: ctx.settings, problems: [] }
    await examineAll([checkOf(telegram)], { ctx, opened }, { withinSeconds: 0.3 })
    await expect.poll(() => team.fake.calls('getMe')[0]?.state, { timeout: 5000 }).toBe('broken')
  })

  it('a group that has another id now is found', async () => {
    await health.workForAWhile()
    const upgraded = TEAM - 5
    team.fake.setChat({ id: TEAM, migrateTo: upgraded })
    team.fake.setChat({ id: upgraded, title: 'Upgraded' })
    await rememberMigration(team.db, TEAM, upgraded)
    expect((await health.check()).row('telegram')).toMatchObject({
      ...{ status: 'healthy', details: expect.stringContaining('Upgraded') },
    })
  })

  it('missing rights are named', async () => {
    await health.workForAWhile()
    team.fake.setChat({ id: TEAM, botStatus: 'left' })
    const { row } = await health.check()
    expect(row('telegram')).toMatchObject({ status: 'unhealthy', details: expect.stringContaining('team chat') })
  })

  it('is left alone with --offline', async () => {
    await health.workForAWhile()
    const found = await health.check({ offline: true, alertOnError: true })
    expect([found.row('telegram'), found.row('instagram-api'), team.fake.calls()]).toEqual([undefined, undefined, []])
    expect(found.row('instagram')?.status).toBe('healthy')
  })
})

describe('--alert-on-error', () => {
  const alert = (env = {}) => health.check({ alertOnError: true }, env)

  it('tells once what became unhealthy, and once that it is well again', async () => {
    await health.workForAWhile()
    await health.beat('bot', 60)
    expect((await alert()).alerts).toEqual({ opened: ['health:bot'], resolved: [], untold: null })
    await health.beat('bot', 65)
    expect((await alert()).alerts).toEqual({ opened: [], resolved: [], untold: null })
    expect(team.adminTexts()).toEqual([
      expect.stringMatching(/^🚨 Telegram bot: last heard from Telegram 1 hour ago.*\nSince .*\n👉 Start it/),
    ])
    await health.beat('bot', 1)
    expect((await alert()).alerts).toEqual({ opened: [], resolved: ['health:bot'], untold: null })
    await alert()
    expect(team.adminTexts().slice(1)).toEqual([expect.stringMatching(/^✅ Resolved\nTelegram bot/)])
    expect(team.fake.messages(TEAM)).toEqual([])
  })

  it('many at once tell it once', async () => {
    await health.workForAWhile()
    await health.beat('bot', 60)
    await Promise.all([alert(), alert(), alert(), alert()])
    expect(team.adminTexts()).toHaveLength(1)
  })

  it('without it nothing is written and nobody is told', async () => {
    await health.workForAWhile()
    await health.beat('bot', 60)
    await health.check()
    expect([await team.db.select().from(alerts), team.adminTexts()]).toEqual([[], []])
  })

  it('a dry run tells nobody but this terminal', async () => {
    await health.workForAWhile()
    await health.beat('bot', 60)
    team.fake.setChat({ id: TEAM, botStatus: 'left' })
    const found = await alert({ DRY_RUN_MODE: 'true' })
    expect([await team.db.select().from(alerts), team.adminTexts()]).toEqual([[], []])
    expect(found.stderr).toContain('unhealthy: Telegram: team chat')
  })

  it('what a tick has told is not told again', async () => {
    await health.workForAWhile()
    team.fake.setChat({ id: TEAM, botStatus: 'kicked' })
    await team.library.plan('due.jpg')
    const ctx = { ...team.context(), now: () => new Date() }
    await runTick(ctx)
    await health.beat('process-queue', 120)
    await team.db.execute(
      sql`update posting_queue set scheduled_for = now() - interval '100 minutes' where scheduled_for < now()`,
    )
    const found = await alert()
    expect(except(found.names('unhealthy'))).toEqual(['telegram', 'overdue'])
    expect(await health.openSubjects()).toEqual(['telegram-blocked'])
    expect(found.row('open-alerts')?.details).toContain("No story can be sent to the team's chat")
    expect(team.adminTexts()).toHaveLength(1)
  })

  it('when nobody tries any more, an old alert does not hide it', async () => {
    await health.workForAWhile()
    await health.beat('process-queue', 120)
    await openAlert(team.db, { subject: 'telegram-blocked', severity: 'critical', summary: 'kicked' })
    await team.db.execute(sql`alter table alerts disable trigger update_alerts_updated_at`)
    await team.db.execute(sql`update alerts set updated_at = now() - interval '2 hours', notice = null`)
    await team.db.execute(sql`alter table alerts enable trigger update_alerts_updated_at`)
    expect((await alert()).alerts?.opened).toEqual(['health:last-tick'])
  })

  it('with nobody to tell, stderr and the exit code are what is left', async () => {
    await health.workForAWhile()
    await health.beat('bot', 60)
    const found = await alert({ ADMIN_TELEGRAM_CHAT_ID: '' })
    expect([found.exitCode, found.stderr]).toEqual([3, expect.stringContaining('ADMIN_TELEGRAM_CHAT_ID is not set')])
    expect(team.fake.messages(ADMIN)).toEqual([])
  })
})

it('leaves no connection open', async () => {
  await health.workForAWhile()
  const [before] = await team.db.execute<{ at: string }>(sql`select clock_timestamp()::text as at`)
  await health.run(checkHealth, {})
  const [row] = await team.db.execute<{ count: number }>(sql`
    select count(*)::int as count from pg_stat_activity
     where datname = current_database() and backend_start > ${before?.at}::timestamptz and pid <> pg_backend_pid()`)
  expect(row?.count).toBe(0)
})
