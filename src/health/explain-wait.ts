import type { ChannelName, QueueStatus } from '../db/schema.ts'
import { formatDuration, formatShortClock } from '../output/time.ts'
import { describePause } from '../publish/describe-pause.ts'
import type { Pause } from '../publish/pause.ts'

/** A story whose time has come and that is not sent. */
export interface OverdueItem {
  id: string
  storyNumber: number
  file: string
  status: QueueStatus
  scheduledFor: Date
  lateSeconds: number
  /** The way it takes. */
  channel: ChannelName
  nextRetryAt: Date | null
  /** What is left of its lease; negative: it ran out; null: it is not claimed. */
  leaseSeconds: number | null
  leaseOwner: string | null
  lastError: string | null
}

/** What may keep stories from going out. */
export interface WaitFacts {
  now: Date
  timeZone: string
  isDryRun: boolean
  maxPostsPerRun: number
  missedAfterMinutes: number
  isTelegramSetUp: boolean
  paused: Pause | null
  /** Since the last tick that worked; null: there was none. */
  tickSeconds: number | null
  /** What the open alert of a closed channel says, and since when no tick has found it closed again. */
  closed: Record<ChannelName, { summary: string; seconds: number } | null>
  /** Limits that hold now. */
  limits: Record<ChannelName, { until: Date; reason: string } | null>
}

export interface WaitReason {
  kind:
    | 'paused'
    | 'dry_run'
    | 'sending'
    | 'retry'
    | 'not_set_up'
    | 'blocked'
    | 'limit'
    | 'no_tick'
    | 'next_tick'
    | 'unknown'
  /** For people. */
  text: string
  /** `by_choice`: somebody stopped it knowingly. */
  mends: 'itself' | 'by_choice' | 'not'
}

/** Of these a tick is the end when it comes too late (SPEC §9). */
const WAIT_FOR_A_TICK: readonly WaitReason['kind'][] = ['no_tick', 'next_tick', 'unknown']

/** Cron runs a tick every 5 minutes (SPEC §1): two that are missing may be bad luck. */
export const TICK_LATE_SECONDS = 15 * 60

const isLate = (seconds: number | null) => seconds === null || seconds > TICK_LATE_SECONDS

/** Why a story that is due has not gone out; `place`: how many overdue ones come before it. */
export function explainWait(item: OverdueItem, place: number, facts: WaitFacts): WaitReason {
  const reason = findReason(item, place, facts)
  const { missedAfterMinutes } = facts
  const isTooLate = item.status === 'pending' && item.lateSeconds > missedAfterMinutes * 60
  if (!isTooLate || !WAIT_FOR_A_TICK.includes(reason.kind)) return reason
  const end = `it is more than ${missedAfterMinutes} minutes late, and missed with the next tick unless it is rescheduled before`
  return { ...reason, text: `${reason.text}; ${end}` }
}

function findReason(item: OverdueItem, place: number, facts: WaitFacts): WaitReason {
  const { paused, isDryRun, tickSeconds, timeZone } = facts
  if (paused) return { kind: 'paused', text: describePause(paused, timeZone), mends: 'by_choice' }
  if (isDryRun) return { kind: 'dry_run', text: 'DRY_RUN_MODE is true: nothing is sent', mends: 'by_choice' }
  if (item.leaseSeconds !== null && item.leaseSeconds > 0) {
    return { kind: 'sending', text: `a run is sending it now (${item.leaseOwner?.slice(0, 8)})`, mends: 'itself' }
  }
  const shut = explainClosed(item, facts)
  if (shut) return shut
  if (tickSeconds === null) return { kind: 'no_tick', text: 'process-queue has never run', mends: 'not' }
  if (isLate(tickSeconds)) {
    const text = `no run of process-queue has worked for ${formatDuration(tickSeconds * 1000)}`
    return { kind: 'no_tick', text, mends: 'not' }
  }
  return explainPatience(item, facts) ?? explainOpen(item, place, facts)
}

/** Null: its way out is open. */
function explainClosed({ channel }: OverdueItem, facts: WaitFacts): WaitReason | null {
  const { closed, isTelegramSetUp } = facts
  if (channel === 'telegram' && !isTelegramSetUp) {
    return { kind: 'not_set_up', text: 'Telegram is not set up', mends: 'not' }
  }
  const door = closed[channel]
  // A tick that finds it closed says so again: an old alert and no tick mean that nobody tries any more.
  const isTried = !isLate(facts.tickSeconds) || (door !== null && !isLate(door.seconds))
  if (door !== null && isTried) return { kind: 'blocked', text: door.summary, mends: 'not' }
  return null
}

/** Ticks run, but its time for the next try has not come; null: it has. */
function explainPatience({ channel, nextRetryAt, lastError }: OverdueItem, facts: WaitFacts): WaitReason | null {
  const { now, timeZone, limits } = facts
  if (nextRetryAt !== null && nextRetryAt > now) {
    const text = `the next try is at ${formatShortClock(nextRetryAt, timeZone)}: ${lastError ?? 'unknown trouble'}`
    return { kind: 'retry', text, mends: 'itself' }
  }
  const limit = limits[channel]
  if (limit === null) return null
  return { kind: 'limit', text: `${limit.reason} (until ${formatShortClock(limit.until, timeZone)})`, mends: 'itself' }
}

/** Ticks run and its way is open. */
function explainOpen(
  { lateSeconds, lastError, leaseSeconds }: OverdueItem,
  place: number,
  facts: WaitFacts,
): WaitReason {
  if (leaseSeconds !== null) {
    return { kind: 'next_tick', text: 'its run ended early; the next tick takes it back', mends: 'itself' }
  }
  const ticksAhead = Math.floor(place / facts.maxPostsPerRun)
  if (ticksAhead > 0) {
    const text = `${place} stories come before it; a tick sends ${facts.maxPostsPerRun} (MAX_POSTS_PER_RUN)`
    return { kind: 'next_tick', text, mends: 'itself' }
  }
  if (lateSeconds <= TICK_LATE_SECONDS) return { kind: 'next_tick', text: 'the next tick takes it', mends: 'itself' }
  const text = lastError ? `it was not sent: ${lastError}` : 'ticks run, but none has sent it'
  return { kind: 'unknown', text, mends: 'not' }
}

/** An overdue story with why it waits. */
export interface Waiting {
  item: OverdueItem
  reason: WaitReason
}

/** Overdue stories in their order, each with its reason. */
export function explainAll(overdue: readonly OverdueItem[], facts: WaitFacts): Waiting[] {
  return overdue.map((item, place) => ({ item, reason: explainWait(item, place, facts) }))
}

/** Waits too long for a reason that nobody mends by waiting. */
export function isStuck({ item, reason }: Waiting): boolean {
  return item.lateSeconds > TICK_LATE_SECONDS && reason.mends === 'not'
}
