import type { CommandDefinition, CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import type { ExitCode } from '../errors.ts'

export interface LedgerFacts {
  /** Somebody sits there, instead of cron. */
  isAtTerminal: boolean
  params: CommandInput<never>
}

interface Told {
  code: string
  message: string
  stack?: string | undefined
}

/** The row of one run: begun when the command changes something, ended with its result or its error. */
export function createLedger(command: string, { isAtTerminal, params }: LedgerFacts) {
  let id: string | undefined
  let result: unknown
  const begin = async ({ db }: Context) => {
    if (id !== undefined) return
    // Loaded only now: a tick that has nothing to do needs none of it.
    const { beginRun, describeProcess } = await import('./record-run.ts')
    const triggeredBy = isAtTerminal ? 'cli' : 'system'
    id = await beginRun(db, { command, triggeredBy, params, ...(await describeProcess()) })
  }
  const end = async (ctx: Context, startedMs: number, exitCode: number, error: Told | null) => {
    if (id === undefined) return
    const { endRun } = await import('./record-run.ts')
    const told = error && { code: error.code, message: error.message, stack: error.stack ?? null }
    const durationMs = Math.round(performance.now() - startedMs)
    // The command's own result stands, whatever becomes of its row.
    await endRun(ctx.db, id, { exitCode, durationMs, result, error: told }).catch(() => {
      ctx.out.debug('storyline: the run could not be written into the ledger')
    })
  }
  return {
    async record(
      definition: CommandDefinition<never>,
      given: Context,
      input: CommandInput<never>,
      describe: (error: unknown, name: string) => Told & { exitCode: ExitCode },
    ): Promise<ExitCode | undefined> {
      const startedMs = performance.now()
      const out = {
        ...given.out,
        document: (value: unknown) => {
          result = value
          given.out.document(value)
        },
      }
      const ctx: Context = { ...given, out, beginRun: () => begin(given) }
      const isDry = (input.options as { dryRun?: boolean }).dryRun === true
      if (definition.recorded === 'always' && !isDry) await begin(given)
      try {
        const exitCode = await definition.run(ctx, input)
        await end(given, startedMs, exitCode ?? 0, null)
        return exitCode
      } catch (error) {
        const told = describe(error, command)
        await end(given, startedMs, told.exitCode, told)
        throw error
      }
    },
  }
}
