import type { Context } from '../context.ts'
import { KNOWN_SCHEMA } from '../db/schema-version.ts'
import { formatDateTime, isoWithOffset } from '../output/time.ts'
import type { Manifest } from './manifest.ts'
import type { OpenBackup } from './open-backup.ts'
import type { RestorePlan } from './restore-plan.ts'
import { count, formatBytes } from './words.ts'

export function printRestorePlan(ctx: Context, { manifest }: OpenBackup, plan: RestorePlan): void {
  const { out } = ctx
  out.document({ dryRun: true, ...describe(ctx, manifest, plan) })
  out.print(
    `Dry run: nothing was changed\n\n  Backup:    ${manifest.name}, ${madeAt(ctx, manifest)}; every checksum is right`,
  )
  if (plan.database) {
    const { where, state } = plan.database
    const is = state.kind === 'used' ? `NOT empty (${state.tables.slice(0, 5).join(', ')}): needs --force` : 'empty'
    out.print(`  Database:  ${countRows(manifest)} into ${where}, which is ${is}`)
  }
  if (plan.media) {
    const { write, replace, keep } = plan.media
    const bytes = [...write, ...replace].reduce((total, entry) => total + entry.bytes, 0)
    out.print(`  Media:     ${count(write.length, 'file')} to write (${formatBytes(bytes)}), ${keep} already there`)
    if (replace.length > 0) out.print(`             ${count(replace.length, 'file')} would be replaced: needs --force`)
  }
  if (plan.config) {
    const { rows, env, replaces } = plan.config
    out.print(`  Settings:  ${count(rows.length, 'row')} of config${env === undefined ? '' : ', and .env'}`)
    if (replaces.length > 0) out.print(`             would be replaced: ${replaces.join(', ')}: needs --force`)
  }
}

export interface Restored {
  backup: OpenBackup
  plan: RestorePlan
  /** Stories that were due when the database was restored. */
  overdue: number
}

export function printRestore(ctx: Context, { backup, plan, overdue }: Restored): void {
  const { out } = ctx
  const { manifest } = backup
  const next = whatNext(manifest, plan, overdue)
  out.document({ ...describe(ctx, manifest, plan), overdue, paused: overdue > 0, next })
  out.print(`Restored ${manifest.name}, ${madeAt(ctx, manifest)}\n`)
  if (plan.database) out.print(`  Database:  ${countRows(manifest)} in ${plan.database.where}, each as it was`)
  if (plan.media) {
    const { write, replace, keep } = plan.media
    out.print(`  Media:     ${count(write.length + replace.length, 'file')} written, ${keep} already there`)
  }
  if (plan.config) {
    const { rows, env } = plan.config
    out.print(`  Settings:  ${count(rows.length, 'row')} of config${env === undefined ? '' : ', and .env'}`)
  }
  if (next.length > 0) out.print(`\nWhat next:\n${next.map((line) => `  ${line}`).join('\n')}`)
}

function whatNext({ schema }: Manifest, { database, media }: RestorePlan, overdue: number): string[] {
  const next: string[] = []
  if (database && schema !== null && schema < KNOWN_SCHEMA)
    next.push('storyline db migrate: the backup is of an older schema')
  if (database && schema !== null && schema > KNOWN_SCHEMA)
    next.push('update this installation: the backup is of a newer one')
  if (database && overdue > 0) {
    next.push(
      `storyline resume: posting is paused, because ${count(overdue, 'planned story')} were due since the backup`,
    )
  }
  if (media || database) next.push('storyline index-media: compares the library with the folder')
  next.push('storyline check-health')
  return next
}

function describe(ctx: Context, manifest: Manifest, { parts, database, media, config }: RestorePlan) {
  return {
    backup: manifest.name,
    createdAt: isoWithOffset(new Date(manifest.createdAt), ctx.settings.timeZone),
    parts,
    database: database && {
      address: database.where,
      isEmpty: database.state.kind !== 'used',
      tables: manifest.tables.map(({ name, rows }) => ({ name, rows })),
    },
    media: media && {
      written: media.write.length,
      replaced: media.replace.map(({ path }) => path),
      kept: media.keep,
    },
    config: config && {
      rows: config.rows.map(({ key }) => key),
      env: config.env !== undefined,
      replaced: config.replaces,
    },
  }
}

function madeAt({ settings }: Context, { createdAt }: Manifest): string {
  return `made ${formatDateTime(new Date(createdAt), settings.timeZone)}`
}

function countRows({ tables }: Manifest): string {
  return count(
    tables.reduce((total, { rows }) => total + rows, 0),
    'row',
  )
}
