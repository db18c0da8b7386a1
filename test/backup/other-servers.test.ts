import { randomBytes } from 'node:crypto'
import { appendFileSync, chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openDatabase } from '../../src/db/connect.ts'
import { stopEmbedded } from '../../src/db/embedded/control.ts'
import { ensureEmbedded } from '../../src/db/embedded/server.ts'
import { migrateDatabase } from '../../src/db/migrate.ts'
import { runStoryline } from '../support/cli.ts'
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
import { findPrograms, ODD_SETTINGS, type Program, runPsql, type Server, startServer } from './servers.ts'

// Databases are created and dropped, and processes started, by the dozen.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const CLIENTS: readonly (readonly [name: string, restore: (url: string, sql: string) => unknown])[] = [
  // All statements in one message of the simple query protocol.
  ['a simple query', query],
  ...findPrograms('psql').map(
    ({ path, version }) => [`psql ${version}`, (url: string, sql: string) => runPsql(path, url, sql)] as const,
  ),
]
const SERVERS = findPrograms('postgres').map((program) => [`PostgreSQL ${program.version}`, program] as const)

let bench: Bench
let backup: string
let sql: string
let digests: Record<string, string>
let shape: unknown[]
beforeAll(async () => {
  bench = await createBench()
  await seedNastyRows(bench.database.db)
  bench.write('stories/mug.jpg', 'a picture')
  digests = await digest(bench.database.url)
  shape = await describeSchema(bench.database.url)
  const { name } = await bench.must('backup')
  backup = join(bench.backups, name)
  sql = gunzipSync(readFileSync(join(backup, 'database.sql.gz'))).toString('utf8')
})
afterAll(() => bench.drop())

/** Rows and schema are those of the backup. */
async function expectSame(url: string): Promise<void> {
  expect(await digest(url)).toEqual(digests)
  expect(await describeSchema(url)).toEqual(shape)
}

describe('on the server that it came from', () => {
  let empty: EmptyDatabase
  test.each(CLIENTS)('%s restores the database file', async (_, restore) => {
    empty = await createEmptyDatabase()
    await restore(empty.url, sql)
    await expectSame(empty.url)
    await empty.drop()
  })
})

describe.each(SERVERS)('%s', (_, program: Program) => {
  let server: Server
  const newDatabase = () => server.createDatabase(`copy_${randomBytes(5).toString('hex')}`)
  beforeAll(async () => {
    server = await startServer(program)
  })
  afterAll(() => server.stop())

  test.each(CLIENTS)('%s restores the database file there', async (_name, restore) => {
    const url = await newDatabase()
    await restore(url, sql)
    await expectSame(url)
  })

  test('`storyline restore` brings rows and files there', async () => {
    const env = { DATABASE_URL: await newDatabase(), MEDIA_BASE_PATH: mkdtempSync(join(bench.root, 'media-')) }
    await bench.must('restore', [backup], { env })
    await expectSame(env.DATABASE_URL)
    expect(listFiles(env.MEDIA_BASE_PATH)).toEqual(listFiles(bench.media))
  })

  test('a backup made there is proven there, and comes back on the embedded server', async () => {
    const url = await newDatabase()
    // What our migrations and the rows of this test need; a dump says so itself.
    const name = new URL(url).pathname.slice(1)
    await query(url, `alter database ${name} set search_path = public`)
    await query(url, `alter database ${name} set standard_conforming_strings = on`)
    const opened = openDatabase(url, 4)
    await migrateDatabase(opened.db)
    await seedNastyRows(opened.db)
    const there = await createBench({ ...opened, url, drop: opened.close })
    const before = await digest(url)
    const made = await there.must('backup', ['--database'])
    expect(await there.must('verify-backups')).toMatchObject({ backups: [{ name: made.name, verdict: 'good' }] })
    const empty = await createEmptyDatabase()
    await there.must('restore', [made.name, '--into', empty.url])
    expect(await digest(empty.url)).toEqual(before)
    expect(await describeSchema(empty.url)).toEqual(await describeSchema(url))
    await empty.drop()
    await there.drop()
  })
})

describe('a machine that lost everything but its backups', () => {
  const log = () => {}
  let root: string
  let home: string
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'storyline-lost-'))
    home = join(root, 'home')
    chmodSync(root, 0o755)
  })
  afterAll(async () => {
    await stopEmbedded({ home, log, mode: 'immediate' })
    rmSync(root, { recursive: true, force: true })
  })

  /** A fresh machine: an embedded server, with settings of somebody else's. */
  async function newHome(settings: string): Promise<string> {
    mkdirSync(home)
    // As root, PostgreSQL runs as somebody else, who must be able to come here.
    chmodSync(home, 0o755)
    await ensureEmbedded({ home, log })
    await stopEmbedded({ home, log })
    appendFileSync(join(home, '.storyline/postgres/data/local.conf'), settings)
    return (await ensureEmbedded({ home, log })).url
  }

  async function storyline(...args: string[]) {
    const env = { STORYLINE_HOME: home, BACKUP_DIR: join(root, 'backups') }
    const { code, stdout, stderr } = await runStoryline([...args, '--json'], { env })
    expect(code, stderr).toBe(0)
    return JSON.parse(stdout)
  }

  test('`backup`, wipe, `restore`: rows and files are as they were, on a server that spells values in another way', async () => {
    const url = await newHome('')
    await storyline('db', 'migrate')
    const { db, close } = openDatabase(url)
    await seedNastyRows(db).finally(close)
    cpSync(bench.media, join(home, 'media'), { recursive: true, preserveTimestamps: true })
    const before = { rows: await digest(url), files: listFiles(join(home, 'media')) }
    const { name } = await storyline('backup')
    await stopEmbedded({ home, log })
    rmSync(home, { recursive: true })

    const fresh = await newHome(ODD_SETTINGS)
    await storyline('restore', name)
    expect({ rows: await digest(fresh), files: listFiles(join(home, 'media')) }).toEqual(before)
    expect(await storyline('verify-backups')).toMatchObject({ backups: [{ name, verdict: 'good' }] })
  })
})
