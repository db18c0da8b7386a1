import { Chalk, type ChalkInstance } from 'chalk'
import { cutText } from '../telegram/html.ts'
import type { Output } from './output.ts'
import { columnsOf, layOutTable, type TableTexts, withoutEmptyColumns, wrapCell } from './table-layout.ts'
import { formatRecords } from './table-records.ts'

/** Colours for this output; plain text when it may not be coloured. */
export function paint(out: Output): ChalkInstance {
  return new Chalk({ level: out.color ? 1 : 0 })
}

/** Longest text of a cell on a terminal; more is for --json. */
const MAX_CELL_CHARS = 400
/** Of each cell: a space on either side. */
const PADDING = 2

/**
 * For a terminal a framed table, or a paragraph for each row when no frame fits; columns without any content are left
 * out. Tab-separated rows when stdout is no terminal. Cells hold no colours.
 */
export function formatTable(out: Output, head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (out.columns === undefined) return [head, ...rows].map((row) => row.map(onOneLine).join('\t')).join('\n')
  const shown = withoutEmptyColumns({
    titles: head.map(shownText),
    rows: rows.map((row) => head.map((_, column) => shownText(row[column] ?? ''))),
  })
  const { bold } = paint(out)
  const frame = shown.titles.length * (PADDING + 1) + 1
  const layout = layOutTable(shown, out.columns - frame)
  return layout.kind === 'frame' ? drawFrame(shown, layout.widths, bold) : formatRecords(shown, out.columns, bold)
}

function drawFrame({ titles, rows }: TableTexts, widths: readonly number[], bold: (text: string) => string): string {
  const edge = (left: string, between: string, right: string) =>
    left + widths.map((width) => '─'.repeat(width + PADDING)).join(between) + right
  const drawRow = (row: readonly string[], paintText = (text: string) => text): string[] => {
    const cells = row.map((cell, column) => wrapCell(cell, widths[column] ?? 0))
    const height = Math.max(...cells.map((lines) => lines.length))
    return Array.from({ length: height }, (_, line) => {
      const texts = cells.map((lines, column) => {
        const text = lines[line] ?? ''
        return paintText(text) + ' '.repeat(Math.max(0, (widths[column] ?? 0) - columnsOf(text)))
      })
      return `│ ${texts.join(' │ ')} │`
    })
  }
  return [
    edge('┌', '┬', '┐'),
    ...drawRow(titles, (title) => title && bold(title)),
    // A line between all rows would double the height of every table: only the head gets one.
    ...drawRow(widths.map((width) => '─'.repeat(width))),
    ...rows.flatMap((row) => drawRow(row)),
    edge('└', '┴', '┘'),
  ].join('\n')
}

/** Cells are separated by tabs and rows by line ends: neither may stand inside a cell. */
function onOneLine(cell: string): string {
  return harmless(cell).replace(/\n+/g, ' ')
}

const shownText = (cell: string) => cutText(harmless(cell), MAX_CELL_CHARS)

/** Without what a terminal would obey instead of showing; line ends stay. */
function harmless(cell: string): string {
  return cell
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
    .replace(/[\t\v\f]/g, ' ')
    .replace(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/gu, '')
}
