import type { Database } from './db/connect.ts'
import type { Output } from './output/output.ts'
import type { Settings } from './settings.ts'

/** Everything a job may use. Below this, nothing reads the clock, randomness, the environment or the console. */
export interface Context {
  settings: Settings
  db: Database
  now(): Date
  /** A number from 0 (inclusive) to 1 (exclusive). */
  random(): number
  out: Output
  /** The environment, only to hand on to programs that a command starts; settings come from `settings`. */
  env: Readonly<Record<string, string | undefined>>
  /** Writes this run into the ledger, once: for a command that finds out only later that it changes something. */
  beginRun(): Promise<void>
  /** Aborted by the first SIGINT or SIGTERM: stop taking new work, finish or release the current one. */
  signal: AbortSignal
}
