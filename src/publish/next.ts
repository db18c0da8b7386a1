import type { DeliveryEnd } from './channels/channel.ts'

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
}

/** What becomes of an item after a delivery that did not reach the team. */
export type Next =
  | { kind: 'retry'; at: Date; retryCount: number; reason: string }
  | { kind: 'release'; reason: string; fix: string }
  | { kind: 'unconfirmed'; reason: string }
  | { kind: 'fail'; reason: string }

type Trouble = Exclude<DeliveryEnd, { kind: 'awaiting_team' }>

export function decideNext(end: Trouble, facts: NextFacts): Next {
  switch (end.kind) {
    case 'retry':
      return retryOrFail(end.reason, facts, backoffMs(facts), facts.retryCount + 1)
    case 'flood':
      // The chat is busy, not the item at fault: its tries are not used up.
      return retryOrFail(end.reason, facts, end.retryAfterSeconds * 1000, facts.retryCount)
    case 'unconfirmed':
      return { kind: 'unconfirmed', reason: end.reason }
    case 'failed':
      return { kind: 'fail', reason: end.reason }
    case 'blocked':
      return { kind: 'release', reason: end.reason, fix: end.fix }
    default:
      return end satisfies never
  }
}

function retryOrFail(reason: string, facts: NextFacts, waitMs: number, retryCount: number): Next {
  const at = new Date(facts.now.getTime() + waitMs)
  if (retryCount > facts.maxRetries) {
    return { kind: 'fail', reason: `gave up after ${facts.maxRetries + 1} tries: ${reason}` }
  }
  const latest = facts.scheduledFor.getTime() + facts.graceMinutes * 60_000
  if (at.getTime() > latest) {
    return { kind: 'fail', reason: `the next try would be more than ${facts.graceMinutes} minutes late: ${reason}` }
  }
  return { kind: 'retry', at, retryCount, reason }
}

function backoffMs({ retryCount, random }: NextFacts): number {
  const jitter = 1 + JITTER * (2 * random() - 1)
  return BACKOFF_MINUTES * 60_000 * 2 ** retryCount * jitter
}
