import { join, resolve } from 'node:path'
import { UserError } from '../errors.ts'
import { packageRoot } from '../package-root.ts'
import { SETTINGS, type SettingKey, type Settings } from '../settings.ts'

/** What cron and systemd must be told, because they know neither PATH nor folder: absolute paths. */
export interface Installation {
  /** STORYLINE_HOME. */
  home: string
  /** The node that runs this command. */
  node: string
  /** `bin/storyline.js`. */
  launcher: string
}

export function findInstallation(env: Readonly<Record<string, string | undefined>>): Installation {
  const installation = {
    home: resolve(env.STORYLINE_HOME?.trim() || packageRoot),
    node: process.execPath,
    launcher: join(packageRoot, 'bin/storyline.js'),
  }
  for (const path of Object.values(installation)) {
    if (!/\p{Cc}|\s$/u.test(path)) continue
    throw new UserError(`The path ${JSON.stringify(path)} holds a character that cron and systemd cannot take`, {
      code: 'odd_path',
      fix: 'Move it to a folder whose name has no control characters and no space at its end.',
    })
  }
  return installation
}

/** Settings that count here but not where cron and systemd start a command: they have no such environment. */
export function onlyInEnvironment(
  { origins }: Settings,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  return Object.entries(SETTINGS).flatMap(([key, { name }]) => {
    const origin = origins[key as SettingKey]
    if (origin === 'environment') return [name]
    return origin === 'file' && env[`${name}_FILE`] ? [`${name}_FILE`] : []
  })
}
