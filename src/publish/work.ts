import { randomUUID } from 'node:crypto'
import { and, eq } from 'drizzle-orm'
import { openAlert } from '../alerts/alerts.ts'
import { sendNotices } from '../alerts/send-notices.ts'
import { AlertSubject } from '../alerts/subjects.ts'
import type { Context } from '../context.ts'
import { alerts } from '../db/schema.ts'
import { heldSeconds, resolveChat } from '../telegram/chats.ts'
import { createTelegramClient, type TelegramClient, TelegramError } from '../telegram/client.ts'
import { editDueCards } from '../telegram/edit-cards.ts'
import { requireTelegram } from '../telegram/require-telegram.ts'
import { createTelegramChannel, judgeFailure } from './channels/telegram.ts'
import { claimDue } from './claim.ts'
import { deliverClaim } from './deliver.ts'
import { lookForWork, type Work } from './due.ts'
import type { TickReport, TickResult } from './report.ts'
import { expireLate, sweepLeases } from './sweep.ts'
import { blockedAlert } from './trouble.ts'

const MAX_REPAIRS_PER_RUN = 20

/** A tick that has something to do. */
export async function doWork(ctx: Context, work: Work, result: TickResult): Promise<void> {
  if (work.expired) result.report.unconfirmed.push(...(await sweepLeases(ctx.db)))
  if (work.late) await closeLate(ctx, result.report)
  // Sweeping may have put items back, and settling may have left cards and notices.
  const rest = work.expired || work.late ? await lookForWork(ctx) : work
  if (rest.due || rest.repairs || rest.notices) await withClient(ctx, rest, result)
}

async function closeLate(ctx: Context, report: TickReport): Promise<void> {
  for (const { id, reason, status } of await expireLate(ctx)) {
    const list = status === 'failed' ? report.failed : report.missed
    list.push({ id, reason })
  }
}

async function withClient(ctx: Context, work: Work, result: TickResult): Promise<void> {
  const { settings } = ctx
  if (settings.telegramBotToken === undefined) {
    if (work.due) requireTelegram(settings)
    return
  }
  const client = createTelegramClient({
    token: settings.telegramBotToken.reveal(),
    apiRoot: settings.telegramApiRoot,
    timeoutSeconds: settings.httpTimeoutSeconds,
  })
  try {
    if (work.due) await deliverDue(ctx, client, result)
    await editDueCards(ctx, client, { limit: MAX_REPAIRS_PER_RUN })
    await sendNotices(ctx, client)
  } finally {
    client.close()
  }
}

async function deliverDue(ctx: Context, client: TelegramClient, result: TickResult): Promise<void> {
  const { channelId } = requireTelegram(ctx.settings)
  const channel = createTelegramChannel(client)
  const leaseOwner = randomUUID()
  const { report } = result
  // A channel that was closed to us is tried with one item: flooding a closed door helps nobody.
  const limit = (await openBlock(ctx)) !== undefined ? 1 : ctx.settings.maxPostsPerRun
  const taken: string[] = []
  while (taken.length < limit && !ctx.signal.aborted) {
    // Asked again for every item: the group may have become a supergroup with the one before.
    const chatId = await targetChat(ctx, client, channelId, result)
    if (chatId === null) return
    if ((await heldSeconds(ctx.db, chatId)) !== null) break
    const claim = await claimDue(ctx.db, { leaseOwner, leaseSeconds: ctx.settings.leaseSeconds, except: taken })
    if (!claim) break
    taken.push(claim.item.id)
    report.claimed += 1
    const after = await deliverClaim(ctx, { channel, claim, chatId, report })
    if (after === 'blocked') result.blocked = (await openBlock(ctx)) ?? null
    if (after !== 'next') break
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
    if (end.kind === 'blocked') await openAlert(ctx.db, blockedAlert(end))
    return null
  }
}

/** What the open alert about the closed channel says; undefined when it is open to us. */
async function openBlock({ db }: Context): Promise<string | undefined> {
  const [row] = await db
    .select({ summary: alerts.summary })
    .from(alerts)
    .where(and(eq(alerts.subject, AlertSubject.telegramBlocked), eq(alerts.state, 'open')))
  return row?.summary
}
