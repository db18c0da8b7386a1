import { columnsOf, cut, type Line, padLine, type Span, type Tone } from '../line.ts'

/** Frames of the screen. */

export interface Title {
  text: string
  /** What is said beside it. */
  summary: string
  summaryTone?: Tone | undefined
  /** At the right end: `7/42`. */
  position: string
  isFocused: boolean
}

type Corners = readonly [left: string, right: string]
const TOP: Corners = ['╭', '╮']
const BETWEEN: Corners = ['├', '┤']
const BOTTOM: Corners = ['╰', '╯']

const edge = (text: string): Span => ({ text, tone: 'faint' })

/** `╭─[1 Next]── 42 stories ──────── 7/42 ─╮`; brackets stand around the panel that has the keys. */
export function titleLine(title: Title, width: number, place: 'top' | 'between'): Line {
  const [left, right] = place === 'top' ? TOP : BETWEEN
  const position = title.position === '' ? '' : ` ${title.position} ─`
  const text = cut(title.text, width - 8 - columnsOf(position))
  const name = title.isFocused ? `[${text}]` : ` ${text} `
  const room = width - 4 - columnsOf(name) - columnsOf(position)
  const summary = title.summary === '' ? '' : ` ${cut(title.summary, Math.max(0, room - 3))} `
  const rule = '─'.repeat(Math.max(0, room - columnsOf(summary)))
  const tone: Tone | undefined = title.isFocused ? 'accent' : undefined
  return padLine(
    [
      edge(`${left}─`),
      { text: name, tone, isBold: true },
      { text: summary, tone: title.summaryTone },
      edge(rule),
      edge(position),
      edge(`─${right}`),
    ].filter(({ text }) => text !== ''),
    width,
  )
}

export const bottomLine = (width: number): Line => [edge(`${BOTTOM[0]}${'─'.repeat(width - 2)}${BOTTOM[1]}`)]

/** Columns inside: a line and a space on either side. */
export const innerWidth = (width: number): number => width - 4

export interface Framed {
  line: Line
  isSelected?: boolean
}

/** The selected row is marked at its beginning, too. */
export function framedLine({ line, isSelected = false }: Framed, width: number): Line {
  const inner = padLine(line, innerWidth(width))
  const shown = isSelected ? inner.map((part) => ({ ...part, isInverse: true })) : inner
  return [edge(isSelected ? '│▸' : '│ '), ...shown, edge(' │')]
}

/** A frame of its own around lines; what does not fit is left out. */
export function box(title: Title, lines: readonly Line[], { columns, rows }: { columns: number; rows: number }) {
  const room = rows - 2
  const content = Array.from({ length: room }, (_, i) => framedLine({ line: lines[i] ?? [] }, columns))
  return [titleLine(title, columns, 'top'), ...content, bottomLine(columns)]
}
