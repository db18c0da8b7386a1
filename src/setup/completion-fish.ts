import { type Words, wordsFor } from './completion-words.ts'
import type { CommandModel, OptionModel } from './help-model.ts'

/** fish asks for each kind of word under a condition; it quotes what it inserts. */
export function fishScript(commands: readonly CommandModel[]): string {
  return `# fish completion of storyline; made by \`storyline completion fish\`.

# The words after the program that are no options.
function __storyline_words
    for word in (commandline -opc)[2..]
        string match -q -- '-*' $word; or printf '%s\\n' $word
    end
end

function __storyline_begins
    not __storyline_words | string length -q
end

# Is this the command, and, with a number, is the n-th word after it asked for?
function __storyline_at
    set -l words (__storyline_words)
    test "$words[1]" = $argv[1]; or return 1
    test (count $argv) -eq 1; or test (count $words) -eq $argv[2]
end

function __storyline_ask
    set -l program (commandline -opc)[1]
    set -l typed (commandline -ct | string replace -r -- '^--[a-z-]+=' '' | string unescape)
    $program completion --complete $argv[1] --prefix="$typed" 2>/dev/null </dev/null
end

complete -c storyline-cli -w storyline
complete -c storyline -f
complete -c storyline -n __storyline_begins -l help -s h -d 'show the commands'
complete -c storyline -n __storyline_begins -l version -s V -d 'print the version'
${commands.map(({ name, summary }) => `complete -c storyline -n __storyline_begins -a ${name} -d ${quote(summary)}`).join('\n')}

${commands.flatMap((command) => [...optionLines(command, commands), ...argumentLines(command, commands)]).join('\n')}
`
}

function optionLines(command: CommandModel, all: readonly CommandModel[]): string[] {
  return command.options.map((option) => {
    const { long, short, description, takesValue, choices } = option
    const names = [`-l ${long.slice(2)}`, ...(short === null ? [] : [`-s ${short.slice(1)}`])].join(' ')
    const value = takesValue ? ` ${valueFlags(wordsFor(command, long, choices, all), option)}` : ''
    return `complete -c storyline -n '__storyline_at ${command.name}' ${names} -d ${quote(description)}${value}`
  })
}

function valueFlags(words: Words | undefined, { takesValue }: OptionModel): string {
  if (words?.kind === 'files' || words?.kind === 'folders') return '-r -F'
  const candidates = candidatesOf(words)
  return `${takesValue ? '-x' : ''}${candidates === null ? '' : ` -a ${candidates}`}`
}

function argumentLines(command: CommandModel, all: readonly CommandModel[]): string[] {
  return command.arguments.flatMap(({ name, choices }, i) => {
    const words = wordsFor(command, name, choices, all)
    const place = command.arguments.length > 1 ? ` ${i + 1}` : ''
    const candidates = words?.kind === 'files' || words?.kind === 'folders' ? '-F' : candidatesOf(words)
    if (candidates === null) return []
    const given = candidates === '-F' ? candidates : `-a ${candidates}`
    return [`complete -c storyline -n '__storyline_at ${command.name}${place}' ${given}`]
  })
}

function candidatesOf(words: Words | undefined): string | null {
  if (words?.kind === 'words') return quote(words.words.join(' '))
  if (words?.kind === 'asked') return `'(__storyline_ask ${words.asked})'`
  return null
}

const quote = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`
