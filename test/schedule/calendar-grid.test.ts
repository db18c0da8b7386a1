import { describe, expect, it, test } from 'vitest'
import { lineWidth } from '../../src/output/wrap.ts'
import { CALENDAR_STATES, type CalendarDay, type CalendarSlot } from '../../src/schedule/calendar.ts'
import {
  CALENDAR_MARKS,
  describeFree,
  GRID_GAP,
  type GridLine,
  layOutCalendar,
  legendLines,
} from '../../src/schedule/calendar-grid.ts'

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
      '> Sat, Nov 21  09:05 ✓ #47     sunrise.jpg           13:00 · free',
      '  Sun, Nov 22',
      '  Mon, Nov 23  23:30 ◇ #47     日本語の長い長い名…   00:40+1 ◇ #1234 sunrise.jpg',
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

  /** Three a day, names of 26 columns at most. */
  const threeADay: CalendarDay[] = [21, 22].map((day) => ({
    date: `2026-11-${day}`,
    isToday: false,
    slots: ['gift-guide-winter-2026.jpg', 'rainy-day-tea.jpg', 'cat.jpg'].map((name, i) =>
      slot(`2026-11-${day}T${10 + i}:00:00Z`, { file: `stories/${name}` }),
    ),
  }))
  const grid = (columns: number) => lines(threeADay, columns).slice(0, 3)

  it.each<[number, string[]]>([
    [40, ['11:00 ◇ #47 gift-guide-w…', '12:00 ◇ #47 rainy-day-te…', '13:00 ◇ #47 cat.jpg']],
    [60, ['11:00 ◇ #47 gift-guide-winter-2026.jpg', '12:00 ◇ #47 rainy-day-tea.jpg', '13:00 ◇ #47 cat.jpg']],
    [80, ['11:00 ◇ #47 gift-guide-winter-202…  12:00 ◇ #47 rainy-day-tea.jpg', '13:00 ◇ #47 cat.jpg']],
    [120, ['11:00 ◇ #47 gift-guide-winter-2026.jpg  12:00 ◇ #47 rainy-day-tea.jpg  13:00 ◇ #47 cat.jpg']],
  ])('puts at %i columns as many slots beside each other as leave room for their names', (columns, shown) => {
    const cells = grid(columns).map((line) =>
      line.cells
        .map((cell) => cell.text)
        .join(' '.repeat(GRID_GAP))
        .trimEnd(),
    )
    expect(cells.slice(0, shown.length)).toEqual(shown)
    expect(lines(threeADay, columns)).toHaveLength(2 * shown.length)
  })

  it('shows whole names where there is room for them', () => {
    expect(lines(WEEK, 50).some((line) => text(line).includes('sunrise.jpg'))).toBe(true)
    expect(lines(WEEK, 200).some((line) => text(line).includes('日本語の長い長い名前の写真.jpg'))).toBe(true)
  })

  it('needs no room for names where there are none', () => {
    const named = slot('2026-11-21T10:00:00Z', { file: 'cat.jpg', storyNumber: 1234 })
    const free = slot('2026-11-21T12:00:00Z', FREE)
    const days = [{ ...(WEEK[0] as CalendarDay), slots: [named, free, free] }]
    const line = '> Sat, Nov 21  11:00 ◇ #1234 cat.jpg  13:00 · free  13:00 · free'
    expect(lines(days, lineWidth(line)).map(text)).toEqual([line])
  })

  it('says in its place that the story of a slot moved', () => {
    const days = [{ ...(WEEK[0] as CalendarDay), slots: [slot('2026-11-21T08:00:00Z', { state: 'moved' })] }]
    expect(text(lines(days, 80)[0] as GridLine)).toBe('> Sat, Nov 21  09:00 ↷ #47 moved')
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
    expect(legendLines(WEEK, 80)).toEqual(['◇ goes to the team   ✓ posted   · free'])
    expect(Object.keys(CALENDAR_MARKS)).toEqual([...CALENDAR_STATES])
  })

  it('are not torn from their words in a narrow terminal', () => {
    expect(legendLines(WEEK, 22)).toEqual(['◇ goes to the team', '✓ posted   · free'])
  })
})

test.each<[string[], string | null]>([
  [[], null],
  [['moved', 'manual'], null],
  [['free', 'moved'], '1 slot is free. Next: storyline create-schedule'],
  [['free', 'free'], '2 slots are free. Next: storyline create-schedule'],
])('of %j: %s', (states, said) => {
  const slots = states.map((state) => slot('2026-11-21T08:00:00Z', { state } as Partial<CalendarSlot>))
  expect(describeFree([{ date: '2026-11-21', isToday: true, slots }])).toBe(said)
})
