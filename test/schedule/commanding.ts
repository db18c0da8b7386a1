import { createHash, randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { runCli } from '../../src/cli.ts'
import type { Database } from '../../src/db/connect.ts'
import { mediaItems, mediaPostingLocks, postingHistory, postingQueue } from '../../src/db/schema.ts'
import type { HistoryRow, MediaItem, QueueItem } from '../../src/history/settle.ts'
import type { TestDatabase } from '../support/database.ts'

/** Saturday, 09:00 in Berlin. */
export const NOW = new Date('2026-11-21T08:00:00Z')

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

export function fromNow(ms: number): Date {
  return new Date(NOW.getTime() + ms)
}

/** Between the tests of one file: quicker than a database for each. */
export async function emptyTables(db: Database): Promise<void> {
  await db.execute(sql`
    truncate posting_queue, posting_history, media_posting_locks, media_items, alerts, telegram_cards, pauses restart identity cascade`)
}

export interface Ran {
  exitCode: number
  stdout: string
  stderr: string
  /** What --json printed; every member that a test reads is asserted there. */
  json: Record<string, never>
}

/** A command line as it is typed, against a test database, with the clock at `NOW` in Berlin. */
export async function storyline(
  { url }: TestDatabase,
  argv: readonly string[],
  { env = {}, now = NOW }: { env?: Record<string, string>; now?: Date } = {},
): Promise<Ran> {
  const text = { stdout: '', stderr: '' }
  const stream = (name: keyof typeof text) =>
    ({
      write: (chunk: string) => {
        text[name] += chunk
        return true
      },
    }) as unknown as NodeJS.WritableStream
  const exitCode = await runCli({
    argv,
    env: { DATABASE_URL: url, STORYLINE_HOME: '/nonexistent', TIMEZONE: 'Europe/Berlin', ...env },
    streams: { stdout: stream('stdout'), stderr: stream('stderr') },
    signal: new AbortController().signal,
    now: () => now,
    random: () => 0.25,
  })
  return { exitCode, ...text, json: argv.includes('--json') ? JSON.parse(text.stdout) : {} }
}

type Values<T> = Partial<T>

/** `content`: two items with the same one are copies; default: the path. */
export async function addMedia(
  db: Database,
  name: string,
  { content = name, ...values }: Values<typeof mediaItems.$inferInsert> & { content?: string } = {},
): Promise<MediaItem> {
  const filePath = `stories/${name}`
  const [media] = await db
    .insert(mediaItems)
    .values({
      filePath,
      fileName: name.split('/').at(-1) ?? name,
      fileSize: 1000,
      fileHash: createHash('sha256').update(content).digest('hex'),
      mimeType: 'image/jpeg',
      category: name.includes('/') ? (name.split('/')[0] ?? null) : null,
      ...values,
    })
    .returning()
  if (!media) throw new Error('no row')
  return media
}

/** `count` different pictures in one category. */
export async function addManyMedia(
  db: Database,
  count: number,
  category = 'memes',
  values: Values<typeof mediaItems.$inferInsert> = {},
): Promise<MediaItem[]> {
  const names = Array.from({ length: count }, (_, i) => `${category}/picture-${i}.jpg`)
  const items: MediaItem[] = []
  for (const name of names) items.push(await addMedia(db, name, values))
  return items
}

export async function addItem(
  db: Database,
  media: MediaItem,
  values: Values<typeof postingQueue.$inferInsert> = {},
): Promise<QueueItem> {
  const [item] = await db
    .insert(postingQueue)
    .values({ mediaItemId: media.id, scheduledFor: fromNow(HOUR_MS), ...values })
    .returning()
  if (!item) throw new Error('no row')
  return item
}

/** The columns that the constraints ask for with each status. */
export const AS_STATUS = {
  pending: { status: 'pending' },
  retrying: { status: 'retrying', nextRetryAt: fromNow(HOUR_MS), retryCount: 2, lastError: 'Telegram is busy' },
  processing: {
    status: 'processing',
    leaseOwner: 'run',
    leaseUntil: fromNow(HOUR_MS),
    attempt: 1,
    effect: 'telegram_card',
    effectStartedAt: fromNow(-60_000),
  },
  awaiting_team: { status: 'awaiting_team', sentAt: fromNow(-2 * HOUR_MS), telegramChatId: -100, telegramMessageId: 7 },
  unconfirmed: {
    status: 'unconfirmed',
    effect: 'telegram_card',
    effectStartedAt: fromNow(-HOUR_MS),
    telegramDocumentMessageId: 6,
    lastError: 'the reply was lost',
  },
} as const satisfies Record<string, Values<typeof postingQueue.$inferInsert>>

export async function addHistory(
  db: Database,
  media: MediaItem,
  values: Values<typeof postingHistory.$inferInsert> = {},
): Promise<HistoryRow> {
  const status = values.status ?? 'posted'
  const at = values.queueDeletedAt ?? fromNow(-HOUR_MS)
  const { filePath, fileHash, title, linkUrl, caption, tags, category, customMetadata } = media
  const [row] = await db
    .insert(postingHistory)
    .values({
      mediaItemId: media.id,
      queueItemId: randomUUID(),
      queueCreatedAt: at,
      queueDeletedAt: at,
      scheduledFor: at,
      mediaMetadata: {
        file: filePath,
        file_hash: fileHash,
        title,
        link_url: linkUrl,
        caption,
        tags,
        category,
        custom_metadata: customMetadata,
      },
      channel: 'telegram',
      status,
      success: status === 'posted',
      postedAt: status === 'posted' ? at : null,
      ...values,
    })
    .returning()
  if (!row) throw new Error('no row')
  return row
}

export async function addLock(
  db: Database,
  media: MediaItem,
  lockReason: NonNullable<(typeof mediaPostingLocks.$inferInsert)['lockReason']>,
  lockedUntil: Date | null,
): Promise<void> {
  await db.insert(mediaPostingLocks).values({ mediaItemId: media.id, lockReason, lockedUntil })
}
