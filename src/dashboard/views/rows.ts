import { fileNameOf } from '../../media/library.ts'
import { type Cell, cells, type Line } from '../line.ts'
import type { Planned, Problem, Settled, Waiting } from '../snapshot.ts'
import { clock, DAY_COLUMNS, dayName, lasting, shortRelative } from '../times.ts'
import { channelText, endedMark, plannedState, storyName, waitingMark, wayText, whoAndHowFast } from './marks.ts'

/** Rows of the panels that list stories and pictures. */

export interface Look {
  now: Date
  timeZone: string
  /** Columns of a row. */
  width: number
}

/** From here on there is room for words instead of short forms. */
const ROOMY_COLUMNS = 72
const WIDE_COLUMNS = 88

const CLOCK_COLUMNS = 5
const NUMBER_COLUMNS = 6

/** The day stands where it changes; `before`: the row above on the screen. */
function dayCell(at: Date, before: Date | null, { now, timeZone }: Look): Cell {
  const name = dayName(at, now, timeZone)
  const isSame = before !== null && dayName(before, now, timeZone) === name
  return { text: isSame ? '' : name, width: DAY_COLUMNS, isBold: true }
}

const clockCell = (at: Date, timeZone: string): Cell => ({
  text: clock(at, timeZone),
  width: CLOCK_COLUMNS,
})
const numberCell = (storyNumber: number | null): Cell => ({
  text: storyName(storyNumber),
  width: NUMBER_COLUMNS,
  tone: 'faint',
})

export function nextRow(entry: Planned, before: Planned | null, look: Look): Line {
  const isRoomy = look.width >= ROOMY_COLUMNS
  const at = entry.nextRetryAt ?? entry.scheduledFor
  const isLate = at.getTime() <= look.now.getTime()
  const width = whenColumns(look.width)
  return cells(
    [
      dayCell(entry.scheduledFor, before?.scheduledFor ?? null, look),
      clockCell(entry.scheduledFor, look.timeZone),
      numberCell(entry.storyNumber),
      { text: fileNameOf(entry.file) },
      { text: wayText(entry, !isRoomy), width: isRoomy ? 11 : 4, tone: 'faint' },
      {
        text: isLate ? lateWords(entry, look.now, width) : aheadWords(entry, at, look.now),
        width,
        align: 'right',
        tone: isLate ? 'warn' : plannedState(entry)?.tone,
      },
    ],
    look.width,
  )
}

function whenColumns(width: number): number {
  if (width >= WIDE_COLUMNS) return 34
  return width >= ROOMY_COLUMNS ? 16 : 14
}

function aheadWords(entry: Planned, at: Date, now: Date): string {
  return [plannedState(entry)?.text, shortRelative(at, now)].filter(Boolean).join(', ')
}

/** Why, where there is room; the details always tell. */
function lateWords(entry: Planned, now: Date, width: number): string {
  const why = plannedState(entry)?.text ?? ''
  return why !== '' && why.length <= width ? why : `${lasting(entry.scheduledFor, now)} late`
}

export function waitingRow(entry: Waiting, look: Look): Line {
  const { now, width } = look
  const mark = waitingMark(entry)
  const isSoon = entry.missedAt !== null && entry.missedAt.getTime() - now.getTime() < 3_600_000
  return cells(
    [
      { text: mark.text, width: 12, tone: mark.tone },
      numberCell(entry.storyNumber),
      { text: fileNameOf(entry.file) },
      ...(width >= WIDE_COLUMNS
        ? [{ text: channelText(entry.channel, false), width: 11, tone: 'faint' } as const]
        : []),
      { text: `for ${lasting(entry.since, now)}`, width: 11, align: 'right' },
      {
        text: entry.missedAt === null ? '' : `expires ${shortRelative(entry.missedAt, now)}`,
        width: 18,
        align: 'right',
        tone: isSoon ? 'bad' : undefined,
      },
    ],
    width,
  )
}

export function recentRow(entry: Settled, before: Settled | null, look: Look): Line {
  const isRoomy = look.width >= ROOMY_COLUMNS
  const mark = endedMark(entry.status)
  return cells(
    [
      dayCell(entry.endedAt, before?.endedAt ?? null, look),
      clockCell(entry.endedAt, look.timeZone),
      { text: mark.text, width: 11, tone: mark.tone },
      ...(look.width >= WIDE_COLUMNS ? [numberCell(entry.storyNumber)] : []),
      { text: fileNameOf(entry.file) },
      { text: whoAndHowFast(entry), width: isRoomy ? 23 : 14, align: 'right', tone: 'faint' },
    ],
    look.width,
  )
}

export function problemRow({ file, problem }: Problem, { width }: Look): Line {
  return cells([{ text: '! problem', width: 10, tone: 'warn' }, { text: fileNameOf(file) }, { text: problem }], width)
}
