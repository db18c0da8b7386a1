import type { Outcome } from '../history/outcome.ts'
import type { QueueItem } from '../history/settle.ts'

/** How a person may end a story that is open. */
export type HandStatus = 'cancelled' | 'skipped' | 'rejected'

export interface ByHand extends Pick<Outcome, 'reason' | 'actor'> {
  status: HandStatus
}

const MAY_BE_LIVE = 'its publishing was tried before and it may be live; the next tick finds out, or asks you'

/**
 * What is being sent, or may have been, is left alone. A run that has begun no outside call notices at its next write that
 * the item is gone, and stops.
 */
export function decideByHand(item: QueueItem, byHand: ByHand): Outcome | { decline: string } {
  if (item.status === 'processing' && item.effect !== null) return { decline: 'it is being sent right now' }
  if (item.instagramSends > 0 && item.status !== 'unconfirmed') return { decline: MAY_BE_LIVE }
  if (item.status === 'unconfirmed') {
    return { decline: `it may have been sent; say first what happened: storyline confirm ${item.id.slice(0, 8)}` }
  }
  return byHand
}
