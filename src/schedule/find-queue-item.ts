import { and, desc, eq, inArray, isNotNull, isNull, or, type SQL, sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import type { Database, Transaction } from '../db/connect.ts'
import { shortId } from '../db/ids.ts'
import { mediaItems, postingHistory, postingQueue } from '../db/schema.ts'
import { UserError, usageError } from '../errors.ts'
import { describeSettled } from '../history/describe-settled.ts'
import type { HistoryRow, MediaItem, QueueItem } from '../history/settle.ts'
import { fileStem } from '../media/find-media.ts'
import { spellings } from '../media/library.ts'
import { printable } from '../media/printable.ts'

export interface QueuedStory {
  item: QueueItem
  media: MediaItem
}

/** For `.argument()` of every command that takes one. */
export const ID_HELP =
  'story number (47 or #47), queue id or the first 4 or more characters of it, or the file name of its picture'

/** A context, or what takes its place inside a transaction. */
interface Finder extends Pick<Context, 'settings'> {
  db: Database | Transaction
}

/** The item that somebody means. A settled one is an error that says how it ended. */
export async function findQueueItem({ db, settings }: Finder, typed: string): Promise<QueuedStory> {
  const queued = await findQueued(db, typed)
  if (queued) return queued
  if (isFileName(typed)) throw notQueued(typed)
  const history = await findSettled(db, typed)
  if (!history) throw unknownItem(typed)
  throw new UserError(
    `Story ${nameOf(history)} is no longer in the queue: it ${describeSettled(history, settings.timeZone)}`,
    {
      code: 'already_settled',
      fix: `To take that back: storyline undo ${history.storyNumber}. To queue it again: storyline retry ${history.storyNumber}`,
    },
  )
}

export async function findQueued(db: Database | Transaction, typed: string): Promise<QueuedStory | undefined> {
  const { number, prefix, names } = readId(typed)
  const found = await db
    .select({ item: postingQueue, media: mediaItems })
    .from(postingQueue)
    .innerJoin(mediaItems, eq(mediaItems.id, postingQueue.mediaItemId))
    .where(or(isNumber(postingQueue.storyNumber, number), startsWith(postingQueue.id, prefix), isPicture(names)))
    .orderBy(postingQueue.scheduledFor)
    .limit(MAX_NAMED)
  refuseAmbiguous(
    typed,
    found.map(({ item, media }) => ({ id: item.id, storyNumber: item.storyNumber, file: media.filePath })),
  )
  return found[0]
}

/** By the number or id of its queue item, the id of the history row itself, or its picture. The latest ones are named first. */
export async function findSettled(db: Database | Transaction, typed: string): Promise<HistoryRow | undefined> {
  if (isFileName(typed)) return findLastOfPicture(db, typed)
  const found = await db
    .select()
    .from(postingHistory)
    .where(and(isMeantBy(typed), isNull(postingHistory.undoneAt)))
    .orderBy(desc(postingHistory.queueDeletedAt))
    .limit(MAX_NAMED)
  refuseAmbiguous(typed, found.map(named))
  return found[0]
}

/** Undefined also when that one was undone: whoever undoes it twice does not mean the one before it. */
async function findLastOfPicture(db: Database | Transaction, typed: string): Promise<HistoryRow | undefined> {
  const lastOfEach = await db
    .selectDistinctOn([postingHistory.mediaItemId])
    .from(postingHistory)
    .where(isMeantBy(typed))
    .orderBy(postingHistory.mediaItemId, desc(postingHistory.queueDeletedAt))
    .limit(MAX_NAMED)
  refuseAmbiguous(typed, lastOfEach.map(named))
  const [last] = lastOfEach
  return last?.undoneAt === null ? last : undefined
}

const named = (row: HistoryRow) => ({
  id: row.queueItemId ?? row.id,
  storyNumber: row.storyNumber,
  file: fileOf(row),
})

/** The same among those that were undone; of one story, which may have been undone more than once, the last. */
export async function findUndone(db: Database | Transaction, typed: string): Promise<HistoryRow | undefined> {
  const [last] = await db
    .select()
    .from(postingHistory)
    .where(and(isMeantBy(typed), isNotNull(postingHistory.undoneAt)))
    .orderBy(desc(postingHistory.undoneAt))
    .limit(1)
  return last
}

function isMeantBy(typed: string): SQL | undefined {
  const { number, prefix, names } = readId(typed)
  const picture = isPicture(names)
  return or(
    isNumber(postingHistory.storyNumber, number),
    startsWith(postingHistory.queueItemId, prefix),
    startsWith(postingHistory.id, prefix),
    picture && sql`${postingHistory.mediaItemId} in (select ${mediaItems.id} from ${mediaItems} where ${picture})`,
  )
}

/** How many of several matches an error names. */
const MAX_NAMED = 5

/** `#47 (stories/memes/cat.jpg)`. */
export function nameOf(history: HistoryRow): string {
  return `#${history.storyNumber} (${printable(fileOf(history))})`
}

export function fileOf({ mediaMetadata }: HistoryRow): string {
  return mediaMetadata?.file ?? 'unknown file'
}

/** Of a picture there may be many stories in the history, and none of them was meant. */
function notQueued(typed: string): UserError {
  const name = printable(typed)
  return new UserError(`No story of "${name}" is in the queue`, {
    code: 'unknown_item',
    fix: `\`storyline list-queue\` shows what is; \`storyline history --file "${name}"\` how others ended.`,
  })
}

export function unknownItem(typed: string): UserError {
  return new UserError(`No story "${printable(typed)}" is in the queue or in the history`, {
    code: 'unknown_item',
    fix: '`storyline list-queue` and `storyline history` show numbers and ids.',
  })
}

interface ReadId {
  number: number | undefined
  prefix: string | undefined
  /** Spellings of a file name or path; none: it is none. */
  names: readonly string[]
}

const NUMBER = /^#?(\d{1,9})$/
const ID_START = /^[0-9a-f]{4}[0-9a-f-]{0,32}$/i

/** Anything that is neither a number nor the beginning of an id: `mug.jpg`, `mug`, `stories/memes/mug.jpg`. */
export function isFileName(typed: string): boolean {
  const text = typed.trim()
  return text !== '' && !NUMBER.test(text) && !ID_START.test(text)
}

/** `4711` may be a number and the beginning of an id: both are looked up, and two matches are refused. */
function readId(typed: string): ReadId {
  const text = typed.trim()
  if (text === '') throw usageError('A story is missing', `Expected: ${ID_HELP}.`)
  const digits = NUMBER.exec(text)?.[1]
  return {
    number: digits === undefined ? undefined : Number(digits),
    prefix: ID_START.test(text) ? text.toLowerCase() : undefined,
    names: isFileName(text) ? spellings(text) : [],
  }
}

function isNumber(
  column: typeof postingQueue.storyNumber | typeof postingHistory.storyNumber,
  value: number | undefined,
) {
  return value === undefined ? undefined : eq(column, value)
}

function isPicture(names: readonly string[]): SQL | undefined {
  if (names.length === 0) return undefined
  return or(
    inArray(mediaItems.fileName, [...names]),
    inArray(mediaItems.filePath, [...names]),
    sql`${fileStem} in ${[...names]}`,
  )
}

function startsWith(id: unknown, prefix: string | undefined): SQL | undefined {
  return prefix === undefined ? undefined : sql`${id}::text like ${`${prefix}%`}`
}

function refuseAmbiguous(
  typed: string,
  matches: readonly { id: string; storyNumber: number | null; file: string }[],
): void {
  if (matches.length < 2) return
  const names = matches.map(({ id, storyNumber, file }) => `#${storyNumber} ${shortId(id)} ${printable(file)}`)
  throw new UserError(`"${typed}" fits more than one story:\n  ${names.join('\n  ')}`, {
    code: 'ambiguous_id',
    fix: 'Type more of the id, or the number with #.',
  })
}
