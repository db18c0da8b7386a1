import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import command from '../../src/setup/install-service.ts'
import { planUnits, writeUnits } from '../../src/setup/unit-files.ts'
import { makeUnits, UNIT_MARK, type Unit } from '../../src/setup/units.ts'
import { runCommand } from './run-command.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'storyline service '))
})
afterEach(() => {
  rmSync(home, { recursive: true, force: true })
})

const run = (args: readonly string[], env: Record<string, string> = {}) =>
  runCommand(command, args, { env: { STORYLINE_HOME: home, ...env } })
const textsOf = (units: unknown) => new Map((units as Unit[]).map(({ name, text }) => [name, text]))

describe('install-service --print', () => {
  it('prints the units with the paths where they go', async () => {
    const { exitCode, stdout, stderr } = await run(['--print', '--user', 'pi'])
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(stdout.match(/^# \/etc\/systemd\/system\/.*$/gm)).toEqual([
      '# /etc/systemd/system/storyline-database.service',
      '# /etc/systemd/system/storyline-bot.service',
    ])
    expect(stdout.match(/^User=pi$/gm)).toHaveLength(2)
    expect(stdout).toContain(`Environment="STORYLINE_HOME=${home}"`)
    expect(stdout).toContain(`"-${home}/.storyline"`)
  })

  it('runs as the owner of the home when nobody is named', async () => {
    const { json } = await run(['--print', '--json'])
    expect(json).toMatchObject({
      folder: '/etc/systemd/system',
      user: userInfo().username,
      changed: null,
      leftOver: null,
    })
  })

  it('needs no unit for a database that is not ours; timers on demand', async () => {
    const env = { DATABASE_URL: 'postgresql://u:canary@db.example.org/s' }
    const { json, stdout } = await run(['--print', '--timers', '--json'], env)
    const units = textsOf(json.units)
    expect(units.has('storyline-database.service')).toBe(false)
    expect([...units.keys()].filter((name) => name.endsWith('.timer'))).toHaveLength(7)
    expect(stdout).not.toContain('canary')
  })

  it('follows .storyline/location to where root keeps the data', async () => {
    mkdirSync(join(home, '.storyline'))
    writeFileSync(join(home, '.storyline/location'), '/var/lib/storyline/abc\n')
    expect((await run(['--print'])).stdout).toContain(`ReadWritePaths="-${home}/.storyline" -/var/lib/storyline/abc`)
  })

  it('lets the log be written where LOG_FILE says', async () => {
    const { stdout } = await run(['--print'], { DATABASE_URL: 'postgresql://db/s', LOG_FILE: 'logs/storyline.log' })
    expect(stdout).toContain(`ReadWritePaths="-${home}/logs"`)
  })

  it('makes credentials of secrets that stand in files, and of no others', async () => {
    writeFileSync(
      join(home, '.env'),
      'TELEGRAM_BOT_TOKEN_FILE=secrets/token\nAPP_SECRET=canary\nAPP_SECRET_FILE=/etc/app\nDB_PASSWORD_FILE=/etc/db\nDB_HOST=h\n',
    )
    const { stdout } = await run(['--print'], { ACCESS_TOKEN_FILE: '/run/token', DB_PASSWORD: 'canary' })
    expect(stdout.match(/^LoadCredential=.*$/gm)).toEqual([
      `LoadCredential=TELEGRAM_BOT_TOKEN:${home}/secrets/token`,
      'LoadCredential=ACCESS_TOKEN:/run/token',
    ])
    expect(stdout).not.toContain('canary')
  })

  it.each([
    ['a user that systemd would misread', ['--print', '--user', 'pi\nExecStart=/bin/evil'], 2, '--user is'],
    ['a user with a space', ['--print', '--user', 'pi x'], 2, '--user is'],
  ])('refuses %s', async (_, args, exitCode, reason) => {
    const finished = await run(args)
    expect([finished.exitCode, finished.stdout]).toEqual([exitCode, ''])
    expect(finished.stderr).toContain(reason)
  })

  it('says when the home is missing', async () => {
    const finished = await run(['--print'], { STORYLINE_HOME: join(home, 'gone') })
    expect(finished).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('does not exist') })
  })
})

describe('writing units', () => {
  const facts = {
    installation: { home: '/srv/s', node: '/usr/bin/node', launcher: '/srv/s/bin/storyline.js' },
    user: 'pi',
    isEmbedded: true,
    stateFolders: [],
    mediaFolder: '/srv/s/media',
    backupFolder: '/srv/s/backups',
    logFolder: null,
    credentials: [],
  }
  const both = makeUnits(facts, { timers: false })
  const names = (units: readonly Unit[]) => units.map(({ name }) => name)

  it('writes what differs, for everybody to read, and nothing the second time', async () => {
    const plan = await planUnits(home, both)
    expect(names(plan.changed)).toEqual(['storyline-database.service', 'storyline-bot.service'])
    await writeUnits(home, plan.changed)
    expect(readdirSync(home).sort()).toEqual(['storyline-bot.service', 'storyline-database.service'])
    expect(statSync(join(home, 'storyline-bot.service')).mode & 0o777).toBe(0o644)
    expect(await planUnits(home, both)).toEqual({ changed: [], leftOver: [] })
    const other = makeUnits({ ...facts, user: 'sam' }, { timers: false })
    expect(names((await planUnits(home, other)).changed)).toHaveLength(2)
  })

  it('names units of before that are not wanted any more; those of others are none of its business', async () => {
    await writeUnits(home, makeUnits(facts, { timers: true }))
    writeFileSync(join(home, 'storyline-web.service'), '[Unit]\n')
    writeFileSync(join(home, 'nginx.service'), `${UNIT_MARK}\n`)
    const { leftOver } = await planUnits(home, makeUnits({ ...facts, isEmbedded: false }, { timers: false }))
    expect(leftOver).toHaveLength(15)
    expect(leftOver).toContain('storyline-database.service')
    expect(leftOver).not.toContain('storyline-web.service')
  })

  it('refuses to replace a unit that somebody wrote by hand', async () => {
    writeFileSync(join(home, 'storyline-bot.service'), '[Unit]\nDescription=mine\n')
    await expect(planUnits(home, both)).rejects.toMatchObject({
      code: 'foreign_unit',
      message: expect.stringContaining(join(home, 'storyline-bot.service')),
    })
    expect(readFileSync(join(home, 'storyline-bot.service'), 'utf8')).toContain('mine')
  })

  it('says when the folder is not there, or may not be written', async () => {
    await expect(planUnits(join(home, 'gone'), both)).rejects.toMatchObject({ code: 'units_not_writable' })
    await expect(writeUnits(join(home, 'gone'), both)).rejects.toMatchObject({ code: 'units_not_writable' })
  })
})
