import { Command as Commander, CommanderError } from 'commander'
import type { CommandDefinition } from './command.ts'
import { COMMANDS, type CommandEntry } from './commands.ts'
import { ExitCode, UserError } from './errors.ts'
import { createOutput, type Output, type OutputStreams } from './output/output.ts'
import { packageRoot } from './package-root.ts'
import { readSettings, resolveSettings } from './settings.ts'
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
  const out = createOutput({ ...flags(invocation), streams: invocation.streams })
  try {
    return await dispatch(invocation, out)
  } catch (error) {
    return reportError(error, out, invocation)
  }
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

async function dispatch(invocation: Invocation, out: Output): Promise<ExitCode> {
  const [name, ...rest] = commandFirst(invocation.argv)
  const entry = COMMANDS.find((command) => command.name === name)
  if (!entry) return rootProgram({ ...invocation, argv: name === undefined ? [] : [name, ...rest] })
  const { default: definition } = await entry.load()
  let exitCode: ExitCode = ExitCode.done
  const command = buildCommand(entry, definition, invocation.streams)
  command.action(async () => {
    exitCode = (await execute(definition, command, invocation, out)) ?? ExitCode.done
  })
  await command.parseAsync(rest, { from: 'user' })
  return exitCode
}

function buildCommand(entry: CommandEntry, definition: CommandDefinition<never>, streams: OutputStreams): Commander {
  const command = new Commander(`storyline ${entry.name}`)
    .description(definition.description ?? entry.summary)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ writeOut: (text) => streams.stdout.write(text), writeErr: () => {} })
  definition.configure(command)
  command.optionsGroup('Global options:')
  command
    .option('--json', 'print one JSON document on stdout')
    .option('--no-color', 'no colours (also NO_COLOR=1)')
    .option('--quiet', 'only results and errors')
    .option('--verbose', 'say more about what happens')
    .helpOption('-h, --help', 'show this help')
  const examples = definition.examples.map(([example, does]) => `  $ ${example}\n      ${does}`)
  return command.addHelpText('after', `\nExamples:\n${examples.join('\n')}`)
}

async function execute(
  definition: CommandDefinition<never>,
  command: Commander,
  invocation: Invocation,
  out: Output,
): Promise<ExitCode | undefined> {
  if (definition.handlesSignals) invocation.onHandlesSignals?.()
  const { signal, now, random } = invocation
  const sources = definition.needs === 'nothing' ? noSources(invocation) : readSettings(invocation.env, packageRoot)
  const surroundings: Surroundings = { sources, out, signal, now, random }
  const input = { options: command.opts() as never, args: command.args }
  switch (definition.needs) {
    case 'database': {
      const demand = { connections: definition.connections ?? 1, migrates: definition.migrates ?? false }
      return withContext(surroundings, demand, (ctx) => definition.run(ctx, input))
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

/** `storyline`, `--help`, `--version` and unknown words: all commands by group, none of them loaded. */
async function rootProgram({ argv, streams }: Invocation): Promise<ExitCode> {
  const { version } = await import('./version.ts')
  const program = new Commander('storyline')
    .description('The Instagram Story scheduler for a small team: cron, PostgreSQL and Telegram buttons.')
    .version(version, '-V, --version')
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ writeOut: (text) => streams.stdout.write(text), writeErr: () => {} })
    .addHelpText('after', '\nStart with `storyline quickstart`. `storyline help how-it-works` explains the rest.')
  for (const { name, summary, group } of COMMANDS) {
    program.command(name).description(summary).helpGroup(`${group}:`).allowExcessArguments()
  }
  if (argv.length === 0) {
    program.outputHelp()
    return ExitCode.done
  }
  await program.parseAsync([...argv], { from: 'user' })
  return ExitCode.done
}

function reportError(error: unknown, out: Output, { argv }: Invocation): ExitCode {
  if (error instanceof CommanderError && error.exitCode === 0) return ExitCode.done
  const told = describeError(error, commandFirst(argv)[0])
  out.document({ error: { code: told.code, message: told.message, fix: told.fix ?? null } })
  out.warn(`storyline: ${told.message}${told.fix ? `\n  ${told.fix}` : ''}`)
  if (told.stack && !(error instanceof UserError)) out.warn(told.stack)
  else if (error instanceof Error) out.debug(error.stack ?? '')
  return told.exitCode
}

interface ToldError {
  code: string
  message: string
  fix?: string | undefined
  exitCode: ExitCode
  stack?: string | undefined
}

function describeError(error: unknown, name: string | undefined): ToldError {
  if (error instanceof UserError) return error
  if (error instanceof CommanderError) {
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
