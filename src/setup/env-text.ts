/** One `NAME=value` of a `.env`, by its place in the text. */
interface Entry {
  name: string
  /** First character of the value, with its quote. */
  valueStart: number
  /** After the value, with its quote: what follows is a comment or nothing. */
  valueEnd: number
  lineEnd: number
}

const ASSIGNMENT = /[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*/y
const QUOTES = ['"', "'", '`']

/**
 * A `.env` with other values for some names; everything else stays as it is, comments and line ends too. Names that are
 * missing come last. Values must be plain: no space, quote, `#` or line break.
 */
export function changeEnvText(text: string, values: ReadonlyMap<string, string>): string {
  // Of several lines with one name the last counts.
  const entries = new Map(findEntries(text).map((entry) => [entry.name, entry]))
  const found = [...values].flatMap(([name, value]) => {
    const entry = entries.get(name)
    return entry ? [{ ...entry, value }] : []
  })
  const inPlace = found
    .sort((a, b) => b.valueStart - a.valueStart)
    .reduce((changed, entry) => replaceValue(changed, entry), text)
  const missing = [...values].filter(([name]) => !entries.has(name))
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n'
  const gap = inPlace === '' || inPlace.endsWith('\n') || missing.length === 0 ? '' : lineEnd
  return inPlace + gap + missing.map(([name, value]) => `${name}=${value}${lineEnd}`).join('')
}

function replaceValue(text: string, { valueStart, valueEnd, lineEnd, value }: Entry & { value: string }): string {
  const rest = text.slice(valueEnd, lineEnd)
  // Behind a quote may stand what no reader of the file sees.
  const kept = /^\s*(#|$)/.test(rest) ? rest : ''
  const gap = kept.startsWith('#') && value !== '' ? ' ' : ''
  return text.slice(0, valueStart) + value + gap + kept + text.slice(lineEnd)
}

function findEntries(text: string): Entry[] {
  const entries: Entry[] = []
  for (let at = 0; at < text.length; ) {
    const entry = entryAt(text, at)
    if (entry) entries.push(entry)
    at = (entry?.lineEnd ?? endOfLine(text, at)) + 1
  }
  return entries
}

/** The entry whose line begins at `at`; a quoted value may go on over several lines. */
function entryAt(text: string, at: number): Entry | undefined {
  ASSIGNMENT.lastIndex = at
  const match = ASSIGNMENT.exec(text)
  if (!match) return undefined
  const valueStart = at + match[0].length
  const quote = text[valueStart] ?? ''
  const closing = QUOTES.includes(quote) ? text.indexOf(quote, valueStart + 1) : -1
  const lineEnd = endOfLine(text, closing === -1 ? valueStart : closing)
  const valueEnd = closing === -1 ? valueStart + plainLength(text.slice(valueStart, lineEnd)) : closing + 1
  return { name: match[1] ?? '', valueStart, valueEnd, lineEnd }
}

/** Of an unquoted value: up to a `#` or the end, without the spaces before it. */
function plainLength(line: string): number {
  return line.split('#', 1)[0]?.trimEnd().length ?? 0
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end === -1 ? text.length : end
}
