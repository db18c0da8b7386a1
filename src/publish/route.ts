import type { ChannelName } from '../db/schema.ts'

/** Channels that this version can deliver through. A route to another one leads to the team: nobody's story is lost. */
const DELIVERING: readonly ChannelName[] = ['telegram']

export interface RouteFacts {
  enableInstagramApi: boolean
  /** The story needs a sticker that only a person can add. */
  requiresInteraction: boolean
}

/** Which way out a story takes (SPEC §1): without automation, or with a sticker to add, it goes to the team. */
export function routeItem(facts: RouteFacts, delivering: readonly ChannelName[] = DELIVERING): ChannelName {
  const wanted = facts.enableInstagramApi && !facts.requiresInteraction ? 'instagram' : 'telegram'
  return delivering.includes(wanted) ? wanted : 'telegram'
}
