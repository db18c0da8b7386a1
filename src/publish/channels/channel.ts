import { createHash } from 'node:crypto'
import type { ChannelName, Effect, HostName } from '../../db/schema.ts'

/** A message that arrived, but nobody heard its id: Telegram counts from 1. */
export const UNKNOWN_MESSAGE = 0

/** What a channel may know of a queue item: facts, no rows. */
export interface Story {
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
}

/** A story on its way to the team. */
export interface TelegramDelivery extends Story {
  /** The chat that belongs to the item. */
  chatId: number
  /** Steps that an earlier run completed: they are not repeated. */
  telegramDocumentMessageId: number | null
  /** Why it did not publish itself, when it could have. */
  fallbackReason: string | null
}

/** What Telegram answered to a call whose intent was committed: where the message is now. */
export type EffectResult =
  | { effect: 'telegram_document'; chatId: number; messageId: number }
  | { effect: 'telegram_card'; chatId: number; messageId: number }

/**
 * The database side of a delivery. A channel MUST call `intend` before each outside call that has an effect and `record`
 * after it succeeded, before the next call. Both throw when the lease is lost: the channel lets that pass.
 */
export interface TelegramSteps {
  /** Commits the intent; throws `StopRequested` when the run was told to stop, since nothing has begun. */
  intend(effect: Effect, call: { timeoutSeconds: number }): Promise<void>
  record(result: EffectResult): Promise<void>
  /** The chat has a new id. */
  migrated(oldChatId: number, newChatId: number): Promise<void>
}

/** A story on its way to Instagram, with what earlier runs completed (instagram.md §9). Ages in seconds. */
export interface InstagramDelivery extends Story {
  /** A container that may be published; null: none yet. */
  containerId: string | null
  containerAgeSeconds: number | null
  /** Containers made for this story so far. */
  containers: number
  /** Publish calls so far that may have acted. */
  sends: number
  /** The account's live stories before the first of them. */
  beforeIds: readonly string[] | null
  /** Where the picture was put; `url` null: the upload was begun. */
  hosted: { provider: HostName; key: string; url: string | null } | null
}

/** The same for a publish. Every method is its own commit and throws when the lease is lost. */
export interface InstagramSteps {
  /** Before a call that has no effect to be undone but may take long. Throws `StopRequested`. */
  begin(call: { timeoutSeconds: number }): Promise<void>
  /** Before an upload, so that the file can be found and deleted whatever happens. */
  willHost(provider: HostName, key: string, call: { timeoutSeconds: number }): Promise<void>
  hosted(url: string): Promise<void>
  containerMade(containerId: string): Promise<void>
  /** The container is of no use; the next try makes another one. */
  dropContainer(options: { rehost: boolean }): Promise<void>
  /** The intent to publish. Throws `PublishBusy` while another publish of the account is in flight or in doubt. */
  intendPublish(call: { beforeIds: readonly string[]; timeoutSeconds: number }): Promise<void>
  /** The call provably published nothing: the intent is taken back. */
  notPublished(): Promise<void>
  /** Instagram answered with the id of the story: this settles the item, whoever holds the lease. */
  published(mediaId: string): Promise<void>
}

/** How a delivery ended for now. The channel classifies; `decideNext` decides. `reason` is safe to store and show. */
export type DeliveryEnd =
  /** The card is with the team. */
  | { kind: 'awaiting_team' }
  /** It is live, and settled. */
  | { kind: 'posted'; mediaId: string }
  /** Nothing happened outside; try again later. */
  | { kind: 'retry'; reason: string }
  /** Nothing is wrong, it is just not ready: a later tick goes on. */
  | { kind: 'later'; seconds: number; reason: string }
  /** Nothing happened; nobody may call this chat for so long. */
  | { kind: 'flood'; chatId: number; retryAfterSeconds: number; reason: string }
  /** It may have happened: never repeated automatically. `reconcile`: reading may tell what became of it; else a person is asked. */
  | { kind: 'unconfirmed'; reason: string; reconcile: boolean; closure?: Closure }
  /** It will never work with this item; `mediaProblem` says that the picture itself is at fault. */
  | { kind: 'failed'; reason: string; mediaProblem?: boolean }
  | Closure

/** The channel, or what it needs, is closed to us for now, whatever the item. */
export type Closure =
  /** Until somebody mends it. */
  | { kind: 'blocked'; what: Closed; reason: string; fix: string }
  /** Until a time; null: nobody said when, the waits double. */
  | { kind: 'throttled'; what: Exclude<Closed, 'telegram'>; seconds: number | null; reason: string; fix?: string }

/** What can be closed to us. */
export type Closed = 'telegram' | 'instagram' | 'hosting'

/** The contract of the axis. `deliver` MUST NOT throw for trouble outside, MUST NOT repeat a call that may have acted, and may
 * be called again for the same item only after its steps recorded how far it came. */
export interface Channel<D extends Story, S> {
  name: ChannelName
  deliver(delivery: D, steps: S): Promise<DeliveryEnd>
  close(): void
}

/** The same picture of the same story always lies at the same place: a repeated upload replaces itself, and can be found. */
export function hostedKey(queueItemId: string, jpeg: Buffer): string {
  return `storyline/${queueItemId}-${createHash('sha256').update(jpeg).digest('hex').slice(0, 8)}`
}

/** The file is not what was indexed, for now: a disk that is not mounted or a copy in progress mends itself. */
export class OriginalUnusable extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'OriginalUnusable'
  }
}

/** Another publish of the same account is in flight, or it is being read what became of one. */
export class PublishBusy extends Error {
  constructor() {
    super('another story of the account is being published')
    this.name = 'PublishBusy'
  }
}
