import { printable } from '../media/printable.ts'
import { formatDay, formatShortClock, isoWithOffset } from '../output/time.ts'
import { lineWidth } from '../output/wrap.ts'
import type { CalendarDay, CalendarSlot, CalendarState } from './calendar.ts'

export interface CalendarMark {
  /** One column wide in every terminal. */
  mark: string
  label: string
  /** What a colour may add; the mark says it alone. */
  tone: 'good' | 'bad' | 'wait' | 'plan' | 'faint'
}

export const CALENDAR_MARKS: Readonly<Record<CalendarState, CalendarMark>> = {
  automatic: { mark: '◆', label: 'publishes itself', tone: 'plan' },
  manual: { mark: '◇', label: 'goes to the team', tone: 'plan' },
  sample: { mark: '~', label: 'sample, never sent', tone: 'faint' },
  paused: { mark: '=', label: 'held by the pause', tone: 'wait' },
  sending: { mark: '»', label: 'being sent', tone: 'wait' },
  with_team: { mark: '●', label: 'with the team', tone: 'wait' },
  unconfirmed: { mark: '?', label: 'unconfirmed', tone: 'bad' },
  posted: { mark: '✓', label: 'posted', tone: 'good' },
  skipped: { mark: '→', label: 'skipped', tone: 'faint' },
  rejected: { mark: '×', label: 'rejected', tone: 'faint' },
  failed: { mark: '✗', label: 'failed', tone: 'bad' },
  missed: { mark: '!', label: 'missed', tone: 'bad' },
  cancelled: { mark: '-', label: 'cancelled', tone: 'faint' },
  free: { mark: '·', label: 'free', tone: 'faint' },
}

interface GridCell {
  state: CalendarState
  /** `13:05 ◇ #47 sunrise.jpg`, padded so that cells stand below each other. */
  text: string
}

export interface GridLine {
  /** `> Sat, Nov 21`, where `>` is today; blank on a day's further lines. All of one width. */
  day: string
  isToday: boolean
  /** None on a day without anything. */
  cells: GridCell[]
}

export interface GridSize {
  /** Of the whole grid, days included. */
  columns: number
  timeZone: string
}

/** Between two cells, and between the day and the first. */
export const GRID_GAP = 2
/** A shorter part of a file name tells nothing. */
const MIN_NAME_COLUMNS = 6
const MAX_NAME_COLUMNS = 32

/** The calendar as lines of a terminal. A day with more slots than fit goes on in the next line. */
export function layOutCalendar(days: readonly CalendarDay[], { columns, timeZone }: GridSize): GridLine[] {
  const labels = days.map(({ date, isToday }) => `${isToday ? '>' : ' '} ${dayLabel(date)}`)
  const dayColumns = Math.max(...labels.map(lineWidth))
  const cells = days.map((day) => day.slots.map((slot) => ({ slot, head: headOf(slot, day.date, timeZone) })))
  const headColumns = Math.max(0, ...cells.flat().map(({ head }) => lineWidth(head)))
  const room = columns - dayColumns
  const most = Math.max(1, ...cells.map(({ length }) => length))
  const perLine = Math.max(1, Math.min(most, Math.floor(room / (headColumns + GRID_GAP))))
  const nameColumns = Math.min(MAX_NAME_COLUMNS, Math.floor(room / perLine) - GRID_GAP - headColumns - 1)

  return days.flatMap(({ isToday }, i) => {
    const texts = (cells[i] ?? []).map(({ slot, head }) => {
      const name = nameColumns < MIN_NAME_COLUMNS ? '' : ` ${pad(nameOf(slot, nameColumns), nameColumns)}`
      return { state: slot.state, text: pad(head, headColumns) + name }
    })
    return inLines(texts, perLine).map((line, n) => {
      return { day: pad(n === 0 ? (labels[i] ?? '') : '', dayColumns), isToday, cells: line }
    })
  })
}

/** `Sat, Nov 21` of a local date. */
export function dayLabel(date: string): string {
  return formatDay(new Date(`${date}T12:00:00Z`), 'UTC')
}

/** `13:05`, with `+1` when it lies in the night after its day. */
export function slotTime({ at }: Pick<CalendarSlot, 'at'>, date: string, timeZone: string): string {
  const isAfterMidnight = isoWithOffset(at, timeZone).slice(0, 10) > date
  return `${formatShortClock(at, timeZone)}${isAfterMidnight ? '+1' : ''}`
}

/** The states that stand in it, for a legend, in the order of `CALENDAR_MARKS`. */
export function statesIn(days: readonly CalendarDay[]): CalendarState[] {
  const present = new Set(days.flatMap(({ slots }) => slots.map(({ state }) => state)))
  return (Object.keys(CALENDAR_MARKS) as CalendarState[]).filter((state) => present.has(state))
}

function headOf(slot: CalendarSlot, date: string, timeZone: string): string {
  const number = slot.storyNumber === null ? CALENDAR_MARKS[slot.state].label : `#${slot.storyNumber}`
  return `${slotTime(slot, date, timeZone)} ${CALENDAR_MARKS[slot.state].mark} ${number}`
}

function nameOf({ file }: CalendarSlot, columns: number): string {
  const name = printable(file?.split('/').at(-1) ?? '')
  if (lineWidth(name) <= columns) return name
  const chars = [...name]
  while (lineWidth(chars.join('')) >= columns) chars.pop()
  return `${chars.join('')}…`
}

const pad = (text: string, columns: number) => text + ' '.repeat(Math.max(0, columns - lineWidth(text)))

function inLines<T>(items: readonly T[], perLine: number): T[][] {
  const count = Math.max(1, Math.ceil(items.length / perLine))
  return Array.from({ length: count }, (_, i) => items.slice(i * perLine, (i + 1) * perLine))
}
