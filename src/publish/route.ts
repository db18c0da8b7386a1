import type { ChannelName } from '../db/schema.ts'

export interface RouteFacts {
  enableInstagramApi: boolean
  /** The story needs a sticker that only a person can add. */
  requiresInteraction: boolean
  /** Instagram would not take it: a person posts it. */
  fallbackReason?: string | null
  /** The original is with the team already: the card follows it. */
  telegramDocumentMessageId?: number | null
}

/**
 * Which way out a story takes (SPEC §1): without automation, or with a sticker to add, it goes to the team. `isAutomatic`
 * in due.ts says the same to the database.
 */
export function routeItem(facts: RouteFacts): ChannelName {
  const { enableInstagramApi, requiresInteraction, fallbackReason, telegramDocumentMessageId } = facts
  if (!enableInstagramApi || requiresInteraction) return 'telegram'
  return fallbackReason == null && telegramDocumentMessageId == null ? 'instagram' : 'telegram'
}
