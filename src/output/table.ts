import { Chalk, type ChalkInstance } from 'chalk'
import Table from 'cli-table3'
import type { Output } from './output.ts'

/** Colours for this output; plain text when it may not be coloured. */
export function paint(out: Output): ChalkInstance {
  return new Chalk({ level: out.color ? 1 : 0 })
}

const MIN_COLUMN_WIDTH = 6

/** A framed table that fits the terminal, or tab-separated rows when stdout is not one. */
export function formatTable(out: Output, head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (out.columns === undefined) return [head, ...rows].map((row) => row.join('\t')).join('\n')
  const table = new Table({
    head: [...head],
    style: { head: out.color ? ['bold'] : [], border: [] },
    wordWrap: true,
    wrapOnWordBoundary: false,
    colWidths: fitWidths(naturalWidths(head, rows), out.columns),
  })
  table.push(...rows.map((row) => [...row]))
  return table.toString()
}

function naturalWidths(head: readonly string[], rows: readonly (readonly string[])[]): number[] {
  // Two columns of padding on each cell.
  return head.map((title, column) => Math.max(...[title, ...rows.map((row) => row[column] ?? '')].map(cellWidth)) + 2)
}

function cellWidth(text: string): number {
  // Wide characters (emoji, CJK) take two columns; counting them so keeps the frame straight.
  const lines = text.split('\n').map((line) => [...line].reduce((sum, char) => sum + (isWide(char) ? 2 : 1), 0))
  return Math.max(...lines)
}

function isWide(char: string): boolean {
  return /\p{Extended_Pictographic}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/u.test(char)
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
