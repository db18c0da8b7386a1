import type { CommandDefinition, CommandInput } from './command.ts'
import { COMMANDS } from './commands.ts'
import { describeError, isCommanderError } from './describe-error.ts'
import { findOpenEnvFile } from './env-file-mode.ts'
import { ExitCode, errorCode, UserError } from './errors.ts'
import type { LogFile } from './output/log-file.ts'
import { createOutput, type Output, type OutputStreams } from './output/output.ts'
import { type LogSink, teeOutput } from './output/tee.ts'
import { packageRoot } from './package-root.ts'
import type { parseArguments } from './parse-arguments.ts'
import { createLedger } from './runs/ledger.ts'
import { readSettings, resolveSettings, type SettingSources } from './settings.ts'
import { contextWithoutDatabase, type Surroundings, strictSettings, withContext } from './with-context.ts'

export interface Invocation {
  /** Arguments after `storyline`. */
  argv: readonly string[]
  env: Readonly<Record<string, string | undefined>>
  streams: OutputStreams
  signal: AbortSignal
  /** Called before a command that watches the signal itself; others die with it. */
  onHandlesSignals?: () => void
  now(): Date
  random(): number
}

/** Runs one command and answers its exit code; the one place where an error becomes one. Never throws. */
export async function runCli(invocation: Invocation): Promise<ExitCode> {
  const sink: LogSink = {}
  const out = teeOutput(createOutput({ ...flags(invocation), streams: invocation.streams }), sink)
  try {
    const exitCode = await dispatch(invocation, out, sink)
    if (exitCode !== ExitCode.done) showHeld(out, sink)
    return exitCode
  } catch (error) {
    showHeld(out, sink)
    return reportError(error, out, invocation)
  }
}

function showHeld(out: Output, sink: LogSink): void {
  const held = sink.held ?? []
  sink.held = undefined
  for (const line of held) out.print(line)
}

function flags({ argv, env }: Invocation) {
  const own = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  const has = (flag: string) => own.includes(flag)
  return {
    json: has('--json'),
    quiet: has('--quiet'),
    verbose: has('--verbose'),
    color: !(has('--no-color') || env.NO_COLOR),
  }
}

const GLOBAL_FLAGS = ['--json', '--no-color', '--quiet', '--verbose']

/** `storyline --json list-media` means `storyline list-media --json`. */
function commandFirst(argv: readonly string[]): string[] {
  const first = argv.findIndex((word) => !GLOBAL_FLAGS.includes(word))
  const flags = first === -1 ? argv : argv.slice(0, first)
  const [name, ...rest] = argv.slice(flags.length)
  if (name !== undefined) return [name, ...flags, ...rest]
  return flags.length === 0 ? [] : ['help', ...flags]
}

async function dispatch(invocation: Invocation, out: Output, sink: LogSink): Promise<ExitCode> {
  const [name, ...args] = commandFirst(invocation.argv)
  const { streams } = invocation
  const entry = COMMANDS.find((command) => command.name === name)
  if (!entry) {
    const { showProgram } = await import('./parse-arguments.ts')
    await showProgram(name === undefined ? [] : [name, ...args], streams)
    return ExitCode.done
  }
  const { default: definition } = await entry.load()
  const input = readPlain(definition, args) ?? (await parse(entry, definition, { args, streams }))
  if (definition.quietWhenWell && flags(invocation).quiet) sink.held = []
  return (await execute({ name: entry.name, definition }, input, invocation, { out, sink })) ?? ExitCode.done
}

/** Loaded only when somebody wants it. */
async function openLog(command: string, sources: SettingSources, out: Output): Promise<LogFile | undefined> {
  if (!sources.env.LOG_FILE && !sources.envFile.LOG_FILE) return undefined
  const { logFile: path, logLevel: level } = resolveSettings(sources).settings
  if (path === undefined) return undefined
  const { openLogFile, newRunId } = await import('./output/log-file.ts')
  return openLogFile({ path, level, base: { run: newRunId(), command } }, (error) =>
    out.warn(`storyline: LOG_FILE ${path} cannot be written (${errorCode(error) ?? 'unknown error'})`),
  )
}

/** Undefined: there is more than flags that the command calls plain. */
function readPlain({ plainFlags }: CommandDefinition<never>, args: readonly string[]) {
  const plain: readonly string[] = plainFlags ?? []
  const given = args.filter((arg) => !GLOBAL_FLAGS.includes(arg))
  if (plainFlags === undefined || !given.every((arg) => plain.includes(arg))) return undefined
  const toKey = (flag: string) => flag.slice(2).replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
  return { options: Object.fromEntries(given.map((flag) => [toKey(flag), true])) as never, args: [] }
}

async function parse(...parameters: Parameters<typeof parseArguments>) {
  const { parseArguments } = await import('./parse-arguments.ts')
  return parseArguments(...parameters)
}

async function execute(
  { name, definition }: { name: string; definition: CommandDefinition<never> },
  input: CommandInput<never>,
  invocation: Invocation,
  { out, sink }: { out: Output; sink: LogSink },
): Promise<ExitCode | undefined> {
  if (definition.handlesSignals) invocation.onHandlesSignals?.()
  const { signal, now, random, streams } = invocation
  const sources = definition.needs === 'nothing' ? noSources(invocation) : readSettings(invocation.env, packageRoot)
  if (definition.needs !== 'nothing') {
    sink.file = await openLog(name, sources, out)
    const isOpen = findOpenEnvFile(sources.home)
    if (isOpen !== null) out.note(`storyline: ${isOpen}`)
  }
  const surroundings: Surroundings = { sources, out, signal, now, random }
  switch (definition.needs) {
    case 'database': {
      const demand = { connections: definition.connections ?? 1, migrates: definition.migrates ?? false }
      if (definition.recorded === undefined)
        return withContext(surroundings, demand, (ctx) => definition.run(ctx, input))
      const ledger = createLedger(name, { isAtTerminal: streams.stdout.isTTY === true, params: input })
      return withContext(surroundings, demand, (ctx) => ledger.record(definition, ctx, input, describeError))
    }
    case 'settings':
      return definition.run(contextWithoutDatabase(surroundings, strictSettings(sources)), input)
    case 'nothing':
      return definition.run(contextWithoutDatabase(surroundings, resolveSettings(sources).settings), input)
    default:
      return definition.needs satisfies never
  }
}

/** Help and version work even where `.env` cannot be read. */
const noSources = ({ env }: Invocation) => ({ home: packageRoot, env, envFile: {} })

function reportError(error: unknown, out: Output, { argv }: Invocation): ExitCode {
  if (isCommanderError(error) && error.exitCode === 0) return ExitCode.done
  const told = describeError(error, commandFirst(argv)[0])
  out.document({ error: { code: told.code, message: told.message, fix: told.fix ?? null } })
  out.warn(`storyline: ${told.message}${told.fix ? `\n  ${told.fix}` : ''}`)
  if (told.stack && !(error instanceof UserError)) out.warn(told.stack)
  else if (error instanceof Error) out.debug(error.stack ?? '')
  return told.exitCode
}
