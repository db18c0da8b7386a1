import { setInterval } from 'node:timers'
import { and, eq, isNull, sql } from 'drizzle-orm'
import { AlertSubject, openAlert, resolveAlert } from '../alerts/alerts.ts'
import type { Context } from '../context.ts'
import { inTransaction } from '../db/connect.ts'
import { type Effect, mediaItems, postingHistory, telegramCards } from '../db/schema.ts'
import { settleIn } from '../history/settle.ts'
import { readOriginal } from '../media/read-original.ts'
import { isoWithOffset } from '../output/time.ts'
import { holdChat, knownChat, rememberMigration } from '../telegram/chats.ts'
import type { Channel, Delivery, DeliveryEnd, EffectResult, Steps } from './channels/channel.ts'
import {
  type Claim,
  LeaseLost,
  markUnconfirmed,
  postpone,
  recordCard,
  recordDocument,
  release,
  renewLease,
  writeIntent,
  writeTarget,
} from './claim.ts'
import { decideNext, type Next } from './next.ts'
import type { TickReport } from './report.ts'
import { blockedAlert, failedAlert, unconfirmedAlert } from './trouble.ts'

/** The run was told to stop before the next outside call began. */
class StopRequested extends Error {}

/** Whether the tick should go on with the next item. */
export type AfterDelivery = 'next' | 'stop'

/** Delivers one claimed item and writes what became of it into the row and the report. */
export async function deliverClaim(
  ctx: Context,
  { channel, claim, chatId, report }: { channel: Channel; claim: Claim; chatId: number; report: TickReport },
): Promise<AfterDelivery> {
  const { id } = claim.item
  const renewal = startRenewal(ctx, claim)
  try {
    const target = await targetOf(ctx, claim, chatId)
    await writeTarget(ctx.db, claim, target)
    const end = await channel.deliver(deliveryOf(ctx, claim, target), stepsFor(ctx, claim, renewal))
    if (end.kind === 'awaiting_team') {
      report.delivered.push({ id, channel: channel.name })
      await resolveAlert(ctx.db, AlertSubject.telegramBlocked)
      await resolveAlert(ctx.db, AlertSubject.missed)
      return 'next'
    }
    renewal.stop()
    return await writeNext(ctx, claim, end, report)
  } catch (error) {
    if (error instanceof StopRequested) {
      await release(ctx.db, claim, null)
      report.released.push(id)
      return 'stop'
    }
    if (!(error instanceof LeaseLost)) throw error
    await reportLost(ctx, claim, channel, report)
    return 'next'
  } finally {
    renewal.stop()
  }
}

/** A delivery that was begun ends in the chat where it began, under the id that this chat has now. */
async function targetOf({ db }: Context, { item }: Claim, chatId: number): Promise<number> {
  if (item.telegramDocumentMessageId === null || item.telegramChatId === null) return chatId
  return (await knownChat(db, String(item.telegramChatId))) ?? chatId
}

function deliveryOf(ctx: Context, { item, media }: Claim, chatId: number): Delivery {
  return {
    queueItemId: item.id,
    storyNumber: item.storyNumber,
    fileName: media.fileName,
    mimeType: media.mimeType ?? 'application/octet-stream',
    readOriginal: () => readOriginal(ctx.settings.mediaBasePath, media),
    title: media.title,
    linkUrl: media.linkUrl,
    caption: media.caption,
    tags: media.tags,
    scheduledFor: item.scheduledFor,
    timeZone: ctx.settings.timeZone,
    chatId,
    telegramDocumentMessageId: item.telegramDocumentMessageId,
  }
}

interface Renewal {
  begin(timeoutSeconds: number): void
  stop(): void
}

/** While an upload moves it may take longer than the lease: renewed at half its time, until the call ends. */
function startRenewal(ctx: Context, claim: Claim): Renewal {
  let timer: NodeJS.Timeout | undefined
  const stop = () => clearInterval(timer)
  const begin = (timeoutSeconds: number) => {
    stop()
    // A failed renewal is no error of its own: the fenced write after the call notices that the lease is gone.
    const renew = () => void renewLease(ctx.db, claim, timeoutSeconds).catch(stop)
    timer = setInterval(renew, (timeoutSeconds * 1000) / 2)
  }
  return { begin, stop }
}

function stepsFor(ctx: Context, claim: Claim, renewal: Renewal): Steps {
  return {
    intend: async (effect: Effect, { timeoutSeconds }) => {
      if (ctx.signal.aborted) throw new StopRequested()
      await writeIntent(ctx.db, claim, effect, timeoutSeconds)
      renewal.begin(timeoutSeconds)
    },
    record: async (result) => {
      renewal.stop()
      await record(ctx, claim, result)
    },
    migrated: (oldChatId, newChatId) => rememberMigration(ctx.db, oldChatId, newChatId),
  }
}

async function record(ctx: Context, claim: Claim, { effect, chatId, messageId }: EffectResult): Promise<void> {
  if (effect === 'telegram_document') return recordDocument(ctx.db, claim, chatId, messageId)
  const card = { queueItemId: claim.item.id, kind: 'card' as const, chatId, messageId }
  try {
    await inTransaction(ctx.db, async (tx) => {
      await recordCard(tx, claim, chatId, messageId)
      await tx.insert(telegramCards).values(card).onConflictDoNothing()
    })
  } catch (error) {
    if (error instanceof LeaseLost) await rememberStrayCard(ctx, card)
    throw error
  }
}

/** The item went on without us, but this card exists: remembered, and edited at once if the item is settled. */
async function rememberStrayCard(ctx: Context, card: typeof telegramCards.$inferInsert): Promise<void> {
  const isSettled = sql`exists (select 1 from ${postingHistory} where ${postingHistory.queueItemId} = ${card.queueItemId})`
  const editDueAt = sql`case when ${isSettled} then now() end`
  await ctx.db
    .insert(telegramCards)
    .values({ ...card, editDueAt })
    .onConflictDoUpdate({
      target: [telegramCards.chatId, telegramCards.messageId],
      set: { editDueAt: sql`coalesce(${telegramCards.editDueAt}, ${editDueAt})` },
    })
}

/** A press beat the sender's own write: that proves the delivery. Otherwise another run owns the item: not our report. */
async function reportLost(ctx: Context, { item }: Claim, channel: Channel, report: TickReport): Promise<void> {
  const settled = await ctx.db.query.postingHistory.findFirst({
    columns: { sentAt: true },
    where: and(eq(postingHistory.queueItemId, item.id), isNull(postingHistory.undoneAt)),
  })
  if (settled?.sentAt) report.delivered.push({ id: item.id, channel: channel.name })
  else ctx.out.warn(`storyline: story #${item.storyNumber} was taken over by another run; nothing more was done to it`)
}

type Trouble = Exclude<DeliveryEnd, { kind: 'awaiting_team' }>

async function writeNext(ctx: Context, claim: Claim, end: Trouble, report: TickReport): Promise<AfterDelivery> {
  const { item } = claim
  const next = decideNext(end, {
    scheduledFor: item.scheduledFor,
    retryCount: item.retryCount,
    maxRetries: item.maxRetries,
    graceMinutes: ctx.settings.missedAfterMinutes,
    now: await databaseNow(ctx),
    random: ctx.random,
  })
  if (end.kind === 'flood') await holdChat(ctx.db, end.chatId, end.retryAfterSeconds, end.reason)
  await carryOut(ctx, claim, next, report)
  if (next.kind === 'fail' && end.kind === 'failed' && end.mediaProblem) await setProblem(ctx, claim, end.reason)
  return next.kind === 'release' || end.kind === 'flood' ? 'stop' : 'next'
}

async function carryOut(ctx: Context, claim: Claim, next: Next, report: TickReport): Promise<void> {
  const { id } = claim.item
  switch (next.kind) {
    case 'retry':
      await postpone(ctx.db, claim, next)
      report.retrying.push({ id, reason: next.reason, nextRetryAt: isoWithOffset(next.at, ctx.settings.timeZone) })
      return
    case 'release':
      await release(ctx.db, claim, next.reason)
      await openAlert(ctx.db, blockedAlert(next))
      report.released.push(id)
      return
    case 'unconfirmed':
      await inTransaction(ctx.db, async (tx) => {
        await markUnconfirmed(tx, claim, next.reason)
        await openAlert(tx, unconfirmedAlert(claim.item, next.reason))
      })
      report.unconfirmed.push({ id, reason: next.reason })
      return
    case 'fail':
      await settleFailed(ctx, claim, next.reason)
      report.failed.push({ id, reason: next.reason })
      return
    default:
      next satisfies never
  }
}

/** History row and alert in one commit: a failure is never recorded without being told. */
async function settleFailed(ctx: Context, claim: Claim, reason: string): Promise<void> {
  await inTransaction(ctx.db, async (tx) => {
    const result = await settleIn(tx, {
      queueItemId: claim.item.id,
      settings: ctx.settings,
      fence: claim.fence,
      decide: () => ({ status: 'failed', reason, error: reason, actor: { kind: 'storyline' } }),
    })
    if (result.kind !== 'settled') throw new LeaseLost()
    await openAlert(tx, failedAlert(claim.item, claim.media.filePath, reason))
  })
}

/** The picture itself is at fault: it stays out of the library until its file changes. */
async function setProblem({ db }: Context, { media }: Claim, problem: string): Promise<void> {
  await db.update(mediaItems).set({ isActive: false, problem }).where(eq(mediaItems.id, media.id))
}

async function databaseNow({ db }: Context): Promise<Date> {
  const [row] = await db.execute<{ ms: string }>(sql`select extract(epoch from now()) * 1000 as ms`)
  return new Date(Number(row?.ms))
}
