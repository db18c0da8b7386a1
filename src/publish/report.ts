import type { ChannelName } from '../db/schema.ts'

/** An item that this run settled without it being posted. */
export interface Ended {
  id: string
  reason: string
  status: 'missed' | 'failed'
  storyNumber: number | null
  file: string
  /** It had reached the team. */
  wasSent: boolean
}

/** A card with the team, or a story that is live. */
interface Delivered {
  id: string
  channel: ChannelName
  /** Only with `instagram`; null: it is live, but its id is not known. */
  instagramMediaId?: string | null
  permalink?: string | null
}

/** What one tick did: the shape of `process-queue --json`. */
export interface TickReport {
  claimed: number
  delivered: Delivered[]
  retrying: { id: string; reason: string; nextRetryAt: string }[]
  failed: { id: string; reason: string }[]
  missed: { id: string; reason: string }[]
  unconfirmed: { id: string; reason: string }[]
  released: string[]
  /** Instagram will not publish these (in time): the team gets them. */
  handedOver: { id: string; reason: string }[]
}

export function emptyReport(): TickReport {
  return {
    claimed: 0,
    delivered: [],
    retrying: [],
    failed: [],
    missed: [],
    unconfirmed: [],
    released: [],
    handedOver: [],
  }
}

export interface TickResult {
  report: TickReport
  /** Why the tick could not work, when it could not. */
  blocked: string | null
  /** Why a way out is closed while the other one works. */
  warnings: string[]
}
