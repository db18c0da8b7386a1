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

/** What one tick did: the shape of `process-queue --json`. */
export interface TickReport {
  claimed: number
  delivered: { id: string; channel: ChannelName }[]
  retrying: { id: string; reason: string; nextRetryAt: string }[]
  failed: { id: string; reason: string }[]
  missed: { id: string; reason: string }[]
  unconfirmed: { id: string; reason: string }[]
  released: string[]
}

export function emptyReport(): TickReport {
  return { claimed: 0, delivered: [], retrying: [], failed: [], missed: [], unconfirmed: [], released: [] }
}

export interface TickResult {
  report: TickReport
  /** Why the tick could not work, when it could not. */
  blocked: string | null
}
