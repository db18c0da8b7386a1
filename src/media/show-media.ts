import { join } from 'node:path'
import { and, desc, eq, ne } from 'drizzle-orm'
import { type CommandInput, defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { shortId } from '../db/ids.ts'
import { mediaItems, postingHistory } from '../db/schema.ts'
import { ExitCode } from '../errors.ts'
import { formatMoment } from '../output/near-time.ts'
import { isoWithOffset } from '../output/time.ts'
import { loadItem } from './load-item.ts'
import { describeLock, describeQueued } from './lock-text.ts'
import { type MediaRow, toMediaJson, toQueuedJson } from './media-row.ts'
import { putPictureBeside, showLines } from './picture-beside.ts'
import { printable } from './printable.ts'

export default defineCommand<Options>({
  examples: [
    ['storyline show-media sunrise.jpg', 'by file name'],
    ['storyline show-media 3f2a91c0', 'by the beginning of its id, as list-media shows it'],
    ['storyline show-media stories/products/mug.jpg --json', 'by path, for scripts'],
  ],
  description:
    'Shows everything about one picture: metadata, state, locks, copies and history. <item> is an id, the\n' +
    'beginning of one, a path, a file name or the number of its story. A terminal of 64 columns or more shows the picture itself: sharp in\n' +
    'kitty, Ghostty, iTerm2 and WezTerm, elsewhere as coloured blocks, and as ASCII where there are no colours.\n\n' +
    `--json: what \`list-media --json\` says of it, and {width, height, size, hash,
mimeType, modifiedAt, problem, isSample, customMetadata, editedFields, queued:
{id, storyNumber, status, scheduledFor} or null, copies: [{id, file,
isActive}], history: [{id, status, reason, settledBy, channel, scheduledFor,
settledAt}]}.`,
  needs: 'database',
  configure: (command) =>
    void command.argument('<item>', 'the picture').option('--no-picture', 'only the text, also on a terminal'),
  run: showMedia,
})

interface Options {
  /** False with --no-picture. */
  picture: boolean
}

async function showMedia(ctx: Context, { options, args }: CommandInput<Options>): Promise<ExitCode> {
  const item = await loadItem(ctx, args[0] ?? '')
  const details: Details = { item, copies: await loadCopies(ctx, item), history: await loadHistory(ctx, item) }
  if (ctx.out.json) ctx.out.document(toJson(details, ctx.settings.timeZone))
  else await print(ctx, options, details)
  return ExitCode.done
}

interface Details {
  item: MediaRow
  copies: { id: string; path: string; isActive: boolean }[]
  history: HistoryLine[]
}

type HistoryLine = Pick<
  typeof postingHistory.$inferSelect,
  'id' | 'status' | 'reason' | 'scheduledFor' | 'createdAt' | 'settledBy' | 'channel' | 'undoneAt'
>

/** Most recent history rows that are shown. */
const MAX_HISTORY = 50

async function loadHistory({ db }: Context, { id }: MediaRow): Promise<HistoryLine[]> {
  const { id: rowId, status, reason, scheduledFor, createdAt, settledBy, channel, undoneAt } = postingHistory
  return db
    .select({ id: rowId, status, reason, scheduledFor, createdAt, settledBy, channel, undoneAt })
    .from(postingHistory)
    .where(eq(postingHistory.mediaItemId, id))
    .orderBy(desc(createdAt))
    .limit(MAX_HISTORY)
}

async function loadCopies({ db }: Context, { id, fileHash }: MediaRow): Promise<Details['copies']> {
  return db
    .select({ id: mediaItems.id, path: mediaItems.filePath, isActive: mediaItems.isActive })
    .from(mediaItems)
    .where(and(eq(mediaItems.fileHash, fileHash), ne(mediaItems.id, id)))
    .orderBy(mediaItems.filePath)
}

function toJson({ item, copies, history }: Details, timeZone: string) {
  const iso = (at: Date) => isoWithOffset(at, timeZone)
  return {
    ...toMediaJson(item, timeZone),
    width: item.width,
    height: item.height,
    size: item.fileSize,
    hash: item.fileHash,
    mimeType: item.mimeType,
    modifiedAt: item.modifiedAt && iso(item.modifiedAt),
    problem: item.problem,
    isSample: item.isSample,
    customMetadata: item.customMetadata,
    editedFields: item.editedFields,
    queued: toQueuedJson(item.queued, timeZone),
    copies: copies.map(({ id, path, isActive }) => ({ id, file: path, isActive })),
    history: history
      .filter(({ undoneAt }) => undoneAt === null)
      .map(({ scheduledFor, createdAt, undoneAt: _, ...row }) => ({
        ...row,
        scheduledFor: iso(scheduledFor),
        settledAt: iso(createdAt),
      })),
  }
}

async function print(ctx: Context, { picture }: Options, details: Details): Promise<void> {
  const { out, settings } = ctx
  const lines = describe(details, { now: ctx.now(), timeZone: settings.timeZone })
  // Neither in a pipe nor in a file does anybody look at it.
  const isWanted = picture && out.columns !== undefined
  const path = join(settings.mediaBasePath, details.item.filePath)
  const shown = isWanted ? await putPictureBeside(ctx, path, lines) : showLines(ctx, lines)
  for (const line of shown) out.print(line)
}

interface Clock {
  now: Date
  timeZone: string
}

function describe(details: Details, clock: Clock): string[] {
  const { item, copies, history } = details
  return [
    printable(item.filePath),
    ...describeItem(details, clock).map(([name, value]) => `  ${`${name}:`.padEnd(13)} ${value}`),
    ...copies.map(({ id, path, isActive }) => {
      return `  Copy:         ${shortId(id)}  ${printable(path)}${isActive ? '' : ' (inactive)'}`
    }),
    ...(history.length > 0 ? ['', 'History:'] : []),
    ...history.map(({ status, reason, createdAt, settledBy, undoneAt }) => {
      const by = settledBy ? ` by ${printable(settledBy)}` : ''
      const undone = undoneAt ? `; undone ${formatMoment(undoneAt, clock.now, clock.timeZone)}` : ''
      const why = reason ? `: ${printable(reason)}` : ''
      return `  ${formatMoment(createdAt, clock.now, clock.timeZone)}  ${status}${by}${why}${undone}`
    }),
  ]
}

function describeItem({ item }: Details, { now, timeZone }: Clock): [name: string, value: string][] {
  const { lastPostedAt, timesPosted, locks, queued } = item
  const edited =
    item.editedFields.length > 0 ? `${item.editedFields.join(', ')} (metadata files do not change these)` : ''
  const lines: [string, string][] = [
    ['Id', item.id],
    ['State', item.problem ? `${item.state}: ${printable(item.problem)}` : item.state],
    ['Type', item.requiresInteraction ? '👤 Manual: the team posts it' : '🤖 Auto: can publish itself'],
    ['Title', printable(item.title ?? '')],
    ['Link', printable(item.linkUrl ?? '')],
    ['Caption', printable(item.caption ?? '')],
    ['Tags', printable(item.tags.join(', '))],
    ['Category', printable(item.category ?? '')],
    ['Custom', item.customMetadata ? printable(JSON.stringify(item.customMetadata)) : ''],
    ['Edited', edited],
    ['Picture', `${item.width}×${item.height}, ${item.mimeType}, ${item.fileSize} bytes`],
    ['SHA-256', item.fileHash],
    [
      'Posted',
      timesPosted === 0
        ? 'never'
        : `${timesPosted}x${lastPostedAt ? `, last ${formatMoment(lastPostedAt, now, timeZone)}` : ''}`,
    ],
    ['Queued', queued ? describeQueued(queued, now, timeZone) : ''],
    ...locks.map((lock): [string, string] => ['Locked', describeLock(lock, now, timeZone)]),
  ]
  return lines.filter(([, value]) => value !== '')
}
