import {
  resolveSettings,
  type SettingKey,
  type SettingProblem,
  type SettingSources,
  type Settings,
} from '../settings.ts'
import { SETTINGS, type Setting } from '../settings-list.ts'

type Origin = Settings['origins'][SettingKey]

export interface Layer {
  origin: Origin
  /** As it is written there; `set` for a secret. */
  value: string
}

export interface SettingRow {
  name: string
  /** Its key in the table `config`; null: it cannot stand there. */
  configKey: string | null
  secret: boolean
  /** What counts; null: it is not set and has no default. */
  holds: Layer | null
  /** What would count without it, strongest first. */
  overrides: Layer[]
  /** The rule that the value breaks; null: it is right. */
  wrong: string | null
}

export interface SettingRows {
  rows: SettingRow[]
  problems: SettingProblem[]
  /** Keys in the table `config` that no setting has. Their values may be anything, also secrets. */
  unknownKeys: string[]
}

/** Every setting with its value, where it comes from, and what that hides. */
export function listSettings(sources: SettingSources): SettingRows {
  const { config: _, ...withoutDatabase } = sources
  const levels = [
    sources,
    withoutDatabase,
    { ...withoutDatabase, env: {} },
    { ...withoutDatabase, env: {}, envFile: {} },
  ].map(resolveSettings)
  const problems = levels[0]?.problems ?? []
  const rows = Object.entries<Setting<unknown>>(SETTINGS).map(([key, spec]) => {
    // Taking away one source after the other asks the only code that knows which of them is stronger.
    const origins = levels.map(({ settings }) => settings.origins[key as SettingKey])
    const layers = [...new Set(origins)].flatMap((origin) => layerOf(spec, origin, sources))
    const [holds = null, ...overrides] = layers
    const problem = problems.find(({ name }) => name === spec.name || name === `${spec.name}_FILE`)
    const secret = spec.secret === true
    return {
      name: spec.name,
      configKey: spec.configKey ?? null,
      secret,
      holds,
      overrides,
      wrong: problem?.rule ?? null,
    }
  })
  const known = new Set(rows.map(({ configKey }) => configKey))
  const unknownKeys = Object.keys(sources.config ?? {}).filter((key) => !known.has(key))
  return { rows, problems, unknownKeys: unknownKeys.sort() }
}

function layerOf(spec: Setting<unknown>, origin: Origin, { config = {}, env, envFile }: SettingSources): Layer[] {
  const raw = {
    database: config[spec.configKey ?? ''],
    environment: env[spec.name],
    '.env': envFile[spec.name],
    file: '',
    default: spec.fallback,
  }[origin]
  if (raw === undefined) return []
  return [{ origin, value: spec.secret ? 'set' : raw.trim() }]
}
