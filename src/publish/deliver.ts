import { eq, sql } from 'drizzle-orm'
import { openAlert, resolveAlert } from '../alerts/alerts.ts'
import { AlertSubject } from '../alerts/subjects.ts'
import type { Context } from '../context.ts'
import { inTransaction, persist } from '../db/connect.ts'
import { mediaItems } from '../db/schema.ts'
import { findSettlement, settleIn } from '../history/settle.ts'
import { readOriginal } from '../media/read-original.ts'
import { isoWithOffset } from '../output/time.ts'
import { holdChat, knownChat } from '../telegram/chats.ts'
import type { Channel, Delivery, DeliveryEnd } from './channels/channel.ts'
import { type Claim, LeaseLost, markUnconfirmed, postpone, release, writeTarget } from './claim.ts'
import { decideNext, type Next } from './next.ts'
import type { TickReport } from './report.ts'
import { PERSIST_SECONDS, StopRequested, startRenewal, stepsFor } from './steps.ts'
import { blockedAlert, failedAlert, unconfirmedAlert } from './trouble.ts'

/** Whether the tick should go on with the next item; `blocked`: the channel is closed to us, whatever the item. */
export type AfterDelivery = 'next' | 'stop' | 'blocked'

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
      await resolveAlert(ctx.db, AlertSubject.missed, { isEvent: true })
      return 'next'
    }
    renewal.stop()
    return await writeNext(ctx, claim, end, report)
  } catch (error) {
    if (error instanceof StopRequested) return await giveBack(ctx, claim, report)
    if (!(error instanceof LeaseLost)) throw error
    await reportLost(ctx, claim, channel, report)
    return 'next'
  } finally {
    renewal.stop()
  }
}

/** Nothing is open: the item goes back as it came, unless somebody else has it by now. */
async function giveBack(ctx: Context, claim: Claim, report: TickReport): Promise<AfterDelivery> {
  try {
    await release(ctx.db, claim, null)
    report.released.push(claim.item.id)
  } catch (error) {
    if (!(error instanceof LeaseLost)) throw error
  }
  return 'stop'
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

/** A press beat the sender's own write: that proves the delivery. Otherwise another run owns the item: not our report. */
async function reportLost(ctx: Context, { item }: Claim, channel: Channel, report: TickReport): Promise<void> {
  const settled = await findSettlement(ctx.db, item.id)
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
    now: await persist(() => databaseNow(ctx), PERSIST_SECONDS),
    random: ctx.random,
  })
  if (end.kind === 'flood') await persist(() => hold(ctx, end), PERSIST_SECONDS)
  const mediaProblem = end.kind === 'failed' && end.mediaProblem ? end.reason : null
  await persist(() => carryOut(ctx, claim, next, mediaProblem), PERSIST_SECONDS)
  note(ctx, claim.item.id, next, report)
  if (next.kind === 'release') return 'blocked'
  return end.kind === 'flood' ? 'stop' : 'next'
}

function hold({ db }: Context, { chatId, retryAfterSeconds, reason }: Extract<Trouble, { kind: 'flood' }>) {
  return holdChat(db, chatId, retryAfterSeconds, reason)
}

/** One commit each, and safe to repeat. `mediaProblem`: why the picture itself can never be delivered. */
async function carryOut(ctx: Context, claim: Claim, next: Next, mediaProblem: string | null): Promise<void> {
  switch (next.kind) {
    case 'retry':
      return postpone(ctx.db, claim, next)
    case 'release':
      return inTransaction(ctx.db, async (tx) => {
        await release(tx, claim, next.reason)
        await openAlert(tx, blockedAlert(next))
      })
    case 'unconfirmed':
      return inTransaction(ctx.db, async (tx) => {
        await markUnconfirmed(tx, claim, next.reason)
        await openAlert(tx, unconfirmedAlert(claim.item, next.reason))
      })
    case 'fail':
      return settleFailed(ctx, claim, next.reason, mediaProblem)
    default:
      next satisfies never
  }
}

function note(ctx: Context, id: string, next: Next, report: TickReport): void {
  const { kind, reason } = next
  if (kind === 'release') report.released.push(id)
  else if (kind === 'unconfirmed') report.unconfirmed.push({ id, reason })
  else if (kind === 'fail') report.failed.push({ id, reason })
  else report.retrying.push({ id, reason, nextRetryAt: isoWithOffset(next.at, ctx.settings.timeZone) })
}

/** History row, alert and the picture's problem in one commit: a failure is never recorded without being told. */
async function settleFailed(ctx: Context, claim: Claim, reason: string, mediaProblem: string | null): Promise<void> {
  await inTransaction(ctx.db, async (tx) => {
    const result = await settleIn(tx, {
      queueItemId: claim.item.id,
      settings: ctx.settings,
      fence: claim.fence,
      decide: () => ({ status: 'failed', reason, error: reason, actor: { kind: 'storyline' } }),
    })
    if (result.kind !== 'settled') throw new LeaseLost()
    await openAlert(tx, failedAlert(claim.item, claim.media.filePath, reason))
    if (mediaProblem === null) return
    // The picture itself is at fault: it stays out of the library until its file changes.
    const problem = { isActive: false, problem: mediaProblem }
    await tx.update(mediaItems).set(problem).where(eq(mediaItems.id, claim.media.id))
  })
}

async function databaseNow({ db }: Context): Promise<Date> {
  const [row] = await db.execute<{ ms: string }>(sql`select extract(epoch from now()) * 1000 as ms`)
  return new Date(Number(row?.ms))
}
