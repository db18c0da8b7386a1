import { sql } from 'drizzle-orm'
import { type Database, inTransaction, type Transaction } from '../db/connect.ts'
import { errorCode, UserError } from '../errors.ts'

/** Any constant that no other lock uses. */
const LIBRARY_LOCK = 7_402_001

/**
 * A transaction in which nobody else changes what the library says of its files: `index-media` and `edit-media` take
 * turns, so that each sees what the other stored. Ends with the transaction, as a pooling proxy needs it.
 */
export async function changeLibrary<T>(db: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return inTransaction(db, async (tx) => {
    // Storing a hundred thousand files takes longer than the usual 10 seconds.
    await tx.execute(sql`select set_config('lock_timeout', '50s', true)`)
    await takeLock(tx)
    return work(tx)
  })
}

async function takeLock(tx: Transaction): Promise<void> {
  try {
    await tx.execute(sql`select pg_advisory_xact_lock(${LIBRARY_LOCK})`)
  } catch (error) {
    // 55P03 lock_not_available: the time above has passed.
    if (errorCode(error) !== '55P03') throw error
    throw new UserError('Another storyline command is still storing changes of the library', {
      code: 'library_busy',
      fix: 'Try again when it is done.',
      cause: error,
    })
  }
}
