import { printable } from '../../media/printable.ts'
import { wrapText } from '../../output/wrap.ts'
import { CALENDAR_MARKS, describeFree, GRID_GAP, layOutCalendar, legendLines } from '../../schedule/calendar-grid.ts'
import type { Action } from '../action.ts'
import { helpGroups } from '../keys.ts'
import { columnsOf, type Line, type Span, span } from '../line.ts'
import type { Message, Week } from '../state.ts'
import { CALENDAR_TONES } from './marks.ts'

/** What lies over the lists and is read from top to bottom: help, a message, the week. Pure. */

const KEY_COLUMNS = 14

export function helpLines(actions: readonly Action[], columns: number): Line[] {
  const blocks = helpGroups(actions).map(({ title, keys }): Line[] => [
    [{ text: title, isBold: true }],
    ...keys.map(({ key, does }): Line => [{ text: key.padEnd(KEY_COLUMNS), tone: 'accent' }, span(does)]),
    [],
  ])
  const lines = blocks.flat()
  const half = Math.floor(columns / 2)
  // In two columns it fits a small terminal without scrolling.
  const [left = [], right = []] = halves(blocks)
  if (half < KEY_COLUMNS + 24 || columns < 74) return lines
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) => [
    ...padTo(left[i] ?? [], half),
    ...(right[i] ?? []),
  ])
}

function padTo(line: Line, columns: number): Line {
  const used = line.reduce((sum, { text }) => sum + columnsOf(text), 0)
  return [...line, span(' '.repeat(Math.max(0, columns - used)))]
}

/** Blocks stay whole. */
function halves(blocks: readonly Line[][]): [Line[], Line[]] {
  const total = blocks.reduce((sum, block) => sum + block.length, 0)
  const left: Line[] = []
  const right: Line[] = []
  for (const block of blocks)
    (right.length > 0 || left.length + block.length / 2 > total / 2 ? right : left).push(...block)
  return [left, right]
}

export function messageLines({ lines, isDone }: Message, columns: number): Line[] {
  return lines
    .flatMap((line) => line.split('\n'))
    .flatMap((line) => wrapText(printable(line), columns))
    .map((text, i) => [span(text, i === 0 && !isDone ? 'bad' : undefined)])
}

export function weekLines(week: Week | null, { columns, timeZone }: { columns: number; timeZone: string }): Line[] {
  if (week === null) return [[span('reading …', 'faint')]]
  if ('problem' in week) return wrapText(printable(week.problem), columns).map((text) => [span(text, 'bad')])
  const gap = span(' '.repeat(GRID_GAP))
  const grid = layOutCalendar(week.days, { columns, timeZone }).map(({ day, isToday, cells }): Line => {
    const slots = cells.flatMap(({ state, text }): Span[] => [
      gap,
      { text, tone: CALENDAR_TONES[CALENDAR_MARKS[state].tone] },
    ])
    const nothing = day.trim() === '' ? [] : [gap, span('nothing', 'faint')]
    return [{ text: day, isBold: isToday }, ...(slots.length > 0 ? slots : nothing)]
  })
  const free = describeFree(week.days)
  return [
    ...grid,
    [],
    ...legendLines(week.days, columns).map((text) => [span(text, 'faint')]),
    ...(free === null ? [] : wrapText(free, columns).map((text) => [span(text)])),
  ]
}
