import type { CommandDefinition, CommandInput } from '../../src/command.ts'
import type { CommandEntry } from '../../src/commands.ts'
import type { Context } from '../../src/context.ts'
import type { Database } from '../../src/db/connect.ts'
import { UserError } from '../../src/errors.ts'
import { parseArguments } from '../../src/parse-arguments.ts'
import { readSettings, resolveSettings } from '../../src/settings.ts'
import { testContext } from '../support/database.ts'

export interface Ran {
  exitCode: number
  stdout: string
  stderr: string
  /** What --json printed; every member that a test reads is asserted there. */
  json: Record<string, never>
}

export interface RunOptions {
  /** All of the command's environment, with STORYLINE_HOME. */
  env: Record<string, string>
  db?: Database
  now?: Date
}

/** Runs a job in this process as the command line would; an error that people see becomes its exit code. */
export async function runJob(
  job: (ctx: Context) => Promise<number | undefined>,
  { env, db, now }: RunOptions,
  json = false,
): Promise<Ran> {
  const ctx = testContext(db ?? (undefined as never), { json, ...(now ? { now } : {}) })
  const ran = (exitCode: number, said = ''): Ran => ({
    exitCode,
    stdout: ctx.stdout(),
    stderr: ctx.stderr() + said,
    json: json && exitCode !== 2 && ctx.stdout() !== '' ? JSON.parse(ctx.stdout()) : {},
  })
  try {
    const own = {
      env,
      // Only read for commands that want them: some run although .env cannot be read.
      get settings() {
        return resolveSettings(readSettings(env, '/nonexistent')).settings
      },
    }
    return ran((await job(Object.defineProperties({ ...ctx }, Object.getOwnPropertyDescriptors(own)))) ?? 0)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return ran(error.exitCode, `${error.message}\n${error.fix ?? ''}\n`)
  }
}

/** A command line as it is typed, after `storyline <name>`. */
export async function runCommand<O>(
  definition: CommandDefinition<O>,
  args: readonly string[],
  options: RunOptions,
): Promise<Ran> {
  const entry = { name: 'command', summary: '', group: 'Plumbing' } as CommandEntry
  const parse = () =>
    parseArguments(entry, definition as CommandDefinition<never>, { args, streams: process }) as Promise<unknown>
  const job = async (ctx: Context) => definition.run(ctx, (await parse()) as CommandInput<O>)
  return runJob(job, options, args.includes('--json'))
}
