import { defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { shortId } from '../db/ids.ts'
import { QUEUE_STATUSES, type QueueStatus } from '../db/schema.ts'
import { printable } from '../media/printable.ts'
import { formatTable } from '../output/table.ts'
import { formatDateTime, formatDay, formatRelative, formatShortClock, isoWithOffset } from '../output/time.ts'
import { describePause } from '../publish/describe-pause.ts'
import { loadPause } from '../publish/pause.ts'
import { oneOf, wholeNumber } from '../settings-values.ts'
import { loadLibrarySize, loadQueue, type QueueEntry, type QueueListing } from './load-queue.ts'
import { optionValue } from './option-value.ts'
import { describeWait } from './waits-for.ts'

interface Options {
  status?: QueueStatus
  limit?: number
  days?: number
}

const MS_PER_DAY = 86_400_000

export default defineCommand<Options>({
  description: `Shows what is planned, being sent, with the team or stuck, in the order of
time, and what each story waits for. Statuses: ${QUEUE_STATUSES.join(', ')}.
What is over is in \`storyline history\`.

--json: {items: [{id, slot, status, scheduledFor, file, channel, attempt,
lastError}]}`,
  examples: [
    ['storyline list-queue', 'everything, with the next story named'],
    ['storyline list-queue --days 2', 'what is due within 48 hours, overdue included'],
    ['storyline list-queue --status unconfirmed --json | jq -r ".items[].id"', 'ids for a script'],
  ],
  needs: 'database',
  configure: (command) => {
    command
      .option('--status <status>', `only one of ${QUEUE_STATUSES.join(', ')}`, optionValue(oneOf(...QUEUE_STATUSES)))
      .option('--days <n>', 'only what is due within n times 24 hours', optionValue(wholeNumber(1, 3650)))
      .option('--limit <n>', 'at most so many, soonest first', optionValue(wholeNumber(1, 100_000)))
  },
  run: async (ctx, { options }) => {
    const { status, days, limit } = options
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
    if (listing.entries.length > 0) printListing(ctx, listing)
    else await printNothing(ctx, status !== undefined || days !== undefined)
    return undefined
  },
})

function toJson({ id, slot, status, scheduledFor, file, channel, attempt, lastError }: QueueEntry, timeZone: string) {
  return { id, slot, status, scheduledFor: isoWithOffset(scheduledFor, timeZone), file, channel, attempt, lastError }
}

function printListing(ctx: Context, { entries, counts }: QueueListing): void {
  const { out, settings } = ctx
  const { timeZone } = settings
  const now = ctx.now()
  const rows = entries.map((entry) => [
    `#${entry.storyNumber}`,
    shortId(entry.id),
    `${formatDay(entry.scheduledFor, timeZone)} ${formatShortClock(entry.scheduledFor, timeZone)}`,
    formatRelative(entry.scheduledFor, now),
    entry.status,
    printable(entry.file),
    entry.channel,
    describeWait(entry, now, timeZone),
    printable(entry.lastError ?? ''),
  ])
  const head = ['Story', 'Id', `Time (${timeZone})`, 'When', 'Status', 'File', 'Channel', 'Waits for', 'Last error']
  out.print(formatTable(out, head, rows))
  out.print(describeCounts(counts, entries.length))
  out.print(describeNext(entries, now, timeZone))
}

function describeCounts(counts: QueueListing['counts'], shown: number): string {
  const total = QUEUE_STATUSES.reduce((sum, status) => sum + counts[status], 0)
  const parts = QUEUE_STATUSES.filter((status) => counts[status] > 0).map((status) => `${counts[status]} ${status}`)
  const cut = shown < total ? `; the first ${shown} are shown` : ''
  return `${total === 1 ? '1 story' : `${total} stories`}: ${parts.join(', ')}${cut}`
}

/** Every screen says what comes next, or why nothing does (lessons C7). */
function describeNext(entries: readonly QueueEntry[], now: Date, timeZone: string): string {
  const next = entries.find(({ status, isSample }) => (status === 'pending' || status === 'retrying') && !isSample)
  if (!next) return 'Next: nothing that is shown here waits to be sent. `storyline create-schedule` plans more.'
  const at = next.status === 'retrying' ? (next.nextRetryAt ?? next.scheduledFor) : next.scheduledFor
  return `Next: #${next.storyNumber} ${printable(next.file)}, ${formatDateTime(at, timeZone)} (${formatRelative(at, now)})`
}

async function printNothing({ db, out }: Context, isFiltered: boolean): Promise<void> {
  if (isFiltered) {
    const { counts } = await loadQueue(db, { limit: 1 })
    const total = QUEUE_STATUSES.reduce((sum, status) => sum + counts[status], 0)
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
