import type { Command as Commander } from 'commander'
import type { Context } from './context.ts'
import type { ExitCode } from './errors.ts'

/**
 * What a command needs before it runs: `database` opens one connection and checks the schema; `settings` only reads
 * the configuration; `nothing` runs even when the configuration is wrong.
 */
type Need = 'database' | 'settings' | 'nothing'

export interface CommandInput<Options> {
  options: Options
  args: readonly string[]
}

export interface CommandDefinition<Options> {
  /** Two or more real invocations, each with what it does. */
  examples: readonly (readonly [command: string, does: string])[]
  description?: string
  needs: Need
  /**
   * Whether a run of it is a row of the ledger: it changes something (but not in a dry run), or it says so itself with
   * `ctx.beginRun()`. Absent: it changes nothing.
   */
  recorded?: 'always' | 'when_it_says'
  /** With --quiet its result is printed only when it is not well: for what cron runs. */
  quietWhenWell?: true
  /** The command watches `ctx.signal`; others simply die with the signal. */
  handlesSignals?: boolean
  /**
   * Long flags without a value. Called with these and the global ones only, the command starts without loading a parser:
   * for the tick, which runs every five minutes on a small machine.
   */
  plainFlags?: readonly `--${string}`[]
  /** How many connections the job uses at once. Default 1. */
  connections?: number
  /** Migrates an older schema instead of refusing it: only for commands made for a fresh machine. */
  migrates?: boolean
  configure(command: Commander): void
  run(ctx: Context, input: CommandInput<Options>): Promise<ExitCode | undefined>
}

/** Identity with types: a command file's default export. */
export function defineCommand<Options = Record<never, never>>(
  definition: CommandDefinition<Options>,
): CommandDefinition<Options> {
  return definition
}
