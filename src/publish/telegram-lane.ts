import { openAlert, openAlertSummary, resolveAlert } from '../alerts/alerts.ts'
import { AlertSubject } from '../alerts/subjects.ts'
import type { Context } from '../context.ts'
import { findSettlement } from '../history/settle.ts'
import { heldSeconds, knownChat, resolveChat } from '../telegram/chats.ts'
import { type TelegramClient, TelegramError } from '../telegram/client.ts'
import { createTelegramChannel, judgeFailure } from './channels/telegram.ts'
import { type Claim, writeTarget } from './claim.ts'
import { type AfterDelivery, deliverClaim, storyOf } from './deliver.ts'
import type { Lane } from './lane.ts'
import type { TickResult } from './report.ts'
import { stepsFor } from './steps.ts'
import { closureAlert } from './trouble.ts'

/** The way to the team's chat. */
export async function openTelegramLane(ctx: Context, client: TelegramClient | null, result: TickResult): Promise<Lane> {
  let chatId: number | null = null
  const wasBlocked = (await openAlertSummary(ctx.db, AlertSubject.telegramBlocked)) !== null
  return {
    channel: 'telegram',
    // A channel that was closed to us is tried with one item: flooding a closed door helps nobody.
    maxItems: wasBlocked ? 1 : Number.POSITIVE_INFINITY,
    isOpen: async () => {
      const { telegramChannelId: channelId } = ctx.settings
      if (client === null || channelId === undefined) return false
      // Asked again for every item: the group may have become a supergroup with the one before.
      chatId = await targetChat(ctx, client, channelId, result)
      return chatId !== null && (await heldSeconds(ctx.db, chatId)) === null
    },
    deliver: async (claim) => {
      if (client === null || chatId === null) throw new Error('the lane was not asked whether it is open')
      const after = await deliverToTeam(ctx, client, { claim, chatId, result })
      if (after.kind === 'closed' && after.blocked !== null) result.blocked = after.blocked
      return after
    },
    close: async () => {},
  }
}

/** The numeric id of the team's chat; null when Telegram will not tell it now. */
async function targetChat(ctx: Context, client: TelegramClient, channelId: string, result: TickResult) {
  try {
    return await resolveChat(ctx.db, client, channelId)
  } catch (error) {
    if (!(error instanceof TelegramError)) throw error
    result.blocked = error.failure.reason
    const end = judgeFailure(error.failure, 0)
    if (end.kind === 'blocked') await openAlert(ctx.db, closureAlert(end))
    return null
  }
}

interface TeamDelivery {
  claim: Claim
  chatId: number
  result: TickResult
}

async function deliverToTeam(ctx: Context, client: TelegramClient, parts: TeamDelivery): Promise<AfterDelivery> {
  const { claim, result } = parts
  const { report } = result
  const { id, storyNumber, telegramDocumentMessageId, fallbackReason } = claim.item
  const channel = createTelegramChannel(client)
  const after = await deliverClaim(ctx, {
    claim,
    report,
    canHandOver: false,
    limitSubjects: null,
    deliver: async (renewal) => {
      // Automation was switched off between two tries: the story might be live, and then nobody must post it again.
      if (claim.item.instagramSends > 0) return { kind: 'unconfirmed', reason: PUBLISHED_BEFORE, reconcile: false }
      const chatId = await targetOf(ctx, claim, parts.chatId)
      await writeTarget(ctx.db, claim, { channel: 'telegram', telegramChatId: chatId })
      const delivery = { ...storyOf(ctx, claim), chatId, telegramDocumentMessageId, fallbackReason }
      return channel.deliver(delivery, stepsFor(ctx, claim, renewal))
    },
    onDelivered: async () => {
      report.delivered.push({ id, channel: 'telegram' })
      await resolveAlert(ctx.db, AlertSubject.telegramBlocked)
      await resolveAlert(ctx.db, AlertSubject.missed, { isEvent: true })
    },
    onLost: async () => {
      // A press beat the sender's own write: that proves the delivery. Otherwise another run owns the item: not our report.
      const settled = await findSettlement(ctx.db, id)
      if (settled?.sentAt) report.delivered.push({ id, channel: 'telegram' })
      else ctx.out.warn(`storyline: story #${storyNumber} was taken over by another run; nothing more was done to it`)
    },
  })
  if (after.kind !== 'closed' || after.blocked === null) return after
  return { kind: 'closed', blocked: await openAlertSummary(ctx.db, AlertSubject.telegramBlocked) }
}

const PUBLISHED_BEFORE = 'its publishing was tried before automatic publishing was switched off'

/** A delivery that was begun ends in the chat where it began, under the id that this chat has now. */
async function targetOf({ db }: Context, { item }: Claim, chatId: number): Promise<number> {
  if (item.telegramDocumentMessageId === null || item.telegramChatId === null) return chatId
  return (await knownChat(db, String(item.telegramChatId))) ?? chatId
}
