import { type Words, wordsFor } from './completion-words.ts'
import type { CommandModel } from './help-model.ts'

/**
 * Bash hands over words that are broken at `=`, `:` and `@` and still quoted, so the line is read anew here. What is offered
 * is cut where bash breaks, and quoted by bash itself (`filenames`) when it holds more than letters.
 */
export function bashScript(commands: readonly CommandModel[]): string {
  return `# bash completion of storyline; made by \`storyline completion bash\`.

_storyline_options() {
  case $1 in
${commands.map((command) => `    ${command.name}) echo '${command.options.map(({ long }) => long).join(' ')}' ;;`).join('\n')}
  esac
}

# How the value of an option, or the n-th word of a command, is completed.
_storyline_values() {
  case "$1 $2" in
${commands.flatMap((command) => valueLines(command, commands)).join('\n')}
  esac
}

_storyline_offer() {
  local candidate
  for candidate in "$@"; do
    [[ $_storyline_kept$candidate == "$_storyline_word"* ]] || continue
    candidate=$_storyline_kept$candidate
    [[ $candidate == *[!a-zA-Z0-9_.,/:=@+-]* ]] && compopt -o filenames 2>/dev/null
    COMPREPLY+=("\${candidate:_storyline_cut}")
  done
}

_storyline_ask() {
  local line found=()
  while IFS= read -r line; do found+=("\${line%%$'\\t'*}"); done < <(
    "\${COMP_WORDS[0]}" completion --complete "$1" --prefix="\${_storyline_word#"$_storyline_kept"}" 2>/dev/null </dev/null
  )
  _storyline_offer "\${found[@]}"
}

_storyline_paths() {
  local line found=()
  while IFS= read -r line; do found+=("$line"); done < <(compgen "$1" -- "\${_storyline_word#"$_storyline_kept"}")
  compopt -o filenames 2>/dev/null
  _storyline_offer "\${found[@]}"
}

_storyline_value() {
  local IFS=$' \\t\\n'
  set -- $(_storyline_values "$1" "$2")
  case $1 in
    words) shift; _storyline_offer "$@" ;;
    asked) _storyline_ask "$2" ;;
    files) _storyline_paths -f ;;
    folders) _storyline_paths -d ;;
  esac
}

_storyline() {
  local IFS=$' \\t\\n' line=\${COMP_LINE:0:COMP_POINT} words=() quote='' begun='' char i
  local _storyline_word='' _storyline_cut=0 _storyline_kept=''
  COMPREPLY=()
  for ((i = 0; i < \${#line}; i++)); do
    char=\${line:i:1}
    if [[ -n $quote && $char == "$quote" ]]; then quote=''
    elif [[ $char == '\\' && $quote != "'" ]]; then
      i=$((i + 1))
      [[ -n $quote && \${line:i:1} != [\\"\\\\\\$\\\`] ]] && _storyline_word+='\\'
      _storyline_word+=\${line:i:1} begun=1
    elif [[ -n $quote ]]; then _storyline_word+=$char
    elif [[ $char == [\\"\\'] ]]; then quote=$char begun=1
    elif [[ $char == [[:space:]] ]]; then
      [[ -n $_storyline_word$begun ]] && words+=("$_storyline_word")
      _storyline_word='' begun='' _storyline_cut=0
    else
      _storyline_word+=$char
      [[ $COMP_WORDBREAKS == *"$char"* ]] && _storyline_cut=\${#_storyline_word}
      # An @ belongs to the word that it begins.
      [[ $char == @ ]] && _storyline_cut=$((_storyline_cut - 1))
    fi
  done

  local command='' place=0 awaited='' only_words='' word
  for word in "\${words[@]:1}"; do
    if [[ -n $awaited ]]; then awaited=''
    elif [[ -z $only_words && $word == -- ]]; then only_words=1
    elif [[ -z $only_words && $word == -* ]]; then
      [[ -n $(_storyline_values "$command" "$word") ]] && awaited=$word
    elif [[ -z $command ]]; then command=$word
    else place=$((place + 1))
    fi
  done

  if [[ -n $awaited ]]; then _storyline_value "$command" "$awaited"
  elif [[ -z $only_words && $_storyline_word == --*=* ]]; then
    _storyline_kept=\${_storyline_word%%=*}=
    _storyline_value "$command" "\${_storyline_word%%=*}"
  elif [[ -z $only_words && $_storyline_word == -* ]]; then
    if [[ -z $command ]]; then _storyline_offer --help --version ${globals(commands)}
    else _storyline_offer $(_storyline_options "$command")
    fi
  elif [[ -z $command ]]; then _storyline_offer ${commands.map(({ name }) => name).join(' ')}
  else _storyline_value "$command" "$((place + 1))"
  fi
}

complete -F _storyline storyline storyline-cli
`
}

function globals(commands: readonly CommandModel[]): string {
  const shared = commands[0]?.options.filter(({ group, long }) => group === 'Global options:' && long !== '--help')
  return (shared ?? []).map(({ long }) => long).join(' ')
}

function valueLines(command: CommandModel, all: readonly CommandModel[]): string[] {
  const line = (place: string, words: Words | undefined) => `    '${command.name} '${place}) echo '${specOf(words)}' ;;`
  const options = command.options.filter(({ takesValue }) => takesValue)
  return [
    ...options.map(({ long, choices }) => line(long, wordsFor(command, long, choices, all))),
    ...command.arguments.map(({ name, choices, isVariadic }, i) =>
      line(isVariadic ? '*[0-9]' : String(i + 1), wordsFor(command, name, choices, all)),
    ),
  ]
}

function specOf(words: Words | undefined): string {
  switch (words?.kind) {
    case 'words':
      return ['words', ...words.words].join(' ')
    case 'asked':
      return `asked ${words.asked}`
    case 'files':
    case 'folders':
    case 'typed':
      return words.kind
    case undefined:
      return 'typed'
    default:
      return words satisfies never
  }
}
