import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectTold, PATIENCE, READ_ONLY, runCell } from './cell.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'storyline-homes-'))
  chmodSync(folder, 0o755)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function makeHome(name: string): string {
  const home = join(folder, name)
  mkdirSync(home)
  return home
}

const run = (line: string, env: Record<string, string>) => runCell([...line.split(' '), '--json'], { env })

const STARTS_NOTHING: readonly [line: string, code: number][] = [
  ['version', 0],
  ['help', 0],
  ['db status', 0],
  ['db stop', 0],
  ['db upgrade', 0],
  ['config list', 0],
  ['config get TIMEZONE', 0],
  ['init', 2],
  ['test-telegram', 4],
  ['install-cron --print', 0],
  ['install-service --print', 0],
  ['restore no-such-backup', 1],
]

describe('with nothing set at all, not even a home', () => {
  it.each(STARTS_NOTHING)(
    '%s: exit %i',
    async (line, code) => {
      expectTold(line.split(' '), await run(line, {}), { code, isReport: false })
    },
    PATIENCE,
  )
})

/** In this order: the first one that needs the database makes it. */
const WITH_A_HOME: readonly [line: string, code: number, report?: 'report'][] = [
  ...STARTS_NOTHING,
  ['list-queue', 0],
  ['process-queue', 0],
  ['check-health', 3, 'report'],
  ['create-schedule', 0],
  ['index-media', 1],
  ['bot', 4],
  ['test-api', 4, 'report'],
  ['config set POSTS_PER_DAY 4', 0],
  ['db start', 0],
  ['db migrate', 0],
  ['db url', 0],
  ['db status', 0],
  ['db stop', 0],
]

it(
  'with nothing but an empty home a database is made when it is needed, and not before',
  async () => {
    const home = makeHome('empty')
    const made: [string, boolean][] = []
    for (const [line, code, report] of WITH_A_HOME) {
      const finished = await run(line, { STORYLINE_HOME: home })
      expectTold(
        line.split(' '),
        { ...finished, stderr: withoutNotes(finished.stderr) },
        { code, isReport: report !== undefined },
      )
      made.push([line, existsSync(join(home, '.storyline'))])
    }
    expect(made).toEqual(WITH_A_HOME.map(([line], index) => [line, index >= STARTS_NOTHING.length]))
  },
  3 * PATIENCE,
)

/** What the embedded server says of itself the first time. */
const withoutNotes = (stderr: string) => stderr.replace(/^(creating|copying) .*\n/gm, '')

describe.each([
  ['cannot be written', READ_ONLY, 'embedded_not_permitted'],
  ['does not exist', '/nonexistent/home', 'home_missing'],
])('a home that %s, and no other database', (_, home, error) => {
  it.each(['list-queue', 'process-queue', 'bot', 'db start', 'backup'])(
    '%s',
    async (line) => {
      const finished = await run(line, { STORYLINE_HOME: home })
      expectTold([line], finished, { code: 1, isReport: false }, error)
    },
    PATIENCE,
  )
})

describe('a .env that cannot be read', () => {
  let home: string
  beforeAll(() => {
    home = makeHome('folder-as-env')
    mkdirSync(join(home, '.env'))
  })

  it.each([
    ['list-queue', 4],
    ['process-queue', 4],
    ['check-health', 4],
    ['bot', 4],
    ['test-telegram', 4],
    ['restore no-such-backup', 4],
    ['db status', 4],
    ['config list', 4],
    ['install-service --print', 4],
    ['install-cron', 4],
    ['init', 4],
    ['version', 0],
    ['help', 0],
  ])(
    '%s: exit %i',
    async (line, code) => {
      const finished = await run(line, { STORYLINE_HOME: home })
      expectTold(line.split(' '), finished, { code, isReport: false }, code === 0 ? undefined : 'not_configured')
    },
    PATIENCE,
  )
})

it('a secret of which the file is missing is named with its path', async () => {
  const home = makeHome('missing-secret')
  writeFileSync(join(home, '.env'), 'TELEGRAM_BOT_TOKEN_FILE=no/such/token\n', { mode: 0o600 })
  const finished = await run('process-queue', { STORYLINE_HOME: home })
  expectTold(['process-queue'], finished, { code: 4, isReport: false }, 'not_configured')
  expect(finished.stderr).toContain(`TELEGRAM_BOT_TOKEN_FILE is "${home}/no/such/token"`)
})
