import { COMMANDS, type CommandEntry } from '../commands.ts'
import { buildCommand, buildProgram } from '../parse-arguments.ts'

export interface OptionModel {
  /** `--status <status>`, `-h, --help`. */
  flags: string
  /** With its dashes. */
  long: string
  short: string | null
  description: string
  takesValue: boolean
  choices: readonly string[] | null
  default: string | null
  /** `Options:`, `Global options:`. */
  group: string
}

export interface ArgumentModel {
  name: string
  description: string
  isRequired: boolean
  isVariadic: boolean
  choices: readonly string[] | null
}

/** What a command says of itself: for the manual and for completion. */
export interface CommandModel {
  name: string
  summary: string
  group: CommandEntry['group']
  /** `[options] <id>`. */
  usage: string
  /** Paragraphs, and lists whose lines are indented. */
  description: string
  arguments: ArgumentModel[]
  options: OptionModel[]
  examples: readonly (readonly [command: string, does: string])[]
  /** Whether its runs may stand in the ledger. */
  isRecorded: boolean
}

/** Of every command; all of them are loaded for it. */
export function loadCommandModels(): Promise<CommandModel[]> {
  return Promise.all(COMMANDS.map(loadCommandModel))
}

async function loadCommandModel(entry: CommandEntry): Promise<CommandModel> {
  const { default: definition } = await entry.load()
  const command = buildCommand(entry, definition)
  const options = command.createHelp().visibleOptions(command)
  return {
    name: entry.name,
    summary: entry.summary,
    group: entry.group,
    usage: command.usage(),
    description: command.description(),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      description: argument.description,
      isRequired: argument.required,
      isVariadic: argument.variadic,
      choices: argument.argChoices ?? null,
    })),
    options: options.map((option) => ({
      flags: option.flags,
      long: option.long ?? option.flags,
      short: option.short ?? null,
      description: option.description,
      takesValue: option.required || option.optional,
      choices: option.argChoices ?? null,
      default: option.defaultValue === undefined ? null : String(option.defaultValue),
      group: option.helpGroupHeading ?? 'Options:',
    })),
    examples: definition.examples,
    isRecorded: definition.recorded !== undefined,
  }
}

/** What `storyline <command> --help` prints, at 80 columns. */
export async function loadHelpText(entry: CommandEntry): Promise<string> {
  const { default: definition } = await entry.load()
  return textOf(buildCommand(entry, definition))
}

/** Every help by the name of its command; `storyline` is the list of commands. For the build, which keeps them. */
export async function loadHelpTexts(): Promise<Record<string, string>> {
  const texts = await Promise.all(COMMANDS.map(async (entry) => [entry.name, await loadHelpText(entry)] as const))
  return Object.fromEntries([['storyline', textOf(buildProgram())], ...texts])
}

function textOf(command: ReturnType<typeof buildCommand>): string {
  let text = ''
  const writeOut = (part: string) => {
    text += part
  }
  command.configureOutput({ writeOut, getOutHelpWidth: () => 80, getOutHasColors: () => false }).outputHelp()
  return text
}
