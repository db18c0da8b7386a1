import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { ownTables } from '../../src/backup/tables.ts'
import {
  type Bench,
  createBench,
  createEmptyDatabase,
  describeSchema,
  digest,
  type EmptyDatabase,
  listFiles,
  query,
} from './bench.ts'
import { seedNastyRows } from './nasty-rows.ts'
import { writeOldBackup } from './old-backup.ts'

let bench: Bench
let empty: EmptyDatabase
let name: string
/** What the backup holds: the row about itself came after it. */
let digests: Record<string, string>
let shape: unknown[]

beforeAll(async () => {
  bench = await createBench()
  await seedNastyRows(bench.database.db)
  bench.write('stories/products/mug.jpg', 'a picture')
  bench.write('stories/products/mug copy 😀.jpg', 'a picture')
  bench.write('stories/products/mug.json', '{"title": "Mug"}')
  bench.write('stories/.samples.json', '{}')
  bench.write(`odd/name 'with' "quotes" \\ and\nline.txt`, '')
  digests = await digest(bench.database.url)
  shape = await describeSchema(bench.database.url)
  name = (await bench.must('backup')).name
})
beforeEach(async () => {
  empty = await createEmptyDatabase()
})
afterEach(() => empty.drop())
afterAll(() => bench.drop())

const intoEmpty = (...more: string[]) => [name, '--database', '--into', empty.url, ...more]

test('every table has rows, so that this file tries them all', () => {
  const counts = Object.entries(digests).map(([table, found]) => [table, Number.parseInt(found, 10)] as const)
  expect(counts.filter(([, rows]) => rows === 0)).toEqual([])
})

test('every table and every column that the migrations make is in a backup', async () => {
  const there = await bench.query(`
    select table_name || '.' || column_name as name
      from information_schema.columns join information_schema.tables using (table_schema, table_name)
     where table_schema in ('public', 'drizzle') and table_type = 'BASE TABLE'`)
  const own = ownTables().flatMap((table) => table.columns.map((column) => `${table.name}.${column}`))
  expect(own.sort()).toEqual(there.map((row) => row.name).sort())
})

test('restored into an empty database, every row and the whole schema is as it was', async () => {
  const restored = await bench.must('restore', intoEmpty())
  expect(restored).toMatchObject({ backup: name, parts: ['database'], media: null, overdue: 0, paused: false })
  expect(await digest(empty.url)).toEqual(digests)
  expect(await describeSchema(empty.url)).toEqual(shape)
})

test('new stories go on with the numbers that were not given out yet', async () => {
  await bench.must('restore', intoEmpty())
  const next = `select nextval('posting_queue_story_number_seq') as next`
  const [restored] = await query(empty.url, next)
  expect([restored]).toEqual(await bench.query(next))
  expect(Number(restored?.next)).toBeGreaterThan(41)
})

test('on a fresh machine rows and files come back, with their times; a second run finds the files in place', async () => {
  const env = { DATABASE_URL: empty.url, MEDIA_BASE_PATH: join(mkdtempSync(join(bench.root, 'fresh-')), 'media') }
  const restored = await bench.must('restore', [name], { env })
  expect(restored.media).toEqual({ written: 5, replaced: [], kept: 0 })
  expect(await digest(empty.url)).toEqual(digests)
  expect(listFiles(env.MEDIA_BASE_PATH)).toEqual(listFiles(bench.media))
  const again = await bench.must('restore', [name, '--media'], { env })
  expect(again.media).toEqual({ written: 0, replaced: [], kept: 5 })
})

test('rows that are there are replaced only with --force, and then all of them', async () => {
  await bench.must('restore', intoEmpty())
  await query(empty.url, `delete from posting_queue; update users set role = 'member'`)
  const changed = await digest(empty.url)
  const refused = await bench.run('restore', intoEmpty())
  expect(refused).toMatchObject({ exitCode: 1, json: { error: { code: 'target_not_empty' } } })
  expect(await digest(empty.url)).toEqual(changed)
  await bench.must('restore', intoEmpty('--force'))
  expect(await digest(empty.url)).toEqual(digests)
})

test('a migrated database that nobody used yet counts as empty', async () => {
  const migrated = await createBench()
  await query(migrated.database.url, `insert into heartbeats (name) values ('tick')`)
  await bench.must('restore', [name, '--database'], { env: { DATABASE_URL: migrated.database.url } })
  expect(await digest(migrated.database.url)).toEqual(digests)
  await migrated.drop()
})

test('tables of others stop a restore, and --force leaves them alone', async () => {
  await query(empty.url, 'create table theirs (x int); insert into theirs values (1)')
  const refused = await bench.run('restore', intoEmpty())
  expect(refused.json.error.message).toContain('(theirs)')
  await bench.must('restore', intoEmpty('--force'))
  expect(await query(empty.url, 'select x from theirs')).toEqual([{ x: 1 }])
  const { 'public.theirs': _, ...ours } = await digest(empty.url)
  expect(ours).toEqual(digests)
})

test("a view of somebody else's on our tables stops --force before anything is lost", async () => {
  await bench.must('restore', intoEmpty())
  await query(empty.url, 'create view theirs as select id from media_items')
  const refused = await bench.run('restore', intoEmpty('--force'))
  expect(refused.json.error).toMatchObject({ code: 'restore_refused', message: expect.stringContaining('view') })
  expect(await digest(empty.url)).toEqual(digests)
})

test('--dry-run says what would be done and changes nothing', async () => {
  const plan = await bench.must('restore', [name, '--into', empty.url, '--dry-run'])
  expect(plan).toMatchObject({ dryRun: true, database: { isEmpty: true }, media: { written: 0, kept: 5 } })
  expect(await digest(empty.url)).toEqual({})
})

test('stories that were due since the backup are not posted again: posting pauses', async () => {
  const other = await createBench()
  await other.query(`
    insert into media_items (id, file_path, file_name, file_size, file_hash)
      select ('00000000-0000-4000-8000-00000000000' || i)::uuid, i, i, 1, repeat('0', 64) from generate_series(1, 2) i;
    insert into posting_queue (media_item_id, scheduled_for)
      select id, case file_name when '1' then now() - interval '1 hour' else now() + interval '1 day' end from media_items`)
  const made = await other.must('backup', ['--database'])
  const restored = await other.must('restore', [made.name, '--into', empty.url])
  expect(restored).toMatchObject({ overdue: 1, paused: true })
  expect(restored.next).toContainEqual(expect.stringContaining('storyline resume'))
  const pauses = await query(empty.url, 'select paused_by, reason from pauses where resumed_at is null')
  expect(pauses).toEqual([{ paused_by: 'storyline restore', reason: expect.stringContaining(made.name) }])
  await other.drop()
})

test('a backup of an older schema comes back as it was, and the missing migrations are announced', async () => {
  const old = writeOldBackup(join(bench.root, 'old'))
  const restored = await bench.must('restore', [join(bench.root, 'old', old), '--into', empty.url])
  expect(restored.next[0]).toContain('storyline db migrate')
  expect(await query(empty.url, 'select telegram_user_id from users')).toEqual([{ telegram_user_id: '4711' }])
  expect(await query(empty.url, 'select created_at from drizzle.__drizzle_migrations')).toHaveLength(1)
})

test('media files that hold something else today are replaced only with --force', async () => {
  const env = { MEDIA_BASE_PATH: mkdtempSync(join(bench.root, 'changed-')) }
  await bench.must('restore', [name, '--media'], { env })
  const before = listFiles(env.MEDIA_BASE_PATH)
  const mug = join(env.MEDIA_BASE_PATH, 'stories/products/mug.jpg')
  writeFileSync(mug, 'retouched')
  rmSync(join(env.MEDIA_BASE_PATH, 'stories/products/mug.json'))
  const changed = listFiles(env.MEDIA_BASE_PATH)
  const refused = await bench.run('restore', [name, '--media'], { env })
  expect(refused).toMatchObject({ exitCode: 1, json: { error: { code: 'media_differs' } } })
  expect(listFiles(env.MEDIA_BASE_PATH)).toEqual(changed)
  const forced = await bench.must('restore', [name, '--media', '--force'], { env })
  expect(forced.media).toEqual({ written: 1, replaced: ['stories/products/mug.jpg'], kept: 3 })
  expect(listFiles(env.MEDIA_BASE_PATH)).toEqual(before)
})

test('--config brings back the rows of config, and replaces others only with --force', async () => {
  const other = await createBench()
  const settings = () => other.query('select key, value from config order by key')
  const from = join(bench.backups, name)
  await other.must('restore', [from, '--config'])
  const expected = await bench.query('select key, value from config order by key')
  expect(await settings()).toEqual(expected)
  await other.query(`update config set value = 'Asia/Tokyo' where key = 'timezone'`)
  const refused = await other.run('restore', [from, '--config'])
  expect(refused.json.error.message).toContain('timezone')
  await other.must('restore', [from, '--config', '--force'])
  expect(await settings()).toEqual(expected)
  const noTables = await bench.run('restore', [name, '--config', '--into', empty.url])
  expect(noTables).toMatchObject({ exitCode: 4, json: { error: { code: 'schema_missing' } } })
  await other.drop()
})

test.each(['storyline-2020-01-01T000000Z', '/nowhere/at/all'])(
  '%s, which is not there, is named, with what is',
  async (typed) => {
    const { exitCode, json } = await bench.run('restore', [typed])
    expect([exitCode, json.error.code, json.error.fix]).toEqual([1, 'no_such_backup', expect.stringContaining(name)])
  },
)

test('a password in a wrong --into is not repeated', async () => {
  const ran = await bench.run('restore', [name, '--into', 'mysql://ana:hunter2@host/db'])
  expect(ran.exitCode).toBe(2)
  expect(ran.stdout + ran.stderr).not.toContain('hunter2')
})
