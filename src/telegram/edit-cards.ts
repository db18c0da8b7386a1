import { and, asc, eq, isNotNull, isNull, lte, type SQL, sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { mediaItems, postingQueue, telegramCards } from '../db/schema.ts'
import { findSettlement, type HistoryRow } from '../history/settle.ts'
import { cardKeyboard, type InlineKeyboard, NO_BUTTONS } from './buttons.ts'
import { type CardStory, renderCard } from './card.ts'
import { callForChat, heldSeconds } from './chats.ts'
import { type TelegramClient, TelegramError, type TelegramFailure } from './client.ts'
import { escapeHtml } from './html.ts'

type Card = typeof telegramCards.$inferSelect

/** Longer than one call can take; a process that dies in between leaves the edit to the next run. */
const EDIT_LEASE_SECONDS = 90
const MAX_EDIT_WAIT_SECONDS = 3600

/**
 * Edits cards whose message does not show yet that their item is settled, or open again after an undo: right after it
 * happened, and again until it worked. An edit may be repeated: "not modified" is success. Answers how many messages are
 * now right.
 */
export async function editDueCards(
  ctx: Context,
  client: TelegramClient,
  { limit, queueItemId }: { limit: number; queueItemId?: string },
): Promise<number> {
  let edited = 0
  for (let round = 0; round < limit && !ctx.signal.aborted; round += 1) {
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
      // To the millisecond, as JavaScript reads it: the claim is recognised by it.
      editDueAt: sql`date_trunc('milliseconds', now() + make_interval(secs => ${EDIT_LEASE_SECONDS}))`,
      editAttempts: sql`${telegramCards.editAttempts} + 1`,
    })
    .where(eq(telegramCards.id, sql`(${next})`))
    .returning()
  return card
}

async function editCard(ctx: Context, client: TelegramClient, card: Card): Promise<boolean> {
  const edit = await editFor(ctx, card)
  if (!edit) return finishEdit(ctx, card)
  const held = await heldSeconds(ctx.db, card.chatId)
  if (held !== null) return postponeEdit(ctx, card, held)
  try {
    await callForChat(ctx.db, card.chatId, (chat_id) => {
      const { messageId: message_id } = card
      return client.call(edit.method, {
        chat_id,
        message_id,
        parse_mode: 'HTML',
        reply_markup: edit.keyboard ?? NO_BUTTONS,
        ...edit.text,
      })
    })
    return finishEdit(ctx, card)
  } catch (error) {
    if (!(error instanceof TelegramError)) throw error
    return afterFailure(ctx, card, error.failure)
  }
}

type Edit = (
  | { method: 'editMessageCaption'; text: { caption: string } }
  | { method: 'editMessageText'; text: { text: string } }
) & { keyboard?: InlineKeyboard }

/** Null: nothing to show, its card is not with the team. */
async function editFor(ctx: Context, card: Card): Promise<Edit | null> {
  const history = await findSettlement(ctx.db, card.queueItemId)
  if (card.kind === 'card') {
    if (!history) return openCardEdit(ctx, card)
    return { method: 'editMessageCaption', text: { caption: renderSettledCard(history, ctx.settings.timeZone) } }
  }
  if (history) {
    const { storyNumber, status, settledBy: by } = history
    return {
      method: 'editMessageText',
      text: { text: renderAnsweredQuestion({ storyNumber, outcome: `settled as ${status}`, by }) },
    }
  }
  const [item] = await ctx.db.select().from(postingQueue).where(eq(postingQueue.id, card.queueItemId))
  if (!item || item.status === 'unconfirmed') return null
  const outcome = item.sentAt ? 'it was sent and waits for the team' : 'it is sent again'
  return { method: 'editMessageText', text: { text: renderAnsweredQuestion({ ...item, outcome, by: null }) } }
}

/** A card that is open again: as it was sent. Of two cards only the one that the item remembers has buttons (SPEC §4). */
async function openCardEdit({ db, settings }: Context, { queueItemId, messageId }: Card): Promise<Edit | null> {
  const [found] = await db
    .select({ item: postingQueue, media: mediaItems })
    .from(postingQueue)
    .innerJoin(mediaItems, eq(mediaItems.id, postingQueue.mediaItemId))
    .where(eq(postingQueue.id, queueItemId))
  if (found?.item.status !== 'awaiting_team') return null
  const { storyNumber, scheduledFor, fallbackReason, telegramMessageId } = found.item
  const { fileName, title, linkUrl, caption, tags } = found.media
  const story: CardStory = { queueItemId, storyNumber, fileName, title, linkUrl, caption, tags, scheduledFor }
  const hasButtons = telegramMessageId === null || telegramMessageId === messageId
  const state = hasButtons ? ({ kind: 'pending', fallbackReason } as const) : ({ kind: 'elsewhere' } as const)
  return {
    method: 'editMessageCaption',
    text: { caption: renderCard(story, state, settings.timeZone) },
    keyboard: hasButtons ? cardKeyboard(queueItemId, linkUrl) : NO_BUTTONS,
  }
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

async function finishEdit(ctx: Context, card: Card): Promise<true> {
  await endClaim(ctx, card, { editDueAt: null, editAttempts: 0 })
  return true
}

async function postponeEdit(ctx: Context, card: Card, seconds: number): Promise<false> {
  await endClaim(ctx, card, { editDueAt: sql`now() + make_interval(secs => ${Math.max(1, seconds)})` })
  return false
}

/**
 * Only this claim: an edit that became due meanwhile (the item went on) stays due. One that somebody else has made
 * meanwhile is made again, because ours may have reached Telegram after it and shown what is no longer so.
 */
async function endClaim({ db }: Context, card: Card, change: { editDueAt: SQL | null; editAttempts?: number }) {
  const mine = card.editDueAt ? eq(telegramCards.editDueAt, card.editDueAt) : isNull(telegramCards.editDueAt)
  const ended = await db
    .update(telegramCards)
    .set(change)
    .where(and(eq(telegramCards.id, card.id), mine))
    .returning({ id: telegramCards.id })
  if (ended.length > 0) return
  await db
    .update(telegramCards)
    .set({ editDueAt: sql`now()` })
    .where(and(eq(telegramCards.id, card.id), isNull(telegramCards.editDueAt)))
}

/** What may be mended without us, however long it takes: the network, Telegram, a token, a chat that closed its door. */
function mayPass(failure: TelegramFailure): boolean {
  if (failure.kind !== 'refused') return failure.kind !== 'migrated'
  return failure.what === 'unauthorized' || failure.what === 'forbidden'
}

async function afterFailure(ctx: Context, card: Card, failure: TelegramFailure): Promise<boolean> {
  if (failure.kind === 'refused' && failure.what === 'not_modified') return finishEdit(ctx, card)
  ctx.out.debug(`storyline: a card could not be edited: ${failure.reason}`)
  if (failure.kind === 'flood') return postponeEdit(ctx, card, failure.retryAfterSeconds)
  if (mayPass(failure)) return postponeEdit(ctx, card, Math.min(15 * 2 ** card.editAttempts, MAX_EDIT_WAIT_SECONDS))
  // Deleted, or never editable: there is nothing left to mend.
  await finishEdit(ctx, card)
  return false
}
