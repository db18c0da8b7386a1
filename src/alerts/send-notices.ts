import { and, eq, getTableColumns, sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { type Database, inTransaction, persist, type Transaction } from '../db/connect.ts'
import { alerts, postingQueue, telegramCards } from '../db/schema.ts'
import { formatDateTime } from '../output/time.ts'
import { questionKeyboard } from '../telegram/buttons.ts'
import { callForChat, heldSeconds, resolveChat } from '../telegram/chats.ts'
import { type TelegramClient, TelegramError } from '../telegram/client.ts'
import { cleanText, cutText, escapeHtml } from '../telegram/html.ts'

/** A claimed one. `wasAnnounced`: an earlier try may have told it. */
type Alert = typeof alerts.$inferSelect & { wasAnnounced: boolean }

const MAX_NOTICES_PER_RUN = 10
/** How long a message that went out is still written down while the database is away. */
const PERSIST_SECONDS = 25
const MAX_TEXT = 3500
/** A message that may have arrived is repeated once: an alert told twice is better than one that nobody hears. */
const MAX_DOUBTFUL_ATTEMPTS = 2

/**
 * Tells the admin chat what changed, once per change across processes: a notice is claimed, sent, then cleared. Trouble
 * with Telegram leaves it for the next run. Does nothing without ADMIN_TELEGRAM_CHAT_ID.
 */
export async function sendNotices(ctx: Context, client: TelegramClient): Promise<void> {
  const reference = ctx.settings.adminTelegramChatId
  if (reference === undefined) return
  const chatId = await findAdminChat(ctx, client, reference)
  if (chatId === null) return
  for (let sent = 0; sent < MAX_NOTICES_PER_RUN && !ctx.signal.aborted; sent += 1) {
    const held = (await heldSeconds(ctx.db, chatId)) !== null
    const alert = held ? undefined : await claimNotice(ctx)
    if (!alert || !(await tellOnce(ctx, client, chatId, alert))) return
  }
}

async function findAdminChat(ctx: Context, client: TelegramClient, reference: string): Promise<number | null> {
  try {
    return await resolveChat(ctx.db, client, reference)
  } catch (error) {
    if (!(error instanceof TelegramError)) throw error
    ctx.out.warn(`storyline: the admin chat ${reference} cannot be found: ${error.failure.reason}`)
    return null
  }
}

/** Before the update that it stands in: a statement reads what was there when it began. */
const WAS_ANNOUNCED = sql<boolean>`(select before.announced from alerts before where before.subject = alerts.subject)`

async function claimNotice({ db, settings }: Context): Promise<Alert | undefined> {
  // Longer than a call, its repetition after a migration and the writes can take; a sender that died is replaced then.
  const leaseSeconds = Math.max(120, 3 * settings.httpTimeoutSeconds + 60)
  const next = db
    .select({ subject: alerts.subject })
    .from(alerts)
    .where(sql`${alerts.notice} is not null and coalesce(${alerts.noticeLeaseUntil} < now(), true)`)
    .orderBy(alerts.since, alerts.subject)
    .limit(1)
    .for('update', { skipLocked: true })
  const [alert] = await db
    .update(alerts)
    .set({
      noticeLeaseUntil: sql`now() + make_interval(secs => ${leaseSeconds})`,
      noticeAttempts: sql`${alerts.noticeAttempts} + 1`,
      // From here on somebody may know of it, so that its end is worth a message too.
      announced: sql`${alerts.announced} or ${alerts.notice} = 'open'`,
    })
    .where(eq(alerts.subject, sql`(${next})`))
    .returning({ ...getTableColumns(alerts), wasAnnounced: WAS_ANNOUNCED })
  return alert
}

/** False: the rest has to wait for the next run. */
async function tellOnce(ctx: Context, client: TelegramClient, chatId: number, alert: Alert): Promise<boolean> {
  try {
    const message = await send(ctx, client, chatId, alert)
    await persist(() => rememberNotice(ctx, alert, message), PERSIST_SECONDS)
    return true
  } catch (error) {
    if (!(error instanceof TelegramError)) throw error
    ctx.out.warn(`storyline: the admin chat could not be told about "${alert.summary}": ${error.failure.reason}`)
    if (error.failure.kind === 'ambiguous' && alert.noticeAttempts >= MAX_DOUBTFUL_ATTEMPTS) {
      await clearNotice(ctx.db, alert)
      return true
    }
    if (error.failure.kind !== 'ambiguous') await forgetAnnouncement(ctx, alert)
    return false
  }
}

/** It certainly did not arrive: then its end is no news either. */
async function forgetAnnouncement({ db }: Context, alert: Alert): Promise<void> {
  if (alert.notice !== 'open' || alert.wasAnnounced) return
  await db
    .update(alerts)
    .set({ announced: false })
    .where(and(eq(alerts.subject, alert.subject), eq(alerts.notice, 'open')))
}

interface Message {
  message_id: number
  chat: { id: number }
}

function isQuestion({ notice, queueItemId }: Alert): boolean {
  return notice === 'open' && queueItemId !== null
}

/** What the question is about decides what its buttons say. */
async function keyboardFor({ db }: Context, alert: Alert) {
  if (!isQuestion(alert) || !alert.queueItemId) return undefined
  const { effect } = postingQueue
  const [item] = await db.select({ effect }).from(postingQueue).where(eq(postingQueue.id, alert.queueItemId))
  return questionKeyboard(alert.queueItemId, item?.effect === 'instagram_publish' ? 'story' : 'message')
}

async function send(ctx: Context, client: TelegramClient, chatId: number, alert: Alert): Promise<Message> {
  const reply_markup = await keyboardFor(ctx, alert)
  return callForChat(ctx.db, chatId, (chat_id) =>
    client.call<Message>('sendMessage', {
      chat_id,
      text: renderNotice(alert, ctx.settings.timeZone),
      parse_mode: 'HTML',
      reply_markup,
    }),
  )
}

/** Safe to repeat. A question whose story went on while it was being sent loses its buttons at once. */
async function rememberNotice({ db }: Context, alert: Alert, message: Message): Promise<void> {
  const { queueItemId } = alert
  await inTransaction(db, async (tx) => {
    if (isQuestion(alert) && queueItemId) {
      const isOpen = sql`exists (select 1 from ${postingQueue} where ${postingQueue.id} = ${queueItemId} and ${postingQueue.status} = 'unconfirmed')`
      await tx
        .insert(telegramCards)
        .values({
          queueItemId,
          kind: 'question',
          chatId: message.chat.id,
          messageId: message.message_id,
          editDueAt: sql`case when ${isOpen} then null else now() end`,
        })
        .onConflictDoNothing()
    }
    await clearNotice(tx, alert)
  })
}

/** Only the change that was told: one that came meanwhile began its own count of attempts. */
async function clearNotice(db: Database | Transaction, alert: Alert): Promise<void> {
  await db
    .update(alerts)
    .set({ notice: null, noticeLeaseUntil: null, noticeAttempts: 0 })
    .where(
      and(
        eq(alerts.subject, alert.subject),
        eq(alerts.state, alert.state),
        eq(alerts.noticeAttempts, alert.noticeAttempts),
      ),
    )
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
