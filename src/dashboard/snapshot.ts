import type { ChannelName, HistoryStatus, LockReason, QueueStatus } from '../db/schema.ts'
import type { Health, Verdict } from '../health/check.ts'

/** What the dashboard shows: one look at the database, and what is said of it. Read-only, and plain data. */
export interface Snapshot {
  /** The database's clock, which decides what is due. */
  takenAt: Date
  /** Wall-clock times are shown in it. */
  timeZone: string
  isDryRun: boolean
  paused: { by: string; reason: string | null; since: Date } | null
  /** Planned, being sent or waiting for a retry, soonest first; at most `MAX_NEXT`. */
  next: Listed<Planned>
  /** With the team or in doubt, longest first. */
  waiting: Listed<Waiting>
  /** Settled and not undone, newest first; at most `MAX_RECENT`. */
  recent: Listed<Settled>
  library: LibraryFacts
  health: HealthFacts
}

/** More than fit are counted, not carried. */
export interface Listed<Entry> {
  entries: readonly Entry[]
  total: number
}

export const MAX_NEXT = 500
export const MAX_WAITING = 200
export const MAX_RECENT = 200
export const MAX_PROBLEMS = 100

/** A picture, as every list names it. */
export interface PictureFacts {
  mediaItemId: string
  /** Below MEDIA_BASE_PATH, with `/`. */
  file: string
  /** Absolute. */
  path: string
  title: string | null
  linkUrl: string | null
  tags: readonly string[]
  category: string | null
}

interface Story extends PictureFacts {
  /** Of the queue item. */
  id: string
  storyNumber: number
  slot: string | null
  channel: ChannelName
  scheduledFor: Date
  status: QueueStatus
  isSample: boolean
  lastError: string | null
  /** Why it is not on its way although its time has come, or what it waits for; null: nothing but its time. */
  waitsFor: string | null
}

export interface Planned extends Story {
  kind: 'planned'
  attempt: number
  nextRetryAt: Date | null
}

export interface Waiting extends Story {
  kind: 'waiting'
  /** When the team got it (again, after an undo), or the call in doubt began. */
  since: Date
  /** When nobody acted until then: it is missed. Null for what is in doubt: that never ends by itself. */
  missedAt: Date | null
  /** Instagram is being read: nobody has to act yet. */
  isBeingRead: boolean
}

export interface Settled extends PictureFacts {
  kind: 'settled'
  /** Of the history row. */
  id: string
  queueItemId: string | null
  storyNumber: number | null
  slot: string | null
  channel: string | null
  status: HistoryStatus
  reason: string | null
  endedAt: Date
  scheduledFor: Date | null
  /** Who settled it; null: Storyline itself. */
  by: string | null
  /** From card to press; null: there was no card. */
  tookSeconds: number | null
  permalink: string | null
}

export interface LibraryFacts {
  /** Active pictures; `samples` of them are shipped with Storyline. */
  active: number
  samples: number
  /** In the queue. */
  planned: number
  /** Days that the content lasts, planned stories included; null: cannot be told. */
  runwayDays: number | null
  categories: readonly CategoryFacts[]
  /** Locks that hold now. */
  locks: readonly { reason: LockReason; count: number }[]
  problems: Listed<Problem>
}

export interface CategoryFacts {
  category: string | null
  active: number
  /** May be chosen now. */
  free: number
  planned: number
}

/** A picture that is not used, and why. */
export interface Problem {
  kind: 'problem'
  mediaItemId: string
  file: string
  path: string
  problem: string
}

interface HealthFacts {
  /** The worst of `checks`. */
  status: Health
  checks: readonly HealthRow[]
  /** Since then; null: never. */
  lastTickAt: Date | null
  lastPollAt: Date | null
}

export interface HealthRow extends Verdict {
  kind: 'check'
  /** `last-tick`. */
  name: string
  title: string
}

/** What can be selected. */
export type Entry = Planned | Waiting | Settled | Problem | HealthRow

/** The screen's view of the database: it may be gone while somebody looks. */
export type Live =
  | { kind: 'opening' }
  | { kind: 'connected'; snapshot: Snapshot; by: 'notify' | 'polling' }
  /** `last`: what was known then. */
  | { kind: 'lost'; since: Date; reason: string; last: Snapshot | null }

/** Where snapshots come from. */
export interface SnapshotSource {
  /** Reports every change, the first one at once. Called once. Never throws. */
  start(report: (live: Live) => void): void
  /** Looks now, for example after an action; the report comes as always. */
  refresh(): Promise<void>
  /** Closes its connections; nothing is reported afterwards. May be called twice. */
  stop(): Promise<void>
}
