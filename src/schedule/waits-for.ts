import { shortId } from '../db/ids.ts'
import { formatDuration, formatShortClock } from '../output/time.ts'
import type { QueueEntry } from './load-queue.ts'

/** What of a queue item decides it. */
export type WaitingEntry = Pick<
  QueueEntry,
  'id' | 'status' | 'isSample' | 'scheduledFor' | 'nextRetryAt' | 'channel' | 'teamSince' | 'isBeingRead'
>

interface Surroundings {
  now: Date
  timeZone: string
  /** Ticks send nothing. */
  isPaused: boolean
}

/** Who or what a story waits for: one short phrase for a table. */
export function describeWait(entry: WaitingEntry, { now, timeZone, isPaused }: Surroundings): string {
  const ready = isPaused ? 'you: storyline resume' : 'the next tick'
  switch (entry.status) {
    case 'pending':
      if (entry.isSample) return 'nothing: samples are never sent'
      return entry.scheduledFor > now ? 'its time' : ready
    case 'retrying':
      return entry.nextRetryAt && entry.nextRetryAt > now
        ? `the next try at ${formatShortClock(entry.nextRetryAt, timeZone)}`
        : ready
    case 'processing':
      return entry.channel === 'instagram' ? 'Instagram: being published' : 'Telegram: being sent'
    case 'awaiting_team':
      return entry.teamSince ? `the team, for ${formatDuration(now.getTime() - entry.teamSince.getTime())}` : 'the team'
    case 'unconfirmed':
      if (entry.isBeingRead) return 'Instagram: reading whether it is live'
      return `you: storyline confirm ${shortId(entry.id)}`
    default:
      return entry.status satisfies never
  }
}
