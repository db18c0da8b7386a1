import type { Context } from '../context.ts'
import type { Database } from '../db/connect.ts'
import { describeError } from '../describe-error.ts'
import { ExitCode } from '../errors.ts'
import { beginRun, describeProcess, endRun } from './record-run.ts'

export interface OwnRun {
  command: string
  /** Options and arguments. */
  params: unknown
}

/**
 * A row of the ledger around the work of a command that opens the database itself, and so cannot say `recorded`. What
 * `work` answers is kept as its result.
 */
export async function recordOwnRun<T>(
  db: Database,
  out: Context['out'],
  { command, params }: OwnRun,
  work: () => Promise<T>,
): Promise<T> {
  const startedMs = performance.now()
  const triggeredBy = out.columns === undefined ? 'system' : 'cli'
  const id = await beginRun(db, { command, triggeredBy, params, ...(await describeProcess()) })
  const end = (exitCode: number, result: unknown, error: Parameters<typeof endRun>[2]['error']) =>
    // The command's own result stands, whatever becomes of its row.
    endRun(db, id, { exitCode, durationMs: Math.round(performance.now() - startedMs), result, error }).catch(() => {
      out.debug('storyline: the run could not be written into the ledger')
    })
  try {
    const result = await work()
    await end(ExitCode.done, result, null)
    return result
  } catch (error) {
    const { exitCode, code, message, stack = null } = describeError(error, command)
    await end(exitCode, null, { code, message, stack })
    throw error
  }
}
