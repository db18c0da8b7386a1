import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { config, configChanges } from '../../src/db/schema.ts'
import { UserError } from '../../src/errors.ts'
import { SETTINGS } from '../../src/settings.ts'
import command from '../../src/setup/config-command.ts'
import { strictSettings } from '../../src/with-context.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Ran, runCommand } from './run-command.ts'

let t: TestDatabase
let home: string
beforeAll(async () => {
  t = await createTestDatabase()
})
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'storyline config '))
})
afterEach(async () => {
  rmSync(home, { recursive: true, force: true })
  await t.db.execute(sql`truncate config, config_changes`)
})
afterAll(() => t.drop())

const run = (args: readonly string[], env: Record<string, string> = {}): Promise<Ran> =>
  runCommand(command, args, { env: { STORYLINE_HOME: home, DATABASE_URL: t.url, ...env } })
const envFile = (text: string) => writeFileSync(join(home, '.env'), text)
const inTable = (key: string, value: string) => t.db.insert(config).values({ key, value })
const stored = async () => Object.fromEntries((await t.db.select().from(config)).map(({ key, value }) => [key, value]))
const changes = () =>
  t.db
    .select({ key: configChanges.key, from: configChanges.oldValue, to: configChanges.newValue })
    .from(configChanges)
    .orderBy(configChanges.changedAt)

interface Row {
  name: string
  configKey: string | null
  secret: boolean
  value: string | null
  origin: string | null
  overrides: { origin: string; value: string }[]
  wrong: string | null
}

async function rowOf(name: string, env?: Record<string, string>): Promise<Row | undefined> {
  const { json } = await run(['list', '--json'], env)
  return (json.settings as unknown as Row[]).find((row) => row.name === name)
}

describe('list', () => {
  it('shows every setting once', async () => {
    const { json, exitCode } = await run(['list', '--json'])
    expect((json.settings as unknown as Row[]).map(({ name }) => name)).toEqual(
      Object.values(SETTINGS).map(({ name }) => name),
    )
    expect([exitCode, json.home, json.database]).toEqual([0, home, { ok: true }])
  })

  it('says where a value comes from, and what that hides, strongest first', async () => {
    const name = 'POSTS_PER_DAY'
    const fallback = { origin: 'default', value: '3' }
    expect(await rowOf(name)).toMatchObject({ value: '3', origin: 'default', overrides: [] })
    envFile('POSTS_PER_DAY = 4 \n')
    expect(await rowOf(name)).toMatchObject({ value: '4', origin: '.env', overrides: [fallback] })
    const inFile = { origin: '.env', value: '4' }
    const env = { POSTS_PER_DAY: '5' }
    expect(await rowOf(name, env)).toMatchObject({ value: '5', origin: 'environment', overrides: [inFile, fallback] })
    await inTable('posting_frequency', '6')
    const overrides = [{ origin: 'environment', value: '5' }, inFile, fallback]
    expect(await rowOf(name, env)).toEqual({
      name,
      configKey: 'posting_frequency',
      secret: false,
      value: '6',
      origin: 'database',
      overrides,
      wrong: null,
    })
    const { stdout } = await run(['list'], env)
    expect(stdout).toContain('POSTS_PER_DAY\t6\tdatabase\tenvironment (5), .env (4), default (3)')
    expect(stdout).toContain(`STORYLINE_HOME is ${home}`)
  })

  it('a setting that is neither set nor has a default has no value', async () => {
    expect(await rowOf('CATEGORY_MIX')).toMatchObject({ value: null, origin: null, overrides: [], wrong: null })
    expect(await rowOf('ACCESS_TOKEN')).toMatchObject({ value: null, origin: null, secret: true, configKey: null })
  })

  it('shows of secrets only whether they are set, wherever they stand and however wrong they are', async () => {
    writeFileSync(join(home, 'token'), '123456:canary-in-a-file-1\n')
    envFile('TELEGRAM_BOT_TOKEN_FILE=token\nAPP_SECRET=canary-2\nTELEGRAM_BOT_TOKEN=\nS3_SECRET_ACCESS_KEY_FILE=gone\n')
    const env = { APP_SECRET: 'canary-3', STORYLINE_SECRET_KEY: 'canary-4', ACCESS_TOKEN: 'canary-5' }
    await inTable('telegram_bot_token', 'canary-6')
    await inTable('access_token', 'canary-7')
    const password = new URL(t.url).password
    for (const args of [['list'], ['list', '--json'], ['get', 'APP_SECRET'], ['get', 'STORYLINE_SECRET_KEY']]) {
      const { stdout, stderr } = await run(args, env)
      expect(stdout + stderr).not.toContain('canary')
      expect(stdout + stderr).not.toContain(password)
    }
    expect(await rowOf('TELEGRAM_BOT_TOKEN', env)).toMatchObject({ value: 'set', origin: 'file' })
    expect(await rowOf('APP_SECRET', env)).toMatchObject({
      value: 'set',
      origin: 'environment',
      overrides: [{ origin: '.env', value: 'set' }],
    })
    expect(await rowOf('S3_SECRET_ACCESS_KEY', env)).toMatchObject({ wrong: expect.stringContaining('ENOENT') })
  })

  it('names keys of the table that no setting has, without their values', async () => {
    await inTable('posting_freqency', 'canary')
    const { json, stderr, stdout, exitCode } = await run(['list', '--json'])
    expect([json.unknownKeys, exitCode]).toEqual([['posting_freqency'], 0])
    expect(stderr).toContain('`storyline config unset posting_freqency`')
    expect(stdout + stderr).not.toContain('canary')
  })

  it('works although settings are wrong: exit 3, each with value, place, rule and the way out', async () => {
    await inTable('posting_frequency', 'many')
    const finished = await run(['list'], { TIMEZONE: 'Berlin', MAX_POSTS_PER_RUN: '5' })
    expect(finished.exitCode).toBe(3)
    expect(finished.stdout).toContain('POSTS_PER_DAY\tmany (wrong)\tdatabase')
    expect(finished.stdout).toContain('MAX_POSTS_PER_RUN\t5\tenvironment')
    for (const text of [
      'POSTS_PER_DAY is "many" in the table config; expected a whole number from 1 to 50',
      'TIMEZONE is "Berlin" in the environment; expected an IANA time zone',
      '`storyline config unset POSTS_PER_DAY`',
    ]) {
      expect(finished.stderr).toContain(text)
    }
  })

  it.each([
    [
      'does not answer',
      { DATABASE_URL: 'postgresql://u:canary@127.0.0.1:1/db' },
      'No database answers at 127.0.0.1:1/db',
    ],
    ['is named wrongly', { DATABASE_URL: 'mysql://canary', POSTS_PER_DAY: '4' }, 'DATABASE_URL is "[secret]"'],
    ['is named wrongly in parts', { DATABASE_URL: '', DB_HOST: 'a b' }, 'DB_HOST is "a b"'],
  ])('a database that %s is shown as failed, never as "nothing is set there"', async (_, env, reason) => {
    const finished = await run(['list', '--json'], env)
    expect(finished.exitCode).toBe(3)
    expect(finished.json.database).toEqual({
      ok: false,
      message: expect.stringContaining(reason),
      fix: expect.anything(),
    })
    expect(finished.stderr).toContain('what the table config holds is unknown')
    expect(finished.stdout + finished.stderr).not.toContain('canary')
    // A wrong DATABASE_URL must not lead to a database of its own.
    expect(existsSync(join(home, '.storyline'))).toBe(false)
  })

  it('creates no embedded database only to look into it', async () => {
    const finished = await run(['list', '--json'], { DATABASE_URL: '' })
    expect([finished.exitCode, finished.json.database]).toEqual([0, { ok: true }])
    expect(existsSync(join(home, '.storyline'))).toBe(false)
  })

  it('a .env that cannot be read is exit 4', async () => {
    mkdirSync(join(home, '.env'))
    const finished = await run(['list'])
    expect([finished.exitCode, finished.stdout]).toEqual([4, ''])
    expect(finished.stderr).toContain('.env cannot be read (EISDIR)')
  })
})

describe('get', () => {
  it('prints the value alone; the rest is commentary', async () => {
    await inTable('timezone', 'Europe/Berlin')
    const finished = await run(['get', 'TIMEZONE'], { TIMEZONE: 'UTC' })
    expect([finished.exitCode, finished.stdout]).toEqual([0, 'Europe/Berlin\n'])
    expect(finished.stderr).toContain('TIMEZONE: database, over environment (UTC), default (UTC)')
    expect((await run(['get', 'timezone', '--json'])).json).toMatchObject({
      value: 'Europe/Berlin',
      origin: 'database',
    })
  })

  it.each([
    ['CATEGORY_MIX', '\n', 'CATEGORY_MIX is not set'],
    ['DB_PASSWORD', 'not set\n', 'DB_PASSWORD is not set'],
    ['DATABASE_URL', 'set\n', 'DATABASE_URL: environment'],
  ])('%s', async (name, stdout, note) => {
    const finished = await run(['get', name])
    expect([finished.exitCode, finished.stdout]).toEqual([0, stdout])
    expect(finished.stderr).toContain(note)
  })

  it('only its own trouble counts', async () => {
    const wrong = { POSTS_PER_DAY: 'many' }
    expect(await run(['get', 'POSTS_PER_DAY'], wrong)).toMatchObject({ exitCode: 3, stdout: 'many\n' })
    expect(await run(['get', 'TIMEZONE'], wrong)).toMatchObject({ exitCode: 0, stdout: 'UTC\n' })
    const dead = { DATABASE_URL: 'postgresql://u@127.0.0.1:1/db' }
    expect(await run(['get', 'TIMEZONE'], dead)).toMatchObject({ exitCode: 3 })
    expect(await run(['get', 'BACKUP_DIR'], dead)).toMatchObject({ exitCode: 0, stdout: 'backups\n' })
  })
})

describe('set', () => {
  it('stores the value and records who changed what', async () => {
    envFile('POSTS_PER_DAY=4\n')
    const finished = await run(['set', 'POSTS_PER_DAY', ' 5 '])
    expect(finished.exitCode).toBe(0)
    expect(finished.stdout).toBe('✓ POSTS_PER_DAY is 5 (database); it was 4 (.env)\n')
    expect(await stored()).toEqual({ posting_frequency: '5' })
    const { json } = await run(['set', 'posting_frequency', '6', '--json'])
    expect(json).toEqual({
      name: 'POSTS_PER_DAY',
      configKey: 'posting_frequency',
      from: { origin: 'database', value: '5' },
      to: { origin: 'database', value: '6' },
      changed: true,
    })
    expect(await changes()).toEqual([
      { key: 'posting_frequency', from: null, to: '5' },
      { key: 'posting_frequency', from: '5', to: '6' },
    ])
    const [row] = await t.db.select().from(configChanges)
    expect(row?.changedBy).toMatch(/^operator( \(.+\))?$/)
    const sudo = await run(['set', 'TIMEZONE', 'Europe/Berlin'], { SUDO_USER: 'pi' })
    expect(sudo.exitCode).toBe(0)
    expect((await t.db.select().from(configChanges)).at(-1)?.changedBy).toBe('operator (pi)')
  })

  it('who changed what can be read, newest first', async () => {
    expect((await run(['changes'])).stdout).toBe('Nothing was ever changed in the database.\n')
    await run(['set', 'POSTS_PER_DAY', '5'], { SUDO_USER: 'ana' })
    await run(['unset', 'POSTS_PER_DAY'], { SUDO_USER: 'ben' })
    const { json } = await run(['changes', '--json'])
    expect(json.changes).toMatchObject([
      { configKey: 'posting_frequency', from: '5', to: null, by: 'operator (ben)' },
      { configKey: 'posting_frequency', from: null, to: '5', by: 'operator (ana)' },
    ])
    expect((await run(['changes'])).stdout).toMatch(/posting_frequency\t5\tnot set\toperator \(ben\)/)
  })

  it('the same value again, and a dry run, change and record nothing', async () => {
    await inTable('timezone', 'Europe/Berlin')
    const again = await run(['set', 'TIMEZONE', 'Europe/Berlin'])
    expect([again.exitCode, again.stdout]).toEqual([0, 'TIMEZONE already is Europe/Berlin (database)\n'])
    const dry = await run(['set', 'TIMEZONE', 'Asia/Tokyo', '--dry-run'])
    expect(dry.stdout).toBe('[dry run] TIMEZONE would be Asia/Tokyo (database); it was Europe/Berlin (database)\n')
    expect((await run(['unset', 'TIMEZONE', '--dry-run', '--json'])).json).toMatchObject({
      changed: true,
      dryRun: true,
    })
    expect([await stored(), await changes()]).toEqual([{ timezone: 'Europe/Berlin' }, []])
  })

  it.each([
    ['POSTS_PER_DAY', '0', 'POSTS_PER_DAY is "0"; expected a whole number from 1 to 50'],
    ['posting_frequency', 'many', 'POSTS_PER_DAY is "many"; expected a whole number'],
    ['TIMEZONE', 'Berlin', 'TIMEZONE is "Berlin"; expected an IANA time zone'],
    ['POSTING_HOURS_START', '9:5', 'POSTING_HOURS_START is "9:5"; expected an hour from 0 to 24, or HH:MM'],
    ['CATEGORY_MIX', 'memes=60', 'the shares add up to 60, not to 100'],
    ['CATEGORY_MIX', 'memes', '"memes" is not of the form name=percent'],
    ['TEAM_JOIN', 'all', 'expected one of members, anyone'],
    ['POSTS_PER_DAY', ' ', '`storyline config unset POSTS_PER_DAY`'],
    ['POST_PER_DAY', '5', 'Did you mean POSTS_PER_DAY?'],
    ['nonsense', '5', '`storyline config list`'],
    ['DB_HOST', 'db.example.org', 'Put DB_HOST=… into'],
    ['DRY_RUN_MODE', 'true', 'only posting settings can'],
    ['TELEGRAM_BOT_TOKEN', '123456:canary', 'it is never stored in the database'],
    ['TELEGRAM_BOT_TOKEN_FILE', 'x', 'Did you mean TELEGRAM_BOT_TOKEN?'],
    ['DATABASE_URL', 'postgresql://u:canary@h/db', 'DATABASE_URL_FILE'],
  ])('refuses %s = %s: exit 2, what and why, nothing changed', async (name, value, reason) => {
    const finished = await run(['set', name, value])
    expect([finished.exitCode, finished.stdout]).toEqual([2, ''])
    expect(finished.stderr).toContain(reason)
    expect(finished.stderr).not.toContain('canary')
    expect([await stored(), await changes()]).toEqual([{}, []])
  })

  it.each([
    ['get', ['get']],
    ['set', ['set', 'TIMEZONE']],
    ['unset', ['unset']],
    ['list', ['list', 'TIMEZONE']],
    ['get with a value', ['get', 'TIMEZONE', 'UTC']],
  ])('%s with the wrong number of words shows the form', async (_, args) => {
    const finished = await run(args)
    expect(finished.exitCode).toBe(2)
    expect(finished.stderr).toContain(`storyline config ${args[0]}`)
  })

  it('every change of several at once is recorded, each from what the one before left', async () => {
    const values = ['1', '2', '3', '4', '5', '6']
    const finished = await Promise.all(values.map((value) => run(['set', 'POSTS_PER_DAY', value])))
    expect(finished.map(({ exitCode }) => exitCode)).toEqual(values.map(() => 0))
    const recorded = await changes()
    expect(recorded.map(({ to }) => to).sort()).toEqual(values)
    const next = new Map(recorded.map(({ from, to }) => [from, to]))
    let last: string | null | undefined = null
    for (const _ of values) last = next.get(last ?? null)
    expect(await stored()).toEqual({ posting_frequency: last })
  })

  it('the same change several times at once is one change', async () => {
    await Promise.all([1, 2, 3, 4, 5, 6].map(() => run(['set', 'POSTS_PER_DAY', '7'])))
    expect(await changes()).toEqual([{ key: 'posting_frequency', from: null, to: '7' }])
  })

  it('a database that does not answer is exit 1, one that is named wrongly exit 4', async () => {
    const dead = await run(['set', 'TIMEZONE', 'UTC'], { DATABASE_URL: 'postgresql://u:canary@127.0.0.1:1/db' })
    expect([dead.exitCode, dead.stdout]).toEqual([1, ''])
    const wrong = await run(['set', 'TIMEZONE', 'UTC'], { DATABASE_URL: 'mysql://canary' })
    expect([wrong.exitCode, wrong.stdout]).toEqual([4, ''])
    expect(dead.stderr + wrong.stderr).not.toContain('canary')
    expect(existsSync(join(home, '.storyline'))).toBe(false)
  })
})

describe('unset', () => {
  it('lets the next origin count again', async () => {
    envFile('TIMEZONE=Europe/Paris\n')
    await run(['set', 'TIMEZONE', 'Asia/Tokyo'])
    const finished = await run(['unset', 'timezone'])
    expect(finished.stdout).toBe('✓ TIMEZONE is Europe/Paris (.env); it was Asia/Tokyo (database)\n')
    expect(await stored()).toEqual({})
    expect((await changes()).at(-1)).toEqual({ key: 'timezone', from: 'Asia/Tokyo', to: null })
    const again = await run(['unset', 'TIMEZONE'])
    expect(again).toMatchObject({
      exitCode: 0,
      stdout: 'TIMEZONE does not stand in the database; it is Europe/Paris (.env)\n',
    })
    expect(await changes()).toHaveLength(2)
  })

  it('ends the lock-out by a wrong value in the database', async () => {
    await inTable('posting_frequency', 'many')
    const sources = async () => ({ home, env: {}, envFile: {}, config: await stored() })
    const locked = await sources()
    expect(() => strictSettings(locked)).toThrow(UserError)
    expect(await run(['unset', 'POSTS_PER_DAY'])).toMatchObject({
      exitCode: 0,
      stderr: expect.not.stringContaining('many'),
    })
    const free = await sources()
    expect(() => strictSettings(free)).not.toThrow()
  })

  it('removes keys that no setting has, and says what it does not know', async () => {
    await inTable('old_key', 'x')
    expect(await run(['unset', 'old_key'])).toMatchObject({
      exitCode: 0,
      stdout: '✓ the key old_key is gone from the table config\n',
    })
    expect(await stored()).toEqual({})
    expect(await run(['unset', 'old_key'])).toMatchObject({ exitCode: 2 })
    expect(await run(['unset', 'DB_HOST'])).toMatchObject({ exitCode: 2 })
  })
})
