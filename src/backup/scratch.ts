import { randomBytes } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { type Database, openDatabase } from '../db/connect.ts'
import { errorCode, UserError } from '../errors.ts'

const PREFIX = 'storyline_verify_'

interface Home extends Record<string, unknown> {
  id: string
  encoding: string
  collate: string
  ctype: string
}

/** Where backups are restored on trial: databases of a moment beside our own, on the same server. */
export interface ScratchServer {
  db: Database
  /** Of the database that `db` is connected to. */
  url: string
}

/**
 * Runs a trial in an empty database and drops it, whatever happens. Null: this user may not create databases. What a run that
 * was killed left behind is dropped first; the caller holds the backup lock, so it is nobody's.
 */
export async function inScratchDatabase<T>(
  { db, url }: ScratchServer,
  trial: (scratch: Database) => Promise<T>,
): Promise<T | null> {
  const home = await readHome(db)
  await dropLeftovers(db, home)
  const name = `${PREFIX}${home.id}_${randomBytes(6).toString('hex')}`
  if (!(await create(db, name, home))) return null
  const scratch = openDatabase(Object.assign(new URL(url), { pathname: `/${name}` }).href)
  try {
    return await trial(scratch.db)
  } finally {
    await scratch.close()
    await drop(db, name)
  }
}

async function readHome(db: Database): Promise<Home> {
  const [row] = await db.execute<Home>(sql`
    select oid::text as id, pg_encoding_to_char(encoding) as encoding, datcollate as collate, datctype as ctype
      from pg_database where datname = current_database()`)
  if (!row) throw new Error('the database does not list itself')
  return row
}

async function create(db: Database, name: string, { encoding, collate, ctype }: Home): Promise<boolean> {
  const literal = (text: string) => `'${text.replaceAll("'", "''")}'`
  const like = `encoding ${literal(encoding)} lc_collate ${literal(collate)} lc_ctype ${literal(ctype)}`
  try {
    await db.execute(sql.raw(`create database ${name} template template0 ${like}`))
    return true
  } catch (error) {
    // 42501 insufficient_privilege.
    if (errorCode(error) === '42501') return false
    if (errorCode(error) !== '53100') throw error
    throw new UserError('The disk of the database server has no room to restore a backup on trial', {
      code: 'disk_full',
      fix: 'Free some space there, then try again.',
      cause: error,
    })
  }
}

async function dropLeftovers(db: Database, { id }: Home): Promise<void> {
  const rows = await db.execute<{ name: string }>(sql`
    select datname as name from pg_database where datname ~ ${`^${PREFIX}${id}_[0-9a-f]{12}$`}`)
  for (const { name } of rows) await drop(db, name)
}

async function drop(db: Database, name: string): Promise<void> {
  await db.execute(sql.raw(`drop database if exists ${name} with (force)`))
}
