import { fileNameOf } from '../media/library.ts'
import { printable } from '../media/printable.ts'
import { formatDay, formatShortClock, isoWithOffset } from '../output/time.ts'
import { lineWidth, wrapText } from '../output/wrap.ts'
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
  moved: { mark: '↷', label: 'moved, keeps its slot', tone: 'faint' },
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
/** A shorter part of a file name tells nothing: rather none. */
const MIN_NAME_COLUMNS = 6
/** Another slot is put beside one only when names keep so much. */
const READABLE_NAME_COLUMNS = 14
const MAX_NAME_COLUMNS = 32

interface Cell {
  state: CalendarState
  /** `13:05 ◇ #47`. */
  head: string
  /** Empty where the slot is free. */
  name: string
}

/**
 * The calendar as lines of a terminal, cells below each other. A day goes on in the next line when its slots do not fit beside each other
 * with names that can be read: in a narrow terminal each slot has a line of its own.
 */
export function layOutCalendar(days: readonly CalendarDay[], { columns, timeZone }: GridSize): GridLine[] {
  const labels = days.map(({ date, isToday }) => `${isToday ? '>' : ' '} ${dayLabel(date)}`)
  const dayColumns = widest(labels)
  const cells = days.map(({ slots, date }) =>
    slots.map((slot) => ({ state: slot.state, head: headOf(slot, date, timeZone), name: nameOf(slot) })),
  )
  const { nameColumns, headColumns, widths } = fitCells(cells, columns - dayColumns)
  return days.flatMap(({ isToday }, i) => {
    return inLines(cells[i] ?? [], widths.length).map((line, n) => {
      const texts = line.map(({ state, head, name }, column) => {
        const text = name === '' || nameColumns === 0 ? head : `${pad(head, headColumns)} ${cut(name, nameColumns)}`
        return { state, text: pad(text, widths[column] ?? 0) }
      })
      return { day: pad(n === 0 ? (labels[i] ?? '') : '', dayColumns), isToday, cells: texts }
    })
  })
}

interface Fit {
  /** 0: no names. */
  nameColumns: number
  /** In front of a name. */
  headColumns: number
  /** Of each cell of a line, without the gap. */
  widths: number[]
}

/** As many cells on a line as go with readable names, and then names as long as they go. */
function fitCells(days: readonly (readonly Cell[])[], room: number): Fit {
  const headColumns = widest(days.flat().flatMap(({ head, name }) => (name === '' ? [] : [head])))
  const sizes = days.map((cells) => cells.map(({ head, name }) => ({ head: lineWidth(head), name: lineWidth(name) })))
  const widthsOf = (perLine: number, nameColumns: number) => {
    const widths = Array.from({ length: perLine }, () => 0)
    for (const cells of sizes)
      for (const [i, { head, name }] of cells.entries()) {
        const width = name === 0 || nameColumns === 0 ? head : headColumns + 1 + Math.min(name, nameColumns)
        widths[i % perLine] = Math.max(widths[i % perLine] ?? 0, width)
      }
    return widths
  }
  const fits = (perLine: number, nameColumns: number) =>
    widthsOf(perLine, nameColumns).reduce((sum, width) => sum + GRID_GAP + width, 0) <= room
  const most = Math.max(1, ...days.map(({ length }) => length))
  const perLine = downFrom(most, 2).find((count) => fits(count, READABLE_NAME_COLUMNS)) ?? 1
  const nameColumns = downFrom(MAX_NAME_COLUMNS, MIN_NAME_COLUMNS).find((count) => fits(perLine, count)) ?? 0
  return { nameColumns, headColumns, widths: widthsOf(perLine, nameColumns) }
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

/** What the marks in it mean, in the order of `CALENDAR_MARKS`; no line breaks inside an entry. */
export function legendLines(days: readonly CalendarDay[], columns: number): string[] {
  const present = new Set(days.flatMap(({ slots }) => slots.map(({ state }) => state)))
  const marks = Object.entries(CALENDAR_MARKS).filter(([state]) => present.has(state as CalendarState))
  const entries = marks.map(([, { mark, label }]) => `${mark} ${label}`.replaceAll(' ', '\u00a0'))
  return wrapText(entries.join('   '), columns).map((line) => line.replaceAll('\u00a0', ' '))
}

/** What fills the free slots; null when there are none. */
export function describeFree(days: readonly CalendarDay[]): string | null {
  const free = days.flatMap(({ slots }) => slots.filter(({ state }) => state === 'free')).length
  return free === 0 ? null : `${free === 1 ? '1 slot is' : `${free} slots are`} free. Next: storyline create-schedule`
}

function headOf(slot: CalendarSlot, date: string, timeZone: string): string {
  const number = slot.storyNumber === null ? CALENDAR_MARKS[slot.state].label : `#${slot.storyNumber}`
  return `${slotTime(slot, date, timeZone)} ${CALENDAR_MARKS[slot.state].mark} ${number}`
}

function nameOf({ state, file }: CalendarSlot): string {
  return state === 'moved' ? 'moved' : printable(fileNameOf(file ?? ''))
}

function cut(name: string, columns: number): string {
  if (lineWidth(name) <= columns) return name
  const chars = [...name]
  while (lineWidth(chars.join('')) >= columns) chars.pop()
  return `${chars.join('')}…`
}

const downFrom = (most: number, least: number) =>
  Array.from({ length: Math.max(0, most - least + 1) }, (_, i) => most - i)
const widest = (texts: readonly string[]) => Math.max(0, ...texts.map(lineWidth))
const pad = (text: string, columns: number) => text + ' '.repeat(Math.max(0, columns - lineWidth(text)))

function inLines<T>(items: readonly T[], perLine: number): T[][] {
  const count = Math.max(1, Math.ceil(items.length / perLine))
  return Array.from({ length: count }, (_, i) => items.slice(i * perLine, (i + 1) * perLine))
}
