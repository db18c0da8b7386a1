import { randomUUID } from 'node:crypto'
import { resolveAlert } from '../alerts/alerts.ts'
import { sendNotices } from '../alerts/send-notices.ts'
import { AlertSubject } from '../alerts/subjects.ts'
import type { Context } from '../context.ts'
import type { ChannelName } from '../db/schema.ts'
import { createTelegramClient, type TelegramClient } from '../telegram/client.ts'
import { editDueCards } from '../telegram/edit-cards.ts'
import { requireTelegram } from '../telegram/require-telegram.ts'
import { type Claim, claimDue } from './claim.ts'
import { dueByLane, lookForWork, type Work } from './due.ts'
import type { Lane } from './lane.ts'
import type { TickReport, TickResult } from './report.ts'
import { routeItem } from './route.ts'
import { expireLate, sweepLeases } from './sweep.ts'
import { openTelegramLane } from './telegram-lane.ts'

const MAX_REPAIRS_PER_RUN = 20

/** A tick that has something to do. */
export async function doWork(ctx: Context, work: Work, result: TickResult): Promise<void> {
  const { report } = result
  if (work.expired) report.unconfirmed.push(...(await sweepLeases(ctx.db)))
  if (work.late) await closeLate(ctx, report)
  // Sweeping may have put items back, and settling may have left cards and notices.
  let rest = work.expired || work.late ? await lookForWork(ctx) : work
  if (rest.doubtful) await reconcile(ctx, report)
  if (rest.doubtful) rest = await lookForWork(ctx)
  if (rest.due) await deliverDue(ctx, result)
  if (rest.due) rest = await lookForWork(ctx)
  // What became doubtful just now can often be read at once.
  if (rest.doubtful) await reconcile(ctx, report)
  await speak(ctx)
  if (rest.hosted) await cleanUp(ctx)
  // Without Telegram, what publishes itself still does; the rest is a reason to complain.
  if (rest.due && (await dueByLane(ctx)).telegram) requireTelegram(ctx.settings)
}

async function closeLate(ctx: Context, report: TickReport): Promise<void> {
  for (const { id, reason, status } of await expireLate(ctx)) {
    const list = status === 'failed' ? report.failed : report.missed
    list.push({ id, reason })
  }
}

async function reconcile(ctx: Context, report: TickReport): Promise<void> {
  const { reconcileDue } = await import('./reconcile-due.ts')
  await reconcileDue(ctx, report)
}

async function cleanUp(ctx: Context): Promise<void> {
  const { removeHostedFiles } = await import('./remove-hosted.ts')
  await removeHostedFiles(ctx)
}

/** Card edits and messages to the admin chat: also after a tick that delivered nothing. */
async function speak(ctx: Context): Promise<void> {
  await withTelegram(ctx, async (client) => {
    if (client === null) return
    await editDueCards(ctx, client, { limit: MAX_REPAIRS_PER_RUN })
    await sendNotices(ctx, client)
  })
}

async function withTelegram<T>(ctx: Context, use: (client: TelegramClient | null) => Promise<T>): Promise<T> {
  const { telegramBotToken, telegramApiRoot: apiRoot, httpTimeoutSeconds: timeoutSeconds } = ctx.settings
  if (telegramBotToken === undefined) return use(null)
  const client = createTelegramClient({ token: telegramBotToken.reveal(), apiRoot, timeoutSeconds })
  try {
    return await use(client)
  } finally {
    client.close()
  }
}

/** Every way out is a lane: one that closes leaves the other open, and what it hands over is claimed again. */
async function deliverDue(ctx: Context, result: TickResult): Promise<void> {
  await withTelegram(ctx, async (client) => {
    const lanes = await openEveryLane(ctx, client, result)
    try {
      await deliverThrough(ctx, lanes, result)
    } finally {
      for (const lane of lanes) await lane.close()
    }
  })
}

async function openEveryLane(ctx: Context, client: TelegramClient | null, result: TickResult): Promise<Lane[]> {
  const toTeam = await openTelegramLane(ctx, client, result)
  if (!ctx.settings.enableInstagramApi) {
    await forgetInstagram(ctx)
    return [toTeam]
  }
  const { openInstagramLane } = await import('./instagram-lane.ts')
  return [await openInstagramLane(ctx, result), toTeam]
}

/** Switched off: what was wrong with it is nobody's concern, and worth telling again when it is switched on. */
async function forgetInstagram({ db }: Context): Promise<void> {
  for (const what of ['instagram', 'hosting']) await resolveAlert(db, AlertSubject.blocked(what))
  await resolveAlert(db, AlertSubject.instagramLimit)
}

async function deliverThrough(ctx: Context, lanes: readonly Lane[], result: TickResult): Promise<void> {
  const leaseOwner = randomUUID()
  const { report } = result
  const { maxPostsPerRun, leaseSeconds, enableInstagramApi } = ctx.settings
  const left: Left = new Map(lanes.map((lane) => [lane.channel, lane.maxItems]))
  const taken: string[] = []
  while (report.claimed < maxPostsPerRun && !ctx.signal.aborted) {
    const { open, hasClosed } = await openLanes(ctx, lanes, left)
    // What a lane handed over when it closed is due in another one now.
    if (open.length === 0 && hasClosed) continue
    if (open.length === 0) return
    const claim = await claimDue(ctx.db, { leaseOwner, leaseSeconds, except: taken, lanes: open, enableInstagramApi })
    if (!claim) return
    const lane = laneOf(ctx, lanes, claim)
    const after = await lane.deliver(claim)
    const isHandedOver = lane.channel === 'instagram' && report.handedOver.some(({ id }) => id === claim.item.id)
    if (!isHandedOver) {
      taken.push(claim.item.id)
      report.claimed += 1
    }
    left.set(lane.channel, after.kind === 'closed' ? 0 : (left.get(lane.channel) ?? 0) - 1)
    if (after.kind === 'stop') return
  }
}

/** How many items each lane may still try; 0: closed for this tick. */
type Left = Map<ChannelName, number>

async function openLanes(ctx: Context, lanes: readonly Lane[], left: Left) {
  const due = await dueByLane(ctx)
  const open: ChannelName[] = []
  let hasClosed = false
  for (const { channel, isOpen } of lanes) {
    if (!due[channel] || (left.get(channel) ?? 0) <= 0) continue
    if (await isOpen()) open.push(channel)
    else {
      left.set(channel, 0)
      hasClosed = true
    }
  }
  return { open, hasClosed }
}

function laneOf(ctx: Context, lanes: readonly Lane[], { item, media }: Claim): Lane {
  const { enableInstagramApi } = ctx.settings
  const channel = routeItem({ ...item, enableInstagramApi, requiresInteraction: media.requiresInteraction })
  const lane = lanes.find((one) => one.channel === channel)
  if (!lane) throw new Error(`no lane leads to ${channel}`)
  return lane
}
