import type { Context } from '../context.ts'
import { ExitCode } from '../errors.ts'
import { printable } from '../media/printable.ts'
import { formatTable } from '../output/table.ts'
import { settingsError } from '../settings.ts'
import type { NamedSetting } from './config-names.ts'
import type { Configuration } from './config-read.ts'
import type { Layer, SettingRow } from './config-rows.ts'

export function showSettings(ctx: Context, configuration: Configuration): void {
  const { home, rows, unknownKeys, database } = configuration
  ctx.out.document({ home, settings: rows.map(toJson), unknownKeys, database })
  if (!ctx.out.json) {
    const cells = rows.map((row) => [row.name, shownValue(row), row.holds?.origin ?? '', describeLayers(row.overrides)])
    ctx.out.print(formatTable(ctx.out, ['Setting', 'Value', 'Origin', 'Overrides'], cells))
    ctx.out.print(`STORYLINE_HOME is ${printable(home)}`)
  }
  warnOfTrouble(ctx, configuration)
}

/** Stdout holds the value and nothing else; nothing at all when it is not set. */
export function getSetting(ctx: Context, configuration: Configuration, { spec }: NamedSetting): ExitCode {
  const row = configuration.rows.find(({ name }) => name === spec.name)
  if (!row) throw new Error(`${spec.name} is missing in the list of settings`)
  ctx.out.document(toJson(row))
  ctx.out.print(row.secret ? shownValue(row) : printable(row.holds?.value ?? ''))
  if (row.holds)
    ctx.out.note(
      `${row.name}: ${row.holds.origin}${row.overrides.length > 0 ? `, over ${describeLayers(row.overrides)}` : ''}`,
    )
  else ctx.out.note(`${row.name} is not set`)
  const { problems, database } = configuration
  const own = problems.filter(({ name }) => name === row.name || name === `${row.name}_FILE`)
  const unsure = row.configKey === null ? { ok: true as const } : database
  warnOfTrouble(ctx, { problems: own, unknownKeys: [], database: unsure })
  return own.length > 0 || !unsure.ok ? ExitCode.partly : ExitCode.done
}

/** Everything that is wrong, on stderr: stdout shows what was read. */
export function warnOfTrouble(
  { out }: Context,
  { problems, unknownKeys, database }: Pick<Configuration, 'problems' | 'unknownKeys' | 'database'>,
): void {
  if (problems.length > 0) out.warn(`storyline: ${settingsError(problems).message}`)
  for (const { name } of problems.filter(({ origin }) => origin === 'database')) {
    out.warn(`  \`storyline config unset ${name}\` removes it from the database.`)
  }
  for (const key of unknownKeys.map(printable)) {
    out.warn(
      `storyline: the table config has the key "${key}", which no setting has; \`storyline config unset ${key}\` removes it`,
    )
  }
  if (database.ok) return
  out.warn(
    `storyline: what the table config holds is unknown: ${database.message}${database.fix ? `\n  ${database.fix}` : ''}`,
  )
}

function shownValue({ secret, holds, wrong }: SettingRow): string {
  if (holds === null) return secret ? 'not set' : ''
  return wrong === null ? holds.value : `${holds.value} (wrong)`
}

/** `.env (3), default (UTC)`. */
function describeLayers(layers: readonly Layer[]): string {
  return layers.map(({ origin, value }) => `${origin} (${printable(value)})`).join(', ')
}

function toJson({ holds, ...row }: SettingRow) {
  const { name, configKey, secret, overrides, wrong } = row
  return { name, configKey, secret, value: holds?.value ?? null, origin: holds?.origin ?? null, overrides, wrong }
}
