import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { heartbeats } from '../../src/db/schema.ts'
import { runStoryline } from '../support/cli.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { pattern } from '../support/pictures.ts'

let t: TestDatabase
/** A home whose name every shell and every parser would like to misread. */
let home: string
beforeAll(async () => {
  t = await createTestDatabase()
})
beforeEach(async () => {
  home = join(mkdtempSync(join(tmpdir(), 'storyline-work-')), 'my $HOME 50% "x"')
  mkdirSync(join(home, 'media/stories/memes'), { recursive: true })
  writeFileSync(
    join(home, 'media/stories/memes/cat.jpg'),
    await pattern({ width: 720, height: 1280 }).jpeg().toBuffer(),
  )
  writeFileSync(join(home, '.env'), `DATABASE_URL=${t.url}\nTIMEZONE=Europe/Berlin\nDRY_RUN_MODE=true\n`, {
    mode: 0o600,
  })
})
afterEach(() => {
  rmSync(join(home, '..'), { recursive: true, force: true })
})
afterAll(() => t.drop())

/** One line of a crontab as cron runs it: `/bin/sh`, nothing in the environment but what cron and the crontab put there. */
async function runAsCron(command: string, variables: Record<string, string>) {
  const env = { SHELL: '/bin/sh', HOME: '/', LOGNAME: 'pi', PATH: '/usr/bin:/bin', ...variables }
  const child = spawn('/bin/sh', ['-c', command], { env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  return { code, stdout, stderr }
}

describe('the block of install-cron', () => {
  async function printed() {
    const { code, stdout } = await runStoryline(['install-cron', '--print'], { env: { STORYLINE_HOME: home } })
    expect(code).toBe(0)
    const variables = Object.fromEntries(
      [...stdout.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
    )
    const jobs = [...stdout.matchAll(/^[\d*/,]+ \S+ \S+ \S+ \S+ +(.*)$/gm)].map(([, command = '']) => command)
    return { variables, jobs }
  }

  it('works as cron runs it: empty environment, any folder; every job is a command with options that exist', async () => {
    const { variables, jobs } = await printed()
    expect(jobs).toHaveLength(7)
    for (const job of jobs) {
      const { code, stderr } = await runAsCron(job, variables)
      // 2: wrong usage; 126, 127: not a program.
      expect([2, 126, 127, null], `${job}: ${stderr}`).not.toContain(code)
    }
  }, 120_000)

  it('ticks, and says nothing when all is well', async () => {
    const { variables, jobs } = await printed()
    await t.db.delete(heartbeats)
    writeFileSync(join(home, '.env'), `DATABASE_URL=${t.url}\n`)
    chmodSync(join(home, '.env'), 0o600)
    const tick = jobs.find((job) => job.includes(' process-queue ')) ?? ''
    expect(await runAsCron(tick, variables)).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(await t.db.select({ name: heartbeats.name }).from(heartbeats)).toContainEqual({ name: 'process-queue' })
  })
})

it('a .env that everybody may read is said to a person, and not to cron', async () => {
  writeFileSync(join(home, '.env'), `DATABASE_URL=${t.url}\n`)
  chmodSync(join(home, '.env'), 0o644)
  const env = { STORYLINE_HOME: home }
  const { code, stderr } = await runStoryline(['list-media'], { env })
  expect([code, stderr]).toEqual([0, expect.stringContaining('chmod 600')])
  expect((await runStoryline(['list-media', '--quiet'], { env })).stderr).toBe('')
})

describe('install-service', () => {
  it('prints a line that starts the very program', async () => {
    const { code, stdout } = await runStoryline(['install-service', '--print', '--timers'], {
      env: { STORYLINE_HOME: home },
    })
    expect(code).toBe(0)
    // In quotes where a path has a space.
    const [, node = '', launcher = ''] = /^ExecStart="?([^"\n]+?)"? "?([^"\n]+?)"? bot$/m.exec(stdout) ?? []
    expect([existsSync(node), existsSync(launcher)]).toEqual([true, true])
    expect(readFileSync(launcher, 'utf8')).toContain('main')
  })

  it('a wrong setting is exit 4: the unit would be wrong too', async () => {
    const env = { STORYLINE_HOME: home, POSTS_PER_DAY: 'many' }
    const { code, stdout } = await runStoryline(['install-service', '--print'], { env })
    expect([code, stdout]).toEqual([4, ''])
  })
})

describe('config, while a setting locks every other command out', () => {
  it('shows it, and ends it', async () => {
    const run = (...args: string[]) => runStoryline(args, { env: { STORYLINE_HOME: home } })
    await t.db.execute(`insert into config (key, value) values ('timezone', 'Berlin')`)
    expect(await run('list-media')).toMatchObject({ code: 4 })
    expect(await run('config', 'list')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('TIMEZONE is "Berlin"'),
    })
    expect(await run('config', 'unset', 'TIMEZONE')).toMatchObject({ code: 0 })
    expect(await run('list-media')).toMatchObject({ code: 0 })
    expect(await run('config', 'set', 'POSTS_PER_DAY', '0')).toMatchObject({ code: 2, stdout: '' })
  })
})

describe('init', () => {
  it.each([
    ['a closed stdin', {}],
    ['answers on stdin', { input: 'nobody\nreads\nthis\n' }],
  ])('without a terminal, %s: exit 2, nothing is read and nothing changed', async (_, options) => {
    const before = readFileSync(join(home, '.env'), 'utf8')
    const { code, stdout, stderr } = await runStoryline(['init'], { env: { STORYLINE_HOME: home }, ...options })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(`Put these into ${join(home, '.env')}`)
    expect(readFileSync(join(home, '.env'), 'utf8')).toBe(before)
  })
})
