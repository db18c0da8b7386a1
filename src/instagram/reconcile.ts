/**
 * What became of a publish call whose answer is no proof, from what can be read (instagram.md §5 and §9). Pure: this is the
 * decision that must never publish a story twice nor report one as failed that is live.
 */

/** `status_code` of a container; `UNKNOWN`: read, but none of these. */
export type ContainerCode = 'IN_PROGRESS' | 'FINISHED' | 'ERROR' | 'EXPIRED' | 'PUBLISHED' | 'UNKNOWN'

/** A live story that is new since just before the first call, of the right time and kind, and of no other queue item. */
export interface Candidate {
  id: string
  /** Whether it shows our picture; null: it could not be compared. */
  isAlike: boolean | null
}

export interface ReconcileFacts {
  /** Null: it could not be read, which says nothing. */
  container: ContainerCode | null
  /** Null: `/stories` could not be read. */
  candidates: readonly Candidate[] | null
  secondsSinceSent: number
  /** Earlier readings since the call that said: not published. */
  cleanReads: number
  /** Publish calls so far that may have acted. */
  sends: number
  containers: number
  containerAgeSeconds: number
  /** It would not come too late if it were published now. */
  isStillWanted: boolean
  /** A person is asked already: only proof counts from here on. */
  isAsked: boolean
}

export type Verdict =
  /** `mediaId` null: it is live, but cannot be told from others. */
  | { kind: 'posted'; mediaId: string | null }
  /** `isClean`: this reading said that it is not published. */
  | { kind: 'wait'; seconds: number; isClean: boolean }
  /** The same container once more: nothing was published. */
  | { kind: 'resend' }
  /** The container is spoilt and nothing was published: a new one. */
  | { kind: 'rebuild' }
  | { kind: 'ask'; reason: string }
  /** Nothing more can be learned by reading. */
  | { kind: 'stop' }

/** The readings that must all say "not published" before anything is sent again, in seconds since the call. */
const READ_AT_SECONDS = [5, 15, 45, 120, 300]
const QUIET_SECONDS = 300
/** A spoilt container might still have been published before it spoilt. */
const QUIET_SPOILT_SECONDS = 600
const MIN_CLEAN_READS = 2
/** How long the id of a story that is certainly live is waited for. */
const ID_SECONDS = 180
const UNREADABLE_SECONDS = 3600
/** `/stories` shows a story for a day. */
const VISIBLE_SECONDS = 24 * 3600
const ASKED_PAUSE_SECONDS = 3600
/** One automatic repetition (instagram.md §9, resend policy). */
const MAX_SENDS = 2
export const MAX_CONTAINERS = 3
/** A container lives 24 hours; the last one is left alone. */
export const CONTAINER_GOOD_SECONDS = 23 * 3600

export function decideReconcile(facts: ReconcileFacts): Verdict {
  const proof = findProof(facts)
  if (proof) return proof
  if (facts.isAsked) {
    return facts.secondsSinceSent < VISIBLE_SECONDS
      ? { kind: 'wait', seconds: ASKED_PAUSE_SECONDS, isClean: false }
      : { kind: 'stop' }
  }
  if (facts.container === 'PUBLISHED') return wait(facts, false)
  if (facts.container === null || facts.container === 'UNKNOWN' || facts.candidates === null) return unreadable(facts)
  if (facts.candidates.length > 0) return strangers(facts)
  return notPublished(facts, facts.container)
}

/** The container says so, or a new story shows our picture. */
function findProof({ container, candidates, secondsSinceSent }: ReconcileFacts): Verdict | null {
  const alike = candidates?.filter(({ isAlike }) => isAlike === true) ?? []
  const possible = candidates?.filter(({ isAlike }) => isAlike !== false) ?? []
  const [only] = alike.length > 0 ? alike : possible
  const mediaId = only && (alike.length > 0 ? alike : possible).length === 1 ? only.id : null
  if (container === 'PUBLISHED') {
    if (mediaId === null && possible.length === 0 && secondsSinceSent < ID_SECONDS) return null
    return { kind: 'posted', mediaId }
  }
  // The container's status may lag behind, or be unreadable; the picture itself does not lie.
  if (alike.length > 0) return { kind: 'posted', mediaId }
  return null
}

/** Somebody else's, as it seems, or pictures that could not be compared. */
function strangers(facts: ReconcileFacts): Verdict {
  const { candidates, container } = facts
  if (candidates?.every(({ isAlike }) => isAlike === false)) return notPublished(facts, container ?? 'UNKNOWN')
  if (facts.secondsSinceSent < QUIET_SECONDS) return wait(facts, false)
  return { kind: 'ask', reason: 'a new story is on the account, but it cannot be told whether it is this one' }
}

function unreadable(facts: ReconcileFacts): Verdict {
  if (facts.secondsSinceSent < UNREADABLE_SECONDS) return wait(facts, false)
  return { kind: 'ask', reason: 'Instagram has not told for an hour what became of it' }
}

function notPublished(facts: ReconcileFacts, container: ContainerCode): Verdict {
  const { secondsSinceSent, cleanReads, sends, containers, containerAgeSeconds, isStillWanted } = facts
  const isSpoilt = container === 'ERROR' || container === 'EXPIRED'
  const isQuiet = secondsSinceSent >= (isSpoilt ? QUIET_SPOILT_SECONDS : QUIET_SECONDS)
  if (!isQuiet || cleanReads + 1 < MIN_CLEAN_READS) return wait(facts, true)
  if (!isStillWanted) return { kind: 'ask', reason: 'it does not seem to be, but it got too late to publish it again' }
  if (sends >= MAX_SENDS) return { kind: 'ask', reason: `it was tried ${sends} times, and Instagram never showed it` }
  if (isSpoilt) {
    return containers < MAX_CONTAINERS
      ? { kind: 'rebuild' }
      : { kind: 'ask', reason: 'Instagram could not process its picture' }
  }
  return containerAgeSeconds < CONTAINER_GOOD_SECONDS
    ? { kind: 'resend' }
    : { kind: 'ask', reason: 'its container expires, and Instagram never showed it' }
}

function wait({ secondsSinceSent }: ReconcileFacts, isClean: boolean): Verdict {
  const next = READ_AT_SECONDS.find((at) => at > secondsSinceSent)
  return { kind: 'wait', seconds: next === undefined ? 60 : Math.max(1, Math.ceil(next - secondsSinceSent)), isClean }
}
