import type { Context } from '../context.ts'
import { removeBackup } from './backup-folder.ts'
import { type FoundBackup, type Survey, surveyBackups } from './find-backups.ts'
import type { Part } from './manifest.ts'
import { nameOf } from './names.ts'
import { pruneObjects } from './objects.ts'
import { loadRecords, recordRemovals } from './records.ts'
import { type KnownBackup, planRetention, type RetentionPlan } from './retention.ts'

export interface Retired {
  plan: RetentionPlan
  /** Contents that no backup needs any more. */
  objects: { removed: number; bytes: number }
}

const DAY_MS = 86_400_000

/** What would go if a backup of these parts was made now. */
export async function previewRetention(ctx: Context, folder: string, parts: readonly Part[]): Promise<RetentionPlan> {
  const { backups } = await surveyBackups(folder)
  const known = await judge(ctx, folder, backups)
  return plan(ctx, [...known, { name: nameOf(ctx.now()), begunAt: ctx.now(), parts, isGood: null }])
}

/** Removes backups that are too old, then what only they needed. The caller holds the backup lock. */
export async function applyRetention(ctx: Context, folder: string): Promise<Retired> {
  const before = await surveyBackups(folder)
  const retention = plan(ctx, await judge(ctx, folder, before.backups))
  const names = retention.remove.map(({ name }) => name)
  for (const name of names) await removeBackup(folder, name)
  await recordRemovals(ctx.db, { location: folder, names, removedAt: ctx.now() })
  const left = names.length === 0 ? before : await surveyBackups(folder)
  return { plan: retention, objects: await prune(ctx, folder, left) }
}

async function prune(ctx: Context, folder: string, { backups, vouched }: Survey): Promise<Retired['objects']> {
  // What a backup with a damaged manifest needs is not known: nothing goes while there is one.
  if (backups.some(({ manifest }) => manifest === null)) return { removed: 0, bytes: 0 }
  return pruneObjects(folder, vouched, new Date(ctx.now().getTime() - DAY_MS))
}

function plan({ now, settings }: Context, known: readonly KnownBackup[]): RetentionPlan {
  return planRetention(known, { now: now(), retentionDays: settings.backupRetentionDays })
}

async function judge(ctx: Context, folder: string, backups: readonly FoundBackup[]): Promise<KnownBackup[]> {
  const records = await loadRecords(ctx.db)
  return backups.map(({ name, begunAt, manifest }) => {
    const record = records.get(name)
    const isGood = record?.location === folder ? record.isGood : null
    return { name, begunAt, parts: manifest?.parts ?? [], isGood }
  })
}
