import { Command as Commander } from 'commander'
import type { CommandDefinition, CommandInput } from './command.ts'
import { COMMANDS, type CommandEntry } from './commands.ts'
import type { OutputStreams } from './output/output.ts'
import { version } from './version.ts'

/** The part of the command line that needs a parser: options with values, help, suggestions. Throws CommanderError. */
export async function parseArguments(
  entry: CommandEntry,
  definition: CommandDefinition<never>,
  { args, streams }: { args: readonly string[]; streams: OutputStreams },
): Promise<CommandInput<never>> {
  const command = buildCommand(entry, definition, streams)
  let input: CommandInput<never> | undefined
  command.action(() => {
    input = { options: command.opts() as never, args: command.args }
  })
  await command.parseAsync([...args], { from: 'user' })
  if (!input) throw new Error('commander ran no action')
  return input
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

/** `storyline`, `--help`, `--version` and unknown words: all commands by group, none of them loaded. */
export async function showProgram(argv: readonly string[], streams: OutputStreams): Promise<void> {
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
  if (argv.length === 0) program.outputHelp()
  else await program.parseAsync([...argv], { from: 'user' })
}
