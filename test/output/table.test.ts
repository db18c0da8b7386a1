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
const LONG_HEAD = ['Id', 'File', 'When (Europe/Berlin)', 'Status', 'Channel', 'Waits for', 'Last error', 'By']
const QUEUE_HEAD = ['Story', 'Id', 'When (Europe/Berlin)', 'Status', 'File', 'Channel', 'Waits for', 'Last error']
const QUEUE = [
  ['#8', '2112b816', 'today 09:00 (6 hours ago)', 'pending', 'memes/deadline.jpg', 'telegram', 'its time', ''],
  [
    '#12',
    '6216411c',
    'Tue, Nov 24 09:00 (in 2 days)',
    'awaiting_team',
    'memes/cat.jpg',
    'telegram',
    'the team: its card',
    '',
  ],
]
const linesOf = (table: string) => table.split('\n')
const isFramed = (table: string) => table.startsWith('┌')

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

  it('shows everything once in lines that fit, in a frame with straight edges or without one', () => {
    const piece = fc.constantFrom('word', 'memes/my-cat_2.jpg', 'x'.repeat(30), '漢字', '🎉', ' ', '\n', '', '(a b)')
    const cell = fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join(''))
    const heads = fc.integer({ min: 1, max: 8 }).map((length) => LONG_HEAD.slice(0, length))
    const tables = heads.chain((head) =>
      fc.record({
        head: fc.constant(head),
        rows: fc.array(fc.array(cell, { minLength: head.length, maxLength: head.length }), {
          minLength: 1,
          maxLength: 5,
        }),
        columns: fc.integer({ min: 20, max: 200 }),
      }),
    )
    const bare = (texts: readonly string[]) => [...texts.join('').replace(/[\s│┌┐└┘├┤┬┴┼─]/g, '')].sort().join('')
    const kinds = new Set<string>()
    fc.assert(
      fc.property(tables, ({ head, rows, columns }) => {
        const table = formatTable(outputOf(columns), head, rows)
        expect(Math.max(...linesOf(table).map(columnsOf))).toBeLessThanOrEqual(columns)
        const isFilled = head.map((_, column) => rows.some((row) => row[column]?.trim()))
        const isShown = (_: unknown, column: number) => isFilled[column] || !isFilled.includes(true)
        const shown = [head, ...rows].map((row) => row.filter(isShown))
        const [titles = [], ...cells] = shown
        if (isFramed(table)) {
          expect(new Set(linesOf(table).map(columnsOf)).size).toBe(1)
          expect(bare([table])).toBe(bare(shown.flat()))
        } else {
          const facts = cells.flatMap((row) =>
            row.map((text, i) => (i < 2 || !text.trim() ? text : `${titles[i]}:${text}`)),
          )
          expect(bare([table])).toBe(bare(facts))
        }
        kinds.add(isFramed(table) ? 'frame' : 'records')
      }),
      { numRuns: 200 },
    )
    expect(kinds.size).toBe(2)
  })

  it('never breaks a word in a frame, however narrow the terminal', () => {
    for (let columns = 20; columns <= 200; columns += 1) {
      const table = formatTable(outputOf(columns), QUEUE_HEAD, QUEUE)
      const cells = linesOf(table).flatMap((line) => line.split(/[│\s]+/))
      expect(cells).toEqual(
        expect.arrayContaining(['#8', '2112b816', '6216411c', 'awaiting_team', 'telegram', '09:00']),
      )
      expect(Math.max(...linesOf(table).map(columnsOf))).toBeLessThanOrEqual(columns)
    }
  })

  it('leaves out a column in which no row has anything, and keeps one that any row fills', () => {
    const rows = [
      ['1', '', '  '],
      ['2', 'cat.jpg', ''],
    ]
    expect(formatTable(outputOf(80), HEAD, rows)).toBe(`┌────┬─────────┐
│ Id │ File    │
│ ── │ ─────── │
│ 1  │         │
│ 2  │ cat.jpg │
└────┴─────────┘`)
    expect(formatTable(outputOf(80), HEAD, [])).toContain('Why')
    expect(formatTable(outputOf(80), HEAD, [['', '', '']])).toContain('Why')
  })

  it('breaks times before brackets and paths after slashes, and takes nothing from ids and states', () => {
    expect(
      formatTable(outputOf(100), QUEUE_HEAD, QUEUE),
    ).toBe(`┌───────┬──────────┬──────────────────────┬───────────────┬───────────────┬──────────┬───────────┐
│ Story │ Id       │ When (Europe/Berlin) │ Status        │ File          │ Channel  │ Waits for │
│ ───── │ ──────── │ ──────────────────── │ ───────────── │ ───────────── │ ──────── │ ───────── │
│ #8    │ 2112b816 │ today 09:00          │ pending       │ memes/        │ telegram │ its time  │
│       │          │ (6 hours ago)        │               │ deadline.jpg  │          │           │
│ #12   │ 6216411c │ Tue, Nov 24 09:00    │ awaiting_team │ memes/cat.jpg │ telegram │ the team: │
│       │          │ (in 2 days)          │               │               │          │ its card  │
└───────┴──────────┴──────────────────────┴───────────────┴───────────────┴──────────┴───────────┘`)
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
        if (isFramed(table)) expect(linesOf(table).every((line) => /^[│┌└].*[│┐┘]$/u.test(line))).toBe(true)
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

describe('a table that is too wide for a frame', () => {
  it('is a paragraph for each row, with the values below each other', () => {
    expect(formatTable(outputOf(60), QUEUE_HEAD, QUEUE)).toBe(`#8  2112b816
  When (Europe/Berlin): today 09:00 (6 hours ago)
  Status:               pending
  File:                 memes/deadline.jpg
  Channel:              telegram
  Waits for:            its time

#12  6216411c
  When (Europe/Berlin): Tue, Nov 24 09:00 (in 2 days)
  Status:               awaiting_team
  File:                 memes/cat.jpg
  Channel:              telegram
  Waits for:            the team: its card`)
  })

  it('gives the titles less room where there is little, and indents what follows', () => {
    expect(formatTable(outputOf(30), QUEUE_HEAD, QUEUE.slice(0, 1))).toBe(`#8  2112b816
  When (Europe/Berlin):
    today 09:00 (6 hours ago)
  Status: pending
  File: memes/deadline.jpg
  Channel: telegram
  Waits for: its time`)
  })

  it('keeps several lines of a value below each other, and leaves out what a row does not have', () => {
    const rows = [
      ['Disk', '', 'full\n→ free some'],
      ['', '', 'no name'],
      ['', 'unhealthy', ''],
    ]
    expect(formatTable(outputOf(22), ['Check', 'Status', 'Why'], rows)).toBe(`Disk
  Why: full
       → free some

  Why: no name

unhealthy`)
  })

  it('breaks a word only when it is longer than a line', () => {
    const name = `${'x'.repeat(50)}/${'y'.repeat(20)}_${'z'.repeat(20)}`
    expect(formatTable(outputOf(40), HEAD, [['1', 'a', name]])).toBe(`1  a
  Why: ${'x'.repeat(33)}
       ${'x'.repeat(17)}/
       ${'y'.repeat(20)}_
       ${'z'.repeat(20)}`)
  })

  it('is only its titles when there are no rows', () => {
    expect(formatTable(outputOf(20), LONG_HEAD.slice(0, 5), [])).toBe(
      'Id  File  When\n(Europe/Berlin)\nStatus  Channel',
    )
  })

  it('shows in bold what names a row, when it may', () => {
    const table = (color: boolean) => formatTable(outputOf(30, color), QUEUE_HEAD, QUEUE)
    expect(table(true)).toContain('\u001b[1m#8  2112b816\u001b[22m\n  When')
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
