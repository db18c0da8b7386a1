import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { chooseAccount } from '../../src/db/embedded/account.ts'
import { findFreePort } from '../../src/db/embedded/port.ts'
import { asAccount, CHILD_ENVIRONMENT } from '../../src/db/embedded/run.ts'
import { query } from './bench.ts'

/** Where packages keep several versions side by side: Debian, Red Hat, Homebrew. */
const SHELVES = [
  ['/usr/lib/postgresql', 'bin'],
  ['/usr', 'bin'],
  ['/opt/homebrew/opt', 'bin'],
  ['/usr/local/opt', 'bin'],
] as const

export interface Program {
  path: string
  /** As the program says it: `15.18`. */
  version: string
}

/** A program of PostgreSQL in every major version that this machine has, wherever it is. */
export function findPrograms(name: 'psql' | 'postgres'): Program[] {
  const shelves = SHELVES.flatMap(([shelf, bin]) => {
    const versions = existsSync(shelf)
      ? readdirSync(shelf).filter((entry) => /^(\d+|pgsql-\d+|postgres.*)$/.test(entry))
      : []
    return versions.map((version) => join(shelf, version, bin))
  })
  const found = new Map<string, Program>()
  for (const folder of [...shelves, ...(process.env.PATH ?? '').split(':')]) {
    const path = join(folder, name)
    const version = existsSync(path) ? readVersion(path) : undefined
    const major = version?.split('.')[0]
    if (version && major && !found.has(major)) found.set(major, { path: realpathSync(path), version })
  }
  return [...found.values()]
}

function readVersion(path: string): string | undefined {
  try {
    const text = execFileSync(path, ['--version'], {
      encoding: 'utf8',
      env: CHILD_ENVIRONMENT,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return /\(PostgreSQL\) ([\d.]+)/.exec(text)?.[1]
  } catch {
    // It is there, but does not run here.
    return undefined
  }
}

/** Restores a dump as its head says, and as a person would. */
export function runPsql(psql: string, url: string, text: string): void {
  const { username, password, hostname, port, pathname } = new URL(url)
  const connection = { PGUSER: username, PGPASSWORD: decodeURIComponent(password), PGHOST: hostname, PGPORT: port }
  execFileSync(psql, ['--no-psqlrc', '--set', 'ON_ERROR_STOP=1', '--dbname', pathname.slice(1)], {
    env: { PATH: process.env.PATH, ...connection },
    input: text,
    stdio: ['pipe', 'ignore', 'pipe'],
  })
}

/** Everything that changes how a value is written or read, set to something that nobody would choose. */
export const ODD_SETTINGS = `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
timezone = 'Asia/Kathmandu'
datestyle = 'German, DMY'
intervalstyle = 'sql_standard'
bytea_output = 'escape'
extra_float_digits = -4
standard_conforming_strings = off
escape_string_warning = off
statement_timeout = '90s'
lc_messages = 'C'
fsync = off
`

export interface Server {
  /** A new database without a table. */
  createDatabase(name: string): Promise<string>
  stop(): Promise<void>
}

/** A server of a version that the machine has, with a cluster of its own below the temporary folder. */
export async function startServer({ path }: Program): Promise<Server> {
  const account = await chooseAccount({ data: undefined, home: 0 })
  const folder = mkdtempSync(join(tmpdir(), 'storyline-server-'))
  chmodSync(folder, 0o755)
  if (account) chownSync(folder, account.uid, account.gid)
  const data = join(folder, 'data')
  const as = { ...asAccount(account), cwd: '/', env: CHILD_ENVIRONMENT }
  const cluster = ['-D', data, '--username=kim', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync']
  execFileSync(join(path, '../initdb'), cluster, { ...as, stdio: ['ignore', 'ignore', 'pipe'] })
  appendFileSync(join(data, 'postgresql.conf'), `${ODD_SETTINGS}search_path = 'pg_catalog'\n`)
  const port = await findFreePort()
  const child = spawn(path, ['-D', data, '-p', String(port)], { ...as, stdio: 'ignore' })
  const ended = once(child, 'exit')
  const maintenance = `postgresql://kim@127.0.0.1:${port}/postgres`
  await untilReady(maintenance)
  return {
    createDatabase: async (name) => {
      await query(maintenance, `create database ${name} template template0`)
      return Object.assign(new URL(maintenance), { pathname: `/${name}` }).href
    },
    stop: async () => {
      child.kill('SIGINT')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function untilReady(url: string): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      await query(url, 'select 1')
      return
    } catch (error) {
      if (tries === 300) throw error
      await sleep(100)
    }
  }
}
