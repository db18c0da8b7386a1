import type { LockReason } from '../db/schema.ts'
import { formatMoment } from '../output/near-time.ts'
import type { LockInForce, QueuedStory } from './media-row.ts'

const REASONS: Record<LockReason, string> = {
  recent_post: 'posted recently',
  skip: 'skipped',
  manual_hold: 'held by hand',
  seasonal: 'out of season',
  rejected: 'rejected by the team',
}

export function describeLock({ reason, until }: LockInForce, now: Date, timeZone: string): string {
  return `${REASONS[reason]} (${reason}), ${until === null ? 'for ever' : `until ${formatMoment(until, now, timeZone)}`}`
}

/** Where the story of an item stands: `story #47, pending, Jan 3, 2026, 2:30 PM GMT+1 (in 2 days)`. */
export function describeQueued(queued: QueuedStory, now: Date, timeZone: string): string {
  const { storyNumber, status, scheduledFor } = queued
  return `story #${storyNumber}, ${status.replace('_', ' ')}, ${formatMoment(scheduledFor, now, timeZone)}`
}

/** A lock is about choosing: what was chosen before stays. */
export function warnStillPlanned(queued: QueuedStory, now: Date, timeZone: string): string {
  return (
    `It is already in the queue and goes out all the same: ${describeQueued(queued, now, timeZone)}.\n` +
    `\`storyline cancel ${queued.storyNumber}\` takes it out.`
  )
}
