import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { packageRoot } from '../package-root.ts'
import type { Database } from './connect.ts'

/** Names the advisory lock; any constant does as long as it stays the same. */
const MIGRATION_LOCK = 7_461_213

/**
 * Applies what is missing, all or nothing, and answers how many migrations that were. Safe to run twice or at once: the
 * transaction-level advisory lock (the only kind that a pooling proxy keeps) lets one run work and the next find nothing
 * to do. Drizzle's own migrator opens its transaction itself and so cannot run under such a lock; files and table are its.
 */
export async function migrateDatabase(db: Database): Promise<number> {
  const migrations = readMigrationFiles({ migrationsFolder: join(packageRoot, 'drizzle') })
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`)
    await tx.execute(sql`create schema if not exists drizzle`)
    await tx.execute(sql`
      create table if not exists drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)`)
    const [last] = await tx.execute<{ applied: string | null }>(sql`
      select max(created_at)::text as applied from drizzle.__drizzle_migrations`)
    const missing = migrations.filter(({ folderMillis }) => folderMillis > Number(last?.applied ?? 0))
    for (const { sql: statements, hash, folderMillis } of missing) {
      for (const statement of statements) await tx.execute(sql.raw(statement))
      await tx.execute(sql`
        insert into drizzle.__drizzle_migrations (hash, created_at) values (${hash}, ${folderMillis})`)
    }
    return missing.length
  })
}
