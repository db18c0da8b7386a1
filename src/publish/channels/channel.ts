import type { ChannelName, Effect } from '../../db/schema.ts'

/** A message that arrived, but nobody heard its id: Telegram counts from 1. */
export const UNKNOWN_MESSAGE = 0

/** What a channel may know of a queue item: facts, no rows. */
export interface Delivery {
  queueItemId: string
  storyNumber: number
  fileName: string
  mimeType: string
  /** Reads the original's bytes; throws `OriginalUnusable` when the file is not what was indexed. */
  readOriginal(): Promise<Buffer>
  title: string | null
  linkUrl: string | null
  caption: string | null
  tags: readonly string[]
  scheduledFor: Date
  timeZone: string
  /** The chat that belongs to the item. */
  chatId: number
  /** Steps that an earlier run completed: they are not repeated. */
  telegramDocumentMessageId: number | null
}

/** What Telegram answered to a call whose intent was committed: where the message is now. */
export type EffectResult =
  | { effect: 'telegram_document'; chatId: number; messageId: number }
  | { effect: 'telegram_card'; chatId: number; messageId: number }

/**
 * The database side of a delivery. A channel MUST call `intend` before each outside call that has an effect and `record`
 * after it succeeded, before the next call. Both throw when the lease is lost: the channel lets that pass.
 */
export interface Steps {
  /** Commits the intent; throws `StopRequested` when the run was told to stop, since nothing has begun. */
  intend(effect: Effect, call: { timeoutSeconds: number }): Promise<void>
  record(result: EffectResult): Promise<void>
  /** The chat has a new id. */
  migrated(oldChatId: number, newChatId: number): Promise<void>
}

/** How a delivery ended for now. The channel classifies; `decideNext` decides. `reason` is safe to store and show. */
export type DeliveryEnd =
  /** The card is with the team. */
  | { kind: 'awaiting_team' }
  /** Nothing happened outside; try again later. */
  | { kind: 'retry'; reason: string }
  /** Nothing happened; nobody may call this chat for so long. */
  | { kind: 'flood'; chatId: number; retryAfterSeconds: number; reason: string }
  /** It may have happened: never repeated automatically. */
  | { kind: 'unconfirmed'; reason: string }
  /** It will never work with this item; `mediaProblem` says that the picture itself is at fault. */
  | { kind: 'failed'; reason: string; mediaProblem?: boolean }
  /** The channel is closed to us, whatever the item. */
  | { kind: 'blocked'; reason: string; fix: string }

/** The contract of the axis. `deliver` MUST NOT throw for trouble outside, MUST NOT retry, and may be called again for
 * the same item only after `Steps` recorded how far it came. */
export interface Channel {
  name: ChannelName
  deliver(delivery: Delivery, steps: Steps): Promise<DeliveryEnd>
  close(): void
}

/** The file is not what was indexed, for now: a disk that is not mounted or a copy in progress mends itself. */
export class OriginalUnusable extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'OriginalUnusable'
  }
}
