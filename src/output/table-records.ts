/** A table without a frame, for terminals that are too narrow for one. */
import { columnsOf, type TableTexts, wrapCell } from './table-layout.ts'

const INDENT = '  '
/** When titles take more of the line, too little is left for values that start below each other. */
const MAX_TITLE_SHARE = 0.4

/** A paragraph for each row in lines of at most `columns`: the first two texts name it, the others have their titles. */
export function formatRecords({ titles, rows }: TableTexts, columns: number, bold: (text: string) => string): string {
  const formatName = (texts: readonly string[]) => {
    const name = texts.filter((text) => text.trim()).join('  ')
    return name === '' ? [] : wrapCell(name, columns).map((line) => bold(line))
  }
  if (rows.length === 0) return formatName(titles).join('\n')
  const labels = titles.map((title) => `${title}:`)
  const labelWidth = Math.max(0, ...labels.slice(2).map(columnsOf))
  const areBeside = labelWidth <= columns * MAX_TITLE_SHARE
  const formatFact = (label: string, value: string): string[] => {
    if (!value.trim()) return []
    if (!areBeside) return indent(wrapCell(`${label} ${value}`, columns - 2 * INDENT.length), INDENT)
    const padded = label + ' '.repeat(labelWidth - columnsOf(label) + 1)
    const lines = wrapCell(value, columns - INDENT.length - labelWidth - 1)
    return lines.map((line, i) => `${INDENT}${i === 0 ? padded : ' '.repeat(labelWidth + 1)}${line}`)
  }
  const paragraphs = rows.map((row) => [
    ...formatName(row.slice(0, 2)),
    ...labels.flatMap((label, column) => (column < 2 ? [] : formatFact(label, row[column] ?? ''))),
  ])
  return paragraphs.map((lines) => lines.join('\n')).join('\n\n')
}

/** With a hanging indent. */
function indent(lines: readonly string[], by: string): string[] {
  return lines.map((line, i) => (i === 0 ? by : by + by) + line)
}
