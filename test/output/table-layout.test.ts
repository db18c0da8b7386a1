import { describe, expect, it } from 'vitest'
import { layOutTable, wrapCell } from '../../src/output/table-layout.ts'

describe('the lines of a cell', () => {
  it.each([
    ['one two', 7, ['one two']],
    ['one two', 5, ['one', 'two']],
    ['one\ntwo three', 9, ['one', 'two three']],
    ['', 9, ['']],
    ['today 09:00 (6 hours ago)', 20, ['today 09:00', '(6 hours ago)']],
    ['today 09:00 (6 hours ago)', 11, ['today 09:00', '(6 hours', 'ago)']],
    ['memes/work/deadline.jpg', 22, ['memes/work/', 'deadline.jpg']],
    ['memes/my-dead_line.jpg', 12, ['memes/my-', 'dead_', 'line.jpg']],
    ['/srv/media', 6, ['/srv/', 'media']],
    ['see memes/deadline.jpg', 14, ['see memes/', 'deadline.jpg']],
    ['run --dry-run', 9, ['run', '--dry-run']],
    ['abcdefgh', 3, ['abc', 'def', 'gh']],
    ['漢字の題', 5, ['漢字', 'の題']],
    ['👤 Manual', 8, ['👤', 'Manual']],
  ])('%j in %i columns', (text, width, lines) => {
    expect(wrapCell(text, width)).toEqual(lines)
  })
})

describe('the widths of a table', () => {
  it.each([
    { what: 'all as they are, when they fit', cells: ['#8', 'a b'], room: 5, widths: [2, 3] },
    {
      what: 'prose breaks before a state of two words',
      cells: ['✓ completed', 'a long story '.repeat(3)],
      room: 25,
      widths: [11, 13],
    },
    {
      what: 'a path breaks before a state of two words',
      cells: ['✓ completed', 'memes/deadline.jpg'],
      room: 25,
      widths: [11, 12],
    },
    {
      what: 'names break before values',
      cells: ['2 h 10 min', 'memes/my-holiday-pictures.jpg'],
      room: 27,
      widths: [10, 17],
    },
    { what: 'values break before words', cells: ['2 h 10 min', 'unconfirmed'], room: 18, widths: [6, 11] },
    {
      what: 'a date or an id is no path',
      cells: ['2031-11-24T09:00', 'a b c d e f g h i j'],
      room: 20,
      widths: [16, 3],
    },
  ])('$what', ({ cells, room, widths }) => {
    expect(layOutTable({ titles: ['', ''], rows: [cells] }, room)).toEqual({ kind: 'frame', widths })
  })

  it('are not those of long titles when room is short', () => {
    const titles = ['When (Europe/Berlin)', 'Why']
    expect(layOutTable({ titles, rows: [['09:00', 'because']] }, 20)).toEqual({ kind: 'frame', widths: [13, 7] })
  })

  it('give room to where it saves most lines', () => {
    const rows = [['memes/deadline.jpg', 'a sentence of many words that goes on '.repeat(3)]]
    const layout = layOutTable({ titles: ['', ''], rows }, 50)
    expect(layout).toEqual({ kind: 'frame', widths: [12, 38] })
  })

  it('are none when a word would break', () => {
    const table = { titles: ['', ''], rows: [['2112b816', 'awaiting_team']] }
    expect(layOutTable(table, 21).kind).toBe('frame')
    expect(layOutTable(table, 20).kind).toBe('records')
    const slash = { titles: ['', ''], rows: [['it is 10/24/2031 or then', 'unconfirmed']] }
    expect(layOutTable(slash, 21).kind).toBe('frame')
    expect(layOutTable(slash, 20).kind).toBe('records')
  })

  it('are those of the longest word in any of many rows', () => {
    const rows = Array.from({ length: 1000 }, (_, i) => ['some words here', i === 999 ? 'awaiting_team' : 'a b'])
    expect(layOutTable({ titles: ['', ''], rows }, 18)).toEqual({ kind: 'frame', widths: [5, 13] })
    expect(layOutTable({ titles: ['', ''], rows }, 17).kind).toBe('records')
  })
})
