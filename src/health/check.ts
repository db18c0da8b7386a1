import type { Context } from '../context.ts'
import type { SettingProblem } from '../settings.ts'
import type { Door } from './door.ts'
import type { QueueFacts } from './queue-facts.ts'

/** `warning`: somebody should look at it, stories still go out. `unhealthy`: stories do not go out, or soon will not. */
export type Health = 'healthy' | 'warning' | 'unhealthy'

/** What a check found. */
export interface Verdict {
  status: Health
  /** What is so, for people: one line, with numbers. */
  details: string
  /** What to do about it; null: nothing. */
  fix: string | null
}

export const healthy = (details: string): Verdict => ({ status: 'healthy', details, fix: null })
export const warning = (details: string, fix: string | null = null): Verdict => ({ status: 'warning', details, fix })
export const unhealthy = (details: string, fix: string | null = null): Verdict => ({
  status: 'unhealthy',
  details,
  fix,
})

/** What a check may use. `signal` fires when nobody waits for the check any more; `db` only with the `needs` for it. */
export interface Bench extends Context {
  door: Door
  /** What the table `config` says wrongly. */
  configProblems: readonly SettingProblem[]
  /** Read once for all checks. */
  queue(): Promise<QueueFacts>
}

/** Who else tells the admin chat of the same trouble, so that nobody hears of it twice. */
export interface ToldBy {
  /** Beginnings of subjects of open alerts. */
  alerts?: readonly string[]
  /** Names of checks whose trouble explains this one's. */
  checks?: readonly string[]
}

/** One row of `check-health`. To add a check: its file, and its line in checks/index.ts. */
export interface Check<Facts> {
  /** Stable, for scripts and for the subject of its alert: `last-tick`. */
  name: string
  /** For people. */
  title: string
  /** `database`: one with our schema; `server`: any that answers; `settings`: neither. */
  needs: 'settings' | 'server' | 'database'
  /** It asks Telegram, Instagram or a host: left out with --offline. */
  asksOutside?: boolean
  /** `elsewhere`: whoever finds such trouble tells it at once. */
  told?: ToldBy | 'elsewhere'
  /** All the reading. What it throws is shown as "could not be checked". MUST stop when `bench.signal` fires. */
  measure(bench: Bench): Facts | Promise<Facts>
  /** Pure. */
  judge(facts: Facts): Verdict
}

/** A check of whatever facts. */
export interface AnyCheck extends Omit<Check<never>, 'measure' | 'judge'> {
  examine(bench: Bench): Promise<Verdict>
}

/** Hides the facts, so that checks of all kinds fit into one list. */
export function checkOf<Facts>({ measure, judge, ...about }: Check<Facts>): AnyCheck {
  return { ...about, examine: async (bench) => judge(await measure(bench)) }
}

/** A check and what it found. */
export interface Examined {
  check: Omit<AnyCheck, 'examine'>
  verdict: Verdict
}

/** The worst of all. */
export function overallHealth(verdicts: readonly Verdict[]): Health {
  if (verdicts.some(({ status }) => status === 'unhealthy')) return 'unhealthy'
  return verdicts.some(({ status }) => status === 'warning') ? 'warning' : 'healthy'
}
