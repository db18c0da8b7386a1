import type { ChannelName } from '../db/schema.ts'
import type { Claim } from './claim.ts'
import type { AfterDelivery } from './deliver.ts'

/** One way out within a tick: its own claims, its own trouble. A lane that closes leaves the others open. */
export interface Lane {
  channel: ChannelName
  /** How many items it may try in this tick. */
  maxItems: number
  /** Asked before every claim; says why it is closed by alerts and limits of its own. */
  isOpen(): Promise<boolean>
  deliver(claim: Claim): Promise<AfterDelivery>
  close(): Promise<void>
}
