import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { Context } from '../context.ts'
import { printable } from '../media/printable.ts'
import { resolveSettings } from '../settings.ts'
import { findSetting, type NamedSetting, notForDatabase, parseValue, unknownSetting } from './config-names.ts'
import { readSources } from './config-read.ts'
import { type Layer, listSettings, type SettingRow, type SettingRows } from './config-rows.ts'
import { warnOfTrouble } from './config-show.ts'
import { readConfig, storeConfig } from './config-store.ts'

interface Request {
  name: string
  /** Null removes it. */
  value: string | null
  dryRun: boolean
}

/** `set` and `unset`: what was typed is judged first, then the database is asked, and changed at the end. */
export async function changeSetting(ctx: Context, request: Request): Promise<void> {
  const sources = readSources(ctx)
  const found = findSetting(request.name)
  const target = found && targetOf(found, join(sources.home, '.env'), request.value)
  const lenient = resolveSettings(sources)
  if (!target && request.value !== null) throw unknownSetting(request.name)
  const config = await readConfig(lenient, ctx.out)
  // A key that no setting has (any more) can be removed, and only that.
  const { key, value } = target ?? { key: keyInTable(request.name, config), value: null }
  const after = { ...config }
  if (value === null) delete after[key]
  else after[key] = value
  const changed = (config[key] ?? null) !== value
  if (changed && !request.dryRun) {
    await storeConfig(lenient, ctx.out, { key, value, changedBy: operator(ctx) })
  }
  const result = listSettings({ ...sources, config: after })
  report(ctx, { found, key, before: listSettings({ ...sources, config }), result, changed, dryRun: request.dryRun })
}

function targetOf(found: NamedSetting, envFile: string, typed: string | null): { key: string; value: string | null } {
  const { configKey } = found.spec
  if (configKey === undefined) throw notForDatabase(found.spec, envFile)
  return { key: configKey, value: typed === null ? null : parseValue(found, typed) }
}

function keyInTable(name: string, config: Readonly<Record<string, string>>): string {
  if (Object.hasOwn(config, name)) return name
  throw unknownSetting(name)
}

/** `operator (pi)`: several people may share a machine, and `sudo` hides who it was. */
function operator({ env }: Context): string {
  try {
    return `operator (${env.SUDO_USER || userInfo().username})`
  } catch {
    // A user id without a name, as in a container.
    return 'operator'
  }
}

interface Changed {
  found: NamedSetting | undefined
  key: string
  before: SettingRows
  result: SettingRows
  changed: boolean
  dryRun: boolean
}

function report(ctx: Context, { found, key, before, result, changed, dryRun }: Changed): void {
  const name = found?.spec.name ?? key
  const [from, to] = [before, result].map(({ rows }) => layerIn(rows, name))
  const extra = dryRun ? { dryRun } : {}
  ctx.out.document({ name, configKey: key, from: from ?? null, to: to ?? null, changed, ...extra })
  ctx.out.print(describeChange({ name, from, to, changed, dryRun, isKnown: found !== undefined }))
  if (changed && !dryRun) ctx.out.note('Commands use it from now on; a running `storyline bot` after its next start.')
  warnOfTrouble(ctx, { problems: result.problems, unknownKeys: [], database: { ok: true } })
}

function layerIn(rows: readonly SettingRow[], name: string): Layer | undefined {
  return rows.find((row) => row.name === name)?.holds ?? undefined
}

interface Change {
  name: string
  from: Layer | undefined
  to: Layer | undefined
  changed: boolean
  dryRun: boolean
  isKnown: boolean
}

function describeChange({ name, from, to, changed, dryRun, isKnown }: Change): string {
  const mark = dryRun ? '[dry run] ' : '✓ '
  if (!isKnown) return `${mark}the key ${printable(name)} ${dryRun ? 'would be' : 'is'} gone from the table config`
  if (!changed && to?.origin === 'database') return `${name} already is ${described(to)}`
  if (!changed) return `${name} does not stand in the database; it is ${described(to)}`
  return `${mark}${name} ${dryRun ? 'would be' : 'is'} ${described(to)}; it was ${described(from)}`
}

function described(layer: Layer | undefined): string {
  if (layer === undefined) return 'not set'
  return `${printable(layer.value)} (${layer.origin})`
}
