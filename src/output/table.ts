import { Chalk, type ChalkInstance } from 'chalk'
import Table from 'cli-table3'
import { cutText } from '../telegram/html.ts'
import type { Output } from './output.ts'
import { lineWidth, wrapText } from './wrap.ts'

/** Colours for this output; plain text when it may not be coloured. */
export function paint(out: Output): ChalkInstance {
  return new Chalk({ level: out.color ? 1 : 0 })
}

const MIN_COLUMN_WIDTH = 6
/** Longest text of a framed cell; more is for --json, and cli-table3 needs seconds for it. */
const MAX_CELL_CHARS = 400
/** Of each cell: a space on either side. */
const PADDING = 2

/** A line between all rows would double the height of every table: only the head gets one. */
const NO_ROW_LINES = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' }

/** A framed table that fits the terminal, or tab-separated rows when stdout is not one. Cells hold no colours. */
export function formatTable(out: Output, head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (out.columns === undefined) return [head, ...rows].map((row) => row.map(onOneLine).join('\t')).join('\n')
  const [titles = [], ...cells] = [head, ...rows].map((row) => row.map(framed))
  const colWidths = fitWidths(naturalWidths([titles, ...cells]), out.columns)
  // Wrapped here, because cli-table3 cuts off wide characters and breaks inside words.
  const wrapped = (row: readonly string[]) =>
    row.map((cell, column) => wrapText(cell, (colWidths[column] ?? MIN_COLUMN_WIDTH) - PADDING).join('\n'))
  const { bold } = paint(out)
  const table = new Table({
    // Painted here: cli-table3 asks the environment whether it may.
    head: wrapped(titles).map((title) =>
      title
        .split('\n')
        .map((line) => bold(line))
        .join('\n'),
    ),
    style: { head: [], border: [] },
    colWidths,
    chars: NO_ROW_LINES,
  })
  table.push(
    colWidths.map((width) => '─'.repeat(width - PADDING)),
    ...cells.map(wrapped),
  )
  return table.toString()
}

/** Cells are separated by tabs and rows by line ends: neither may stand inside a cell. */
function onOneLine(cell: string): string {
  return harmless(cell).replace(/\n+/g, ' ')
}

const framed = (cell: string) => cutText(harmless(cell), MAX_CELL_CHARS)

/** Without what a terminal would obey instead of showing; line ends stay. */
function harmless(cell: string): string {
  return cell
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
    .replace(/[\t\v\f]/g, ' ')
    .replace(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/gu, '')
}

function naturalWidths(rows: readonly (readonly string[])[]): number[] {
  const [titles = []] = rows
  const cellWidth = (cell: string) => Math.max(...cell.split('\n').map(lineWidth))
  return titles.map((_, column) => PADDING + Math.max(1, ...rows.map((row) => cellWidth(row[column] ?? ''))))
}

/** Takes from the widest column until the frame fits. */
function fitWidths(natural: readonly number[], columns: number): number[] {
  const widths = [...natural]
  let excess = widths.reduce((sum, width) => sum + width, widths.length + 1) - columns
  while (excess > 0) {
    const widest = widths.indexOf(Math.max(...widths))
    const width = widths[widest] ?? 0
    if (width <= MIN_COLUMN_WIDTH) break
    widths[widest] = width - 1
    excess -= 1
  }
  return widths
}
