import { defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { ExitCode, UserError, usageError } from '../errors.ts'
import { openSheetFile, SHEET_FILE_HELP } from '../media/picture-file.ts'
import { printable } from '../media/printable.ts'
import { suggestNext } from '../output/suggest-next.ts'
import { formatTable } from '../output/table.ts'
import { formatDay, formatShortClock, isoWithOffset } from '../output/time.ts'
import { wholeNumber } from '../settings-values.ts'
import type { Shortfall } from './choose-media.ts'
import { makeSchedule, type ScheduleReport } from './make-schedule.ts'
import { optionValue } from './option-value.ts'
import { calendarDay, localDate } from './parse-when.ts'
import type { PreviewRequest } from './preview-plan.ts'

interface Options {
  days: number
  postsPerDay?: number
  from?: string
  seed?: string
  dryRun?: boolean
  preview?: string
}

export default defineCommand<Options>({
  description: `Fills the free slots of the coming days and says why each picture was chosen.
Running it again fills only what is free, so cron may run it daily.

--json: {scheduled: [{id, slot, scheduledFor, file, channel, reason}],
shortfalls: [{slot, reason}], runwayDays}; a dry run has id null and dryRun
true. A plan with shortfalls exits 0. With --preview there is preview: the
path of the picture, null when it could not be written (exit 3).

${SHEET_FILE_HELP}`,
  examples: [
    ['storyline create-schedule', 'the rest of today and the next 6 days'],
    [
      'storyline create-schedule --days 14 --dry-run --seed monday',
      'look at a plan; the same seed then makes the same one',
    ],
    ['storyline create-schedule --preview ~/week.png', 'the week as one picture, to send to a colleague'],
    ['storyline create-schedule --from 2026-12-24 --days 3 --posts-per-day 5', 'five stories a day over the holidays'],
  ],
  needs: 'database',
  quietWhenWell: true,
  recorded: 'always',
  configure: (command) => {
    command
      .option('--days <n>', 'local days to fill, the first included (1-366)', optionValue(wholeNumber(1, 366)), 7)
      .option('--posts-per-day <n>', 'slots a day (1-50; default: POSTS_PER_DAY)', optionValue(wholeNumber(1, 50)))
      .option('--from <date>', 'first local day, YYYY-MM-DD (default: today)', optionValue(calendarDay))
      .option('--seed <text>', 'makes the plan repeatable (default: random)')
      .option('--dry-run', 'show the plan and its reasons, change nothing')
      .option('--preview <file>', 'draw these days with all their stories into one picture')
  },
  run: async (ctx, { options }) => {
    const { days, from, dryRun = false } = options
    const { timeZone, postsPerDay } = ctx.settings
    if (from !== undefined) refusePast(from, localDate(ctx.now(), timeZone), timeZone)
    const { preview: typed } = options
    const file = typed === undefined ? undefined : await openSheetFile(typed, ctx.settings.mediaBasePath)
    const seed = options.seed ?? Math.floor(ctx.random() * 2 ** 32).toString(36)
    ctx.out.debug(`Seed: ${seed}`)
    const request = { days, seed, dryRun, postsPerDay: options.postsPerDay ?? postsPerDay }
    const report = await makeSchedule(ctx, { ...request, ...(from === undefined ? {} : { from }) })
    printReport(ctx, report, { days, dryRun })
    const firstDay = from ?? localDate(ctx.now(), timeZone)
    const preview = file && (await tryPreview(ctx, { file, report, firstDay, days, dryRun }))
    // A thousand rows are work that nobody sees without --json.
    if (ctx.out.json) ctx.out.document({ ...toJson(report, timeZone, dryRun), ...(file ? { preview } : {}) })
    return preview === null ? ExitCode.partly : undefined
  },
})

/** Its path, or null: the plan is made by then, whatever becomes of its picture. */
async function tryPreview(ctx: Context, request: PreviewRequest): Promise<string | null> {
  const { writePreview } = await import('./preview-plan.ts')
  try {
    await writePreview(ctx, request)
    return request.file.path
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    ctx.out.warn(`storyline: no preview: ${error.message}`)
    return null
  }
}

function refusePast(from: string, today: string, timeZone: string): void {
  if (from < today) throw usageError(`--from is ${from}, which is past: today is ${today} in ${timeZone}`)
}

function toJson({ scheduled, shortfalls, runwayDays }: ScheduleReport, timeZone: string, dryRun: boolean) {
  return {
    scheduled: scheduled.map(({ id, slot, scheduledFor, file, channel, reason }) => {
      return { id, slot, scheduledFor: isoWithOffset(scheduledFor, timeZone), file, channel, reason }
    }),
    shortfalls,
    runwayDays,
    ...(dryRun ? { dryRun } : {}),
  }
}

function printReport(ctx: Context, report: ScheduleReport, { days, dryRun }: { days: number; dryRun: boolean }): void {
  const { out, settings } = ctx
  // A table of a thousand rows is work that nobody sees with --json.
  if (out.json) return
  const { scheduled, shortfalls, freeSlots, runwayDays } = report
  if (dryRun) out.print('Dry run: nothing is written.')
  if (freeSlots === 0)
    out.print(`0 free slots in ${days === 1 ? 'this day' : `these ${days} days`}: nothing to schedule.`)
  if (scheduled.length > 0) {
    const would = dryRun ? 'Would schedule' : 'Scheduled'
    out.print(`${would} ${counted(scheduled.length, 'story', 'stories')} (times in ${settings.timeZone}):`)
    out.print(tableOf(ctx, report))
  }
  for (const line of describeShortfalls(shortfalls)) out.print(line)
  const lost = freeSlots - scheduled.length - shortfalls.length
  if (lost > 0) out.print(`${counted(lost, 'slot was', 'slots were')} filled by another command meanwhile.`)
  out.print(describeRunway(runwayDays))
  suggestNext(out, nextStep(report, dryRun))
}

function tableOf({ out, settings }: Context, { scheduled }: ScheduleReport): string {
  const rows = scheduled.map(({ scheduledFor, file, channel, reason }) => {
    return [
      formatDay(scheduledFor, settings.timeZone),
      formatShortClock(scheduledFor, settings.timeZone),
      printable(file),
      channel,
      reason,
    ]
  })
  return formatTable(out, ['Day', 'Time', 'File', 'Channel', 'Why'], rows)
}

/** Neighbours that lack a picture for the same reason are told in one line. */
function describeShortfalls(shortfalls: readonly Shortfall[]): string[] {
  const groups: { first: string; last: string; count: number; reason: string }[] = []
  for (const { slot, reason } of shortfalls) {
    const group = groups.at(-1)
    if (group?.reason === reason) Object.assign(group, { last: slot, count: group.count + 1 })
    else groups.push({ first: slot, last: slot, count: 1, reason })
  }
  return groups.map(({ first, last, count, reason }) => {
    const which = count === 1 ? first : `${first} to ${last}`
    return `Without a story: ${counted(count, 'slot', 'slots')} (${which}): ${reason}`
  })
}

function describeRunway(days: number): string {
  return days === 0 ? 'Less than a day of content left.' : `About ${counted(days, 'day', 'days')} of content left.`
}

function nextStep({ scheduled, shortfalls }: ScheduleReport, dryRun: boolean): string {
  if (scheduled.length === 0 && shortfalls.length > 0)
    return 'More pictures help: put them into the media folder, then `storyline index-media`.'
  return dryRun
    ? 'Without --dry-run it is written.'
    : 'Next: `storyline list-queue --calendar` shows the week; cron sends it with `storyline process-queue`.'
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`
}
