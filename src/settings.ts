import { existsSync, readFileSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { ExitCode, errorCode, UserError } from './errors.ts'
import { makeSecret, type Secret } from './secret.ts'
import { SETTINGS, type Setting } from './settings-list.ts'
import type { Parser } from './settings-values.ts'

export { SETTINGS } from './settings-list.ts'

type Spec = typeof SETTINGS
export type SettingKey = keyof Spec
type ValueOf<S> = S extends { parse: Parser<infer T> } ? (S extends { secret: true } ? Secret : T) : never
type Value<K extends SettingKey> = Spec[K] extends { fallback: string }
  ? ValueOf<Spec[K]>
  : ValueOf<Spec[K]> | undefined

type Origin = 'default' | 'environment' | '.env' | 'file' | 'database'

export type Settings = { readonly [K in SettingKey]: Value<K> } & {
  /** Folder that holds `.env`, `media/` and `.storyline/` (STORYLINE_HOME). */
  readonly home: string
  readonly origins: Readonly<Record<SettingKey, Origin>>
}

export interface SettingProblem {
  name: string
  /** Shown to the user; `[secret]` for secrets. */
  value: string
  origin: Origin
  rule: string
}

/** Where the raw texts come from, strongest first. */
export interface SettingSources {
  home: string
  /** Rows of the table `config`, by key. */
  config?: Readonly<Record<string, string>>
  env: Readonly<Record<string, string | undefined>>
  envFile: Readonly<Record<string, string | undefined>>
}

export function resolveSettings(sources: SettingSources): { settings: Settings; problems: SettingProblem[] } {
  const problems: SettingProblem[] = []
  const values: Record<string, unknown> = { home: sources.home }
  const origins: Record<string, Origin> = {}
  for (const [key, spec] of Object.entries<Setting<unknown>>(SETTINGS)) {
    const found = findRaw(spec, sources)
    origins[key] = found.origin
    if (found.kind === 'unreadable') {
      problems.push(found.problem)
      continue
    }
    if (found.raw === undefined) continue
    const parsed = spec.parse(found.raw)
    if (parsed.kind === 'ok') values[key] = spec.secret ? makeSecret(found.raw) : parsed.value
    else {
      const value = spec.secret ? '[secret]' : found.raw
      problems.push({ name: spec.name, value, origin: found.origin, rule: parsed.rule })
    }
  }
  // Relative to home, because cron starts commands anywhere.
  for (const key of ['mediaBasePath', 'backupDir', 'logFile'] as const) {
    const folder = values[key] as string | undefined
    if (folder !== undefined) values[key] = isAbsolute(folder) ? resolve(folder) : join(sources.home, folder)
  }
  return { settings: Object.assign(values, { origins }) as unknown as Settings, problems }
}

type Found =
  | { kind: 'raw'; raw: string | undefined; origin: Origin }
  | { kind: 'unreadable'; problem: SettingProblem; origin: Origin }

function findRaw(spec: Setting<unknown>, sources: SettingSources): Found {
  const fromConfig = spec.configKey ? sources.config?.[spec.configKey] : undefined
  if (isSet(fromConfig)) return { kind: 'raw', raw: fromConfig.trim(), origin: 'database' }
  for (const [origin, values] of [
    ['environment', sources.env],
    ['.env', sources.envFile],
  ] as const) {
    const raw = values[spec.name]
    if (isSet(raw)) return { kind: 'raw', raw: raw.trim(), origin }
    const name = `${spec.name}_FILE`
    const file = spec.secret ? values[name] : undefined
    // Relative to home, because cron starts commands anywhere.
    if (isSet(file)) return readSecretFile({ name, value: resolve(sources.home, file.trim()), origin })
  }
  return { kind: 'raw', raw: spec.fallback, origin: 'default' }
}

function isSet(raw: string | undefined): raw is string {
  return raw !== undefined && raw.trim() !== ''
}

function readSecretFile(file: { name: string; value: string; origin: Origin }): Found {
  const unreadable = (why: string): Found => {
    const problem = { ...file, rule: `a file that this user can read and that holds the secret (${why})` }
    return { kind: 'unreadable', problem, origin: 'file' }
  }
  try {
    const raw = readFileSync(file.value, 'utf8').trim()
    return raw === '' ? unreadable('it is empty') : { kind: 'raw', raw, origin: 'file' }
  } catch (error) {
    return unreadable(errorCode(error) ?? 'unknown error')
  }
}

/** Reads environment and `<home>/.env`; `home` is STORYLINE_HOME or `defaultHome`. Throws with all mistakes at once. */
export function readSettings(env: Readonly<Record<string, string | undefined>>, defaultHome: string): SettingSources {
  const home = resolve(isSet(env.STORYLINE_HOME) ? env.STORYLINE_HOME : defaultHome)
  const file = join(home, '.env')
  return { home, env, envFile: existsSync(file) ? parseEnvFile(file) : {} }
}

function parseEnvFile(file: string): Record<string, string | undefined> {
  try {
    return parseEnv(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''))
  } catch (error) {
    throw new UserError(`${file} cannot be read (${errorCode(error) ?? 'not a text file'})`, {
      code: 'not_configured',
      exitCode: ExitCode.notConfigured,
      fix: 'Make it readable for the user that runs storyline, or remove it.',
      cause: error,
    })
  }
}

const WHERE: Partial<Record<Origin, string>> = {
  database: 'the table config',
  environment: 'the environment',
  '.env': '.env',
}

/** All mistakes in one error: each with the value, where it stands, the rule and so the fix. */
export function settingsError(problems: readonly SettingProblem[]): UserError {
  const lines = problems.map(({ name, value, origin, rule }) => {
    const where = WHERE[origin] ?? `the file that ${name}_FILE names`
    return `${name} is "${value}" in ${where}; expected ${rule}`
  })
  return new UserError(lines.join('\n'), {
    code: 'not_configured',
    exitCode: ExitCode.notConfigured,
    fix: 'Correct the values named above; `storyline help environment` lists every setting.',
  })
}

/** The connection string from DATABASE_URL or the DB_* parts; undefined means the embedded server. */
export function configuredDatabaseUrl(settings: Settings): string | undefined {
  if (settings.databaseUrl) return settings.databaseUrl.reveal()
  if (!settings.dbHost && !settings.dbName) return undefined
  const credentials = [settings.dbUser ?? 'postgres', settings.dbPassword?.reveal()]
    .filter((part) => part !== undefined)
    .map(encodeURIComponent)
    .join(':')
  return `postgresql://${credentials}@${settings.dbHost ?? 'localhost'}:${settings.dbPort}/${encodeURIComponent(settings.dbName ?? 'storyline')}`
}
