import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SETTINGS } from '../src/settings.ts'
import { startStoryline } from './support/cli.ts'
import { distinctPicture, useInstagram } from './support/instagram.ts'

const ig = useInstagram()
const { team } = ig

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'storyline-canary-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const KEY = Buffer.alloc(32, 'canary').toString('base64')

/** Every secret setting, with the value that must be seen nowhere. Those that must work have the fakes' own values. */
function secrets(): Record<string, string> {
  const own = ig.env()
  const made: Record<string, string> = {
    STORYLINE_SECRET_KEY: KEY,
    HEARTBEAT_URL: 'http://127.0.0.1:9/canary-heartbeat',
    DB_PASSWORD: 'canary-database',
  }
  const names = Object.values(SETTINGS).flatMap((spec) => ('secret' in spec ? [spec.name] : []))
  return Object.fromEntries(names.map((name) => [name, made[name] ?? own[name] ?? `canary-${name}`]))
}

/** Texts that would give a secret away. */
function canaries(): string[] {
  const { DATABASE_URL: _, ...rest } = secrets()
  return Object.values(rest)
}

function expectClean(where: string, text: string): void {
  for (const secret of canaries()) {
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]) {
      expect([where, text.includes(form)]).toEqual([where, false])
    }
  }
}

/** Every cell of every table, as text. */
async function everyCell(): Promise<string> {
  const tables = await team.db.execute<{ name: string }>(
    sql`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  )
  const texts: string[] = []
  for (const { name } of tables) {
    const rows = await team.db.execute<{ row: string }>(sql`select t::text as row from ${sql.identifier(name)} t`)
    texts.push(...rows.map(({ row }) => row))
  }
  return texts.join('\n')
}

function everyFile(path: string): string {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .flatMap((entry) => [entry.name, entry.isFile() ? readFileSync(join(entry.parentPath, entry.name), 'latin1') : ''])
    .join('\n')
}

const COMMANDS: readonly (readonly string[])[] = [
  ['process-queue', '--verbose'],
  ['process-queue', '--json'],
  ['test-telegram'],
  ['test-api', '--json'],
  ['check-token', '--verbose'],
  ['refresh-token', '--force', '--verbose'],
  ['check-health', '--verbose'],
  ['check-health', '--json'],
  ['config', 'list', '--json'],
  ['list-queue'],
  ['list-service-runs', '--json'],
  ['backup', '--database', '--verbose'],
  ['backup', '--config', '--verbose'],
  ['help', 'environment'],
]

test('a secret appears nowhere: output, log, process list, database, backups, alerts', async () => {
  const env = ig.env({
    ...secrets(),
    LOG_FILE: join(folder, 'storyline.log'),
    LOG_LEVEL: 'debug',
    BACKUP_DIR: join(folder, 'backups'),
    STORYLINE_HOME: folder,
  })
  const wrong = { ACCESS_TOKEN: `${ig.graph.tokens.page}x`, CLOUDINARY_API_SECRET: 'canary-CLOUDINARY_API_SECRET' }
  for (const [n, args] of COMMANDS.entries()) {
    await team.library.plan(`${n}.jpg`, { bytes: await distinctPicture(n) })
    for (const more of [{}, wrong]) {
      const running = startStoryline(args, { env: { ...env, ...more } })
      const cmdline = `/proc/${running.child.pid}/cmdline`
      expectClean('process list', readFileSync(cmdline, 'utf8'))
      const { stdout, stderr } = await running.done
      expectClean(args.join(' '), stdout + stderr)
    }
  }
  expectClean('database', await everyCell())
  expectClean('log and backups', everyFile(folder))
  expectClean('what people were told', JSON.stringify(team.fake.messages()))
}, 120_000)
