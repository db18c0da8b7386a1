import { sql } from 'drizzle-orm'
import { type Database, isDatabaseTrouble, type Transaction } from '../db/connect.ts'
import { errorCode, UserError } from '../errors.ts'
import { stopIfAborted } from './interrupt.ts'
import type { TableFacts } from './manifest.ts'
import type { Statement } from './read-dump.ts'
import { measureTable, prepareTransaction } from './rows.ts'
import { dropStatements } from './tables.ts'

export interface DatabaseRestore {
  statements: AsyncIterable<Statement>
  /** What must be there afterwards. */
  tables: readonly TableFacts[]
  /** Takes what Storyline has there away first. */
  replaces: boolean
  signal: AbortSignal
  /** Runs last before the commit, after the rows were compared. */
  finish?: (tx: Transaction) => Promise<void>
}

/** All or nothing: the rows are compared with the manifest before the commit. */
export async function restoreDatabase(db: Database, restore: DatabaseRestore): Promise<void> {
  const { statements, tables, replaces, signal, finish } = restore
  try {
    await db.transaction(async (tx) => {
      await prepareTransaction(tx)
      if (replaces) for (const statement of dropStatements(tables)) await tx.execute(sql.raw(statement))
      for await (const { text } of statements) {
        stopIfAborted(signal)
        await tx.execute(sql.raw(text))
      }
      await compare(tx, tables)
      await finish?.(tx)
    })
  } catch (error) {
    throw explainRefusal(error)
  }
}

async function compare(tx: Transaction, tables: readonly TableFacts[]): Promise<void> {
  for (const expected of tables) {
    const found = await measureTable(tx, expected)
    if (found.rows === expected.rows && found.sha256 === expected.sha256) continue
    const difference =
      found.rows === expected.rows
        ? 'other rows than when it was made'
        : `${found.rows} rows instead of ${expected.rows}`
    throw new UserError(`Restored from the backup, the table ${expected.name} has ${difference}`, {
      code: 'backup_differs',
      fix: 'Nothing was changed. Use another backup: `storyline verify-backups --all` says which are good.',
    })
  }
}

/** By SQLSTATE: what a person can do about it. */
const REFUSALS: Readonly<Record<string, readonly [message: string, fix: string]>> = {
  '2BP01': [
    "Something that is not Storyline's depends on its tables (a view, perhaps), so they cannot be replaced",
    'Drop it, restore, and create it again.',
  ],
  '55P03': [
    'Storyline is using the database right now',
    'Stop `storyline bot` and cron for the moment, then try again.',
  ],
  '42501': [
    'The user of the database may not create what the backup needs',
    'Use the owner of the database, or: grant create on schema public to <user>; grant create on database <name> to <user>.',
  ],
  '53100': ['The disk of the database server is full', 'Free some space there, then try again.'],
  '42P07': ['The database already has a table of that name', 'Use --into with an empty database, or --force.'],
}

/** Only words chosen for people: what the server says may hold values of rows. */
function explainRefusal(error: unknown): unknown {
  const code = errorCode(error) ?? ''
  const isSqlState = /^[0-9A-Z]{5}$/.test(code)
  if (error instanceof UserError || !isSqlState || isDatabaseTrouble(error)) {
    // Another command is in the way: that is for the user to end.
    if (code !== '55P03') return error
  }
  const [message, fix] = REFUSALS[code] ?? [`The database refuses what the backup holds (${code})`, '']
  return new UserError(message, { code: 'restore_refused', cause: error, fix: `${fix} Nothing was changed.`.trim() })
}
