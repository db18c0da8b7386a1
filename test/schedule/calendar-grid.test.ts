import { describe, expect, it } from 'vitest'
import { lineWidth } from '../../src/output/wrap.ts'
import { CALENDAR_STATES, type CalendarDay, type CalendarSlot } from '../../src/schedule/calendar.ts'
import { CALENDAR_MARKS, GRID_GAP, type GridLine, layOutCalendar, statesIn } from '../../src/schedule/calendar-grid.ts'

const slot = (at: string, overrides: Partial<CalendarSlot> = {}): CalendarSlot => ({
  slot: null,
  at: new Date(at),
  state: 'manual',
  storyNumber: 47,
  file: 'stories/memes/sunrise.jpg',
  channel: 'telegram',
  ...overrides,
})
const FREE = { state: 'free', storyNumber: null, file: null, channel: null } as const

const WEEK: CalendarDay[] = [
  {
    date: '2026-11-21',
    isToday: true,
    slots: [slot('2026-11-21T08:05:00Z', { state: 'posted' }), slot('2026-11-21T12:00:00Z', FREE)],
  },
  { date: '2026-11-22', isToday: false, slots: [] },
  {
    date: '2026-11-23',
    isToday: false,
    slots: [
      slot('2026-11-23T22:30:00Z', { file: 'stories/日本語の長い長い名前の写真.jpg' }),
      slot('2026-11-23T23:40:00Z', { storyNumber: 1234 }),
    ],
  },
]

const lines = (days: readonly CalendarDay[], columns: number) =>
  layOutCalendar(days, { columns, timeZone: 'Europe/Berlin' })
const text = ({ day, cells }: GridLine) => [day, ...cells.map((cell) => cell.text)].join(' '.repeat(GRID_GAP))

describe('the grid', () => {
  it('has a line for each day, today marked, cells below each other', () => {
    expect(lines(WEEK, 80).map((line) => text(line).trimEnd())).toEqual([
      '> Sat, Nov 21  09:05 ✓ #47     sunrise.jpg      13:00 · free',
      '  Sun, Nov 22',
      '  Mon, Nov 23  23:30 ◇ #47     日本語の長い長…  00:40+1 ◇ #1234 sunrise.jpg',
    ])
  })

  it('is never wider than the terminal, and shows no less in a narrow one', () => {
    const days = [
      {
        ...(WEEK[0] as CalendarDay),
        slots: Array.from({ length: 50 }, (_, i) => slot(`2026-11-21T08:00:00Z`, { storyNumber: i + 1 })),
      },
    ]
    for (let columns = 40; columns <= 300; columns += 1) {
      const grid = lines(days, columns)
      expect(Math.max(...grid.map((line) => lineWidth(text(line))))).toBeLessThanOrEqual(columns)
      expect(grid.flatMap(({ cells }) => cells)).toHaveLength(50)
    }
  })

  it('uses the width for names', () => {
    expect(lines(WEEK, 50).some((line) => text(line).includes('sunrise'))).toBe(false)
    expect(lines(WEEK, 200).some((line) => text(line).includes('日本語の長い長い名前の写真.jpg'))).toBe(true)
  })

  it('shows no control character of a file name', () => {
    const days = [{ ...(WEEK[0] as CalendarDay), slots: [slot('2026-11-21T08:00:00Z', { file: 'a\u001b[31m.jpg' })] }]
    expect(text(lines(days, 120)[0] as GridLine)).not.toContain('\u001b')
  })
})

describe('marks', () => {
  it('differ without colour, and take one column', () => {
    const marks = CALENDAR_STATES.map((state) => CALENDAR_MARKS[state].mark)
    expect(new Set(marks).size).toBe(CALENDAR_STATES.length)
    expect(marks.map(lineWidth)).toEqual(marks.map(() => 1))
    expect(new Set(CALENDAR_STATES.map((state) => CALENDAR_MARKS[state].label)).size).toBe(CALENDAR_STATES.length)
  })

  it('are explained when they occur, in the order of the legend', () => {
    expect(statesIn(WEEK)).toEqual(['manual', 'posted', 'free'])
    expect(Object.keys(CALENDAR_MARKS)).toEqual([...CALENDAR_STATES])
  })
})
