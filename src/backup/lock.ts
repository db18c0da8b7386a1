import { sql } from 'drizzle-orm'
import type { Database, Transaction } from '../db/connect.ts'
import { UserError } from '../errors.ts'

/** Any constant that no other lock uses. */
const BACKUP_LOCK = 7_402_003

/**
 * One backup or verification at a time. The lock is a transaction's, the only kind that a pooling proxy keeps, on a
 * connection of its own; it ends with the process, however that ends. `stillHeld` throws when the connection was lost.
 */
export async function withBackupLock<T>(
  db: Database,
  work: (stillHeld: () => Promise<void>) => Promise<T>,
): Promise<T> {
  return db.transaction(async (tx) => {
    await takeLock(tx)
    return work(async () => void (await tx.execute(sql`select 1`)))
  })
}

async function takeLock(tx: Transaction): Promise<void> {
  const [row] = await tx.execute<{ taken: boolean }>(sql`
    select set_config('idle_in_transaction_session_timeout', '0', true), pg_try_advisory_xact_lock(${BACKUP_LOCK}) as taken`)
  if (row?.taken) return
  throw new UserError('Another storyline command is making or verifying a backup right now', {
    code: 'backup_running',
    fix: 'Try again when it is done.',
  })
}
