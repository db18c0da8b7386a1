import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { inject } from 'vitest'
import { type Database, openDatabase } from '../../src/db/connect.ts'
import { mediaPostingLocks, users } from '../../src/db/schema.ts'
import { packageRoot } from '../../src/package-root.ts'
import { runStoryline } from '../support/cli.ts'
import { type FakeGraph, startFakeGraph } from '../support/fake-graph.ts'
import { startFakeHosts } from '../support/fake-hosts.ts'
import { type FakeTelegram, startFakeTelegram } from '../support/fake-telegram.ts'
import { createLibrary } from '../support/stories.ts'
import { ADMIN, TEAM } from '../support/team.ts'

/** An installation in which every row of the table finds what it names. */
export interface Workplace {
  /** A folder of its own; `home` in it is an empty STORYLINE_HOME. */
  folder: string
  /** Settings with which everything works, but for DATABASE_URL. */
  env: Readonly<Record<string, string>>
  /** A database like the one that was prepared: migrated, with stories and people. */
  usedDatabase(): Promise<string>
  /** Migrated, and nothing in it. */
  freshDatabase(): Promise<string>
  /** As the version before this one left it. */
  olderDatabase(): Promise<string>
  telegram: FakeTelegram
  graph: FakeGraph
  /** With the programs that commands call, and what these were called with. */
  programs: string
  /** Words of a row with the names filled in. */
  fill(words: readonly string[]): string[]
  close(): Promise<void>
}

export async function openWorkplace(): Promise<Workplace> {
  const folder = mkdtempSync(join(tmpdir(), 'storyline-trouble-'))
  mkdirSync(join(folder, 'home'))
  const servers = createDatabases()
  const prepared = await servers.clone(inject('templateUrl'))
  const opened = openDatabase(prepared)
  const library = await createLibrary(opened.db)
  await addStories(opened.db, library)
  const outside = await openOutside()
  const env = { ...outside.env, PATH: fakePrograms(folder), MEDIA_BASE_PATH: library.path }
  const backup = await settleAndBackUp({ ...env, DATABASE_URL: prepared, STORYLINE_HOME: folder })
  // Nobody may be connected to what is cloned.
  await opened.close()
  const names: Record<string, string> = { $BACKUP: join(folder, 'backups', backup), $TOKEN: join(folder, 'token.txt') }
  writeFileSync(join(folder, 'token.txt'), outside.graph.tokens.userShort)
  return {
    folder,
    env: { ...env, BACKUP_DIR: join(folder, 'backups') },
    usedDatabase: () => servers.clone(prepared),
    freshDatabase: () => servers.clone(inject('templateUrl')),
    olderDatabase: () => servers.older(),
    ...{ telegram: outside.telegram, graph: outside.graph, programs: join(folder, 'bin') },
    fill: (words) => words.map((word) => names[word] ?? word),
    close: async () => {
      await Promise.all([outside.close(), servers.close()])
      library.remove()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Databases beside the template; all are dropped in the end. */
function createDatabases() {
  const maintenance = openDatabase(Object.assign(new URL(inject('templateUrl')), { pathname: '/postgres' }).href)
  const made: string[] = []
  const create = async (template: string) => {
    const name = `test_${randomBytes(6).toString('hex')}`
    await maintenance.db.execute(sql.raw(`create database ${name} template ${template}`))
    made.push(name)
    return Object.assign(new URL(inject('templateUrl')), { pathname: `/${name}` }).href
  }
  return {
    clone: (url: string) => create(new URL(url).pathname.slice(1)),
    older: async () => {
      const url = await create('template0')
      const { db, close } = openDatabase(url)
      await migrateButLast(db).finally(close)
      return url
    },
    close: async () => {
      for (const name of made) await maintenance.db.execute(sql.raw(`drop database ${name} with (force)`))
      await maintenance.close()
    },
  }
}

async function migrateButLast(db: Database): Promise<void> {
  const migrations = readMigrationFiles({ migrationsFolder: join(packageRoot, 'drizzle') }).slice(0, -1)
  await db.execute(sql`create schema drizzle`)
  await db.execute(
    sql`create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)`,
  )
  for (const { sql: statements, hash, folderMillis } of migrations) {
    for (const statement of statements) await db.execute(sql.raw(statement))
    await db.execute(sql`insert into drizzle.__drizzle_migrations (hash, created_at) values (${hash}, ${folderMillis})`)
  }
}

/** Each row has a story, a picture or a person of its own, so that rows may run at the same time. */
async function addStories(db: Database, { add, plan }: Awaited<ReturnType<typeof createLibrary>>): Promise<void> {
  const later = { minutesAgo: -600 }
  for (const name of ['move', 'cancel']) await plan(`${name}.jpg`, later)
  const retry = await plan('retry.jpg', later)
  const doubtful = { status: 'unconfirmed', effect: 'telegram_card', effectStartedAt: new Date() } as const
  await plan('confirm.jpg', { item: { ...doubtful, telegramDocumentMessageId: 6, lastError: 'the reply was lost' } })
  for (const name of ['skip', 'reject', 'undo']) await plan(`${name}.jpg`, later)
  for (const name of ['show', 'edit', 'lock', 'plan-1', 'plan-2']) await add(`${name}.jpg`)
  // A held picture is not taken by create-schedule either.
  for (const { id } of [retry.media, await add('unlock.jpg'), await add('add.jpg')]) {
    await db.insert(mediaPostingLocks).values({ mediaItemId: id, lockReason: 'manual_hold' })
  }
  const people = ['ana', 'bea', 'cleo']
  await db
    .insert(users)
    .values(people.map((telegramUsername, index) => ({ telegramUserId: 100 + index, telegramUsername })))
}

async function settleAndBackUp(env: Record<string, string>): Promise<string> {
  const retired = await runStoryline(['cancel', '3', '7'], { env })
  const made = await runStoryline(['backup', '--json'], { env })
  if (retired.code !== 0 || made.code !== 0) throw new Error(retired.stderr + made.stderr)
  return JSON.parse(made.stdout).name
}

/** Telegram, Meta and the media host, all well. */
async function openOutside() {
  const telegram = await startFakeTelegram({ chats: [{ id: TEAM }, { id: ADMIN, members: { [ADMIN]: 'member' } }] })
  const graph = await startFakeGraph()
  const hosts = await startFakeHosts()
  const env = {
    TELEGRAM_BOT_TOKEN: telegram.token,
    TELEGRAM_API_ROOT: telegram.url,
    TELEGRAM_CHANNEL_ID: String(TEAM),
    ADMIN_TELEGRAM_CHAT_ID: String(ADMIN),
    INSTAGRAM_API_ROOT: graph.url,
    INSTAGRAM_ACCOUNT_ID: graph.accountId,
    ACCESS_TOKEN: graph.tokens.page,
    APP_ID: graph.app.id,
    APP_SECRET: graph.app.secret,
    STORYLINE_SECRET_KEY: Buffer.alloc(32, 'trouble').toString('base64'),
    ...hosts.env,
  }
  const close = async () => void (await Promise.all([telegram.close(), graph.close(), hosts.close()]))
  return { env, telegram, graph, close }
}

/** What this machine may lack: a `crontab`, and a `psql` that knows one port where nobody answers. */
function fakePrograms(folder: string): string {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const write = (name: string, script: string) =>
    writeFileSync(join(bin, name), `#!/bin/sh\necho "$0 $*" >>"$0.calls"\n${script}\n`, { mode: 0o755 })
  writeFileSync(join(bin, 'crontab.txt'), '')
  write('crontab', 'if [ "$1" = - ]; then cat >"$0.txt"; else cat "$0.txt"; fi')
  write('psql', '[ "$PGPORT" = 9 ] && { echo "psql: error: connection refused" >&2; exit 2; }\nexit 0')
  return `${bin}:/usr/bin:/bin`
}
