import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { COMMANDS } from '../src/commands.ts'
import { KNOWN_SCHEMA } from '../src/db/schema-version.ts'
import { type Finished, type RunOptions, runStoryline } from './support/cli.ts'
import { createTestDatabase, type TestDatabase } from './support/database.ts'

/** A home of its own, so that no `.env` and no embedded server of this machine is found. */
let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'storyline home '))
  chmodSync(home, 0o755)
})
afterEach(() => {
  rmSync(home, { recursive: true, force: true })
})

const run = (args: readonly string[], { env, ...options }: RunOptions = {}) =>
  runStoryline(args, { ...options, env: { STORYLINE_HOME: home, ...env } })

/** The one JSON document on stdout. */
function documentOf({ stdout }: Finished): Record<string, unknown> {
  return JSON.parse(stdout) as Record<string, unknown>
}

/** No stack, no bundle, no password in what a person reads. */
function expectPlain({ stderr }: Finished): void {
  expect(stderr).not.toMatch(/^\s+at .+:\d+/m)
  expect(stderr).not.toContain('node_modules')
}

describe('help', () => {
  it('storyline alone and --help list every command, by group', async () => {
    const [alone, help, short] = await Promise.all([run([]), run(['--help']), run(['-h'])])
    for (const { name, group } of COMMANDS) {
      expect(alone.stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
      expect(alone.stdout).toContain(`${group}:`)
    }
    expect([alone.code, help.code, short.code]).toEqual([0, 0, 0])
    expect([help.stdout, short.stdout, help.stderr]).toEqual([alone.stdout, alone.stdout, ''])
  })

  it.each(COMMANDS.map(({ name }) => name))('%s --help shows examples and --json', async (name) => {
    const { code, stdout, stderr } = await run([name, '--help'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain(`Usage: storyline ${name}`)
    expect(stdout).toContain('--json')
    const [, examples = ''] = stdout.split('\nExamples:\n')
    expect(examples.match(/^ {2}\$ /gm)?.length).toBeGreaterThanOrEqual(2)
  })

  it('explains topics, and says which there are when asked for another', async () => {
    const [topics, topic, unknown, command] = await Promise.all([
      run(['help', '--json']),
      run(['help', 'exit-codes']),
      run(['help', 'nonsense']),
      run(['help', 'process-queue']),
    ])
    expect(documentOf(topics)).toMatchObject({ topics: expect.arrayContaining(['environment', 'telegram']) })
    expect(topic.stdout).toContain('not configured')
    expect([unknown.code, unknown.stdout]).toEqual([2, ''])
    expect(unknown.stderr).toContain('exit-codes')
    expect([command.code, command.stdout]).toEqual([0, (await run(['process-queue', '--help'])).stdout])
  })

  it('works where nothing else does: wrong settings, a .env that is a folder', async () => {
    mkdirSync(join(home, '.env'))
    for (const args of [['help', 'telegram'], ['version'], ['--version'], ['process-queue', '--help']]) {
      const { code, stderr } = await run(args, { env: { POSTS_PER_DAY: 'many' } })
      expect([args, code, stderr]).toEqual([args, 0, ''])
    }
  })

  it('version says what a bug report needs', async () => {
    const [plain, json, flag] = await Promise.all([run(['version']), run(['version', '--json']), run(['--version'])])
    const document = documentOf(json)
    expect(document).toMatchObject({ node: process.version, platform: process.platform, arch: process.arch })
    expect(plain.stdout).toContain(String(document.version))
    expect(flag.stdout).toBe(`${document.version}\n`)
  })
})

describe('wrong usage', () => {
  it.each([
    ['an unknown command', ['lst-media'], 'Did you mean list-media?'],
    ['an unknown option', ['list-media', '--tga', 'x'], 'Did you mean --tag?'],
    ['an unknown global option', ['--versoin'], 'Did you mean --version?'],
    ['a word too many', ['version', 'now'], 'too many arguments'],
    ['a missing word', ['db'], "missing required argument 'action'"],
    ['a value that is none of the choices', ['db', 'explode'], 'Allowed choices are status, start'],
    ['nearly one of the choices', ['list-queue', '--status', 'pendin'], 'Did you mean pending?'],
    ['an option without its value', ['list-media', '--tag'], 'argument missing'],
  ])('%s: exit 2, the reason on stderr, nothing on stdout', async (_, args, reason) => {
    const finished = await run(args)
    expect([finished.code, finished.stdout]).toEqual([2, ''])
    expect(finished.stderr).toContain(reason)
    expect(finished.stderr).toMatch(/^storyline: /)
    expect(finished.stderr).toMatch(/See `storyline .*--help`\./)
    expectPlain(finished)
  })

  it('with --json is one document on stdout', async () => {
    for (const args of [
      ['lst-media', '--json'],
      ['--json', 'lst-media'],
      ['list-media', '--tga', 'x', '--json'],
    ]) {
      const finished = await run(args)
      expect(finished.code).toBe(2)
      expect(documentOf(finished)).toEqual({
        error: { code: 'usage', message: expect.stringContaining('unknown'), fix: expect.stringContaining('--help') },
      })
    }
  })

  it('flags may stand before the command', async () => {
    const finished = await run(['--json', '--quiet', 'version'])
    expect(finished.code).toBe(0)
    expect(documentOf(finished)).toHaveProperty('version')
  })
})

describe('a wrong configuration', () => {
  const wrong = { POSTS_PER_DAY: 'many', TIMEZONE: 'Berlin', TELEGRAM_BOT_TOKEN: 'canary secret' }

  it('is exit 4, with every mistake at once, before anything is touched', async () => {
    writeFileSync(join(home, '.env'), 'TEAM_JOIN=all\n')
    const finished = await run(['process-queue'], { env: wrong })
    expect([finished.code, finished.stdout]).toEqual([4, ''])
    for (const name of ['POSTS_PER_DAY is "many"', 'TIMEZONE is "Berlin"', 'TEAM_JOIN is "all" in .env']) {
      expect(finished.stderr).toContain(name)
    }
    expect(finished.stderr).toContain('TELEGRAM_BOT_TOKEN is "[secret]"')
    expect(finished.stderr).not.toContain('canary')
    expectPlain(finished)
  })

  it('as JSON has code, message and fix', async () => {
    const finished = await run(['db', 'status', '--json'], { env: wrong })
    expect(documentOf(finished)).toEqual({
      error: {
        code: 'not_configured',
        message: expect.stringContaining('TIMEZONE'),
        fix: expect.stringContaining('storyline help environment'),
      },
    })
    expect(finished.stdout + finished.stderr).not.toContain('canary')
  })

  it('a .env that cannot be read is exit 4', async () => {
    mkdirSync(join(home, '.env'))
    const finished = await run(['db', 'status'])
    expect([finished.code, finished.stdout]).toEqual([4, ''])
    expect(finished.stderr).toContain('.env cannot be read (EISDIR)')
    expectPlain(finished)
  })

  it('Telegram that is not set up is exit 4 and names the setting', async () => {
    const finished = await run(['test-telegram', '--json'])
    expect(finished.code).toBe(4)
    expect(documentOf(finished)).toMatchObject({ error: { message: expect.stringContaining('TELEGRAM_') } })
  })
})

describe('a database that does not answer', () => {
  /** A port that was free a moment ago. */
  async function deadPort(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    await new Promise((resolve) => server.close(resolve))
    return typeof address === 'object' && address ? address.port : 1
  }

  it('is exit 1 in one line, quickly, without the password', async () => {
    const port = await deadPort()
    const env = { DATABASE_URL: `postgresql://someone:canary@127.0.0.1:${port}/db` }
    const before = performance.now()
    const finished = await run(['list-media'], { env })
    expect(performance.now() - before).toBeLessThan(5000)
    expect([finished.code, finished.stdout]).toEqual([1, ''])
    expect(finished.stderr).toContain(`No database answers at 127.0.0.1:${port}/db (ECONNREFUSED)`)
    expect(finished.stderr.trimEnd().split('\n')).toHaveLength(2)
    expect(finished.stderr).not.toContain('canary')
    expectPlain(finished)
    const json = await run(['list-media', '--json', '--verbose'], { env })
    expect(documentOf(json)).toMatchObject({ error: { code: 'database_unreachable' } })
    expect(json.stdout + json.stderr).not.toContain('canary')
  })

  it('or is silent after it was reached is given up', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => silent.once('listening', resolve))
    const address = silent.address()
    const port = typeof address === 'object' && address ? address.port : 1
    const finished = await run(['list-media'], { env: { DATABASE_URL: `postgresql://u:canary@127.0.0.1:${port}/db` } })
    silent.close()
    expect(finished.code).toBe(1)
    expect(finished.stderr).toContain(`No database answers at 127.0.0.1:${port}/db (CONNECT_TIMEOUT)`)
    expect(finished.stderr).not.toContain('canary')
  })

  it('or refuses us is exit 4, without the password', async () => {
    const url = Object.assign(new URL(inject('templateUrl')), { password: 'canary' }).href
    const finished = await run(['list-media', '--verbose'], { env: { DATABASE_URL: url } })
    expect(finished.code).toBe(4)
    expect(finished.stderr).toContain('refuses the user or password')
    expect(finished.stderr).not.toContain('canary')
  })

  it('or does not exist there is exit 4', async () => {
    const url = Object.assign(new URL(inject('templateUrl')), { pathname: '/no_such_database' }).href
    const finished = await run(['list-media'], { env: { DATABASE_URL: url } })
    expect(finished.code).toBe(4)
    expect(finished.stderr).toContain('has no such database')
    expectPlain(finished)
  })
})

describe('with a database', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await createTestDatabase()
  })
  afterAll(() => database.drop())
  const withDatabase = (args: readonly string[], options: RunOptions = {}) =>
    run(args, { ...options, env: { DATABASE_URL: database.url, ...options.env } })

  it('db status says that the schema is current', async () => {
    const [json, plain] = await Promise.all([withDatabase(['db', 'status', '--json']), withDatabase(['db', 'status'])])
    expect(documentOf(json)).toMatchObject({ kind: 'configured', schema: { state: 'current', missing: 0 } })
    expect([plain.code, json.code]).toEqual([0, 0])
    const { password } = new URL(database.url)
    expect(plain.stdout + json.stdout).not.toContain(password)
  })

  it.each([
    ['the root as working directory', { cwd: '/' }],
    ['an odd time zone of the process', { env: { TZ: 'Asia/Kathmandu' } }],
    ['an unknown time zone of the process', { env: { TZ: 'No/Where' } }],
    ['another language', { env: { LANG: 'de_DE.UTF-8', LC_ALL: 'tr_TR.UTF-8' } }],
    ['something on stdin', { input: 'yes\n'.repeat(50_000) }],
  ])('%s changes nothing', async (_, options) => {
    const [odd, usual] = await Promise.all([
      withDatabase(['list-media', '--json'], options),
      withDatabase(['list-media', '--json']),
    ])
    expect(odd).toEqual(usual)
    expect(documentOf(odd)).toEqual({ items: [], total: 0 })
    expect(odd.code).toBe(0)
  })

  it('--json prints one document and nothing else on stdout; --quiet keeps stderr empty', async () => {
    for (const args of [['list-queue'], ['history'], ['list-users'], ['process-queue', '--dry-run']]) {
      const { code, stdout, stderr } = await withDatabase([...args, '--json', '--quiet'])
      expect([args, code, stderr]).toEqual([args, 0, ''])
      expect(() => JSON.parse(stdout)).not.toThrow()
    }
  })

  it('settings in the table config are checked like all others', async () => {
    await database.db.execute(sql`insert into config (key, value) values ('posting_frequency', 'many')`)
    const finished = await withDatabase(['list-media'])
    await database.db.execute(sql`delete from config`)
    expect(finished.code).toBe(4)
    expect(finished.stderr).toContain('POSTS_PER_DAY is "many" in the table config')
  })
})

describe('a schema that does not fit', () => {
  let database: TestDatabase
  beforeEach(async () => {
    database = await createTestDatabase()
  })
  afterEach(() => database.drop())
  const withDatabase = (...args: string[]) => run(args, { env: { DATABASE_URL: database.url } })

  it('newer than this version: exit 4, update', async () => {
    await database.db.execute(
      sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('from the future', ${KNOWN_SCHEMA + 1})`,
    )
    for (const args of [['list-media'], ['process-queue'], ['db', 'migrate']]) {
      const finished = await withDatabase(...args)
      expect([finished.code, finished.stdout]).toEqual([4, ''])
      expect(finished.stderr).toContain('newer Storyline')
      expectPlain(finished)
    }
    expect(documentOf(await withDatabase('db', 'status', '--json'))).toMatchObject({ schema: { state: 'newer' } })
  })

  it('older: exit 4 and `storyline db migrate`', async () => {
    await database.db.execute(sql`delete from drizzle.__drizzle_migrations`)
    const finished = await withDatabase('list-media')
    expect([finished.code, finished.stdout]).toEqual([4, ''])
    expect(finished.stderr).toContain('storyline db migrate')
    expectPlain(finished)
  })

  it('never migrated: `db migrate` does it, once', async () => {
    await database.db.execute(sql`drop schema public cascade`)
    await database.db.execute(sql`drop schema drizzle cascade`)
    await database.db.execute(sql`create schema public`)
    expect((await withDatabase('list-media')).code).toBe(4)
    expect(documentOf(await withDatabase('db', 'migrate', '--dry-run', '--json'))).toMatchObject({ applied: 0 })
    const both = await Promise.all([withDatabase('db', 'migrate', '--json'), withDatabase('db', 'migrate', '--json')])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    const applied = both.map((one) => Number(documentOf(one).applied)).sort((a, b) => a - b)
    expect(applied[0]).toBe(0)
    expect(applied[1]).toBeGreaterThan(0)
    expect((await withDatabase('list-media')).code).toBe(0)
  })

  it('a query that fails shows neither its parameters nor its text', async () => {
    await database.db.execute(sql`drop table media_items cascade`)
    for (const flags of [[], ['--json'], ['--verbose']]) {
      const finished = await withDatabase('list-media', '--tag', 'canary', '--category', 'canary', ...flags)
      expect(finished.code).toBe(1)
      expect(finished.stderr).toContain('The database refused a query: relation "media_items" does not exist')
      expect(finished.stdout + finished.stderr).not.toContain('canary')
      expect(finished.stdout + finished.stderr).not.toMatch(/select |params/i)
    }
  })
})

describe('a reader that goes away', () => {
  /** `storyline … | head -1`, with the exit code of storyline. */
  function runIntoHead(args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
    const script = '{ "$0" "$@"; echo "code $?" >&2; } | head -1'
    const child = spawn('sh', ['-c', script, process.execPath, inject('launcher'), ...args], {
      env: { PATH: process.env.PATH ?? '', STORYLINE_HOME: home },
    })
    const text = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk) => {
      text.stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      text.stderr += chunk
    })
    return new Promise((resolve) => child.once('close', () => resolve(text)))
  }

  it('is no crash', async () => {
    for (const args of [['help', 'environment'], ['--help'], ['help', '--json']]) {
      const { stdout, stderr } = await runIntoHead(args)
      expect(stdout.trimEnd().split('\n')).toHaveLength(1)
      expect(stderr).toBe('code 0\n')
    }
  })

  it('nor are streams that were never there', async () => {
    const child = spawn('sh', ['-c', '"$0" "$1" version <&- >&- 2>&-', process.execPath, inject('launcher')], {
      env: { PATH: process.env.PATH ?? '', STORYLINE_HOME: home },
    })
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0)
  })
})
