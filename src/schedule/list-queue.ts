import { Option } from 'commander'
import { defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { shortId } from '../db/ids.ts'
import { QUEUE_STATUSES, type QueueStatus } from '../db/schema.ts'
import { usageError } from '../errors.ts'
import { printable } from '../media/printable.ts'
import { formatMoment, formatNear } from '../output/near-time.ts'
import { formatTable } from '../output/table.ts'
import { isoWithOffset } from '../output/time.ts'
import { describePause } from '../publish/describe-pause.ts'
import { loadPause } from '../publish/pause.ts'
import { wholeNumber } from '../settings-values.ts'
import { loadLibrarySize, loadQueue, type QueueEntry, type QueueListing } from './load-queue.ts'
import { optionValue } from './option-value.ts'
import { describeWait } from './waits-for.ts'

interface Options {
  status?: QueueStatus
  limit?: number
  days?: number
  calendar?: boolean
  from?: string
}

const MS_PER_DAY = 86_400_000

export default defineCommand<Options>({
  description: `Shows what is planned, being sent, with the team or stuck, in the order of
time, and what each story waits for. What is over is in \`storyline history\`.

With --calendar the coming week instead, day by day: planned stories, what
became of those whose time is over, and the slots that \`create-schedule\` would
fill. A story that was moved away keeps its slot, which is not filled again: at
the slot's time stands "moved" with the story's number. Each kind has a mark of
its own, explained below the week.

--json: {items: [{id, slot, status, scheduledFor, file, channel, attempt,
lastError}]}; with --calendar {days: [{date, slots: [{slot, at, state,
storyNumber, file, channel}]}]}, state: automatic, manual, sample,
paused, sending, with_team, unconfirmed, posted, skipped, rejected, failed,
missed, cancelled, moved (at is the slot's own time, the rest is the story that
holds it and is listed where it stands) or free (storyNumber, file and channel
are null).`,
  examples: [
    ['storyline list-queue', 'everything, with the next story named'],
    ['storyline list-queue --calendar', 'the coming week, day by day, with what is still free'],
    ['storyline list-queue --calendar --from tomorrow --days 1', 'what goes out tomorrow, and what is free'],
    ['storyline list-queue --days 2', 'what is due within 48 hours, overdue included'],
    ['storyline list-queue --status unconfirmed --json | jq -r ".items[].id"', 'ids for a script'],
  ],
  needs: 'database',
  configure: (command) => {
    command
      .addOption(new Option('--status <status>', 'only stories in this state').choices(QUEUE_STATUSES))
      .option(
        '--days <n>',
        'only what is due within n times 24 hours; with --calendar: so many local days (default: 7)',
        optionValue(wholeNumber(1, 3650)),
      )
      .option('--limit <n>', 'at most so many, soonest first', optionValue(wholeNumber(1, 100_000)))
      .option('--calendar', 'days and slots: planned, over, free')
      .option('--from <date>', 'with --calendar: first local day, YYYY-MM-DD, today or tomorrow (default: today)')
  },
  run: async (ctx, { options }) => {
    const { status, days, limit, calendar, from } = options
    if (calendar) {
      if (status !== undefined || limit !== undefined)
        throw usageError('--calendar shows all: without --status and --limit')
      // Loaded for it alone: it brings the planner along.
      const { showCalendar } = await import('./calendar-view.ts')
      await showCalendar(ctx, { days, from })
      return undefined
    }
    if (from !== undefined) {
      throw usageError('--from belongs to --calendar', `Try: storyline list-queue --calendar --from ${from}`)
    }
    const until = days === undefined ? undefined : new Date(ctx.now().getTime() + days * MS_PER_DAY)
    const listing = await loadQueue(ctx.db, {
      status,
      until,
      limit,
      enableInstagramApi: ctx.settings.enableInstagramApi,
    })
    ctx.out.document({ items: listing.entries.map((entry) => toJson(entry, ctx.settings.timeZone)) })
    if (ctx.out.json) return undefined
    const pause = await loadPause(ctx.db)
    if (pause) ctx.out.print(`${describePause(pause, ctx.settings.timeZone)} Go on with: storyline resume`)
    if (listing.entries.length > 0) printListing(ctx, listing, pause !== null)
    else await printNothing(ctx, status !== undefined || days !== undefined)
    return undefined
  },
})

function toJson({ id, slot, status, scheduledFor, file, channel, attempt, lastError }: QueueEntry, timeZone: string) {
  return { id, slot, status, scheduledFor: isoWithOffset(scheduledFor, timeZone), file, channel, attempt, lastError }
}

function printListing(ctx: Context, { entries, counts }: QueueListing, isPaused: boolean): void {
  const { out, settings } = ctx
  const { timeZone, missedAfterMinutes } = settings
  const now = ctx.now()
  const rows = entries.map((entry) => [
    `#${entry.storyNumber}`,
    shortId(entry.id),
    formatNear(entry.scheduledFor, now, timeZone),
    entry.status,
    printable(entry.file),
    entry.channel,
    describeWait(entry, { now, timeZone, isPaused, missedAfterMinutes }),
    printable(entry.lastError ?? ''),
  ])
  const head = ['Story', 'Id', `When (${timeZone})`, 'Status', 'File', 'Channel', 'Waits for', 'Last error']
  out.print(formatTable(out, head, rows))
  out.print(describeCounts(counts, entries.length))
  out.print(describeNext(entries, { now, timeZone, isCut: entries.length < totalOf(counts) }))
}

const totalOf = (counts: QueueListing['counts']) => QUEUE_STATUSES.reduce((sum, status) => sum + counts[status], 0)

function describeCounts(counts: QueueListing['counts'], shown: number): string {
  const total = totalOf(counts)
  const parts = QUEUE_STATUSES.filter((status) => counts[status] > 0).map((status) => `${counts[status]} ${status}`)
  const cut = shown < total ? `; the first ${shown} are shown` : ''
  return `${total === 1 ? '1 story' : `${total} stories`}: ${parts.join(', ')}${cut}`
}

/** Every screen says what comes next, or why nothing does (lessons C7). */
function describeNext(
  entries: readonly QueueEntry[],
  { now, timeZone, isCut }: { now: Date; timeZone: string; isCut: boolean },
): string {
  const next = entries.find(({ status, isSample }) => (status === 'pending' || status === 'retrying') && !isSample)
  if (!next && isCut) return 'Next: not among those that are shown.'
  if (!next) return 'Next: nothing that is shown here waits to be sent. `storyline create-schedule` plans more.'
  const at = next.status === 'retrying' ? (next.nextRetryAt ?? next.scheduledFor) : next.scheduledFor
  return `Next: #${next.storyNumber} ${printable(next.file)}, ${formatMoment(at, now, timeZone)}`
}

async function printNothing({ db, out }: Context, isFiltered: boolean): Promise<void> {
  if (isFiltered) {
    const { counts } = await loadQueue(db, { limit: 1 })
    const total = totalOf(counts)
    if (total > 0) {
      out.print(
        `Nothing in the queue fits; without the filter there ${total === 1 ? 'is 1 story' : `are ${total} stories`}.`,
      )
      return
    }
  }
  const { active, samples } = await loadLibrarySize(db)
  if (active === 0) {
    out.print(
      'The queue is empty, and so is the library. Put pictures into the media folder, then: storyline index-media',
    )
    return
  }
  const which = samples === active ? ' (samples only)' : ''
  out.print(`The queue is empty: nothing is planned. The library has ${active} active pictures${which}.`)
  out.print('Next: storyline create-schedule')
}
