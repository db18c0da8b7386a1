import { join } from 'node:path'
import { inArray } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { mediaItems, type QueueStatus } from '../db/schema.ts'
import { type SheetFile, writeSheet } from '../media/picture-file.ts'
import { layOutPlan, type PlanCell, type PlanDay, rowsOfDays } from '../media/plan-layout.ts'
import { MAX_SHEET_PICTURES } from '../media/sheet-layout.ts'
import { formatClock, formatDay, formatShortClock } from '../output/time.ts'
import type { Shortfall } from './choose-media.ts'
import { loadQueue } from './load-queue.ts'
import type { ScheduleReport } from './make-schedule.ts'
import { localDate } from './parse-when.ts'

export interface PreviewRequest {
  file: SheetFile
  report: ScheduleReport
  /** First local day, `YYYY-MM-DD`. */
  firstDay: string
  days: number
  dryRun: boolean
}

/** A story of the preview: one that waits in the queue, or one of a dry run. */
interface Story {
  slot: string | null
  scheduledFor: Date
  file: string
  channel: 'telegram' | 'instagram'
  status: QueueStatus
}

const MS_PER_DAY = 86_400_000
/** More rows would be a picture that no program opens. */
const MAX_ROWS = 60

/** The days with all that is planned for them, also by earlier runs and by hand, as one picture. */
export async function writePreview(ctx: Context, request: PreviewRequest): Promise<void> {
  const { file, report, dryRun } = request
  const { timeZone } = ctx.settings
  const stories = await loadStories(ctx, request)
  const titles = await loadTitles(ctx, stories)
  const cells = (date: string) => {
    const ofDay = stories.filter(({ scheduledFor }) => localDate(scheduledFor, timeZone) === date)
    return toCells(ctx, ofDay, { date, titles, shortfalls: report.shortfalls })
  }
  const days = datesOf(request).map((date): PlanDay => ({ ...headingOf(date, timeZone), cells: cells(date) }))
  const drawn = cutDays(days)
  if (drawn.length < days.length) {
    ctx.out.warn(
      `A preview holds ${MAX_SHEET_PICTURES} pictures: the first ${drawn.length} of ${days.length} days are drawn.`,
    )
  }
  await writeSheet(ctx, file, layOutPlan(headOf(drawn, days.length, { timeZone, dryRun }), drawn), 'Preview')
}

function datesOf({ firstDay, days }: PreviewRequest): string[] {
  const firstMs = Date.parse(`${firstDay}T00:00:00Z`)
  return Array.from({ length: days }, (_, day) => new Date(firstMs + day * MS_PER_DAY).toISOString().slice(0, 10))
}

async function loadStories(ctx: Context, request: PreviewRequest): Promise<Story[]> {
  const { enableInstagramApi } = ctx.settings
  // A day more than is shown: where the last one ends depends on the time zone.
  const until = new Date(Date.parse(`${request.firstDay}T00:00:00Z`) + (request.days + 1) * MS_PER_DAY)
  const { entries } = await loadQueue(ctx.db, { until, enableInstagramApi })
  const planned = request.report.scheduled.filter(({ id }) => id === null)
  const added = planned.map((story): Story => ({ ...story, status: 'pending' }))
  return [...entries, ...added].sort((a, b) => a.scheduledFor.getTime() - b.scheduledFor.getTime())
}

async function loadTitles({ db }: Context, stories: readonly Story[]): Promise<Map<string, string>> {
  if (stories.length === 0) return new Map()
  const rows = await db
    .select({ file: mediaItems.filePath, title: mediaItems.title })
    .from(mediaItems)
    .where(inArray(mediaItems.filePath, [...new Set(stories.map(({ file }) => file))]))
  return new Map(rows.flatMap(({ file, title }) => (title === null ? [] : [[file, title]])))
}

const STATUS_NOTES = {
  pending: '',
  retrying: 'is tried again',
  processing: 'is being sent',
  awaiting_team: 'with the team',
  unconfirmed: 'not confirmed',
} as const satisfies Record<QueueStatus, string>

interface DayFacts {
  date: string
  titles: ReadonlyMap<string, string>
  shortfalls: readonly Shortfall[]
}

function toCells({ settings }: Context, stories: readonly Story[], { date, titles, shortfalls }: DayFacts): PlanCell[] {
  const cells: { cell: PlanCell; slot: number }[] = stories.map(({ slot, scheduledFor, file, channel, status }) => {
    const name = file.replace(/^stories\//, '')
    const cell: PlanCell = {
      kind: 'story',
      path: join(settings.mediaBasePath, file),
      time: formatShortClock(scheduledFor, settings.timeZone),
      isAutomatic: channel === 'instagram',
      title: titles.get(file) ?? '',
      file: name,
      note: STATUS_NOTES[status],
    }
    return { cell, slot: slotNumber(slot) }
  })
  for (const { slot, reason } of shortfalls) {
    if (!slot.startsWith(`${date}/`)) continue
    // A slot has no time of its own, only its place in the day.
    const later = cells.findIndex((other) => other.slot > slotNumber(slot))
    const index = later === -1 ? cells.length : later
    cells.splice(index, 0, { cell: { kind: 'free', reason }, slot: slotNumber(slot) })
  }
  return cells.map(({ cell }) => cell)
}

/** The n of `YYYY-MM-DD/n`; a story planned by hand is before all slots that are compared with it. */
function slotNumber(slot: string | null): number {
  return Number(slot?.split('/')[1] ?? 0)
}

function headingOf(date: string, timeZone: string): Omit<PlanDay, 'cells'> {
  const noon = new Date(`${date}T12:00:00Z`)
  const [weekday = '', day = ''] = formatDay(noon, 'UTC').split(', ')
  return { weekday, date: day, zone: formatClock(noon, timeZone).split(' ').at(-1) ?? '' }
}

/** As many whole days as one picture can hold, at least one. */
function cutDays(days: readonly PlanDay[]): readonly PlanDay[] {
  const pictures = (of: readonly PlanDay[]) =>
    of.reduce((sum, { cells }) => sum + cells.filter(({ kind }) => kind === 'story').length, 0)
  const fits = (of: readonly PlanDay[]) => pictures(of) <= MAX_SHEET_PICTURES && rowsOfDays(of) <= MAX_ROWS
  let kept = days
  while (kept.length > 1 && !fits(kept)) kept = kept.slice(0, -1)
  return kept
}

function headOf(days: readonly PlanDay[], asked: number, { timeZone, dryRun }: { timeZone: string; dryRun: boolean }) {
  const kinds = days.flatMap(({ cells }) => cells.map(({ kind }) => kind))
  const free = kinds.filter((kind) => kind === 'free').length
  const stories = kinds.length - free
  const [first, last] = [days[0], days.at(-1)].map((day) => `${day?.weekday}, ${day?.date}`)
  const parts = [
    ...(dryRun ? ['Draft: not planned yet'] : []),
    stories === 1 ? '1 story' : `${stories} stories`,
    ...(free > 0 ? [free === 1 ? '1 slot without a story' : `${free} slots without a story`] : []),
    ...(days.length < asked ? [`the first ${days.length} of ${asked} days`] : []),
    `times in ${timeZone}`,
  ]
  return {
    title: days.length === 1 ? `Stories on ${first}` : `Stories, ${first} to ${last}`,
    subtitle: parts.join(' · '),
  }
}
