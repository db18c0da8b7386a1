import type { Context } from '../context.ts'
import { errorCode, UserError } from '../errors.ts'
import { packageRoot } from '../package-root.ts'
import { readSettings, resolveSettings, type SettingSources } from '../settings.ts'
import { listSettings, type SettingRows } from './config-rows.ts'
import { readConfig } from './config-store.ts'

export interface Configuration extends SettingRows {
  home: string
  /** Whether the table `config` could be read; if not, what it holds is unknown. */
  database: { ok: true } | { ok: false; message: string; fix: string | null }
}

/** Environment and `.env`, read by the command itself: it must run although they are wrong. */
export function readSources({ env }: Context): SettingSources {
  return readSettings(env, packageRoot)
}

export async function loadConfiguration(ctx: Context): Promise<Configuration> {
  const sources = readSources(ctx)
  const { home } = sources
  try {
    const config = await readConfig(resolveSettings(sources), ctx.out)
    return { home, database: { ok: true }, ...listSettings({ ...sources, config }) }
  } catch (error) {
    // Shown as failed, not as "nothing is set there"; the rest is worth seeing all the same.
    return { home, database: { ok: false, ...describe(error) }, ...listSettings(sources) }
  }
}

function describe(error: unknown): { message: string; fix: string | null } {
  if (error instanceof UserError) return { message: error.message, fix: error.fix ?? null }
  const code = errorCode(error)
  if (code === undefined) throw error
  return { message: `The database refused to show the table config (${code})`, fix: null }
}
