import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../src/commands.ts'
import { type Finished, runStoryline } from './support/cli.ts'
import { createTestDatabase } from './support/database.ts'

/** What each command needs on its command line to get as far as the database. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  'show-media': ['stories/a.jpg'],
  'edit-media': ['stories/a.jpg', '--title', 'A'],
  'lock-media': ['stories/a.jpg'],
  'unlock-media': ['stories/a.jpg'],
  'add-to-queue': ['stories/a.jpg', '--in', '2h'],
  reschedule: ['1', '--in', '2h'],
  cancel: ['1'],
  retry: ['1'],
  confirm: ['1', '--posted'],
  instagram: ['connect'],
  'promote-user': ['--username', 'ana'],
  'deactivate-user': ['--username', 'ana'],
  'activate-user': ['--username', 'ana'],
  'user-stats': ['--username', 'ana'],
}

const WITH_DATABASE: string[] = []
for (const { name, load } of COMMANDS) if ((await load()).default.needs === 'database') WITH_DATABASE.push(name)

let folder: string
let database: Awaited<ReturnType<typeof createTestDatabase>>
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'storyline-trouble-'))
  chmodSync(folder, 0o755)
  mkdirSync(join(folder, 'media/stories'), { recursive: true })
  database = await createTestDatabase()
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await database.drop()
})

const TOKENS = { TELEGRAM_BOT_TOKEN: '1234567890:AAtest-Token_of-the-fake-server-000', TELEGRAM_CHANNEL_ID: '-1001' }
const run = (name: string, env: Record<string, string>) =>
  runStoryline([name, ...(ARGUMENTS[name] ?? []), '--json'], { env: { STORYLINE_HOME: folder, ...TOKENS, ...env } })

/** One message for people on stderr, the same as a document on stdout, and no stack. */
function told({ stdout, stderr }: Finished) {
  expect(stderr).not.toMatch(/\n\s+at /)
  expect(stderr.match(/^storyline: /gm)).toHaveLength(1)
  return JSON.parse(stdout).error as { code: string; message: string; fix: string | null }
}

it('most commands need the database', () => {
  expect(WITH_DATABASE.length).toBeGreaterThan(20)
})

describe('no database answers', () => {
  it.each(WITH_DATABASE)('%s: exit 1 and one clear message', async (name) => {
    const finished = await run(name, { DATABASE_URL: 'postgresql://u:canary-password@127.0.0.1:9/storyline' })
    expect(finished.code).toBe(1)
    expect(told(finished)).toMatchObject({
      code: 'database_unreachable',
      message: expect.stringContaining('127.0.0.1:9'),
    })
    expect(finished.stdout + finished.stderr).not.toContain('canary-password')
  })
})

describe('the schema is of a newer version', () => {
  beforeAll(async () => {
    await database.db.execute(
      sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('later', 9999999999999)`,
    )
  })
  afterAll(async () => {
    await database.db.execute(sql`delete from drizzle.__drizzle_migrations where hash = 'later'`)
  })

  it.each(WITH_DATABASE)('%s: exit 4 and what to do', async (name) => {
    const finished = await run(name, { DATABASE_URL: database.url })
    expect(finished.code).toBe(4)
    expect(told(finished)).toMatchObject({ code: 'schema_newer', fix: expect.stringContaining('Update') })
  })
})

describe('the configuration is wrong', () => {
  it.each(WITH_DATABASE)('%s: exit 4, every mistake at once', async (name) => {
    const finished = await run(name, { DATABASE_URL: database.url, TIMEZONE: 'Mars/Olympus', POSTS_PER_DAY: 'many' })
    expect(finished.code).toBe(4)
    const { code, message } = told(finished)
    expect([code, message]).toEqual([
      'not_configured',
      expect.stringMatching(/Mars\/Olympus[\s\S]*many|many[\s\S]*Mars\/Olympus/),
    ])
  })
})

describe('the machine is odd', () => {
  const QUIET = [
    'list-media',
    'list-queue',
    'history',
    'list-users',
    'list-service-runs',
    'process-queue',
    'create-schedule',
  ]

  it.each(QUIET)(
    '%s works in a nonsense TZ, from /, with stdin closed and without PATH, HOME or a locale',
    async (name) => {
      const { code, stdout } = await run(name, { DATABASE_URL: database.url, TZ: 'Nowhere/Land', LANG: '', LC_ALL: '' })
      expect([name, code]).toEqual([name, 0])
      expect(() => JSON.parse(stdout)).not.toThrow()
    },
  )

  it('a home that nobody may write to is enough with a database of your own', async () => {
    chmodSync(folder, 0o555)
    const { code } = await run('list-queue', { DATABASE_URL: database.url })
    chmodSync(folder, 0o755)
    expect(code).toBe(0)
  })
})
