import { randomUUID } from 'node:crypto'
import { and, eq, sql } from 'drizzle-orm'
import { AlertSubject, openAlert } from '../alerts/alerts.ts'
import { sendNotices } from '../alerts/send-notices.ts'
import type { Context } from '../context.ts'
import { alerts, heartbeats, mediaItems, postingQueue } from '../db/schema.ts'
import { notConfigured } from '../errors.ts'
import type { Settings } from '../settings.ts'
import { heldSeconds, resolveChat } from '../telegram/chats.ts'
import { createTelegramClient, type TelegramClient, TelegramError } from '../telegram/client.ts'
import { editDueCards } from '../telegram/edit-cards.ts'
import { createTelegramChannel, judgeFailure } from './channels/telegram.ts'
import { claimDue, isDue } from './claim.ts'
import { deliverClaim } from './deliver.ts'
import { emptyReport, type TickReport } from './report.ts'
import { expireLate, isPastItsTime, sweepLeases } from './sweep.ts'
import { blockedAlert } from './trouble.ts'

const MAX_REPAIRS_PER_RUN = 20
const TICK_HEARTBEAT = 'process-queue'

export interface TickResult {
  report: TickReport
  /** Why the tick could not work, when it could not. */
  blocked: string | null
}

/** What there is to do, in one question: a tick with nothing to do asks only this. */
interface Work {
  expired: boolean
  late: boolean
  due: boolean
  repairs: boolean
  notices: boolean
}

/** One tick (SPEC §10). Overlapping ticks share the work. */
export async function runTick(ctx: Context): Promise<TickResult> {
  const result: TickResult = { report: emptyReport(), blocked: null }
  const work = await lookForWork(ctx)
  if (work.expired) result.report.unconfirmed.push(...(await sweepLeases(ctx.db)))
  if (work.late) await closeLate(ctx, result.report)
  // Sweeping may have put items back, and settling may have left cards and notices.
  const rest = work.expired || work.late ? await lookForWork(ctx) : work
  if (rest.due || rest.repairs || rest.notices) await withClient(ctx, rest, result)
  if (result.blocked === null) await beat(ctx)
  return result
}

async function lookForWork({ db, settings }: Context): Promise<Work> {
  const own = sql`not exists (select 1 from ${mediaItems} where ${mediaItems.id} = ${postingQueue.mediaItemId} and ${mediaItems.isSample})`
  const [work] = await db.execute<Record<keyof Work, boolean>>(sql`
    select exists (select 1 from posting_queue where status = 'processing' and lease_until < now()) as expired,
           exists (select 1 from posting_queue where ${isPastItsTime(settings)} and ${own}) as late,
           exists (select 1 from posting_queue where ${isDue} and ${own}) as due,
           exists (select 1 from telegram_cards where edit_due_at <= now()) as repairs,
           exists (select 1 from alerts where notice is not null and coalesce(notice_lease_until < now(), true)) as notices`)
  if (!work) throw new Error('select answered no row')
  return work
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

/** The two settings without which nothing can be sent. */
export function requireTelegram(settings: Settings): { channelId: string; token: string } {
  const { telegramBotToken: token, telegramChannelId: channelId } = settings
  const missing = [token ? [] : 'TELEGRAM_BOT_TOKEN', channelId ? [] : 'TELEGRAM_CHANNEL_ID'].flat()
  if (token && channelId) return { channelId, token: token.reveal() }
  throw notConfigured(
    `Telegram is not set up: ${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing`,
    `Put ${missing.length === 1 ? 'it' : 'them'} into .env; \`storyline help telegram\` shows how to get ${missing.length === 1 ? 'it' : 'them'}.`,
  )
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
    if (after === 'stop') break
  }
  result.blocked = (await openBlock(ctx)) ?? null
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

async function beat({ db }: Context): Promise<void> {
  await db
    .insert(heartbeats)
    .values({ name: TICK_HEARTBEAT })
    .onConflictDoUpdate({ target: heartbeats.name, set: { beatAt: sql`now()` } })
}
