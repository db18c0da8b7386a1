import { shortId } from '../db/ids.ts'
import type { LockReason } from '../db/schema.ts'
import { formatDateTime } from '../output/time.ts'
import type { LockInForce, QueuedStory } from './media-row.ts'

const REASONS: Record<LockReason, string> = {
  recent_post: 'posted recently',
  skip: 'skipped',
  manual_hold: 'held by hand',
  seasonal: 'out of season',
  rejected: 'rejected by the team',
}

export function describeLock({ reason, until }: LockInForce, timeZone: string): string {
  return `${REASONS[reason]} (${reason}), ${until === null ? 'for ever' : `until ${formatDateTime(until, timeZone)}`}`
}

/** Where the story of an item stands: `story #47, pending, Jan 3, 2026, 2:30 PM GMT+1`. */
export function describeQueued({ storyNumber, status, scheduledFor }: QueuedStory, timeZone: string): string {
  return `story #${storyNumber}, ${status.replace('_', ' ')}, ${formatDateTime(scheduledFor, timeZone)}`
}

/** A lock is about choosing: what was chosen before stays. */
export function warnStillPlanned(queued: QueuedStory, timeZone: string): string {
  return (
    `It is already in the queue and stays there: ${describeQueued(queued, timeZone)}.\n` +
    `\`storyline cancel ${shortId(queued.id)}\` takes it out.`
  )
}
