import { cpSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { runStoryline } from '../support/cli.ts'
import { type FakeTelegram, startFakeTelegram } from '../support/fake-telegram.ts'
import { type Bench, createBench } from './bench.ts'
import { appendStatement, forgeDump, forgeManifest } from './forge.ts'
import { seedNastyRows } from './nasty-rows.ts'
import { writeOldBackup } from './old-backup.ts'
import { scratchDatabases } from './scratch-databases.ts'

// Databases are created and dropped, and processes started, by the dozen.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let bench: Bench
let untouched: string
let older: string
let name: string
beforeAll(async () => {
  bench = await createBench()
  await seedNastyRows(bench.database.db)
  bench.write('stories/mug.jpg', 'a picture of a mug')
  const now = new Date('2026-11-20T03:15:00Z')
  older = (await bench.must('backup', [], { now })).name
  name = (await bench.must('backup')).name
  untouched = join(bench.root, 'untouched')
  cpSync(bench.backups, untouched, { recursive: true })
})
beforeEach(async () => {
  rmSync(bench.backups, { recursive: true })
  cpSync(untouched, bench.backups, { recursive: true, preserveTimestamps: true })
  await bench.query(`update backups set verified_at = null, is_good = null, problem = null; delete from alerts`)
})
/** Whatever a test did: the database of the trial is gone. */
afterEach(async () => expect(await scratchDatabases(bench.database.url)).toEqual([]))
afterAll(() => bench.drop())

const inside = (backup: string) => join(bench.backups, backup)
const records = () =>
  bench.query(
    `select name, verified_at, is_good, problem from backups where location = '${bench.backups}' order by name`,
  )
const untried = { verified_at: null, is_good: null, problem: null }
const good = (at: string) => ({ verified_at: new Date(at), is_good: true, problem: null })
const verdicts = (json: { backups: { name: string; verdict: string }[] }) =>
  Object.fromEntries(json.backups.map((trial) => [trial.name, trial.verdict]))

describe('what is tried, and what is known of it afterwards', () => {
  test('the newest one', async () => {
    const ran = await bench.run('verify-backups')
    expect([ran.exitCode, ran.json]).toEqual([
      0,
      { folder: bench.backups, backups: [{ name, verdict: 'good', problems: [] }] },
    ])
    expect(await records()).toMatchObject([
      { name: older, ...untried },
      { name, ...good('2026-11-21T03:15:00Z') },
    ])
  })

  test('--all: every one, the oldest first', async () => {
    const now = new Date('2026-11-29T04:51:00Z')
    const { json } = await bench.run('verify-backups', ['--all'], { now })
    expect(json.backups.map((trial: { name: string }) => trial.name)).toEqual([older, name])
    expect(await records()).toMatchObject([good('2026-11-29T04:51:00Z'), good('2026-11-29T04:51:00Z')])
  })

  test('what was bad the last time is tried again, until it is good', async () => {
    rmSync(join(inside(older), 'media.json'))
    await bench.run('verify-backups', ['--all'])
    expect(verdicts((await bench.run('verify-backups')).json)).toEqual({ [older]: 'bad', [name]: 'good' })
    cpSync(join(untouched, older), inside(older), { recursive: true })
    expect(verdicts((await bench.run('verify-backups')).json)).toEqual({ [older]: 'good', [name]: 'good' })
    expect(verdicts((await bench.run('verify-backups')).json)).toEqual({ [name]: 'good' })
  })

  test('a backup whose row was lost is recorded again', async () => {
    await bench.query(`delete from backups where name = '${name}'`)
    await bench.must('verify-backups')
    expect(await records()).toMatchObject([{ name: older }, { name, is_good: true }])
  })

  test('on a terminal a line for each; with --quiet nothing, unless one is bad', async () => {
    const run = (...args: string[]) => runStoryline(['verify-backups', ...args], { env: bench.env })
    expect(await run()).toMatchObject({
      code: 0,
      stdout: `✓ ${name}: restored on trial: every row and every file is as it was\n`,
    })
    expect(await run('--quiet')).toEqual({ code: 0, signal: null, stdout: '', stderr: '' })
    rmSync(join(inside(name), 'config.json'))
    expect(await run('--quiet')).toMatchObject({
      code: 3,
      stdout: `✗ ${name}: BAD\n    ${name}/config.json is missing\n`,
    })
  })

  test('where there is none, that is the answer', async () => {
    const { exitCode, json } = await bench.run('verify-backups', ['--out', join(bench.root, 'nothing')])
    expect([exitCode, json.error.code]).toEqual([1, 'no_backups'])
  })
})

const BAD: readonly (readonly [what: string, damage: (backup: string) => void, says: string])[] = [
  [
    'fewer rows than its manifest says',
    (backup) => forgeManifest(backup, (text) => text.replace('"rows": 30', '"rows": 31')),
    'has 30 rows instead of 31',
  ],
  [
    'a table that the dump forgot',
    (backup) => forgeDump(backup, (sql) => sql.replace(/^--: \d+ "public"\."heartbeats" 1\ninsert .*?;\n\n/ms, '')),
    'heartbeats has 0 rows instead of 1',
  ],
  [
    'other rows than its manifest says',
    (backup) => forgeManifest(backup, (text) => text.replace(/("name": "config",.*?"sha256": ").{8}/s, '$100000000')),
    'config has other rows than when it was made',
  ],
  ['a statement that no server takes', (backup) => appendStatement(backup, 'select 1 / 0;'), '(22012)'],
  [
    'the layout of a newer version',
    (backup) => forgeManifest(backup, (text) => text.replace('"format": 1', '"format": 2')),
    'newer Storyline',
  ],
  [
    'a manifest that is none',
    (backup) => forgeManifest(backup, (text) => text.replace('"kind": "full"', '"kind": "whole"')),
    'manifest.json is not one (kind',
  ],
]

describe('a backup is bad, and named, with', () => {
  test.each(BAD)('%s', async (_, damage, says) => {
    damage(inside(name))
    const { exitCode, json } = await bench.run('verify-backups')
    expect([exitCode, json.backups]).toEqual([3, [{ name, verdict: 'bad', problems: [expect.stringContaining(says)] }]])
    expect(json.backups[0].problems[0]).toMatch(new RegExp(`^${name}: `))
    expect(await records()).toMatchObject([untried, { is_good: false, problem: json.backups[0].problems[0] }])
  })

  test('a content that is gone: every backup that needs it', async () => {
    const [group = ''] = readdirSync(join(bench.backups, 'objects'))
    const [object = ''] = readdirSync(join(bench.backups, 'objects', group))
    rmSync(join(bench.backups, 'objects', group, object))
    const { exitCode, json } = await bench.run('verify-backups', ['--all'])
    const problems = [`objects/${group}/${object} is missing`]
    expect([exitCode, json.backups]).toEqual([
      3,
      [
        { name: older, verdict: 'bad', problems },
        { name, verdict: 'bad', problems },
      ],
    ])
  })
})

describe('a backup of an older version', () => {
  const folder = () => join(bench.root, 'old')
  afterEach(() => rmSync(folder(), { recursive: true, force: true }))

  test('is good when it can be brought up to date', async () => {
    const old = writeOldBackup(folder())
    const { exitCode, json } = await bench.run('verify-backups', ['--out', folder()])
    expect([exitCode, verdicts(json)]).toEqual([0, { [old]: 'good' }])
  })

  test('is bad when it cannot', async () => {
    const old = writeOldBackup(folder())
    // A table of a later migration.
    appendStatement(join(folder(), old), 'create table public.pauses (x int);')
    const { exitCode, json } = await bench.run('verify-backups', ['--out', folder()])
    expect([exitCode, json.backups]).toEqual([
      3,
      [{ name: old, verdict: 'bad', problems: [expect.stringContaining('cannot be restored (42P07)')] }],
    ])
  })
})

describe('the admin chat', () => {
  const ADMIN = 77
  let telegram: FakeTelegram
  beforeEach(async () => {
    telegram = await startFakeTelegram({ chats: [{ id: ADMIN, members: { [ADMIN]: 'member' } }] })
  })
  afterEach(() => telegram.close())

  /** As cron does: a verification, and the tick after it, which tells. Answers all that the admins read so far. */
  async function verifyAndTell(): Promise<string[]> {
    const env = {
      ...bench.env,
      TELEGRAM_BOT_TOKEN: telegram.token,
      TELEGRAM_API_ROOT: telegram.url,
      TELEGRAM_CHANNEL_ID: String(ADMIN),
      ADMIN_TELEGRAM_CHAT_ID: String(ADMIN),
    }
    await runStoryline(['verify-backups'], { env })
    await runStoryline(['process-queue'], { env })
    return telegram.messages(ADMIN).map(({ text }) => text)
  }

  test('hears of a bad backup once, and once that it is over', async () => {
    // The rows of the fixture are due for others to hear of.
    await bench.query('delete from posting_queue')
    rmSync(join(inside(name), 'media.json'))
    const told = [expect.stringContaining(`The backup ${name} cannot be restored: ${name}/media.json is missing`)]
    expect(await verifyAndTell()).toEqual(told)
    expect(await verifyAndTell()).toEqual(told)
    cpSync(join(untouched, name), inside(name), { recursive: true })
    const resolved = [...told, expect.stringMatching(/^✅ Resolved/)]
    expect(await verifyAndTell()).toEqual(resolved)
    expect(await verifyAndTell()).toEqual(resolved)
    expect(telegram.violations()).toEqual([])
  })
})
