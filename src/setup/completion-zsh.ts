import { type Words, wordsFor } from './completion-words.ts'
import type { ArgumentModel, CommandModel, OptionModel } from './help-model.ts'

/** `_arguments` of zsh's own completion reads the line, quotes what is inserted and shows the descriptions. */
export function zshScript(commands: readonly CommandModel[]): string {
  return `#compdef storyline storyline-cli
# zsh completion of storyline; made by \`storyline completion zsh\`.

_storyline_ask() {
  local line typed=\${(Q)PREFIX}
  local -a values shown
  for line in \${(f)"$($_storyline_program completion --complete $1 --prefix=$typed 2>/dev/null </dev/null)"}; do
    values+=("\${line%%$'\\t'*}")
    shown+=("\${line/$'\\t'/  -- }")
  done
  (( $#values )) && compadd -l -d shown -a values
}

_storyline_commands() {
  local -a commands=(
${commands.map(({ name, summary }) => `    ${quote(`${name}:${summary.replaceAll(':', '\\:')}`)}`).join('\n')}
  )
  _describe -t commands command commands
}

_storyline() {
  local curcontext=$curcontext state line _storyline_program=\${(Q)words[1]}
  _arguments -C '(- *)--help[show the commands]' '(- *)--version[print the version]' '1: :_storyline_commands' '*:: :->words'
  [[ $state == words ]] || return
  case $words[1] in
${commands.map((command) => commandCase(command, commands)).join('\n')}
  esac
}

if [[ $funcstack[1] == _storyline ]]; then _storyline "$@"; else compdef _storyline storyline storyline-cli; fi
`
}

function commandCase(command: CommandModel, all: readonly CommandModel[]): string {
  const specs = [
    ...command.options.map((option) => optionSpec(command, option, all)),
    ...command.arguments.map((argument, i) => argumentSpec(command, argument, i + 1, all)),
  ]
  return `    ${command.name}) _arguments ${specs.map(quote).join(' ')} ;;`
}

function optionSpec(command: CommandModel, option: OptionModel, all: readonly CommandModel[]): string {
  const { long, description, takesValue, choices } = option
  const told = `[${escaped(description)}]`
  if (!takesValue) return `${long}${told}`
  return `*${long}=${told}:${long.slice(2)}:${action(wordsFor(command, long, choices, all))}`
}

function argumentSpec(command: CommandModel, argument: ArgumentModel, place: number, all: readonly CommandModel[]) {
  const { name, choices, isRequired, isVariadic } = argument
  const where = isVariadic ? '*:' : `${place}:${isRequired ? '' : ':'}`
  return `${where}${name}:${action(wordsFor(command, name, choices, all))}`
}

function action(words: Words | undefined): string {
  switch (words?.kind) {
    case 'words':
      return `(${words.words.join(' ')})`
    case 'asked':
      return `{_storyline_ask ${words.asked}}`
    case 'files':
      return '_files'
    case 'folders':
      return '_files -/'
    case 'typed':
    case undefined:
      return ' '
    default:
      return words satisfies never
  }
}

const escaped = (text: string) => text.replace(/[[\]:\\]/g, '\\$&')

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
