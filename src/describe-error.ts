import type { CommanderError } from 'commander'
import { COMMANDS } from './commands.ts'
import { ExitCode, UserError } from './errors.ts'

export interface ToldError {
  code: string
  message: string
  fix?: string | undefined
  exitCode: ExitCode
  /** Safe to show; undefined: it would say nothing. */
  stack?: string | undefined
}

/** By its code, so that a plain command need not load commander to tell its errors apart. */
export function isCommanderError(error: unknown): error is CommanderError {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.')
}

/** What may be said of whatever was thrown: never the parameters of a query. `name`: of the command. */
export function describeError(error: unknown, name: string | undefined): ToldError {
  if (error instanceof UserError) return error
  if (isCommanderError(error)) {
    const help = COMMANDS.some((command) => command.name === name) ? `storyline ${name} --help` : 'storyline --help'
    const message = error.message.replace(/^error: /, '')
    return { code: 'usage', message, fix: `See \`${help}\`.`, exitCode: ExitCode.usage }
  }
  // A DrizzleQueryError's own message and stack hold the query's parameters: only its cause may be shown.
  const isQuery = error instanceof Error && 'params' in error && 'query' in error
  const shown = isQuery ? (error.cause ?? new Error('unknown database error')) : error
  if (!(shown instanceof Error)) return { code: 'bug', message: String(shown), exitCode: ExitCode.failed }
  const prefix = isQuery || shown.name === 'PostgresError' ? 'The database refused a query: ' : 'Unexpected error: '
  return { code: 'bug', message: prefix + shown.message, exitCode: ExitCode.failed, stack: shown.stack }
}
