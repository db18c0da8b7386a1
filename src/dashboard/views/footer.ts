import { printable } from '../../media/printable.ts'
import { wrapText } from '../../output/wrap.ts'
import type { Action } from '../action.ts'
import { hints, type KeyHelp } from '../keys.ts'
import { columnsOf, type Line, padLine, type Span, span } from '../line.ts'
import { knownSnapshot } from '../selection.ts'
import type { Message, State } from '../state.ts'

/** The last lines: a question or what came of the last action, and the keys. Pure. */

const MAX_MESSAGE_LINES = 4

export function footerLines(state: State, actions: readonly Action[], width: number): Line[] {
  return [...askingLines(state, width), hintLine(state, actions, width)]
}

export function askingLines(state: State, width: number): Line[] {
  const { asking, running, message, filters, panel } = state
  switch (asking?.kind) {
    case 'filter':
      return [typing('/', filters[panel], width)]
    case 'question':
      return [
        padLine([{ text: ` ? ${asking.action.question ?? ''} `, tone: 'warn', isBold: true }, span('y/N')], width),
      ]
    case 'line': {
      const prompt = asking.action.asks?.prompt ?? ''
      return [typing(`${prompt}${asking.isMissing ? ' (something is needed)' : ''}: `, asking.text, width)]
    }
    default:
      if (running !== null) return [padLine([span(` … ${running.label}: under way`, 'accent')], width)]
      return message === null || state.views.at(-1) === 'message' ? [] : shortMessage(message, width)
  }
}

/** The end of what is typed stays in view. */
function typing(prompt: string, text: string, width: number): Line {
  const label = printable(prompt)
  const shown = [...printable(text)]
  while (columnsOf(shown.join('')) > Math.max(4, width - columnsOf(label) - 3)) shown.shift()
  return padLine(
    [{ text: ` ${label}`, tone: 'accent', isBold: true }, span(shown.join('')), { text: ' ', isInverse: true }],
    width,
  )
}

/** What a command put before its own first line. */
const OWN_SIGN = /^[✓✗!] /u

function shortMessage({ isDone, lines, about }: Message, width: number): Line[] {
  const all = lines
    .flatMap((line) => line.split('\n'))
    .filter((line) => line.trim() !== '')
    .flatMap((line) => wrapText(printable(line).replace(OWN_SIGN, ''), width - 4))
  const [first = '', ...more] = all.length > 0 ? all : [isDone ? 'done' : 'it did not work']
  const sign = isDone ? '✓' : about === null ? '·' : '✗'
  const tone = isDone ? 'good' : about === null ? 'warn' : 'bad'
  const shown = more.length < MAX_MESSAGE_LINES ? more : more.slice(0, MAX_MESSAGE_LINES - 2)
  const hidden = more.length - shown.length
  const rest = hidden > 0 ? [`… ${hidden} more lines (m)`] : []
  return [
    padLine([span(` ${sign} `, tone), span(first)], width),
    ...[...shown, ...rest].map((text) => padLine([span(`   ${text}`)], width)),
  ]
}

const isLasting = ({ does }: KeyHelp) => ['help', 'back', 'quit'].includes(does)

/** As many as fit; the help is always among them. */
function hintLine(state: State, actions: readonly Action[], width: number): Line {
  const all = knownSnapshot(state) === null ? hints(state, actions).filter(isLasting) : hints(state, actions)
  const columns = ({ key, does }: KeyHelp) => columnsOf(key) + 1 + columnsOf(does) + 2
  let left = width - 1 - all.filter(isLasting).reduce((sum, hint) => sum + columns(hint), 0)
  const line: Span[] = [span(' ')]
  for (const hint of all) {
    if (!isLasting(hint)) {
      if (columns(hint) > left) continue
      left -= columns(hint)
    }
    line.push({ text: hint.key, tone: 'accent', isBold: true }, span(` ${hint.does}  `, 'faint'))
  }
  return padLine(line, width)
}
