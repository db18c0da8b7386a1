/** Where the columns and the lines of a table on a terminal end. Every width is in columns of the terminal. */
import { lineWidth, wrapText } from './wrap.ts'

export interface TableTexts {
  titles: readonly string[]
  /** Each as long as the titles. */
  rows: readonly (readonly string[])[]
}

/** `widths`: of the texts in each column, without what a frame adds. `records`: no frame shows all words whole. */
export type Layout = { kind: 'frame'; widths: readonly number[] } | { kind: 'records' }

/** Columns that one line takes on the terminal. */
type Measure = (line: string) => number

interface Column {
  /** No narrower: the longest text that must stay on one line. */
  least: number
  /** No wider: the longest line. */
  most: number
  /** Of all texts when they are broken at this width: low when none of them is much higher than the others. */
  cost: (width: number) => number
}

/** Ids, times, states: such words do not break, even when they look like a path. */
const SHORT_WORD = 12
/** Values such as `✓ completed`, `2 h 10 min` and `(16 hours ago)` stay on one line if that is possible at all. */
const SHORT_VALUE = 16
/** So many rows speak for all when the room is shared out: breaking a thousand at every width takes long. */
const TRIED_ROWS = 50

/** Where a long word breaks, the best places first: between folders, then inside their names. */
const BREAKS = [/\/*[^/]+\/*|\/+/g, /[-_]*[^-_]+[-_]*|[-_]+/g]
const BETWEEN_FOLDERS = BREAKS.slice(0, 1)

interface Concession {
  keepsValues: boolean
  breaks: readonly RegExp[]
}

/** What a frame may break, the fairest first. */
const CONCESSIONS: readonly Concession[] = [
  { keepsValues: true, breaks: BETWEEN_FOLDERS },
  { keepsValues: true, breaks: BREAKS },
  { keepsValues: false, breaks: BETWEEN_FOLDERS },
  { keepsValues: false, breaks: BREAKS },
]
/** They name a column of values, and give way to these from the start. */
const OF_TITLES: Concession = { keepsValues: false, breaks: BETWEEN_FOLDERS }

/** Words; brackets stay together, as in `tomorrow 14:30 (in 18 hours)`. */
const GROUPS = /\([^()]*\)[^ ]*|[^ ]+| +/g
const WORDS = /[^ ]+| +/g

/** Without the columns that are empty in every row; with all of them when nothing else is there. */
export function withoutEmptyColumns({ titles, rows }: TableTexts): TableTexts {
  const isUsed = titles.map((_, column) => rows.some((row) => row[column]?.trim()))
  if (!isUsed.includes(true)) return { titles, rows }
  const keep = (row: readonly string[]) => row.filter((_, column) => isUsed[column])
  return { titles: keep(titles), rows: rows.map(keep) }
}

/** Fits the columns into `room`: what a frame leaves to the texts of one row. */
export function layOutTable({ titles, rows }: TableTexts, room: number): Layout {
  const measure = remember(columnsOf)
  const measured = titles.map((title, column) => {
    const cells = rows.map((row) => row[column] ?? '')
    const texts = [title, ...cells]
    const cost = measureCost(texts.slice(0, 1 + TRIED_ROWS), measure)
    return { title, cells, cost, most: widest(texts.flatMap(linesOf), measure) }
  })
  if (sum(measured.map(({ most }) => most)) <= room) return { kind: 'frame', widths: measured.map(({ most }) => most) }
  for (const concession of CONCESSIONS) {
    const columns = measured.map(({ title, cells, cost, most }) => {
      const pieces = cells.flatMap((cell) => wholeIn(cell, concession, measure))
      return { cost, most, least: widest([...wholeIn(title, OF_TITLES, measure), ...pieces], measure) }
    })
    if (sum(columns.map(({ least }) => least)) <= room) return { kind: 'frame', widths: shareRoom(columns, room) }
  }
  return { kind: 'records' }
}

/** Texts of a cell that a frame keeps on one line each. */
function wholeIn(text: string, { keepsValues, breaks }: Concession, measure: Measure): string[] {
  const isShort = (piece: string) => keepsValues && measure(piece) <= SHORT_VALUE
  const groups = linesOf(text).flatMap((line) => (isShort(line) ? [line] : (line.match(GROUPS) ?? [])))
  return groups.flatMap((group) =>
    isShort(group) ? [group] : (group.match(/[^ ]+/g) ?? []).flatMap((word) => wholeWords(word, breaks, measure)),
  )
}

function wholeWords(word: string, breaks: readonly RegExp[], measure: Measure): string[] {
  const isPath = /[/.]/.test(word) && measure(word) > SHORT_WORD
  if (!isPath) return [word]
  return breaks.reduce((pieces, at) => pieces.flatMap((piece) => piece.match(at) ?? []), [word])
}

/** Squares, because one cell of six lines is worse than three of two. */
function measureCost(texts: readonly string[], measure: Measure): Column['cost'] {
  return remember((width) => sum(texts.map((text) => wrapCell(text, width, measure).length ** 2)))
}

/** Starts with the least, and widens the column that gains most by it as long as there is room. */
function shareRoom(columns: readonly Column[], room: number): number[] {
  const widths = columns.map(({ least }) => least)
  for (;;) {
    const left = room - sum(widths)
    const choices = columns.flatMap((column, i) => widenings(column, widths[i] ?? 0, left).map((to) => ({ ...to, i })))
    const none = { i: -1, width: 0, gain: 0 }
    const best = choices.reduce((best, choice) => (choice.gain > best.gain ? choice : best), none)
    if (best.gain === 0) return widths
    widths[best.i] = best.width
  }
}

/** Every wider column that `left` allows, with what each column of the terminal gains. */
function widenings({ most, cost }: Column, width: number, left: number): { width: number; gain: number }[] {
  const steps = Array.from({ length: Math.max(0, Math.min(left, most - width)) }, (_, i) => i + 1)
  return steps.map((step) => ({ width: width + step, gain: (cost(width) - cost(width + step)) / step }))
}

/** Lines of at most `width`: broken at spaces, and inside a word only when it is longer than a line. */
export function wrapCell(text: string, width: number, measure: Measure = columnsOf): string[] {
  return linesOf(text).flatMap((line) => (measure(line) <= width ? [line.trimEnd()] : wrapLine(line, width, measure)))
}

function wrapLine(line: string, width: number, measure: Measure): string[] {
  const lines: string[] = []
  let current = ''
  let used = 0
  for (const piece of piecesOf(line, width, measure)) {
    const columns = measure(piece)
    const isFull = used > 0 && used + columns > width
    if (isFull) lines.push(current)
    // The space at which a line breaks is not seen.
    const kept = isFull && piece[0] === ' ' ? '' : piece
    current = isFull ? kept : current + kept
    used = isFull ? measure(kept) : used + columns
  }
  return [...lines, current].map((text) => text.trimEnd())
}

/** What stays on one line: brackets, words, and the pieces of words that are too long. */
function piecesOf(line: string, width: number, measure: Measure): string[] {
  const words = (line.match(GROUPS) ?? []).flatMap((group) =>
    measure(group) > width ? (group.match(WORDS) ?? []) : [group],
  )
  return words.flatMap((word) => (word[0] === ' ' ? [word] : breakWord(word, width, measure)))
}

function breakWord(
  word: string,
  width: number,
  measure: Measure,
  [at, ...further]: readonly RegExp[] = BREAKS,
): string[] {
  if (measure(word) <= width) return [word]
  if (at === undefined) return wrapText(word, width)
  return (word.match(at) ?? []).flatMap((piece) => breakWord(piece, width, measure, further))
}

const linesOf = (text: string) => text.split('\n')

/** Most text is plain, a column per character: asking for its graphemes takes a hundred times as long. */
export function columnsOf(line: string): number {
  return /^[ -~]*$/.test(line) ? line.length : lineWidth(line)
}

function widest(lines: readonly string[], measure: Measure): number {
  return lines.reduce((most, line) => Math.max(most, measure(line)), 0)
}

function sum(widths: readonly number[]): number {
  return widths.reduce((total, width) => total + width, 0)
}

function remember<Key>(measure: (key: Key) => number): (key: Key) => number {
  const known = new Map<Key, number>()
  return (key) => {
    const value = known.get(key) ?? measure(key)
    known.set(key, value)
    return value
  }
}
