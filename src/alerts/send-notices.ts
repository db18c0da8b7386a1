import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { alerts, telegramCards } from '../db/schema.ts'
import { formatDateTime } from '../output/time.ts'
import { questionKeyboard } from '../telegram/buttons.ts'
import { callForChat, heldUntil, resolveChat } from '../telegram/chats.ts'
import { type TelegramClient, TelegramError } from '../telegram/client.ts'
import { cleanText, cutText, escapeHtml } from '../telegram/html.ts'

type Alert = typeof alerts.$inferSelect

/** Longer than one call can take: after it, a sender that died is replaced. */
const NOTICE_LEASE_SECONDS = 120
const MAX_NOTICES_PER_RUN = 10
const MAX_TEXT = 3500

/**
 * Tells the admin chat what changed, once per change across processes: a notice is claimed, sent, then cleared. Trouble
 * with Telegram leaves it for the next run. Does nothing without ADMIN_TELEGRAM_CHAT_ID. Answers how many went out.
 */
export async function sendNotices(ctx: Context, client: TelegramClient): Promise<number> {
  const reference = ctx.settings.adminTelegramChatId
  if (reference === undefined) return 0
  let sent = 0
  while (sent < MAX_NOTICES_PER_RUN) {
    const alert = await claimNotice(ctx)
    if (!alert) break
    try {
      const chatId = await resolveChat(ctx.db, client, reference)
      if (await heldUntil(ctx.db, chatId)) return sent
      await tell(ctx, client, chatId, alert)
      sent += 1
    } catch (error) {
      if (!(await isSettledNotice(ctx, alert, error))) return sent
    }
  }
  return sent
}

async function claimNotice({ db }: Context): Promise<Alert | undefined> {
  const next = db
    .select({ subject: alerts.subject })
    .from(alerts)
    .where(sql`${alerts.notice} is not null and coalesce(${alerts.noticeLeaseUntil} < now(), true)`)
    .orderBy(alerts.since, alerts.subject)
    .limit(1)
    .for('update', { skipLocked: true })
  const [alert] = await db
    .update(alerts)
    .set({ noticeLeaseUntil: sql`now() + make_interval(secs => ${NOTICE_LEASE_SECONDS})` })
    .where(inArray(alerts.subject, next))
    .returning()
  return alert
}

async function tell(ctx: Context, client: TelegramClient, chatId: number, alert: Alert): Promise<void> {
  const { queueItemId } = alert
  const asks = alert.notice === 'open' && queueItemId !== null
  const message = await callForChat(ctx.db, chatId, (chat_id) =>
    client.call<{ message_id: number; chat: { id: number } }>('sendMessage', {
      chat_id,
      text: renderNotice(alert, ctx.settings.timeZone),
      parse_mode: 'HTML',
      reply_markup: asks ? questionKeyboard(queueItemId) : undefined,
    }),
  )
  if (asks) {
    const card = { queueItemId, kind: 'question' as const, chatId: message.chat.id, messageId: message.message_id }
    await ctx.db.insert(telegramCards).values(card).onConflictDoNothing()
  }
  await clearNotice(ctx, alert)
}

/** Only the change that was told: one that came meanwhile keeps its own notice. */
async function clearNotice({ db }: Context, alert: Alert): Promise<void> {
  await db
    .update(alerts)
    .set({ notice: null, noticeLeaseUntil: null, announced: alert.notice === 'open' })
    .where(and(eq(alerts.subject, alert.subject), eq(alerts.state, alert.state), eq(alerts.summary, alert.summary)))
}

/** Whether the notice is done with although the call failed, so that the next one may be tried. */
async function isSettledNotice(ctx: Context, alert: Alert, error: unknown): Promise<boolean> {
  if (!(error instanceof TelegramError)) throw error
  ctx.out.warn(`storyline: the admin chat could not be told about "${alert.summary}": ${error.failure.reason}`)
  // It may have arrived: telling twice is worse than the small chance that it was lost; the alert stays in the table.
  if (error.failure.kind === 'ambiguous') {
    await clearNotice(ctx, alert)
    return true
  }
  return false
}

function renderNotice(alert: Alert, timeZone: string): string {
  const summary = escapeHtml(cutText(cleanText(alert.summary), MAX_TEXT))
  if (alert.notice === 'resolved') return `✅ <b>Resolved</b>\n${summary}`
  const icon = alert.severity === 'critical' ? '🚨' : '⚠️'
  const since = `Since ${escapeHtml(formatDateTime(alert.since, timeZone))}`
  return [`${icon} ${summary}`, since, alert.fix ? `👉 ${escapeHtml(cleanText(alert.fix))}` : '']
    .filter(Boolean)
    .join('\n')
}
