import type { Context } from '../context.ts'
import { UserError, usageError } from '../errors.ts'
import type { Manifest, Part } from './manifest.ts'
import type { OpenBackup } from './open-backup.ts'
import { type ConfigRestorePlan, planConfigRestore, refuseReplacingConfig } from './restore-config.ts'
import { type MediaRestorePlan, planMediaRestore, refuseReplacing } from './restore-media.ts'
import { inspectTarget, type Target, type TargetState } from './target.ts'

export interface RestorePlan {
  parts: readonly Part[]
  /** The database that is restored into; null: only files are. */
  database: { where: string; state: TargetState } | null
  media: MediaRestorePlan | null
  config: ConfigRestorePlan | null
}

/** What was asked for, or else database and media as far as the backup has them. */
export function chooseParts(asked: { [K in Part]?: boolean }, { parts, name }: Manifest): Part[] {
  const chosen = (['database', 'media', 'config'] as const).filter((part) => asked[part])
  const missing = chosen.find((part) => !parts.includes(part))
  if (missing) throw usageError(`${name} holds no ${missing}`, `It holds: ${parts.join(', ')}.`)
  if (chosen.length > 0) return chosen
  const usual = parts.filter((part) => part !== 'config')
  return usual.length > 0 ? usual : [...parts]
}

/** Compares a backup with what is there; changes nothing. */
export async function planRestore(
  ctx: Context,
  { backup, parts, target }: { backup: OpenBackup; parts: readonly Part[]; target: Target | undefined },
): Promise<RestorePlan> {
  const { mediaBasePath, home } = ctx.settings
  const isDatabase = parts.includes('database')
  const entries = parts.includes('media') ? await backup.media() : undefined
  let config: ConfigRestorePlan | null = null
  if (target && parts.includes('config')) {
    const part = await backup.config()
    // The rows come with the database, then.
    const db = isDatabase ? undefined : target.db
    config = await planConfigRestore(db, { part, env: await backup.env(), home })
  }
  return {
    parts,
    database: target && isDatabase ? { where: target.where, state: await inspectTarget(target.db) } : null,
    media: entries ? await planMediaRestore(mediaBasePath, entries) : null,
    config,
  }
}

/** Nothing that is there is lost without --force. */
export function refuseLoss(ctx: Context, { database, media, config }: RestorePlan): void {
  if (database?.state.kind === 'used') {
    const { tables } = database.state
    const more = tables.length > 3 ? ` and ${tables.length - 3} more` : ''
    throw new UserError(`The database at ${database.where} is not empty (${tables.slice(0, 3).join(', ')}${more})`, {
      code: 'target_not_empty',
      fix: 'Name an empty database with --into, or replace what is there with --force (`storyline backup` first).',
    })
  }
  if (media) refuseReplacing(media, ctx.settings.mediaBasePath)
  if (config) refuseReplacingConfig(config)
}
