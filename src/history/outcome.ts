import type { HistoryStatus, LockReason } from '../db/schema.ts'

/** Who settles: a team member, somebody at the command line, or Storyline itself. */
type Actor =
  | { kind: 'user'; userId: string; username: string | null; displayName: string }
  | { kind: 'operator'; displayName: string }
  | { kind: 'storyline' }

/** How a queue item ends. `reason` is for people: why, not what. */
export interface Outcome {
  status: HistoryStatus
  reason: string | null
  actor: Actor
  /** Fixed safe phrase of the failure; only with `failed`. */
  error?: string
  /** Instagram's answer; only when it was published through the API. */
  instagram?: { mediaId: string | null; permalink: string | null }
}

export interface LockRule {
  reason: LockReason
  /** Null: for ever. */
  lockedUntil: Date | null
}

export interface LockSettings {
  repostTtlDays: number
  skipTtlDays: number
}

const DAY_MS = 86_400_000

/**
 * The lock that an outcome leaves on the picture, or null: failed, missed and cancelled stories keep nothing out of the
 * library (SPEC §2.2, §4). Elapsed days on purpose: a lock is a rest period, not a wall-clock appointment.
 */
export function lockFor(status: HistoryStatus, settledAt: Date, settings: LockSettings): LockRule | null {
  const after = (days: number) => new Date(settledAt.getTime() + days * DAY_MS)
  switch (status) {
    case 'posted':
      return { reason: 'recent_post', lockedUntil: after(settings.repostTtlDays) }
    case 'skipped':
      return { reason: 'skip', lockedUntil: after(settings.skipTtlDays) }
    case 'rejected':
      return { reason: 'rejected', lockedUntil: null }
    case 'failed':
    case 'missed':
    case 'cancelled':
      return null
    default:
      return status satisfies never
  }
}

/** Two locks of one reason on one item: the later end wins, for ever beats all. */
export function laterLock(one: Date | null, other: Date | null): Date | null {
  if (one === null || other === null) return null
  return one > other ? one : other
}

/** How a person is shown: `@sarah`, else the first name, else the number; never empty (lessons E9). */
export function displayName(user: {
  telegramUserId: number
  telegramUsername: string | null
  telegramFirstName: string | null
}): string {
  if (user.telegramUsername) return `@${user.telegramUsername}`
  return user.telegramFirstName?.trim() || `user ${user.telegramUserId}`
}
