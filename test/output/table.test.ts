import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createOutput, type Output } from '../../src/output/output.ts'
import { formatTable, paint } from '../../src/output/table.ts'
import { anyText } from '../telegram/any-text.ts'

/** An output whose stdout is a terminal of so many columns, or none. */
function outputOf(columns: number | undefined, color = false): Output {
  const stdout = { write: () => true, ...(columns === undefined ? {} : { isTTY: true, columns }) }
  const streams = { stdout, stderr: stdout } as unknown as Parameters<typeof createOutput>[0]['streams']
  return createOutput({ json: false, quiet: false, verbose: false, color, streams })
}

/** Columns on the terminal, for texts without joiners: wide characters take two. */
function columnsOf(line: string): number {
  return [...line].reduce(
    (sum, char) =>
      sum + (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uff00-\uff60]|[\u{1f300}-\u{1faff}]/u.test(char) ? 2 : 1),
    0,
  )
}

const HEAD = ['Id', 'File', 'Why']
const linesOf = (table: string) => table.split('\n')

describe('a table on a terminal', () => {
  it('has a frame, and its cells beside each other', () => {
    expect(formatTable(outputOf(80), ['Id', 'File'], [['1', 'cat.jpg']])).toBe(
      `┌────┬─────────┐
│ Id │ File    │
│ ── │ ─────── │
│ 1  │ cat.jpg │
└────┴─────────┘`,
    )
  })

  it('is only a head when there are no rows', () => {
    expect(linesOf(formatTable(outputOf(80), HEAD, []))).toHaveLength(4)
  })

  it.each([40, 80, 120])('fits %i columns, with straight edges, and shows everything', (columns) => {
    const piece = fc.constantFrom('word', 'stories/memes/cat.jpg', 'x'.repeat(30), '漢字', '🎉', ' ', '\n', '', '…')
    const cell = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell, cell), { maxLength: 5 }), (rows) => {
        const table = formatTable(outputOf(columns), HEAD, rows)
        const widths = new Set(linesOf(table).map(columnsOf))
        expect(widths.size).toBe(1)
        expect([...widths][0]).toBeLessThanOrEqual(columns)
        const bare = (text: string) => [...text.replace(/[\s│┌┐└┘├┤┬┴┼─]/g, '')].sort().join('')
        expect(bare(table)).toBe(bare([HEAD, ...rows].flat().join('')))
      }),
      { numRuns: 40 },
    )
  })

  it('cuts a cell of thousands of characters, and visibly', () => {
    const table = formatTable(outputOf(80), ['Why'], [['x'.repeat(5000)]])
    expect(linesOf(table).length).toBeLessThan(12)
    expect(table).toContain('x…')
  })

  it('takes the room from the widest column only', () => {
    const table = formatTable(outputOf(60), HEAD, [['3f2a9c1e', 'stories/a.jpg', 'because '.repeat(20)]])
    expect(table).toContain('│ 3f2a9c1e │ stories/a.jpg │ because')
  })

  it('wraps whole words', () => {
    const table = formatTable(outputOf(40), ['Why'], [['never posted before, so it comes first of all']])
    for (const word of 'never posted before, so it comes first of all'.split(' ')) expect(table).toContain(word)
  })

  it('survives any text in any cell, and none of it commands the terminal', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyText, anyText, anyText), { maxLength: 4 }), (rows) => {
        const table = formatTable(outputOf(80), HEAD, rows)
        expect(table).not.toMatch(/[^\P{Cc}\n]/u)
        expect(linesOf(table).every((line) => /^[│┌├└].*[│┐┤┘]$/u.test(line))).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  it('survives rows that are shorter than the head', () => {
    expect(() => formatTable(outputOf(80), HEAD, [['1']])).not.toThrow()
  })

  it('colours the head only when it may', () => {
    const table = (color: boolean) => formatTable(outputOf(80, color), HEAD, [['1', 'a', 'b']])
    expect(table(true)).toContain('\u001b[1m')
    expect(table(false)).not.toContain('\u001b')
    expect(stripVTControlCharacters(table(true))).toBe(table(false))
  })
})

describe('a table that is piped', () => {
  it('is one line per row, cells separated by tabs, without frame or colour', () => {
    expect(formatTable(outputOf(undefined, true), HEAD, [['1', 'cat.jpg', 'first']])).toBe(
      'Id\tFile\tWhy\n1\tcat.jpg\tfirst',
    )
  })

  it('keeps one row on one line whatever its cells hold', () => {
    const row = ['a\tb', 'c\r\nd\u2028e', 'f\u000bg\u001b[31mh']
    expect(formatTable(outputOf(undefined), HEAD, [row])).toBe('Id\tFile\tWhy\na b\tc d e\tf g[31mh')
    fc.assert(
      fc.property(fc.array(fc.tuple(anyText, anyText, anyText), { maxLength: 4 }), (rows) => {
        const lines = formatTable(outputOf(undefined), HEAD, rows).split(/[\n\r\u0085\u2028\u2029]/)
        expect(lines).toHaveLength(rows.length + 1)
        for (const line of lines) expect(line.split('\t')).toHaveLength(3)
      }),
      { numRuns: 40 },
    )
  })
})

describe('paint', () => {
  it('colours only where it may', () => {
    expect(paint(outputOf(80, true)).bold('x')).toBe('\u001b[1mx\u001b[22m')
    expect(paint(outputOf(80, false)).bold('x')).toBe('x')
    expect(paint(outputOf(undefined, true)).bold('x')).toBe('x')
  })
})
