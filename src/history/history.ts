import { Option } from 'commander'
import { defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { shortId } from '../db/ids.ts'
import { HISTORY_STATUSES, type HistoryStatus } from '../db/schema.ts'
import { printable } from '../media/printable.ts'
import { formatNear } from '../output/near-time.ts'
import { formatTable } from '../output/table.ts'
import { isoWithOffset } from '../output/time.ts'
import { describePause } from '../publish/describe-pause.ts'
import { loadPause } from '../publish/pause.ts'
import { optionValue } from '../schedule/option-value.ts'
import { readSince, type Since, since } from '../schedule/parse-when.ts'
import { text, wholeNumber } from '../settings-values.ts'
import { type HistoryEntry, type HistoryListing, listHistory } from './list-history.ts'

interface Options {
  limit: number
  status?: HistoryStatus
  since?: Since
  file?: string
  undone?: boolean
}

export default defineCommand<Options>({
  description: `Shows how past stories ended, newest first: ${HISTORY_STATUSES.join(', ')}.

--json: {items: [{id, queueItemId, file, status, reason, postedAt, by,
channel}]}; postedAt is null unless posted, by is null when Storyline itself
settled it. With --undone also undoneAt and undoneBy.`,
  examples: [
    ['storyline history', 'the last 20'],
    ['storyline history --status missed --since 7d', 'what was missed this week'],
    ['storyline history --undone', 'what was taken back, when and by whom'],
    ['storyline history --file cat.jpg --limit 5 --json', 'when one picture was shown, for a script'],
  ],
  needs: 'database',
  configure: (command) => {
    command
      .option('--limit <n>', 'at most so many', optionValue(wholeNumber(1, 100_000)), 20)
      .addOption(new Option('--status <status>', 'only stories that ended so').choices(HISTORY_STATUSES))
      .option('--since <time>', 'a span (7d, 24h) or a local date (2026-11-01)', optionValue(since))
      .option('--file <text>', 'only files with this in their path', optionValue(text))
      .option('--undone', 'those that `storyline undo` took back, instead of those that stand')
  },
  run: async (ctx, { options }) => {
    const { timeZone } = ctx.settings
    const { limit, status, file } = options
    const from = options.since && readSince(options.since, timeZone, ctx.now())
    const isUndone = options.undone ?? false
    const listing = await listHistory(ctx.db, { limit, status, file, since: from, isUndone })
    ctx.out.document({ items: listing.entries.map((entry) => toJson(entry, timeZone, isUndone)) })
    if (ctx.out.json) return undefined
    // Whoever wonders why nothing went out looks here first.
    const pause = await loadPause(ctx.db)
    if (pause) ctx.out.note(`${describePause(pause, timeZone)} Go on with: storyline resume`)
    if (listing.entries.length > 0) printListing(ctx, listing, isUndone)
    else printNothing(ctx, isUndone || status !== undefined || file !== undefined || from !== undefined)
    return undefined
  },
})

function toJson(entry: HistoryEntry, timeZone: string, isUndone: boolean) {
  const { id, queueItemId, file, status, reason, postedAt, by, channel, undoneAt, undoneBy } = entry
  const at = postedAt && isoWithOffset(postedAt, timeZone)
  const undone = isUndone ? { undoneAt: undoneAt && isoWithOffset(undoneAt, timeZone), undoneBy } : {}
  return { id, queueItemId, file, status, reason, postedAt: at, by, channel, ...undone }
}

function printListing(ctx: Context, { entries, total }: HistoryListing, isUndone: boolean): void {
  const { out } = ctx
  const { timeZone } = ctx.settings
  const near = (at: Date) => formatNear(at, ctx.now(), timeZone)
  const rows = entries.map((entry) => [
    near(entry.endedAt),
    entry.storyNumber === null ? '' : `#${entry.storyNumber}`,
    shortId(entry.queueItemId ?? entry.id),
    entry.status,
    printable(entry.file),
    printable(entry.by ?? 'Storyline'),
    printable(entry.reason ?? ''),
    ...(isUndone ? [describeUndo(entry, near)] : []),
  ])
  const columns = [
    `When (${timeZone})`,
    'Story',
    'Id',
    'Status',
    'File',
    'By',
    'Reason',
    ...(isUndone ? ['Undone'] : []),
  ]
  out.print(formatTable(out, columns, rows))
  const cut = entries.length < total ? `; the newest ${entries.length} are shown (--limit)` : ''
  out.print(`${total === 1 ? '1 story' : `${total} stories`}${cut}`)
}

function describeUndo({ undoneAt, undoneBy }: HistoryEntry, near: (at: Date) => string): string {
  if (undoneAt === null) return ''
  return `${near(undoneAt)}${undoneBy ? ` by ${printable(undoneBy)}` : ''}`
}

function printNothing({ out }: Context, isFiltered: boolean): void {
  out.print(
    isFiltered ? 'No past story fits.' : 'No story has ended yet. `storyline list-queue` shows what is planned.',
  )
}
