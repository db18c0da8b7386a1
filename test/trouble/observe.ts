import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { type Database, openDatabase } from '../../src/db/connect.ts'
import { SETTINGS } from '../../src/settings.ts'
import type { Finished } from '../support/cli.ts'
import { runCell } from './cell.ts'
import { everyFile, readProcessList } from './leaks.ts'
import type { Workplace } from './workplace.ts'

export interface Situation {
  /** Settings instead of those that work, given the database's address. */
  env?(databaseUrl: string): Record<string, string>
  /** Where the secrets stand. Default: in the environment. */
  origin?: 'environment' | '.env' | 'files'
  /** What is run, as typed; `$SECRET` is one that is typed by mistake. */
  lines: readonly string[]
  /** Flags; every line runs once with each. */
  modes: readonly string[]
}

export interface Observed {
  /** What anybody could read afterwards, by where it stood. */
  seen: Record<string, string>
  ran: { line: string; finished: Finished }[]
  /** Values of every secret setting. */
  secrets: Record<string, string>
  databaseUrl: string
}

const SECRET_NAMES = Object.values(SETTINGS).flatMap((spec) => ('secret' in spec ? [spec.name] : []))
const LANES = 4

/** Runs everything in a database and folders of its own, and gathers what was left behind. */
export async function observe(place: Workplace, own: Record<string, string>, situation: Situation): Promise<Observed> {
  const databaseUrl = await place.usedDatabase()
  const { db, close } = openDatabase(databaseUrl)
  await makeDue(db)
  const folder = mkdtempSync(join(place.folder, 'observed-'))
  const written = join(folder, 'written')
  mkdirSync(written)
  const settings: Record<string, string> = {
    ...{ ...place.env, ENABLE_INSTAGRAM_API: 'true', LOG_LEVEL: 'debug', LOG_FILE: join(written, 'storyline.log') },
    ...{ BACKUP_DIR: join(written, 'backups'), DATABASE_URL: databaseUrl },
    ...{ ...own, ...situation.env?.(databaseUrl) },
  }
  const secrets = Object.fromEntries(SECRET_NAMES.flatMap((name) => (settings[name] ? [[name, settings[name]]] : [])))
  const env = { ...settings, ...placeSecrets(folder, secrets, situation.origin ?? 'environment') }
  const watch = watchProcesses()
  const ran = await runAll(linesOf(situation), (line) =>
    runCell(place.fill(line.replace('$SECRET', secrets.ACCESS_TOKEN ?? '').split(' ')), { env, onStart: watch.add }),
  )
  const seen: Record<string, string> = {
    ...Object.fromEntries(ran.map(({ line, finished }) => [`output of ${line}`, finished.stdout + finished.stderr])),
    'log and backups': everyFile(written),
    'process list': watch.end(),
    'calls of other programs': everyFile(place.programs),
    database: await everyCell(db).finally(close),
    Telegram: JSON.stringify(place.telegram.messages()),
  }
  return { seen, ran, secrets, databaseUrl }
}

function linesOf({ lines, modes }: Situation): string[] {
  return modes.flatMap((mode) => lines.map((line) => `${line} ${mode}`.trim()))
}

/** The first line by itself, then several at once; what became of them in the order of the lines. */
async function runAll(lines: readonly string[], run: (line: string) => Promise<Finished>) {
  const ran = lines.map((line) => ({ line, finished: undefined as Finished | undefined }))
  const waiting = [...ran]
  const next = async () => {
    const one = waiting.shift()
    if (one) one.finished = await run(one.line)
    return one !== undefined
  }
  const lane = async () => {
    while (await next());
  }
  await next()
  await Promise.all(Array.from({ length: LANES }, lane))
  return ran.flatMap(({ line, finished }) => (finished ? [{ line, finished }] : []))
}

/** Two stories that are due: one for the team, one that publishes itself. */
async function makeDue(db: Database): Promise<void> {
  await db.execute(sql`
    insert into posting_queue (media_item_id, scheduled_for)
    select id, now() - interval '1 minute' from media_items where file_name like 'plan-%'`)
  await db.execute(sql`update media_items set requires_interaction = file_name = 'plan-1.jpg'`)
}

/** Puts the secrets where they shall stand; what the environment then says. */
function placeSecrets(folder: string, secrets: Record<string, string>, origin: string): Record<string, string> {
  const home = join(folder, 'home')
  mkdirSync(home)
  const entries = Object.entries(secrets)
  const unset = Object.fromEntries(entries.map(([name]) => [name, '']))
  switch (origin) {
    case '.env':
      writeFileSync(join(home, '.env'), entries.map(([name, value]) => `${name}=\`${value}\`\n`).join(''), {
        mode: 0o600,
      })
      return { ...unset, STORYLINE_HOME: home }
    case 'files':
      for (const [name, value] of entries) writeFileSync(join(home, `${name}.secret`), value, { mode: 0o600 })
      return {
        ...unset,
        STORYLINE_HOME: home,
        ...Object.fromEntries(entries.map(([name]) => [`${name}_FILE`, `${name}.secret`])),
      }
    default:
      return { STORYLINE_HOME: home }
  }
}

/** Looks at `ps` again and again while commands run. */
function watchProcesses() {
  const pids = new Set<number>()
  const shown = new Set<string>()
  const timer = setInterval(() => {
    for (const pid of pids) {
      const list = readProcessList(pid)
      if (list === '') pids.delete(pid)
      else shown.add(list)
    }
  }, 10)
  return {
    add: (pid: number) => void pids.add(pid),
    end: () => {
      clearInterval(timer)
      return [...shown].join('\n')
    },
  }
}

/** Every cell of every table, as text. */
async function everyCell(db: Database): Promise<string> {
  const tables = await db.execute<{ name: string }>(
    sql`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  )
  const texts: string[] = []
  for (const { name } of tables) {
    const rows = await db.execute<{ row: string }>(sql`select t::text as row from ${sql.identifier(name)} t`)
    texts.push(...rows.map(({ row }) => `${name}: ${row}`))
  }
  return texts.join('\n')
}
