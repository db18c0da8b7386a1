import { and, eq, inArray } from 'drizzle-orm'
import type { Database } from '../db/connect.ts'
import { backups } from '../db/schema.ts'

type BackupRecord = typeof backups.$inferSelect
export type NewRecord = Pick<BackupRecord, 'name' | 'kind' | 'location' | 'sizeBytes' | 'createdAt'>

/**
 * What is known of backups, by name. Their folders are the truth: a row may be missing after a crash or a restore, and rows of
 * other machines that share the database lie elsewhere.
 */
export async function loadRecords(db: Database): Promise<Map<string, BackupRecord>> {
  const rows = await db.select().from(backups)
  return new Map(rows.map((row) => [row.name, row]))
}

export async function recordBackup(db: Database, record: NewRecord): Promise<void> {
  await db.insert(backups).values(record).onConflictDoUpdate({ target: backups.name, set: record })
}

/** What a trial said; what is left out stays as it was. A row that a crash or a restore lost is made again. */
export async function recordTrial(
  db: Database,
  record: NewRecord,
  trial: { verifiedAt?: Date; isGood?: boolean; problem: string | null },
): Promise<void> {
  const isThis = and(eq(backups.name, record.name), eq(backups.location, record.location))
  const updated = await db
    .update(backups)
    .set({ ...trial, removedAt: null })
    .where(isThis)
    .returning({ name: backups.name })
  // Two machines may have given the same name: the row is the other's, then.
  if (updated.length === 0)
    await db
      .insert(backups)
      .values({ ...record, ...trial })
      .onConflictDoNothing()
}

export async function recordRemovals(
  db: Database,
  { location, names, removedAt }: { location: string; names: readonly string[]; removedAt: Date },
): Promise<void> {
  if (names.length === 0) return
  await db
    .update(backups)
    .set({ removedAt })
    .where(and(eq(backups.location, location), inArray(backups.name, [...names])))
}
