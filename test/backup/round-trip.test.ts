import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { runStoryline, startStoryline } from '../support/cli.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { seedNastyRows } from './nasty-rows.ts'

let database: TestDatabase
let folder: string
beforeAll(async () => {
  database = await createTestDatabase()
  await seedNastyRows(database.db)
})
afterAll(() => database.drop())
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'storyline-backup-'))
  mkdirSync(join(folder, 'media/stories'), { recursive: true })
  writeFileSync(join(folder, 'media/stories/a.jpg'), 'picture')
  writeFileSync(join(folder, 'media/stories/copy of ä.jpg'), 'picture')
  writeFileSync(join(folder, 'media/stories/b.jpg'), 'another')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const env = (more: Record<string, string> = {}) => ({
  DATABASE_URL: database.url,
  STORYLINE_HOME: folder,
  TELEGRAM_BOT_TOKEN: '1234567890:AAcanary-Token_of-the-backup-test-00',
  ...more,
})

async function storyline(args: readonly string[], more?: Record<string, string>) {
  const finished = await runStoryline([...args, '--json'], { env: env(more) })
  return { ...finished, json: JSON.parse(finished.stdout) }
}

async function onServer<T>(name: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(Object.assign(new URL(inject('templateUrl')), { pathname: `/${name}` }).href, {
    max: 1,
    onnotice: () => {},
  })
  try {
    return await work(sql)
  } finally {
    await sql.end()
  }
}

/** A database with nothing in it, on the same server. */
async function emptyDatabase() {
  const name = `test_empty_${randomBytes(5).toString('hex')}`
  await onServer('postgres', (sql) => sql.unsafe(`create database ${name}`))
  const url = Object.assign(new URL(inject('templateUrl')), { pathname: `/${name}` }).href
  return { url, drop: () => onServer('postgres', (sql) => sql.unsafe(`drop database ${name} with (force)`)) }
}

/** Every table's rows as one hash, and every sequence; but not where commands note what they did themselves. */
async function digest(url: string): Promise<Record<string, string>> {
  return onServer(new URL(url).pathname.slice(1), async (sql) => {
    const tables = await sql`select table_schema as s, table_name as t from information_schema.tables
      where table_schema in ('public', 'drizzle') and table_type = 'BASE TABLE' and table_name not in ('backups', 'alerts', 'service_runs')`
    const found: Record<string, string> = {}
    for (const { s, t } of tables) {
      const [row] = await sql.unsafe(
        `select count(*) || ' ' || coalesce(md5(string_agg(r::text, '|' order by r::text)), '') as d from "${s}"."${t}" r`,
      )
      found[`${s}.${t}`] = row?.d
    }
    const sequences =
      await sql`select sequencename as n, last_value as v from pg_sequences where schemaname = 'public' order by 1`
    for (const { n, v } of sequences) found[`sequence ${n}`] = String(v)
    return found
  })
}

const backups = () => readdirSync(join(folder, 'backups')).filter((name) => name.startsWith('storyline-'))
const inside = (name: string) => join(folder, 'backups', name)

test('every row and every file comes back as it was, onto an empty database and an empty folder', async () => {
  const made = await storyline(['backup'])
  expect([made.code, made.json.media]).toMatchObject([0, { files: 3, newContents: 2 }])
  const target = await emptyDatabase()
  const restored = await storyline(['restore', made.json.name, '--into', target.url], {
    MEDIA_BASE_PATH: join(folder, 'restored'),
  })
  expect([restored.code, restored.stderr]).toEqual([0, expect.any(String)])
  expect(await digest(target.url)).toEqual(await digest(database.url))
  expect(readFileSync(join(folder, 'restored/stories/copy of ä.jpg'), 'utf8')).toBe('picture')
  expect(statSync(join(folder, 'restored/stories/b.jpg')).mtime).toEqual(
    statSync(join(folder, 'media/stories/b.jpg')).mtime,
  )
  const list = await runStoryline(['list-users'], { env: env({ DATABASE_URL: target.url }) })
  expect(list.code).toBe(0)
  await target.drop()
})

test('a target that is not empty is left alone', async () => {
  const made = await storyline(['backup', '--database'])
  const before = await digest(database.url)
  const { code, json } = await storyline(['restore', made.json.name, '--into', database.url])
  expect([code, json.error.message]).toEqual([1, expect.any(String)])
  expect(await digest(database.url)).toEqual(before)
})

test('media are stored once by content, and the second backup adds only what is new', async () => {
  await storyline(['backup'])
  writeFileSync(join(folder, 'media/stories/new.jpg'), 'new')
  const second = await storyline(['backup', '--media'])
  expect(second.json.media).toMatchObject({ files: 4, newContents: 1 })
})

test('a backup that was restored on trial is good, and is recorded as such', async () => {
  await storyline(['backup'])
  const verified = await storyline(['verify-backups'])
  expect([verified.code, verified.json.backups]).toMatchObject([0, [{ verdict: 'good' }]])
})

const FILES = ['database.sql.gz', 'config.json', 'media.json', 'manifest.json', 'manifest.sha256', 'an object']

test.each(FILES)('a flipped byte in %s is caught, by name, and nothing is restored', async (file) => {
  const { json } = await storyline(['backup'])
  const [, firstObject = ''] =
    /^(.*)$/m.exec(
      readdirSync(inside('objects'), { recursive: true, encoding: 'utf8' })
        .filter((path) => /[0-9a-f]{64}/.test(path))
        .join('\n'),
    ) ?? []
  const path = file === 'an object' ? join(inside('objects'), firstObject) : join(inside(json.name), file)
  const bytes = readFileSync(path)
  const at = Math.floor(bytes.length / 2)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(path, bytes)
  const verified = await storyline(['verify-backups'])
  expect(verified.code).toBe(3)
  expect(JSON.stringify(verified.json)).toContain('bad')
  const target = await emptyDatabase()
  const restored = await storyline(['restore', json.name, '--into', target.url], {
    MEDIA_BASE_PATH: join(folder, 'restored'),
  })
  expect(restored.code).not.toBe(0)
  const tables = await onServer(
    new URL(target.url).pathname.slice(1),
    (sql) => sql`select 1 from information_schema.tables where table_schema = 'public'`,
  )
  expect(tables).toHaveLength(0)
  await target.drop()
})

test('an interrupted backup is never taken for one, and the next one works', async () => {
  for (const ms of [120, 250, 400]) {
    const running = startStoryline(['backup'], { env: env() })
    await new Promise((resolve) => setTimeout(resolve, ms))
    running.child.kill('SIGKILL')
    await running.done
  }
  // Killed before it began, there is no folder yet.
  mkdirSync(join(folder, 'backups'), { recursive: true })
  const before = readdirSync(join(folder, 'backups'), { withFileTypes: true }).filter(({ name }) =>
    name.startsWith('storyline-'),
  )
  for (const { name } of before) expect(readdirSync(inside(name))).toContain('manifest.json')
  const made = await storyline(['backup'])
  expect([made.code, backups().includes(made.json.name)]).toEqual([0, true])
  expect((await storyline(['verify-backups'])).code).toBe(0)
})

test('encrypted for a public key: nothing is readable without the secret one, and it comes back with it', async () => {
  const age = await import('age-encryption')
  const identity = await age.generateIdentity()
  writeFileSync(join(folder, 'key.txt'), `${identity}\n`)
  const BACKUP_RECIPIENT = await age.identityToRecipient(identity)
  const { json } = await storyline(['backup'], { BACKUP_RECIPIENT })
  const texts = readdirSync(inside(''), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('manifest'))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
  for (const text of texts) expect(text.startsWith('age-encryption.org/v1')).toBe(true)
  const target = await emptyDatabase()
  const without = await storyline(['restore', json.name, '--into', target.url, '--database'])
  expect(without.code).not.toBe(0)
  const restored = await storyline([
    'restore',
    json.name,
    '--into',
    target.url,
    '--database',
    '--identity',
    join(folder, 'key.txt'),
  ])
  expect(restored.code).toBe(0)
  expect(await digest(target.url)).toEqual(await digest(database.url))
  await target.drop()
})

test('a folder that cannot be written is named, and no backup is claimed', async () => {
  writeFileSync(join(folder, 'file'), '')
  const { code, json } = await storyline(['backup'], { BACKUP_DIR: join(folder, 'file') })
  expect([code, json.error.message]).toEqual([1, expect.stringContaining(join(folder, 'file'))])
})

test('no secret of the settings stands in a backup', async () => {
  const { json } = await storyline(['backup', '--config'])
  const text = readdirSync(inside(json.name))
    .map((name) => readFileSync(join(inside(json.name), name), 'latin1'))
    .join('')
  expect(text).not.toContain('AAcanary')
  expect(text).toContain('TELEGRAM_BOT_TOKEN')
})
