import { sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { surveyBackups } from './find-backups.ts'
import { type Kind, partsOf } from './manifest.ts'
import type { MediaProblem } from './media-files.ts'
import { objectPath, sealSuffix } from './names.ts'
import { listLibrary, withKnownHashes } from './store-media.ts'
import { ownTables, quoteTable } from './tables.ts'

export interface BackupPreview {
  folder: string
  kind: Kind
  tables: { name: string; rows: number }[]
  /** `fresh`: files whose content no backup has yet, as far as that is known without reading them. */
  media: { files: number; bytes: number; fresh: number; problems: MediaProblem[] } | null
}

/** What a backup would hold now. Reads no file of the library and writes nothing. */
export async function previewBackup(
  ctx: Context,
  { folder, kind }: { folder: string; kind: Kind },
): Promise<BackupPreview> {
  const parts = partsOf(kind)
  return {
    folder,
    kind,
    tables: parts.includes('database') ? await countTables(ctx) : [],
    media: parts.includes('media') ? await countMedia(ctx, folder) : null,
  }
}

async function countTables(ctx: Context): Promise<BackupPreview['tables']> {
  const counts: BackupPreview['tables'] = []
  for (const table of ownTables()) {
    const [row] = await ctx.db.execute<{ rows: string }>(
      sql.raw(`select count(*)::text as rows from ${quoteTable(table)}`),
    )
    counts.push({ name: table.name, rows: Number(row?.rows) })
  }
  return counts
}

async function countMedia({ db, settings }: Context, folder: string): Promise<BackupPreview['media']> {
  const { files, problems } = await listLibrary(db, settings.mediaBasePath, [folder])
  const { vouched } = await surveyBackups(folder)
  const suffix = sealSuffix(settings.backupRecipient ?? null)
  const counted = { files: files.length, bytes: 0, fresh: 0, problems }
  for await (const { bytes, sha256 } of withKnownHashes(db, files)) {
    counted.bytes += bytes
    if (sha256 === undefined || !vouched.has(objectPath(sha256, suffix))) counted.fresh += 1
  }
  return counted
}
