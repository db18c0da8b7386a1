import { shortId } from '../db/ids.ts'
import { formatRelative, formatShortClock } from '../output/time.ts'
import type { QueueEntry } from './load-queue.ts'

/** What of a queue item decides it. */
export type WaitingEntry = Pick<
  QueueEntry,
  | 'id'
  | 'storyNumber'
  | 'status'
  | 'isSample'
  | 'scheduledFor'
  | 'nextRetryAt'
  | 'channel'
  | 'teamSince'
  | 'isBeingRead'
>

interface Surroundings {
  now: Date
  timeZone: string
  /** Ticks send nothing. */
  isPaused: boolean
  missedAfterMinutes: number
}

/** The next tick would not send it any more. */
function isTooLate(
  { scheduledFor }: WaitingEntry,
  now: Date,
  rule: Pick<Surroundings, 'isPaused' | 'missedAfterMinutes'>,
) {
  return !rule.isPaused && now.getTime() - scheduledFor.getTime() > rule.missedAfterMinutes * 60_000
}

/** Who or what a story waits for: one short phrase for a table. */
export function describeWait(entry: WaitingEntry, { now, timeZone, ...rule }: Surroundings): string {
  const ready = rule.isPaused ? 'you: storyline resume' : 'the next tick'
  switch (entry.status) {
    case 'pending':
      if (entry.isSample) return 'nothing: samples are never sent'
      if (entry.scheduledFor > now) return 'its time'
      return isTooLate(entry, now, rule) ? `you: storyline reschedule ${entry.storyNumber}, or it is missed` : ready
    case 'retrying':
      return entry.nextRetryAt && entry.nextRetryAt > now
        ? `the next try at ${formatShortClock(entry.nextRetryAt, timeZone)}`
        : ready
    case 'processing':
      return entry.channel === 'instagram' ? 'Instagram: being published' : 'Telegram: being sent'
    case 'awaiting_team':
      return entry.teamSince ? `the team, asked ${formatRelative(entry.teamSince, now)}` : 'the team'
    case 'unconfirmed':
      if (entry.isBeingRead) return 'Instagram: reading whether it is live'
      return `you: storyline confirm ${shortId(entry.id)}`
    default:
      return entry.status satisfies never
  }
}
