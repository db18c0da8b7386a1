import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { COMMANDS } from '../../src/commands.ts'
import { heartbeats } from '../../src/db/schema.ts'
import { packageRoot } from '../../src/package-root.ts'
import { runStoryline } from '../support/cli.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type FakeTelegram, startFakeTelegram } from '../support/fake-telegram.ts'
import { ADMIN, TEAM } from '../support/team.ts'
import { runAsCron } from './as-cron.ts'
import { type CronJob, parseCrontab } from './cron.ts'
import { findCrons, startCron } from './real-cron.ts'
import { createWorkplace, type Workplace } from './workplace.ts'

const EXAMPLE = readFileSync(join(packageRoot, 'crontab.example'), 'utf8')
/** What a user changes in the example. */
const PLACES = ['STORYLINE_HOME', 'STORYLINE_NODE', 'STORYLINE']

const nameOf = ({ command }: CronJob) => / ([a-z-]+)(?: --.*)?$/.exec(command.replace(/ --.*$/, ''))?.[1] ?? command

let database: TestDatabase
let telegram: FakeTelegram
let place: Workplace
beforeAll(async () => {
  telegram = await startFakeTelegram({ chats: [{ id: TEAM }, { id: ADMIN, members: { [ADMIN]: 'member' } }] })
})
beforeEach(async () => {
  database = await createTestDatabase()
  place = await createWorkplace(telegram)
  place.configure({ DATABASE_URL: database.url })
  // The bot runs, too.
  await database.db.insert(heartbeats).values({ name: 'bot' })
})
afterEach(async () => {
  place.remove()
  await database.drop()
})
afterAll(() => telegram.close())

/** The example, with the places of this machine. */
async function exampleHere(): Promise<string> {
  const values = [place.home, process.execPath, inject('launcher')]
  return PLACES.reduce(
    (text, name, at) => text.replace(new RegExp(`^${name}=.*$`, 'm'), () => `${name}=${values[at]}`),
    EXAMPLE,
  )
}

async function printed(): Promise<string> {
  const { stdout } = await runStoryline(['install-cron', '--print'], { env: { STORYLINE_HOME: place.home } })
  return stdout
}

describe('crontab.example', () => {
  const jobs = parseCrontab(EXAMPLE)

  test('has the jobs that must happen by themselves, each a command that exists, quiet when all is well', () => {
    expect(jobs.map(nameOf)).toEqual([
      'process-queue',
      'check-health',
      'index-media',
      'create-schedule',
      'refresh-token',
      'backup',
      'verify-backups',
    ])
    for (const job of jobs) {
      expect(COMMANDS.map(({ name }) => name)).toContain(nameOf(job))
      expect(job.command).toMatch(/^"\$STORYLINE_NODE" "\$STORYLINE" .* --quiet$/)
    }
  })

  test('sets nothing but the three places, and gives no command an input', () => {
    for (const { variables, stdin } of jobs) expect([Object.keys(variables), stdin]).toEqual([PLACES, ''])
  })
})

describe.each([
  ['crontab.example, with the places of this machine', exampleHere],
  ['install-cron --print', printed],
])('the jobs of %s', (_, read) => {
  test('do their work, each in the environment of cron, and leave nothing to be mailed', async () => {
    const jobs = parseCrontab(await read())
    // As a day goes: pictures, a plan, then what looks after them.
    const order = [
      'index-media',
      'create-schedule',
      'process-queue',
      'check-health',
      'refresh-token',
      'backup',
      'verify-backups',
    ]
    for (const name of order) {
      const job = jobs.find((one) => nameOf(one) === name)
      expect(job && (await runAsCron(job, place.userHome)), name).toEqual({ code: 0, stdout: '', stderr: '' })
    }
    const counts = await database.db.execute(`
      select (select count(*)::int from media_items where is_active) as media, (select count(*)::int from posting_queue) as planned,
             (select count(*)::int from backups where is_good) as backups,
             (select array_agg(name order by name) from heartbeats) as heartbeats,
             (select count(*)::int from alerts where state = 'open') as alerts`)
    expect(counts[0]).toMatchObject({ media: 60, planned: expect.any(Number), backups: 1, alerts: 0 })
    expect(Number(counts[0]?.planned)).toBeGreaterThanOrEqual(18)
    expect(counts[0]?.heartbeats).toContain('process-queue')
    expect(telegram.violations()).toEqual([])
    // LOG_FILE heard what cron was not told.
    expect([...new Set(place.log().map(({ command }) => command))]).toEqual(
      expect.arrayContaining(['index-media', 'backup']),
    )
  }, 300_000)

  test('that fail say so, which cron mails, and end with another code than 0', async () => {
    place.configure({ DATABASE_URL: 'postgresql://ana:canary@127.0.0.1:1/none' })
    for (const job of parseCrontab(await read())) {
      const { code, stdout, stderr } = await runAsCron(job, place.userHome)
      const said = stdout + stderr
      expect([0, 2, 126, 127], `${job.line}: ${said}`).not.toContain(code)
      expect(said).toContain('127.0.0.1:1/none')
      expect(said).not.toContain('canary')
    }
  }, 300_000)
})

describe.each(findCrons())('the cron of this machine, %s', (program) => {
  test('runs the jobs, and they leave nothing to be mailed', async () => {
    const lines = (await printed()).split('\n')
    // Within the next minute; but what tries backups waits for nobody who makes one.
    const soon = lines
      .filter((line) => !line.includes(' verify-backups '))
      .map((line) => line.replace(/^[\d*]\S*( +\S+){4}/, '* * * * *'))
    const pictures = parseCrontab(lines.join('\n')).find((job) => nameOf(job) === 'index-media')
    if (pictures) await runAsCron(pictures, place.userHome)
    const folder = join(place.userHome, 'cron')
    mkdirSync(folder)
    const cron = startCron(program, soon.join('\n'), folder)
    try {
      while (cron.ended().length < 6 && cron.child.exitCode === null) await sleep(200)
    } finally {
      cron.child.kill()
    }
    expect(cron.child.exitCode).toBe(null)
    const first = cron.ended().slice(0, 6)
    expect(new Set(first.map(({ command }) => command.split(' ')[2]))).toEqual(
      new Set(['process-queue', 'check-health', 'index-media', 'create-schedule', 'refresh-token', 'backup']),
    )
    expect(first.filter(({ code, said }) => code !== 0 || said !== '')).toEqual([])
  }, 300_000)
})
