import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { chooseAccount } from '../../src/db/embedded/account.ts'
import { embeddedStatus, stopEmbedded } from '../../src/db/embedded/control.ts'
import { chownTree } from '../../src/db/embedded/files.ts'
import { type Account, asAccount } from '../../src/db/embedded/run.ts'
import { heartbeats } from '../../src/db/schema.ts'
import { JOBS } from '../../src/setup/jobs.ts'
import { runStoryline } from '../support/cli.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type FakeTelegram, startFakeTelegram } from '../support/fake-telegram.ts'
import { ADMIN, TEAM } from '../support/team.ts'
import {
  type Confinement,
  canConfine,
  type Machine,
  parseUnit,
  type Service,
  type ServiceRun,
  splitUnits,
  startUnit,
  type UnitText,
} from './systemd.ts'
import { createWorkplace, type Workplace } from './workplace.ts'

const CONFINEMENTS: readonly (readonly [what: string, confinement: Confinement])[] = [
  ['with the user, the environment and the credentials of the units', 'plain'],
  ...(canConfine()
    ? [['also locked in: all is read-only but ReadWritePaths, no capability, no new privilege', 'strict'] as const]
    : []),
]
const SARAH = { id: 4711, username: 'sarah', firstName: 'Sarah' }

let telegram: FakeTelegram
let place: Workplace
/** Who the services run as when we are root: somebody who may less. */
let account: Account | undefined
const bots: Service[] = []
beforeAll(async () => {
  const candidate = await chooseAccount({ data: undefined, home: 0 })
  const reach = candidate && spawnSync('test', ['-r', inject('launcher')], { ...asAccount(candidate), cwd: '/' })
  account = reach?.status === 0 ? candidate : undefined
})
beforeEach(async () => {
  const members = { [ADMIN]: 'member' as const }
  telegram = await startFakeTelegram({
    chats: [
      { id: TEAM, members: { [SARAH.id]: 'member' } },
      { id: ADMIN, members },
    ],
  })
  place = await createWorkplace(telegram)
})
afterEach(async () => {
  for (const bot of bots.splice(0)) {
    bot.child.kill('SIGKILL')
    await bot.done
  }
  place.remove()
  await telegram.close()
})

const machine = (confinement: Confinement): Machine => ({ confinement, userHome: place.userHome })

/** As after the installation: the home belongs to the user, and root prints the units. */
async function install(settings: Record<string, string>): Promise<(name: string) => UnitText> {
  place.configure(settings)
  if (account) await chownTree(place.home, account)
  const { code, stdout, stderr } = await runStoryline(['install-service', '--print', '--timers'], {
    env: { STORYLINE_HOME: place.home },
  })
  expect([code, stderr]).toEqual([0, ''])
  // What root logged is root's.
  rmSync(join(place.home, 'logs'), { recursive: true, force: true })
  const units = splitUnits(stdout)
  return (name) => parseUnit(units.get(`storyline-${name}`) ?? '')
}

function startBot(unit: UnitText, confinement: Confinement): Service {
  const bot = startUnit(unit, 'ExecStart', machine(confinement))
  bots.push(bot)
  return bot
}

/** A secret in a file that only root may read. */
function hide(name: string, value: string): string {
  const folder = join(place.userHome, 'secrets 100%')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, name), `${value}\n`, { mode: 0o600 })
  return join(folder, name)
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isSo()); tries += 1) {
    if (tries === 5000) throw new Error('it never came to that')
    await sleep(20)
  }
}

const WELL: ServiceRun = { code: 0, said: '' }
/** Whether systemd calls this end a success. */
const isSuccess = (unit: UnitText, code: number | null) =>
  [0, ...(unit.get('SuccessExitStatus') ?? []).map(Number)].includes(code ?? -1)
const seconds = (unit: UnitText, key: string) => {
  const [, number = '', minutes] = /^(\d+)(min)?$/.exec(unit.get(key)?.[0] ?? '90') ?? []
  return Number(number) * (minutes ? 60 : 1)
}

describe.each(CONFINEMENTS)('%s', (_, confinement) => {
  describe('with a database of your own', () => {
    let database: TestDatabase
    let unitOf: (name: string) => UnitText
    beforeEach(async () => {
      database = await createTestDatabase()
      unitOf = await install({
        // Only systemd reads them, and hands them over.
        DATABASE_URL: '',
        DATABASE_URL_FILE: hide('url', database.url),
        TELEGRAM_BOT_TOKEN: '',
        TELEGRAM_BOT_TOKEN_FILE: hide('token', telegram.token),
      })
    })
    afterEach(() => database.drop())

    test('every service that a timer starts does its work and is silent', async () => {
      // The bot runs, too.
      await database.db.insert(heartbeats).values({ name: 'bot' })
      for (const name of [
        'index-media',
        'create-schedule',
        'process-queue',
        'check-health',
        'refresh-token',
        'backup',
        'verify-backups',
      ]) {
        expect(JOBS.map(({ command }) => command)).toContain(name)
        const unit = unitOf(`${name}.service`)
        expect(unit.get('User')).toEqual([account?.name ?? userInfo().username])
        expect(unit.get('LoadCredential')).toHaveLength(2)
        expect(await startUnit(unit, 'ExecStart', machine(confinement)).done, name).toEqual(WELL)
      }
      const counts = await database.db.execute(`
        select (select count(*)::int from media_items where is_active) as media, (select count(*)::int from backups where is_good) as backups,
               (select count(*)::int from alerts where state = 'open') as alerts`)
      expect(counts[0]).toEqual({ media: 60, backups: 1, alerts: 0 })
      // Nobody but the user may read what they wrote.
      expect(statSync(join(place.home, 'backups')).mode & 0o077).toBe(0)
      expect(statSync(join(place.home, 'logs/storyline.log')).mode & 0o077).toBe(0)
    }, 300_000)

    test('the bot listens, answers a press, and ends in time when it is stopped', async () => {
      await startUnit(unitOf('index-media.service'), 'ExecStart', machine(confinement)).done
      await database.db.execute(`
        insert into posting_queue (media_item_id, scheduled_for) select id, now() - interval '1 minute' from media_items limit 1`)
      expect(await startUnit(unitOf('process-queue.service'), 'ExecStart', machine(confinement)).done).toEqual(WELL)
      const card = telegram.messages(TEAM).find(({ keyboard }) => keyboard.length > 0)
      const unit = unitOf('bot.service')
      const bot = startBot(unit, confinement)
      await until(() => telegram.calls('getUpdates').length > 0 || bot.child.exitCode !== null)
      telegram.press({ chatId: TEAM, messageId: card?.messageId ?? 0, button: 'Mark Posted', from: SARAH })
      await until(() => telegram.presses()[0]?.answer !== undefined || bot.child.exitCode !== null)
      const history = () => database.db.execute('select settled_by as who from posting_history')
      await until(async () => (await history()).length > 0)
      const stoppedAt = performance.now()
      bot.child.kill('SIGTERM')
      const { code, said } = await bot.done
      expect(performance.now() - stoppedAt).toBeLessThan(seconds(unit, 'TimeoutStopSec') * 1000)
      expect([isSuccess(unit, code), said]).toEqual([true, expect.not.stringContaining('cannot')])
      expect([...(await history())]).toEqual([{ who: '@sarah' }])
      expect(telegram.violations()).toEqual([])
    }, 300_000)
  })

  describe('with the embedded database', () => {
    const log = () => {}
    afterEach(() => stopEmbedded({ home: place.home, log, mode: 'immediate' }))

    test('its unit starts it and stops it; the others find it, and it outlives them', async () => {
      const unitOf = await install({})
      const database = unitOf('database.service')
      const start = await startUnit(database, 'ExecStart', machine(confinement)).done
      expect(start.code, start.said).toBe(0)
      const running = await embeddedStatus({ home: place.home })
      expect(running).toMatchObject({ state: 'running', owner: account?.name ?? expect.any(String) })

      const bot = startBot(unitOf('bot.service'), confinement)
      await until(() => telegram.calls('getUpdates').length > 0 || bot.child.exitCode !== null)
      bot.child.kill('SIGTERM')
      const ended = await bot.done
      expect(isSuccess(unitOf('bot.service'), ended.code), ended.said).toBe(true)
      expect(await startUnit(unitOf('index-media.service'), 'ExecStart', machine(confinement)).done).toEqual(WELL)
      expect(await embeddedStatus({ home: place.home })).toEqual(running)

      const stoppedAt = performance.now()
      const stop = await startUnit(database, 'ExecStop', machine(confinement)).done
      expect(stop.code, stop.said).toBe(0)
      expect(performance.now() - stoppedAt).toBeLessThan(seconds(database, 'TimeoutStopSec') * 1000)
      expect(await embeddedStatus({ home: place.home })).toMatchObject({ state: 'stopped' })
    }, 300_000)
  })
})
