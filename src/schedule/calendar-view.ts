import type { Context } from '../context.ts'
import { usageError } from '../errors.ts'
import { printable } from '../media/printable.ts'
import { formatTable, paint } from '../output/table.ts'
import { isoWithOffset } from '../output/time.ts'
import { describePause } from '../publish/describe-pause.ts'
import { buildCalendar, type CalendarDay } from './calendar.ts'
import { loadCalendarFacts } from './calendar-facts.ts'
import {
  CALENDAR_MARKS,
  dayLabel,
  describeFree,
  GRID_GAP,
  layOutCalendar,
  legendLines,
  slotTime,
} from './calendar-grid.ts'
import { calendarDay, localDate, nextDay } from './parse-when.ts'

export interface CalendarOptions {
  /** Local days, the first included; default: 7. */
  days?: number | undefined
  /** As it was typed. */
  from?: string | undefined
}

const DEFAULT_DAYS = 7
const MAX_DAYS = 366

/** `list-queue --calendar`: days and slots, as a grid in a terminal and as one row a slot elsewhere. */
export async function showCalendar(ctx: Context, { days = DEFAULT_DAYS, from }: CalendarOptions): Promise<void> {
  const { timeZone } = ctx.settings
  if (days > MAX_DAYS)
    throw usageError(`--days is ${days}; with --calendar expected a whole number from 1 to ${MAX_DAYS}`)
  const now = ctx.now()
  const facts = await loadCalendarFacts(ctx, { now, days, from: readFrom(from, timeZone, now) })
  const calendar = buildCalendar(facts)
  ctx.out.document({ days: calendar.map((day) => toJson(day, timeZone)) })
  if (ctx.out.json) return
  if (facts.pause) ctx.out.print(`${describePause(facts.pause, timeZone)} Go on with: storyline resume`)
  if (ctx.out.columns === undefined) ctx.out.print(formatRows(ctx, calendar))
  else printGrid(ctx, calendar, ctx.out.columns)
}

function readFrom(typed: string | undefined, timeZone: string, now: Date): string {
  if (typed === undefined || typed === 'today') return localDate(now, timeZone)
  if (typed === 'tomorrow') return nextDay(localDate(now, timeZone))
  const parsed = calendarDay(typed)
  if (parsed.kind === 'ok') return parsed.value
  throw usageError(`--from is "${typed}"; expected today, tomorrow or ${parsed.rule}`)
}

function toJson({ date, slots }: CalendarDay, timeZone: string) {
  return {
    date,
    slots: slots.map(({ slot, at, state, storyNumber, file, channel }) => {
      return { slot, at: isoWithOffset(at, timeZone), state, storyNumber, file, channel }
    }),
  }
}

function formatRows({ out, settings }: Context, calendar: readonly CalendarDay[]): string {
  const rows = calendar.flatMap((day) =>
    day.slots.map((slot) => [
      day.date,
      slotTime(slot, day.date, settings.timeZone),
      slot.state,
      slot.slot ?? '',
      slot.storyNumber === null ? '' : `#${slot.storyNumber}`,
      printable(slot.file ?? ''),
      slot.channel ?? '',
    ]),
  )
  return formatTable(out, ['Day', `Time (${settings.timeZone})`, 'State', 'Slot', 'Story', 'File', 'Channel'], rows)
}

function printGrid({ out, settings }: Context, calendar: readonly CalendarDay[], columns: number): void {
  const { bold, dim, green, red, yellow } = paint(out)
  const tones = { good: green, bad: red, wait: yellow, plan: (text: string) => text, faint: dim }
  const { timeZone } = settings
  const [first, last] = [calendar[0]?.date ?? '', calendar.at(-1)?.date ?? '']
  const span = first === last ? dayLabel(first) : `${dayLabel(first)} to ${dayLabel(last)}`
  out.print(`${span}, times in ${timeZone}; today is marked with >`)
  for (const { day, isToday, cells } of layOutCalendar(calendar, { columns, timeZone })) {
    const texts = cells.map(({ state, text }) => tones[CALENDAR_MARKS[state].tone](text))
    const row = texts.length > 0 ? texts : day.trim() === '' ? [] : [dim('nothing')]
    out.print([isToday ? bold(day) : day, ...row].join(' '.repeat(GRID_GAP)).trimEnd())
  }
  out.print()
  for (const line of legendLines(calendar, columns)) out.print(line)
  const free = describeFree(calendar)
  if (free !== null) out.note(free)
}
