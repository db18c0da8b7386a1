import { Command as Commander, InvalidArgumentError } from 'commander'
import type { CommandDefinition, CommandInput } from './command.ts'
import { COMMANDS, type CommandEntry } from './commands.ts'
import type { OutputStreams } from './output/output.ts'
import { didYouMean } from './setup/did-you-mean.ts'
import { version } from './version.ts'

/** The part of the command line that needs a parser: options with values, help, suggestions. Throws CommanderError. */
export async function parseArguments(
  entry: CommandEntry,
  definition: CommandDefinition<never>,
  { args, streams }: { args: readonly string[]; streams: OutputStreams },
): Promise<CommandInput<never>> {
  const command = buildCommand(entry, definition).configureOutput({ writeOut: (text) => streams.stdout.write(text) })
  let input: CommandInput<never> | undefined
  command.action(() => {
    input = { options: command.opts() as never, args: command.args }
  })
  await command.parseAsync([...args], { from: 'user' })
  if (!input) throw new Error('commander ran no action')
  return input
}

/** What a command takes, says and shows in its help: for parsing, the help, the manual and completion. */
export function buildCommand(entry: CommandEntry, definition: CommandDefinition<never>): Commander {
  const command = new Commander(`storyline ${entry.name}`)
    .description(reflow(definition.description ?? `${sentence(entry.summary)}.`))
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ writeErr: () => {} })
  definition.configure(command)
  for (const taker of [...command.options, ...command.registeredArguments]) suggestChoice(taker)
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

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

/**
 * Lines of a paragraph become one, so that the help breaks them where the terminal ends. Indented lines, which are lists,
 * and lines that begin a paragraph of their own stay apart.
 */
function reflow(text: string): string {
  return text.replace(/(?<=\S)\n(?=\S)(?!--json:|Exit codes:)/g, (_, offset: number) => {
    const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset)
    return line.startsWith(' ') ? '\n' : ' '
  })
}

type ValueTaker = Commander['options'][number] | Commander['registeredArguments'][number]

/** Commander suggests commands and options, but not values. */
function suggestChoice(taker: ValueTaker): void {
  const { argChoices, parseArg } = taker
  if (argChoices === undefined || parseArg === undefined) return
  taker.parseArg = <T>(value: string, previous: T): T => {
    if (argChoices.includes(value)) return parseArg(value, previous)
    const meant = didYouMean(value, argChoices)
    const hint = meant === null ? '' : `\n(Did you mean ${meant}?)`
    throw new InvalidArgumentError(`Allowed choices are ${argChoices.join(', ')}.${hint}`)
  }
}

/** `storyline`, `--help`, `--version` and unknown words. */
export async function showProgram(argv: readonly string[], streams: OutputStreams): Promise<void> {
  const program = buildProgram().configureOutput({ writeOut: (text) => streams.stdout.write(text) })
  if (argv.length === 0) program.outputHelp()
  else await program.parseAsync([...argv], { from: 'user' })
}

/** All commands by group, none of them loaded. */
export function buildProgram(): Commander {
  const program = new Commander('storyline')
    .description('The Instagram Story scheduler for a small team: cron, PostgreSQL and Telegram buttons.')
    .version(version, '-V, --version')
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ writeErr: () => {} })
    .addHelpText(
      'after',
      '\nStart with `storyline quickstart`. `storyline help how-it-works` explains it,\n`storyline help trouble` says what to do when something is not as it should be.',
    )
  for (const { name, summary, group } of COMMANDS) {
    program.command(name).description(summary).helpGroup(`${group}:`).allowExcessArguments()
  }
  return program
}
