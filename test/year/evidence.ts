import { isNull } from 'drizzle-orm'
import type { Database } from '../../src/db/connect.ts'
import { mediaItems, postingHistory, postingQueue } from '../../src/db/schema.ts'
import type { HistoryRow, QueueItem } from '../../src/history/settle.ts'
import type { FakeTelegram } from '../support/fake-telegram.ts'
import { ADMIN } from '../support/team.ts'
import type { Scenario } from './scenario.ts'

/** A button that somebody pressed, and what Telegram showed them. */
export interface Pressed {
  queueItemId: string
  told: string
}

/** A queue item, open or settled. */
export interface Story {
  id: string
  slot: string | null
  scheduledFor: Date
  sentAt: Date | null
  file: string
  hash: string
  storyNumber: number | null
  /** Undefined: still in the queue. */
  end: Pick<HistoryRow, 'status' | 'reason' | 'postedAt' | 'queueDeletedAt'> | undefined
}

/** All that is left of a time that was lived through. */
export interface Evidence {
  scenario: Scenario
  stories: Story[]
  /** Ids of all that was ever planned. */
  planned: ReadonlySet<string>
  /** Ids of what a fault of a single call hit. */
  unlucky: ReadonlySet<string>
  pressed: readonly Pressed[]
  fake: FakeTelegram
  /** Between two ticks, at most. */
  tickMinutes: number
}

export async function readStories(db: Database): Promise<Story[]> {
  const settled = await db.select().from(postingHistory).where(isNull(postingHistory.undoneAt))
  const open = await db.select().from(postingQueue)
  const media = new Map((await db.select().from(mediaItems)).map((one) => [one.id, one]))
  const common = (row: HistoryRow | QueueItem) => {
    const { slot, scheduledFor, sentAt, storyNumber, mediaItemId } = row
    const { filePath = '', fileHash = '' } = media.get(mediaItemId) ?? {}
    return { slot, scheduledFor, sentAt, storyNumber, file: filePath, hash: fileHash }
  }
  return [
    ...settled.map((end) => ({ ...common(end), id: end.queueItemId ?? end.id, end })),
    ...open.map((item) => ({ ...common(item), id: item.id, end: undefined })),
  ].sort((a, b) => a.scheduledFor.getTime() - b.scheduledFor.getTime())
}

/** What the admin chat was told, in order, as people read it; later edits do not count. */
export function adminTexts({ fake }: Pick<Evidence, 'fake'>): string[] {
  return fake
    .calls('sendMessage')
    .filter(({ applied, params }) => applied && Number(params.chat_id) === ADMIN)
    .map(({ params }) => plain(String(params.text)))
}

function plain(html: string): string {
  return html
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
}

/** Sends that had their effect. */
export function sends(fake: FakeTelegram, method: 'sendPhoto' | 'sendDocument') {
  return fake.calls(method).filter(({ applied }) => applied)
}
