import { existsSync, readFileSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { ExitCode, errorCode, UserError } from './errors.ts'
import { makeSecret, type Secret } from './secret.ts'
import {
  botToken,
  chatId,
  hostName,
  oneOf,
  type Parser,
  text,
  timeOfDay,
  timeZone,
  url,
  wholeNumber,
  yesNo,
} from './settings-values.ts'

interface Extras {
  /** Raw text that counts when nothing is set; without it the setting may be absent. */
  fallback?: string
  /** Key under which the table `config` may override it (SPEC §13); secrets and connections never have one. */
  configKey?: string
}

interface Setting<T> extends Extras {
  name: string
  parse: Parser<T>
  secret?: true
}

function setting<T, const R extends Extras = Record<never, never>>(name: string, parse: Parser<T>, extras?: R) {
  return { name, parse, ...extras } as { name: string; parse: Parser<T> } & R
}

function secretSetting<T>(name: string, parse: Parser<T>) {
  return { name, parse, secret: true } as const
}

/** Every setting once. Names and defaults: SPEC §13. */
export const SETTINGS = {
  databaseUrl: secretSetting('DATABASE_URL', url('postgres', 'postgresql')),
  dbHost: setting('DB_HOST', hostName),
  dbPort: setting('DB_PORT', wholeNumber(1, 65535), { fallback: '5432' }),
  dbName: setting('DB_NAME', text),
  dbUser: setting('DB_USER', text),
  dbPassword: secretSetting('DB_PASSWORD', text),

  telegramBotToken: secretSetting('TELEGRAM_BOT_TOKEN', botToken),
  telegramChannelId: setting('TELEGRAM_CHANNEL_ID', chatId),
  adminTelegramChatId: setting('ADMIN_TELEGRAM_CHAT_ID', chatId),
  telegramApiRoot: setting('TELEGRAM_API_ROOT', url('https', 'http'), { fallback: 'https://api.telegram.org' }),

  mediaBasePath: setting('MEDIA_BASE_PATH', text, { fallback: 'media' }),

  timeZone: setting('TIMEZONE', timeZone, { fallback: 'UTC', configKey: 'timezone' }),
  postsPerDay: setting('POSTS_PER_DAY', wholeNumber(1, 50), { fallback: '3', configKey: 'posting_frequency' }),
  postingStartMinutes: setting('POSTING_HOURS_START', timeOfDay, { fallback: '9', configKey: 'posting_hours_start' }),
  postingEndMinutes: setting('POSTING_HOURS_END', timeOfDay, { fallback: '21', configKey: 'posting_hours_end' }),
  slotJitterMinutes: setting('SLOT_JITTER_MINUTES', wholeNumber(0, 720), {
    fallback: '30',
    configKey: 'slot_jitter_minutes',
  }),
  avoidRepostDays: setting('AVOID_REPOST_DAYS', wholeNumber(0, 3650), {
    fallback: '7',
    configKey: 'avoid_repost_days',
  }),
  repostTtlDays: setting('REPOST_TTL_DAYS', wholeNumber(0, 3650), {
    fallback: '30',
    configKey: 'media_repost_ttl_days',
  }),
  skipTtlDays: setting('SKIP_TTL_DAYS', wholeNumber(0, 3650), { fallback: '14', configKey: 'skip_ttl_days' }),
  missedAfterMinutes: setting('MISSED_AFTER_MINUTES', wholeNumber(1, 10_080), {
    fallback: '120',
    configKey: 'missed_after_minutes',
  }),
  teamResponseHours: setting('TEAM_RESPONSE_HOURS', wholeNumber(1, 720), {
    fallback: '24',
    configKey: 'team_response_hours',
  }),
  teamJoin: setting('TEAM_JOIN', oneOf('members', 'anyone'), { fallback: 'members', configKey: 'team_join' }),
  maxPostsPerRun: setting('MAX_POSTS_PER_RUN', wholeNumber(1, 100), {
    fallback: '3',
    configKey: 'max_posts_per_run',
  }),
  categoryMix: setting('CATEGORY_MIX', text, { configKey: 'category_mix' }),

  enableInstagramApi: setting('ENABLE_INSTAGRAM_API', yesNo, { fallback: 'false' }),
  dryRunMode: setting('DRY_RUN_MODE', yesNo, { fallback: 'false' }),
  leaseSeconds: setting('LEASE_SECONDS', wholeNumber(5, 3600), { fallback: '120' }),
  httpTimeoutSeconds: setting('HTTP_TIMEOUT_SECONDS', wholeNumber(1, 600), { fallback: '30' }),
} as const

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
  const base = values.mediaBasePath as string | undefined
  if (base !== undefined) values.mediaBasePath = isAbsolute(base) ? resolve(base) : join(sources.home, base)
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
