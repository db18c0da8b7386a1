import { Writable } from 'node:stream'
import type { CommandDefinition, CommandInput } from '../command.ts'
import { COMMANDS, type CommandEntry } from '../commands.ts'
import type { Context } from '../context.ts'
import { describeError } from '../describe-error.ts'
import { ExitCode } from '../errors.ts'
import type { Output } from '../output/output.ts'
import { teeOutput } from '../output/tee.ts'
import { parseArguments } from '../parse-arguments.ts'
import { createLedger } from '../runs/ledger.ts'
import { readSettings } from '../settings.ts'
import { contextWithoutDatabase, type Surroundings, strictSettings, withContext } from '../with-context.ts'
import type { Action, RunAction } from './action.ts'

/** Then a tick takes no more work and ends: the next one goes on, and somebody waits for this one. */
const LIMIT_SECONDS = 60
/** Of the room for what a command says. */
const NARROWEST = 40

/**
 * Runs commands as the shell does: the same parser, checks and ledger, on connections of their own. What they say is
 * caught; nothing reaches the terminal. `ctx.signal` ends a long one early.
 */
export function createRunAction(ctx: Context): RunAction {
  return async (action) => {
    const said = catchLines(ctx.out.columns)
    try {
      const exitCode = (await runCommand(ctx, action, said.out)) ?? ExitCode.done
      const isDone = exitCode === ExitCode.done
      const lines = said.lines()
      return { isDone, lines: lines.length > 0 ? lines : [isDone ? 'Done.' : `It ended with exit code ${exitCode}.`] }
    } catch (error) {
      const { message, fix } = describeError(error, action.command)
      said.out.warn(fix ? `${message}\n${fix}` : message)
      return { isDone: false, lines: said.lines() }
    }
  }
}

/** Both voices in the order in which they spoke. No colours, and nobody there who could be asked or shown progress. */
function catchLines(columns = 80): { out: Output; lines(): string[] } {
  const said: string[] = []
  const say = (text = '') => void said.push(text)
  const silent = () => {}
  return {
    out: {
      ...{ json: false, verbose: false, color: false, canDraw: false },
      columns: Math.max(NARROWEST, columns - 4),
      ...{ print: say, note: say, warn: say, document: silent, debug: silent },
    },
    lines: () => said.join('\n').replaceAll('\t', '  ').trim().split('\n').filter(isNoEmptyWhole),
  }
}

/** Nothing at all is no line. */
const isNoEmptyWhole = (line: string, _: number, lines: readonly string[]) => lines.length > 1 || line !== ''

async function runCommand(ctx: Context, action: Action, caught: Output): Promise<ExitCode | undefined> {
  const entry = COMMANDS.find(({ name }) => name === action.command)
  if (!entry) throw new Error(`there is no command ${action.command}`)
  const { default: definition } = await entry.load()
  const input = await parse(entry, definition, action)
  const sources = readSettings(ctx.env, ctx.settings.home)
  const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(LIMIT_SECONDS * 1000)])
  const out = await withLog(ctx, action.command, caught)
  const { now, random } = ctx
  return execute({ name: entry.name, definition }, input, { sources, out, signal, now, random })
}

/** What somebody typed is read by the code that reads it in the shell. */
function parse(entry: CommandEntry, definition: CommandDefinition<never>, { options, args }: Action) {
  const flags = Object.entries(options).flatMap(([key, value]) => {
    const flag = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    return value === true ? [flag] : [`${flag}=${value}`]
  })
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  return parseArguments(entry, definition, {
    args: [...flags, '--', ...args],
    streams: { stdout: nowhere, stderr: nowhere },
  })
}

async function withLog({ settings }: Context, command: string, out: Output): Promise<Output> {
  if (settings.logFile === undefined) return out
  const { openLogFile, newRunId } = await import('../output/log-file.ts')
  const base = { run: newRunId(), command }
  const file = openLogFile({ path: settings.logFile, level: settings.logLevel, base }, () =>
    out.warn(`LOG_FILE ${settings.logFile} cannot be written`),
  )
  return teeOutput(out, { file })
}

async function execute(
  { name, definition }: { name: string; definition: CommandDefinition<never> },
  input: CommandInput<never>,
  surroundings: Surroundings,
): Promise<ExitCode | undefined> {
  const { needs, connections = 1, migrates = false, recorded } = definition
  if (needs !== 'database') {
    return definition.run(contextWithoutDatabase(surroundings, strictSettings(surroundings.sources)), input)
  }
  // Somebody sits there, also when it is the screen that calls.
  const ledger = createLedger(name, { isAtTerminal: true, params: input })
  return withContext(surroundings, { connections, migrates }, (ctx) =>
    recorded === undefined ? definition.run(ctx, input) : ledger.record(definition, ctx, input, describeError),
  )
}
