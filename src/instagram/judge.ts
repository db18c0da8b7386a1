import type { HostFailure } from '../hosting/hosting.ts'
import type { Closure, DeliveryEnd } from '../publish/channels/channel.ts'
import type { GraphClass, GraphFailure, GraphRefusal, GraphUsage } from './graph.ts'
import type { ContainerCode } from './reconcile.ts'

/** What a failed call means for the story and for the channel: the actions of instagram.md §3, by class. Pure. */

const LATER_SECONDS = 60
const WRONG_SETTINGS =
  'Check APP_SECRET, INSTAGRAM_ACCOUNT_ID, ACCESS_TOKEN and INSTAGRAM_LOGIN; `storyline test-api` names what is wrong.'
const TRIED_AGAIN = 'It is tried again with every tick; `storyline test-api` shows what works.'

/** Null: it is about this call only. */
function closureOf(refusal: GraphRefusal, reason: string): Closure | null {
  switch (refusal.class) {
    case 'wait':
      return { kind: 'throttled', what: 'instagram', seconds: refusal.waitSeconds, reason, fix: refusal.fix }
    case 'auth':
    case 'human':
      return { kind: 'blocked', what: 'instagram', reason, fix: refusal.fix }
    case 'transient':
    case 'content':
    case 'bug':
    case 'ambiguous':
      return null
    default:
      return refusal.class satisfies never
  }
}

/** A read that failed: nothing happened, and nothing may be inferred from it. */
export function judgeRead(failure: GraphFailure): DeliveryEnd {
  const { reason } = failure
  const closure = failure.kind === 'refused' ? closureOf(failure.refusal, reason) : null
  return closure ?? { kind: 'retry', reason }
}

/** The account cannot be read at all: nobody's story is at fault. */
export function judgeAccount(failure: GraphFailure): Closure {
  const { reason } = failure
  if (failure.kind !== 'refused') {
    return { kind: 'blocked', what: 'instagram', reason: `Instagram does not answer: ${reason}`, fix: TRIED_AGAIN }
  }
  const { refusal } = failure
  // A refusal of something that is always asked in the same way is about the settings it is asked with.
  const fix = refusal.class === 'bug' ? WRONG_SETTINGS : refusal.fix || TRIED_AGAIN
  return closureOf(refusal, reason) ?? { kind: 'blocked', what: 'instagram', reason, fix }
}

/** `isUnfetched`: Meta could not fetch the picture; a moment later it often can. */
export function judgeCreation(failure: GraphFailure): { end: DeliveryEnd; isUnfetched: boolean } {
  if (failure.kind !== 'refused') return { end: { kind: 'retry', reason: failure.reason }, isUnfetched: false }
  const { refusal, reason } = failure
  const isUnfetched = refusal.code === 9004 || refusal.subcode === 2207003
  return { end: closureOf(refusal, reason) ?? endByClass(refusal.class, reason), isUnfetched }
}

function endByClass(meaning: GraphClass, reason: string): DeliveryEnd {
  const isFinal = meaning === 'content' || meaning === 'bug'
  return isFinal ? { kind: 'failed', reason } : { kind: 'retry', reason }
}

/** A container that will never be ready: another one, as long as the trouble may pass. */
export function judgeContainerError(
  meaning: GraphClass,
  container: { code: ContainerCode; text: string; containers: number },
): DeliveryEnd {
  const { code, text } = container
  if (code === 'EXPIRED')
    return { kind: 'later', seconds: LATER_SECONDS, reason: 'the container expired; a new one is made' }
  return endByClass(meaning, `Instagram could not process the picture: ${text || 'it does not say why'}`)
}

/**
 * The answer to `media_publish`. `isProof`: nothing was published. Everything else is in doubt, even a clear refusal
 * (instagram.md §5.4): it is read what became of it.
 */
export function judgePublish(failure: GraphFailure): { end: DeliveryEnd; isProof: boolean } {
  const { reason } = failure
  if (failure.kind === 'not_sent' || (failure.kind === 'aborted' && !failure.mayHaveActed)) {
    return { end: { kind: 'retry', reason }, isProof: true }
  }
  const inDoubt = { kind: 'unconfirmed', reason, reconcile: true } as const
  if (failure.kind !== 'refused') return { end: inDoubt, isProof: false }
  const { refusal } = failure
  if (refusal.provesNotPublished) return { end: { kind: 'later', seconds: LATER_SECONDS, reason }, isProof: true }
  const closure = closureOf(refusal, reason)
  return { end: closure ? { ...inDoubt, closure } : inDoubt, isProof: false }
}

/** From this share of a limit on nothing is asked twice within a tick; at the whole of it nobody calls (instagram.md §2.2). */
export const BUSY_PERCENT = 80
const FULL_PERCENT = 100

/** What the usage headers of the last answer ask for; null: go on. */
export function judgeUsage({ percent, regainSeconds }: GraphUsage): Closure | null {
  if (regainSeconds === null && (percent ?? 0) < FULL_PERCENT) return null
  return {
    kind: 'throttled',
    what: 'instagram',
    seconds: regainSeconds,
    reason: "the app's share of Meta's API calls is used up",
  }
}

/** What the media host's trouble means. */
export function judgeHost(failure: HostFailure): DeliveryEnd {
  const { kind, reason } = failure
  switch (kind) {
    case 'unreachable':
      return { kind: 'blocked', what: 'hosting', reason, fix: TRIED_AGAIN }
    case 'throttled':
      return { kind: 'throttled', what: 'hosting', seconds: failure.retryAfterSeconds, reason }
    case 'closed':
      return { kind: 'blocked', what: 'hosting', reason, fix: failure.fix }
    case 'rejected':
      return { kind: 'failed', reason }
    default:
      return kind satisfies never
  }
}
