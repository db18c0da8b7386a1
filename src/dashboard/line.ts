import { printable } from '../media/printable.ts'
import { lineWidth } from '../output/wrap.ts'
import { remember } from './remember.ts'

/** Lines of the screen as data: text in columns, and what colour may add to it. */

export type Tone = 'good' | 'warn' | 'bad' | 'accent' | 'faint'

export interface Span {
  text: string
  tone?: Tone | undefined
  isBold?: boolean
  isInverse?: boolean
  /** Carries colours of its own: a line of a picture. Columns that it takes. */
  drawnColumns?: number
}

export type Line = readonly Span[]

/** Nothing but what is one column wide everywhere: letters of Europe, lines, blocks and the signs of this screen. */
const SINGLE =
  /^[\x20-\x7e\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2190-\u21ff\u2500-\u25fc\u2713\u2717]*$/
/** Pictographs that terminals draw as text, one column wide: © ™ ↔ ⚠ ❤ without a variation selector. */
const TEXT_PICTOGRAPH = /(?!\p{Emoji_Presentation}|\p{Regional_Indicator})\p{Extended_Pictographic}(?![\ufe0f\u200d])/gu
const INVISIBLE = /(?![\ufe0f\u200d])[\p{Default_Ignorable_Code_Point}\p{Mn}]/gu

/** Columns of a terminal that a text without control characters takes. */
export function columnsOf(text: string): number {
  return SINGLE.test(text) ? text.length : measured(text)
}

const measured = remember((text: string) => lineWidth(text.replace(TEXT_PICTOGRAPH, 'x').replace(INVISIBLE, '')))

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** On one line, harmless, and at most `width` columns: the end is replaced by `…`. */
export function cut(text: string, width: number): string {
  const line = printable(text)
  if (columnsOf(line) <= width) return line
  if (width <= 0) return ''
  let kept = ''
  let used = 0
  for (const { segment } of graphemes.segment(line)) {
    const columns = columnsOf(segment)
    if (used + columns > width - 1) break
    kept += segment
    used += columns
  }
  return `${kept}…`
}

/** Exactly `width` columns. */
function fill(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const line = cut(text, width)
  const blank = ' '.repeat(Math.max(0, width - columnsOf(line)))
  return align === 'left' ? line + blank : blank + line
}

export interface Cell {
  text: string
  /** Columns; absent: what the others leave. */
  width?: number
  align?: 'right'
  tone?: Tone | undefined
  isBold?: boolean
}

const GAP = 2

/** Cells in columns with a gap between them, `width` columns in all. */
export function cells(row: readonly Cell[], width: number): Line {
  const fixed = row.reduce((sum, cell) => sum + (cell.width ?? 0), GAP * (row.length - 1))
  const flexible = row.filter((cell) => cell.width === undefined).length
  const rest = Math.max(0, Math.floor((width - fixed) / Math.max(1, flexible)))
  const line = row.map(({ text, width: own = rest, align, tone, isBold = false }, i) => {
    const gap = i < row.length - 1 ? ' '.repeat(GAP) : ''
    return { text: fill(text, own, align) + gap, tone, isBold }
  })
  return padLine(line, width)
}

export function lineColumns(line: Line): number {
  return line.reduce((sum, { text, drawnColumns }) => sum + (drawnColumns ?? columnsOf(text)), 0)
}

/** Exactly `width` columns, and harmless: what is too long is cut off. */
export function padLine(line: Line, width: number): Line {
  const fitted: Span[] = []
  let left = width
  for (const raw of line) {
    const span = raw.drawnColumns === undefined ? { ...raw, text: printable(raw.text) } : raw
    const columns = span.drawnColumns ?? columnsOf(span.text)
    if (columns <= left) fitted.push(span)
    else if (left > 0 && span.drawnColumns === undefined) fitted.push({ ...span, text: fill(span.text, left) })
    left -= Math.min(columns, left)
    if (left === 0) break
  }
  return joined(left > 0 ? [...fitted, { text: ' '.repeat(left) }] : fitted)
}

/** Parts that look alike become one. */
function joined(line: Line): Line {
  const parts: Span[] = []
  for (const part of line) {
    const last = parts.at(-1)
    if (last && looksLike(last, part)) parts[parts.length - 1] = { ...last, text: last.text + part.text }
    else parts.push(part)
  }
  return parts
}

function looksLike(a: Span, b: Span): boolean {
  const isPlain = a.drawnColumns === undefined && b.drawnColumns === undefined
  return isPlain && a.tone === b.tone && !a.isBold === !b.isBold && !a.isInverse === !b.isInverse
}

/** Two blocks next to each other; both have the same number of lines. */
export function beside(left: readonly Line[], right: readonly Line[]): Line[] {
  return left.map((line, i) => [...line, ...(right[i] ?? [])])
}

export const plainText = (line: Line): string => line.map(({ text }) => text).join('')
export const span = (text: string, tone?: Tone): Span => ({ text, tone })

const RESET = '\x1b[0m'
const FAINT = '2'
const BOLD = '1'
const INVERSE = '7'
const COLOURS: Readonly<Record<Exclude<Tone, 'faint'>, string>> = { good: '32', warn: '33', bad: '31', accent: '36' }

/** A line with its colours, as a terminal obeys them. */
export function paintLine(line: Line, isColoured: boolean): string {
  return line.map((part) => paintPart(part, isColoured)).join('')
}

function paintPart({ text, tone, isBold, isInverse }: Span, isColoured: boolean): string {
  const codes = [
    ...(isBold ? [BOLD] : []),
    ...(isInverse ? [INVERSE] : []),
    ...(tone === 'faint' ? [FAINT] : []),
    ...(isColoured && tone !== undefined && tone !== 'faint' ? [COLOURS[tone]] : []),
  ]
  return codes.length === 0 ? text : `\x1b[${codes.join(';')}m${text}${RESET}`
}
