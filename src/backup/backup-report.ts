import type { Context } from '../context.ts'
import { printable } from '../media/printable.ts'
import type { Output } from '../output/output.ts'
import { suggestNext } from '../output/suggest-next.ts'
import { isoWithOffset } from '../output/time.ts'
import type { Retired } from './apply-retention.ts'
import type { MadeBackup } from './make-backup.ts'
import type { Manifest } from './manifest.ts'
import type { MediaProblem } from './media-files.ts'
import type { BackupPreview } from './preview-backup.ts'
import type { RetentionPlan } from './retention.ts'
import { count, formatBytes } from './words.ts'

/** Lines of one kind that are shown; --verbose and --json show all. */
const MAX_LINES = 20

export async function printBackup(ctx: Context, made: MadeBackup, retired: Retired | undefined): Promise<void> {
  const { out, settings } = ctx
  const { name, path, manifest, sizeBytes, added, problems } = made
  out.document({
    name,
    path,
    kind: manifest.kind,
    parts: manifest.parts,
    createdAt: isoWithOffset(new Date(manifest.createdAt), settings.timeZone),
    sizeBytes,
    encrypted: manifest.recipient !== null,
    tables: manifest.tables.map(({ name: table, rows }) => ({ name: table, rows })),
    media: manifest.media && { ...manifest.media, newContents: added.files, newBytes: added.bytes },
    problems,
    removed: retired?.plan.remove ?? [],
    removedContents: retired?.objects.removed ?? 0,
  })
  printProblems(out, problems)
  if (out.json) return
  const { paint } = await import('../output/table.ts')
  const chalk = paint(out)
  out.print(`${problems.length === 0 ? chalk.green('✓') : chalk.yellow('!')} ${chalk.bold(path)}\n`)
  for (const line of describeParts(made)) out.print(`  ${line}`)
  if (manifest.recipient === null) out.print('  Not encrypted; .env is left out (BACKUP_RECIPIENT is not set)')
  for (const { name: old, why } of retired?.plan.remove ?? []) out.print(`  Removed ${old}: ${why}`)
  if (!retired) out.print('  Old backups were left alone: this one is not complete')
  suggestNext(out, '\nNext: storyline verify-backups (restores it on trial)')
}

function describeParts({ manifest, added }: MadeBackup): string[] {
  const { parts, tables, media } = manifest
  const newContents = `${count(added.files, 'new content')} (${formatBytes(added.bytes)})`
  return [
    ...(parts.includes('database') ? [`Database:  ${describeTables(tables)}`] : []),
    ...(media ? [`Media:     ${count(media.files, 'file')} (${formatBytes(media.bytes)}), ${newContents}`] : []),
    ...(parts.includes('config') ? ['Settings:  without secrets'] : []),
  ]
}

function describeTables(tables: readonly Pick<Manifest['tables'][number], 'rows'>[]): string {
  const rows = tables.reduce((total, table) => total + table.rows, 0)
  return `${count(rows, 'row')} in ${count(tables.length, 'table')}`
}

export function printPlan(ctx: Context, plan: BackupPreview & { retention: RetentionPlan }): void {
  const { out } = ctx
  const { folder, tables, media, retention } = plan
  out.document({ dryRun: true, ...plan })
  out.print(`Dry run: nothing was written\n\n  To:        ${folder}`)
  if (tables.length > 0) out.print(`  Database:  ${describeTables(tables)}`)
  if (media) {
    const fresh = `${media.fresh} of them not backed up yet`
    out.print(`  Media:     ${count(media.files, 'file')} (${formatBytes(media.bytes)}), ${fresh}`)
    printProblems(out, media.problems)
  }
  for (const { name, why } of retention.remove) out.print(`  Would remove ${name}: ${why}`)
  out.print(`  Keeps:     ${count(retention.keep.length, 'backup')}, with this one`)
}

function printProblems(out: Output, problems: readonly MediaProblem[]): void {
  const shown = out.verbose ? problems : problems.slice(0, MAX_LINES)
  for (const { path, reason } of shown) out.warn(`storyline: ${nameOf(path)} is not in the backup: ${reason}`)
  if (shown.length < problems.length) out.warn(`storyline: … and ${problems.length - shown.length} more`)
}

const nameOf = (path: string) => (path === '.' ? 'the media folder' : printable(path))
