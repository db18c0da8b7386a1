import type { CommandModel, OptionModel } from './help-model.ts'

export interface Manual {
  version: string
  /** Of this version, `YYYY-MM-DD`. */
  date: string
  /** Of the whole program. */
  description: string
  commands: readonly CommandModel[]
  settings: readonly { name: string; fallback: string | null; meaning: string }[]
  files: readonly (readonly [path: string, meaning: string])[]
  exitCodes: readonly (readonly [code: number, meaning: string])[]
}

/** The manual of the program, as roff for `man`. */
export function renderManual(manual: Manual): string {
  const groups = [...new Set(manual.commands.map(({ group }) => group))]
  return lines([
    title('STORYLINE', manual),
    section('NAME', `storyline \\- ${escapeText(manual.description)}`),
    section('SYNOPSIS', '.B storyline\n.I command\n[\\fIoptions\\fR] [\\fIarguments\\fR]'),
    section('COMMANDS', ...groups.map((group) => groupOf(group, manual.commands))),
    section('GLOBAL OPTIONS', ...globalOptions(manual.commands).map(optionOf)),
    ...manual.commands.map((command) =>
      section(`STORYLINE ${command.name.toUpperCase()}`, bodyOf(command, `storyline ${command.name}`)),
    ),
    section(
      'ENVIRONMENT',
      paragraphs(
        'The environment wins over .env, which wins over the default. Posting settings may also stand in the table config, which wins over all.',
      ),
      ...manual.settings.map(({ name, fallback, meaning }) =>
        item(bold(name), `${meaning}${fallback === null ? '' : ` (default: ${fallback})`}`),
      ),
    ),
    ...shared(manual),
  ])
}

/** The page of one command. */
export function renderCommandManual(command: CommandModel, manual: Manual): string {
  const name = `storyline-${command.name}`
  return lines([
    title(name.toUpperCase(), manual),
    section('NAME', `${escapeText(name)} \\- ${escapeText(command.summary)}`),
    section('SYNOPSIS', `.B ${escapeText(`storyline ${command.name}`)}\n${escapeText(command.usage)}`),
    section('DESCRIPTION', bodyOf(command, null)),
    section('GLOBAL OPTIONS', ...globalOptions([command]).map(optionOf)),
    ...shared(manual),
    section('SEE ALSO', '.BR storyline (1)'),
  ])
}

function shared({ files, exitCodes }: Manual): string[] {
  return [
    section('FILES', ...files.map(([path, meaning]) => item(`\\fI${escapeText(path)}\\fR`, meaning))),
    section('EXIT STATUS', ...exitCodes.map(([code, meaning]) => item(bold(String(code)), meaning))),
  ]
}

/** `synopsis` null: it stands elsewhere. */
function bodyOf(command: CommandModel, synopsis: string | null): string {
  const own = command.options.filter(({ group }) => group !== GLOBAL)
  return lines([
    ...(synopsis === null ? [] : [`.B ${escapeText(synopsis)}`, escapeText(command.usage)]),
    paragraphs(command.description),
    ...command.arguments.map(({ name, description }) => item(`\\fI${escapeText(name)}\\fR`, description)),
    ...own.map(optionOf),
    ...(command.examples.length === 0 ? [] : ['.PP', 'Examples:']),
    ...command.examples.map(([example, does]) => item(bold(example), does)),
  ])
}

const GLOBAL = 'Global options:'

function globalOptions(commands: readonly CommandModel[]): OptionModel[] {
  return (commands[0]?.options ?? []).filter(({ group }) => group === GLOBAL)
}

function groupOf(group: string, commands: readonly CommandModel[]): string {
  const own = commands.filter((command) => command.group === group)
  return lines([`.SS ${escapeText(group)}`, ...own.map(({ name, summary }) => item(bold(name), summary))])
}

function optionOf({ flags, description, choices, default: fallback }: OptionModel): string {
  const extras = [
    ...(choices === null ? [] : [`choices: ${choices.join(', ')}`]),
    ...(fallback === null ? [] : [`default: ${fallback}`]),
  ]
  return item(bold(flags), `${description}${extras.length === 0 ? '' : ` (${extras.join('; ')})`}`)
}

function title(name: string, { version, date }: Manual): string {
  return `.TH ${quoted(name)} 1 ${quoted(date)} ${quoted(`storyline ${version}`)} "User Commands"`
}

function section(name: string, ...parts: readonly string[]): string {
  return lines([`.SH ${quoted(name)}`, ...parts])
}

/** A term and, indented below or beside it, what it means. */
const item = (term: string, meaning: string) => `.TP\n${term}\n${escapeText(meaning)}`

const bold = (text: string) => `\\fB${escapeText(text)}\\fR`

/** Paragraphs are filled; indented lines stay as they are. */
function paragraphs(text: string): string {
  return text
    .split(/\n{2,}/)
    .map((paragraph) => {
      const isList = paragraph.split('\n').every((line) => line.startsWith(' '))
      const body = paragraph.split('\n').map(escapeLine).join('\n')
      return isList ? `.PP\n.nf\n${body}\n.fi` : `.PP\n${body}`
    })
    .join('\n')
}

const lines = (parts: readonly string[]) => parts.join('\n')

/** On one line, for a place where a line begins. */
function escapeText(text: string): string {
  return escapeLine(text.replace(/\s*\n\s*/g, ' '))
}

/**
 * Text that roff shows as it is: a backslash would be an escape, a bare `-` a hyphen that nobody can paste, and a dot or an
 * apostrophe at the beginning of a line a request.
 */
export function escapeLine(line: string): string {
  return line
    .replace(/\\/g, '\\e')
    .replace(/-/g, '\\-')
    .replace(/^[.']/, '\\&$&')
    .replace(/[^\n\x20-\x7e]/gu, (char) => {
      const code = char.codePointAt(0) ?? 0
      return code < 0x20 || code === 0x7f ? ' ' : `\\[u${code.toString(16).toUpperCase().padStart(4, '0')}]`
    })
}

/** An argument of a request. */
const quoted = (text: string) => `"${escapeLine(text).replaceAll('"', '\\(dq')}"`
