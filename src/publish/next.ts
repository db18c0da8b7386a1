import type { Closure, DeliveryEnd } from './channels/channel.ts'

/** First wait of the back-off, in minutes; doubled with every try (SPEC §10). */
const BACKOFF_MINUTES = 5
/** Share by which a wait may be shorter or longer, so that many machines do not come back together. */
const JITTER = 0.2

export interface NextFacts {
  scheduledFor: Date
  retryCount: number
  maxRetries: number
  /** How late an item may still be sent. */
  graceMinutes: number
  now: Date
  random(): number
  /** A person can still post what this channel cannot: nothing is given up. */
  canHandOver: boolean
  /** A publish call was made that may have acted: neither failed nor anybody else's to post. */
  mayBeLive: boolean
}

/** What becomes of an item after a delivery that did not reach its end. */
export type Next =
  | { kind: 'retry'; at: Date; retryCount: number; reason: string }
  | { kind: 'release'; closure: Closure; reason: string }
  | { kind: 'unconfirmed'; reason: string; reconcile: boolean; closure: Closure | null }
  | { kind: 'hand_over'; reason: string }
  | { kind: 'fail'; reason: string }

/** Deliveries after which there is something to decide. */
export type Trouble = Exclude<DeliveryEnd, { kind: 'awaiting_team' | 'posted' }>

export function decideNext(end: Trouble, facts: NextFacts): Next {
  switch (end.kind) {
    case 'retry':
      return retryOrEnd(end.reason, facts, backoffMs(facts), facts.retryCount + 1)
    case 'later':
      return retryOrEnd(end.reason, facts, end.seconds * 1000, facts.retryCount)
    case 'flood':
      // The chat is busy, not the item at fault: its tries are not used up.
      return retryOrEnd(end.reason, facts, end.retryAfterSeconds * 1000, facts.retryCount)
    case 'unconfirmed':
      return { kind: 'unconfirmed', reason: end.reason, reconcile: end.reconcile, closure: end.closure ?? null }
    case 'failed':
      // A picture that cannot be decoded is of no use to a person either.
      return end.mediaProblem && !facts.mayBeLive ? { kind: 'fail', reason: end.reason } : giveUp(end.reason, facts)
    case 'blocked':
    case 'throttled':
      return { kind: 'release', closure: end, reason: end.reason }
    default:
      return end satisfies never
  }
}

function giveUp(reason: string, { canHandOver, mayBeLive }: NextFacts): Next {
  if (mayBeLive) return { kind: 'unconfirmed', reason, reconcile: false, closure: null }
  return { kind: canHandOver ? 'hand_over' : 'fail', reason }
}

function retryOrEnd(reason: string, facts: NextFacts, waitMs: number, retryCount: number): Next {
  const at = new Date(facts.now.getTime() + waitMs)
  if (retryCount > facts.maxRetries) return giveUp(`gave up after ${facts.maxRetries + 1} tries: ${reason}`, facts)
  const latest = facts.scheduledFor.getTime() + facts.graceMinutes * 60_000
  if (at.getTime() > latest) {
    return giveUp(`the next try would be more than ${facts.graceMinutes} minutes late: ${reason}`, facts)
  }
  return { kind: 'retry', at, retryCount, reason }
}

function backoffMs({ retryCount, random }: NextFacts): number {
  const jitter = 1 + JITTER * (2 * random() - 1)
  return BACKOFF_MINUTES * 60_000 * 2 ** retryCount * jitter
}
