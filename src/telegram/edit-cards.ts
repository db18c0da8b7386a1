import { and, asc, eq, inArray, isNotNull, isNull, lte, sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { postingHistory, postingQueue, telegramCards } from '../db/schema.ts'
import type { HistoryRow } from '../history/settle.ts'
import { NO_BUTTONS } from './buttons.ts'
import { type CardStory, renderCard } from './card.ts'
import { callForChat, heldUntil } from './chats.ts'
import { type TelegramClient, TelegramError, type TelegramFailure } from './client.ts'
import { escapeHtml } from './html.ts'

type Card = typeof telegramCards.$inferSelect

/** Longer than one call can take; a process that dies in between leaves the edit to the next run. */
const EDIT_LEASE_SECONDS = 90
const MAX_EDIT_ATTEMPTS = 12

/**
 * Edits cards whose item is settled but whose message does not show it yet: right after a press, and again until it
 * worked. An edit may be repeated: "not modified" is success. Answers how many messages are now right.
 */
export async function editDueCards(
  ctx: Context,
  client: TelegramClient,
  { limit, queueItemId }: { limit: number; queueItemId?: string },
): Promise<number> {
  let edited = 0
  for (let round = 0; round < limit; round += 1) {
    const card = await claimEdit(ctx, queueItemId)
    if (!card) break
    if (await editCard(ctx, client, card)) edited += 1
  }
  return edited
}

/** Seconds until the next edit of this item is due; null: all its messages are right. */
export async function nextEditSeconds({ db }: Context, queueItemId: string): Promise<number | null> {
  const [row] = await db
    .select({ seconds: sql<string | null>`extract(epoch from min(${telegramCards.editDueAt}) - now())` })
    .from(telegramCards)
    .where(eq(telegramCards.queueItemId, queueItemId))
  return row?.seconds == null ? null : Math.max(0, Number(row.seconds))
}

async function claimEdit({ db }: Context, queueItemId: string | undefined): Promise<Card | undefined> {
  const next = db
    .select({ id: telegramCards.id })
    .from(telegramCards)
    .where(
      and(
        isNotNull(telegramCards.editDueAt),
        lte(telegramCards.editDueAt, sql`now()`),
        queueItemId ? eq(telegramCards.queueItemId, queueItemId) : undefined,
      ),
    )
    .orderBy(asc(telegramCards.editDueAt))
    .limit(1)
    .for('update', { skipLocked: true })
  const [card] = await db
    .update(telegramCards)
    .set({
      editDueAt: sql`now() + make_interval(secs => ${EDIT_LEASE_SECONDS})`,
      editAttempts: sql`${telegramCards.editAttempts} + 1`,
    })
    .where(inArray(telegramCards.id, next))
    .returning()
  return card
}

async function editCard(ctx: Context, client: TelegramClient, card: Card): Promise<boolean> {
  const edit = await editFor(ctx, card)
  if (!edit) return finishEdit(ctx, card)
  const until = await heldUntil(ctx.db, card.chatId)
  if (until) return postponeEdit(ctx, card, (until.getTime() - ctx.now().getTime()) / 1000)
  try {
    await callForChat(ctx.db, card.chatId, (chat_id) => {
      const { messageId: message_id } = card
      return client.call(edit.method, {
        chat_id,
        message_id,
        parse_mode: 'HTML',
        reply_markup: NO_BUTTONS,
        ...edit.text,
      })
    })
    return finishEdit(ctx, card)
  } catch (error) {
    if (!(error instanceof TelegramError)) throw error
    return afterFailure(ctx, card, error.failure)
  }
}

type Edit =
  | { method: 'editMessageCaption'; text: { caption: string } }
  | { method: 'editMessageText'; text: { text: string } }

/** Null: nothing to show yet, the item is still open. */
async function editFor(ctx: Context, card: Card): Promise<Edit | null> {
  const history = await ctx.db.query.postingHistory.findFirst({
    where: and(eq(postingHistory.queueItemId, card.queueItemId), isNull(postingHistory.undoneAt)),
  })
  if (card.kind === 'card') {
    if (!history) return null
    return { method: 'editMessageCaption', text: { caption: renderSettledCard(history, ctx.settings.timeZone) } }
  }
  if (history) {
    const { storyNumber, status, settledBy: by } = history
    return {
      method: 'editMessageText',
      text: { text: renderAnsweredQuestion({ storyNumber, outcome: `settled as ${status}`, by }) },
    }
  }
  const item = await ctx.db.query.postingQueue.findFirst({ where: eq(postingQueue.id, card.queueItemId) })
  if (!item || item.status === 'unconfirmed') return null
  const outcome = item.sentAt ? 'it was sent and waits for the team' : 'it is sent again'
  return { method: 'editMessageText', text: { text: renderAnsweredQuestion({ ...item, outcome, by: null }) } }
}

/** The card of a settled item, from the history row alone: the queue row is gone. */
function renderSettledCard(history: HistoryRow, timeZone: string): string {
  const media = history.mediaMetadata
  const story: CardStory = {
    queueItemId: history.queueItemId ?? history.id,
    storyNumber: history.storyNumber ?? 0,
    fileName: media?.file.split('/').at(-1) ?? '',
    title: media?.title ?? null,
    linkUrl: media?.link_url ?? null,
    caption: media?.caption ?? null,
    tags: media?.tags ?? [],
    scheduledFor: history.scheduledFor,
  }
  const { status, reason, sentAt } = history
  const at = history.queueDeletedAt
  return renderCard(story, { kind: 'settled', status, by: history.settledBy, at, sentAt, reason }, timeZone)
}

/** What the admin chat's question says once it is answered, whichever way. */
function renderAnsweredQuestion(story: { storyNumber: number | null; outcome: string; by: string | null }): string {
  return escapeHtml(`Story #${story.storyNumber}: ${story.outcome}${story.by ? ` by ${story.by}` : ''}.`)
}

async function finishEdit({ db }: Context, card: Card): Promise<true> {
  await db.update(telegramCards).set({ editDueAt: null }).where(eq(telegramCards.id, card.id))
  return true
}

async function postponeEdit({ db }: Context, card: Card, seconds: number): Promise<false> {
  const editDueAt = sql`now() + make_interval(secs => ${Math.max(1, seconds)})`
  await db.update(telegramCards).set({ editDueAt }).where(eq(telegramCards.id, card.id))
  return false
}

async function afterFailure(ctx: Context, card: Card, failure: TelegramFailure): Promise<boolean> {
  if (failure.kind === 'refused' && failure.what === 'not_modified') return finishEdit(ctx, card)
  ctx.out.debug(`storyline: a card could not be edited: ${failure.reason}`)
  // Deleted or never editable: there is nothing left to mend. A closed chat or a wrong token may be mended by people.
  const isHopeless = failure.kind === 'refused' && !['unauthorized', 'forbidden'].includes(failure.what)
  if (isHopeless || card.editAttempts >= MAX_EDIT_ATTEMPTS) {
    await finishEdit(ctx, card)
    return false
  }
  const waitSeconds = failure.kind === 'flood' ? failure.retryAfterSeconds : 15 * 2 ** Math.min(card.editAttempts, 8)
  return postponeEdit(ctx, card, waitSeconds)
}
