import { usageError } from '../errors.ts'
import type { SettingKey } from '../settings.ts'
import { SETTINGS, type Setting } from '../settings-list.ts'
import { didYouMean } from './did-you-mean.ts'

export interface NamedSetting {
  key: SettingKey
  spec: Setting<unknown>
}

const ALL: readonly NamedSetting[] = Object.entries<Setting<unknown>>(SETTINGS).map(([key, spec]) => ({
  key: key as SettingKey,
  spec,
}))

/** The setting that `TIMEZONE`, `timezone` or its key in the table `config` names. */
export function findSetting(typed: string): NamedSetting | undefined {
  const wanted = typed.trim().toLowerCase().replaceAll('-', '_')
  return ALL.find(({ spec }) => spec.name.toLowerCase() === wanted || spec.configKey === wanted)
}

/** Never shows a value, so that a secret that was typed in the wrong place stays unseen. */
export function unknownSetting(typed: string) {
  const near = didYouMean(typed.replace(/_FILE$/i, ''), [
    ...ALL.map(({ spec }) => spec.name),
    ...ALL.flatMap(({ spec }) => spec.configKey ?? []),
  ])
  const fix = near ? `Did you mean ${near}?` : '`storyline config list` shows every setting.'
  return usageError(`There is no setting "${typed}"`, fix)
}

/** Why this setting never stands in the table `config`, and where it does (SPEC §13). */
export function notForDatabase({ name, secret }: Setting<unknown>, envFile: string) {
  return secret
    ? usageError(
        `${name} is a secret: it is never stored in the database`,
        `Put it into ${envFile}, or the path of a file that holds it as ${name}_FILE. If it was typed here, remove it from the shell's history.`,
      )
    : usageError(
        `${name} cannot be set in the database, only posting settings can`,
        `Put ${name}=… into ${envFile}, or into the environment.`,
      )
}

/** The value as it is stored; exit 2 with value, rule and fix when it cannot be one. */
export function parseValue({ spec }: NamedSetting, typed: string): string {
  const value = typed.trim()
  if (value === '') {
    throw usageError(`${spec.name} needs a value`, `\`storyline config unset ${spec.name}\` removes it.`)
  }
  const parsed = spec.parse(value)
  if (parsed.kind === 'ok') return value
  throw usageError(`${spec.name} is "${value}"; expected ${parsed.rule}`, 'Correct the value; nothing was changed.')
}
