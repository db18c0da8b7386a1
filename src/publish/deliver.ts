import { eq, sql } from 'drizzle-orm'
import { openAlert } from '../alerts/alerts.ts'
import type { Context } from '../context.ts'
import { holdCalls } from '../db/api-limits.ts'
import { inTransaction, persist, type Transaction } from '../db/connect.ts'
import { mediaItems } from '../db/schema.ts'
import { errorCode } from '../errors.ts'
import { settleIn } from '../history/settle.ts'
import { readOriginal } from '../media/read-original.ts'
import { isoWithOffset } from '../output/time.ts'
import { holdChat } from '../telegram/chats.ts'
import type { Closure, DeliveryEnd, Story } from './channels/channel.ts'
import { type Claim, handOver, LeaseLost, markAsked, markUnconfirmed, postpone, release } from './claim.ts'
import { decideNext, type Next, type Trouble } from './next.ts'
import type { TickReport } from './report.ts'
import { PERSIST_SECONDS, type Renewal, StopRequested, startRenewal } from './steps.ts'
import { closureAlert, failedAlert, liveQuestion, unconfirmedAlert } from './trouble.ts'

/** Whether the tick should go on: with any item, with those of other lanes, or not at all. */
export type AfterDelivery = { kind: 'next' } | { kind: 'closed'; blocked: string | null } | { kind: 'stop' }

export interface DeliverRequest {
  claim: Claim
  report: TickReport
  /** A person can still post what this channel cannot. */
  canHandOver: boolean
  /** Subject of `api_limits` for each service that may ask to wait; null: none does. */
  limitSubjects: Readonly<Record<'instagram' | 'hosting', string>> | null
  deliver(renewal: Renewal): Promise<DeliveryEnd>
  /** What to do and report after it went well. */
  onDelivered(end: Extract<DeliveryEnd, { kind: 'awaiting_team' | 'posted' }>): Promise<void>
  /** The lease was lost; what that means for the report. */
  onLost(): Promise<void>
}

/** Delivers one claimed item and writes what became of it into the row and the report. */
export async function deliverClaim(ctx: Context, request: DeliverRequest): Promise<AfterDelivery> {
  const { claim, report } = request
  const renewal = startRenewal(ctx, claim)
  try {
    const end = await request.deliver(renewal)
    if (end.kind === 'awaiting_team' || end.kind === 'posted') {
      await request.onDelivered(end)
      return { kind: 'next' }
    }
    renewal.stop()
    return await writeNext(ctx, request, end)
  } catch (error) {
    if (error instanceof StopRequested) return await giveBack(ctx, claim, report)
    if (!(error instanceof LeaseLost)) throw error
    await request.onLost()
    return { kind: 'next' }
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
  return { kind: 'stop' }
}

export function storyOf(ctx: Context, { item, media }: Claim): Story {
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
  }
}

async function writeNext(ctx: Context, request: DeliverRequest, end: Trouble): Promise<AfterDelivery> {
  const { item } = request.claim
  const next = decideNext(end, {
    scheduledFor: item.scheduledFor,
    retryCount: item.retryCount,
    maxRetries: item.maxRetries,
    graceMinutes: ctx.settings.missedAfterMinutes,
    now: await persist(() => databaseNow(ctx), PERSIST_SECONDS),
    random: ctx.random,
    canHandOver: request.canHandOver,
    mayBeLive: item.instagramSends > 0,
  })
  if (end.kind === 'flood')
    await persist(() => holdChat(ctx.db, end.chatId, end.retryAfterSeconds, end.reason), PERSIST_SECONDS)
  const mediaProblem = end.kind === 'failed' && end.mediaProblem ? end.reason : null
  await persist(() => carryOut(ctx, request, next, mediaProblem), PERSIST_SECONDS)
  note(ctx, item.id, next, request.report)
  return afterwards(end, next)
}

function afterwards(end: Trouble, next: Next): AfterDelivery {
  const closure = 'closure' in next ? next.closure : null
  if (closure) return { kind: 'closed', blocked: closure.kind === 'blocked' ? closure.reason : null }
  return end.kind === 'flood' ? { kind: 'closed', blocked: null } : { kind: 'next' }
}

/** One commit each, and safe to repeat. `mediaProblem`: why the picture itself can never be delivered. */
async function carryOut(ctx: Context, request: DeliverRequest, next: Next, mediaProblem: string | null): Promise<void> {
  const { claim } = request
  switch (next.kind) {
    case 'retry':
      return postpone(ctx.db, claim, next)
    case 'release':
      return inTransaction(ctx.db, async (tx) => {
        await release(tx, claim, next.reason)
        await writeClosure(tx, next.closure, request.limitSubjects)
      })
    case 'hand_over':
      return inTransaction(ctx.db, (tx) => handOver(tx, claim, next.reason))
    case 'unconfirmed':
      return putInDoubt(ctx, request, next)
    case 'fail':
      return settleFailed(ctx, claim, next.reason, mediaProblem)
    default:
      next satisfies never
  }
}

const LATER_MS = 60_000

async function putInDoubt(ctx: Context, request: DeliverRequest, next: Doubt): Promise<void> {
  const { claim } = request
  try {
    await inTransaction(ctx.db, async (tx) => {
      if (next.closure) await writeClosure(tx, next.closure, request.limitSubjects)
      await writeDoubt(tx, claim, next)
    })
  } catch (error) {
    // Another story of the account is in doubt or being published: one after the other.
    if (errorCode(error) !== '23505') throw error
    const at = new Date((await databaseNow(ctx)).getTime() + LATER_MS)
    await postpone(ctx.db, claim, { at, retryCount: claim.item.retryCount, reason: next.reason })
  }
}

type Doubt = Extract<Next, { kind: 'unconfirmed' }>

/** What can be read need not be asked. */
async function writeDoubt(tx: Transaction, claim: Claim, next: Doubt): Promise<void> {
  const { item } = claim
  if (next.reconcile) return markUnconfirmed(tx, claim, next)
  if (item.instagramSends > 0) {
    await markAsked(tx, claim, next.reason)
    return openAlert(tx, liveQuestion(item, next.reason))
  }
  await markUnconfirmed(tx, claim, next)
  return openAlert(tx, unconfirmedAlert(item, next.reason))
}

/** What is closed is told once; who asked to wait is left alone by every process. */
export async function writeClosure(
  tx: Transaction,
  closure: Closure,
  subjects: DeliverRequest['limitSubjects'],
): Promise<void> {
  if (closure.kind === 'throttled' && subjects !== null) {
    const { what, seconds, reason } = closure
    await holdCalls(tx, { subject: subjects[what], seconds, reason })
  }
  await openAlert(tx, closureAlert(closure))
}

function note(ctx: Context, id: string, next: Next, report: TickReport): void {
  const { kind, reason } = next
  if (kind === 'release') report.released.push(id)
  // What is read at once is reported by whoever reads.
  else if (kind === 'unconfirmed') next.reconcile || report.unconfirmed.push({ id, reason })
  else if (kind === 'hand_over') report.handedOver.push({ id, reason })
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
