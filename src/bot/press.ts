import { and, desc, eq } from 'drizzle-orm'
import { resolveAlert } from '../alerts/alerts.ts'
import { AlertSubject } from '../alerts/subjects.ts'
import { inTransaction, type Transaction } from '../db/connect.ts'
import { postingHistory, postingQueue, telegramCards } from '../db/schema.ts'
import { displayName, type Outcome } from '../history/outcome.ts'
import { findSettlement, type HistoryRow, type SettleResult, settleIn } from '../history/settle.ts'
import { formatDateTime } from '../output/time.ts'
import { markSent, sendAgain } from '../publish/answer-unconfirmed.ts'
import { decodePress, type Press } from '../telegram/buttons.ts'
import { knownChat } from '../telegram/chats.ts'
import { TelegramError } from '../telegram/client.ts'
import { cutText } from '../telegram/html.ts'
import { findByTelegramId, rememberUser, type TelegramUser, type User } from '../users/users.ts'
import { ACCESS_OFF, type ChatType, judgeAdminPress, judgeCardPress, type MemberStatus, mayJoin } from './authorise.ts'
import { type BotDeps, ownChats } from './deps.ts'
import { rememberUpdate } from './updates.ts'

/** What a press carries, checked for its form only. */
export interface PressUpdate {
  updateId: number
  data: string | undefined
  from: TelegramUser
  chat: { id: number; type: ChatType }
  messageId: number
}

export interface PressAnswer {
  text: string
  /** A window that must be closed, instead of a toast. */
  isAlert: boolean
  /** The item whose cards have to be edited now. */
  editItem?: string
}

const toast = (text: string): PressAnswer => ({ text, isAlert: false })
const alert = (text: string): PressAnswer => ({ text, isAlert: true })

/** Decides and commits what a press does; sends nothing but the question who an unknown person is. */
export async function applyPress(deps: BotDeps, update: PressUpdate): Promise<PressAnswer> {
  const press = decodePress(update.data)
  if (!press) return alert('This button is outdated. /pending lists what still waits.')
  return press.verb === 'posted' || press.verb === 'skip'
    ? applyCardPress(deps, update, press)
    : applyAdminPress(deps, update, press)
}

async function applyCardPress(deps: BotDeps, update: PressUpdate, press: Press): Promise<PressAnswer> {
  const { db, settings } = deps.ctx
  const expectedChatId = await chatOfItem(deps, press.queueItemId)
  const known = await findByTelegramId(db, update.from.id)
  const place = { chatId: update.chat.id, chatType: update.chat.type, expectedChatId }
  const permission = judgeCardPress(place, known ?? null)
  if (permission.kind === 'refused') return alert(permission.answer)
  if (permission.kind === 'ask_membership') {
    const refusal = await refuseStranger(deps, update)
    if (refusal) return refusal
  }
  const status = press.verb === 'posted' ? 'posted' : 'skipped'
  return inTransaction(db, async (tx) => {
    const user = await rememberUser(tx, update.from)
    // Switched off while Telegram was asked who this is.
    if (!user.isActive) return alert(ACCESS_OFF)
    if (await isOfAnotherStory(tx, update, press)) return alert(OTHER_STORY)
    const settled = await settleIn(tx, {
      queueItemId: press.queueItemId,
      settings,
      // Never even tried: there is no card that could have been pressed.
      decide: ({ item }) =>
        item.attempt === 0 ? { decline: 'it was never sent' } : { status, reason: null, actor: actorOf(user) },
      pressed: { chatId: update.chat.id, messageId: update.messageId },
    })
    if (settled.kind === 'settled') await resolveAlert(tx, AlertSubject.unanswered, { isEvent: true })
    const isNew = await rememberUpdate(tx, update.updateId)
    return answerFor(settled, { isNew, user, timeZone: settings.timeZone })
  })
}

/** The chat where the item's buttons belong: where its card went, else where cards go. */
async function chatOfItem({ ctx }: BotDeps, queueItemId: string): Promise<number | null> {
  const { db } = ctx
  const [item] = await db
    .select({ chatId: postingQueue.telegramChatId })
    .from(postingQueue)
    .where(eq(postingQueue.id, queueItemId))
  const [settled] = item
    ? [item]
    : await db
        .select({ chatId: postingHistory.telegramChatId })
        .from(postingHistory)
        .where(eq(postingHistory.queueItemId, queueItemId))
        .orderBy(desc(postingHistory.createdAt))
        .limit(1)
  const chatId = settled?.chatId ?? (await ownChats(ctx)).team
  return chatId === null ? null : await knownChat(db, String(chatId))
}

const NOT_OF_THE_TEAM = 'Only the team may press this. Ask the operator to add you to the group.'

interface ChatMember {
  status: MemberStatus
  is_member?: boolean
}

/** Undefined: Telegram says that the person belongs to the chat. */
async function refuseStranger({ ctx, client }: BotDeps, update: PressUpdate): Promise<PressAnswer | undefined> {
  // The card is in this person's own chat: there is nobody else.
  if (update.chat.type === 'private' && update.chat.id === update.from.id) return undefined
  try {
    if (update.chat.type === 'channel' && ctx.settings.teamJoin === 'anyone') return undefined
    const member = await client.call<ChatMember>('getChatMember', { chat_id: update.chat.id, user_id: update.from.id })
    const rule = { chatType: update.chat.type, teamJoin: ctx.settings.teamJoin }
    if (mayJoin(rule, member.status, member.is_member === true)) return undefined
    return alert(NOT_OF_THE_TEAM)
  } catch (error) {
    if (!(error instanceof TelegramError)) throw error
    // Telegram's way of saying that this chat never saw the person.
    if (error.failure.kind === 'refused' && error.failure.what === 'bad_request') return alert(NOT_OF_THE_TEAM)
    ctx.out.warn(`storyline: cannot tell who pressed: ${error.failure.reason}`)
    return alert('Telegram does not tell me who you are right now. Please press again.')
  }
}

function actorOf(user: User): Outcome['actor'] {
  return { kind: 'user', userId: user.id, username: user.telegramUsername, displayName: displayName(user) }
}

const OTHER_STORY = 'This button belongs to another story.'

/** A forged press: the message is known, as the card or the original of something else. */
async function isOfAnotherStory(tx: Transaction, { chat, messageId }: PressUpdate, { queueItemId }: Press) {
  const cards = and(eq(telegramCards.chatId, chat.id), eq(telegramCards.messageId, messageId))
  const [card] = await tx.select({ id: telegramCards.queueItemId }).from(telegramCards).where(cards)
  if (card) return card.id !== queueItemId
  const originals = and(eq(postingQueue.telegramChatId, chat.id), eq(postingQueue.telegramDocumentMessageId, messageId))
  const [original] = await tx.select({ id: postingQueue.id }).from(postingQueue).where(originals)
  return original !== undefined
}

interface AnswerFacts {
  /** False: this very update was processed before. */
  isNew: boolean
  user: User
  timeZone: string
}

function answerFor(result: SettleResult, { isNew, user, timeZone }: AnswerFacts): PressAnswer {
  switch (result.kind) {
    case 'settled':
      return { ...toast(DONE[result.history.status] ?? 'Done'), editItem: result.history.queueItemId ?? '' }
    case 'already': {
      const { queueItemId } = result.history
      const edit = queueItemId ? { editItem: queueItemId } : {}
      // The same update again: whoever did it must not read that somebody was faster.
      if (!isNew && result.history.postedByUserId === user.id)
        return { ...toast(DONE[result.history.status] ?? 'Done'), ...edit }
      return { ...alert(describeEnd(result.history, timeZone)), ...edit }
    }
    case 'unknown':
      return alert('This story is no longer known. /pending lists what still waits.')
    case 'lost':
    case 'declined':
      return alert('That did not work. Please press again.')
    default:
      return result satisfies never
  }
}

const DONE: Partial<Record<HistoryRow['status'], string>> = { posted: '✅ Marked as posted', skipped: '⏭ Skipped' }

const ENDED: Readonly<Record<HistoryRow['status'], string>> = {
  posted: 'marked posted',
  skipped: 'skipped',
  rejected: 'rejected',
  failed: 'recorded as failed',
  missed: 'closed as missed',
  cancelled: 'cancelled',
}

/** Who did what and when, at most 200 characters (answerCallbackQuery). */
function describeEnd(history: HistoryRow, timeZone: string): string {
  const by = history.settledBy ? ` by ${cutText(history.settledBy, 60)}` : ''
  const reason = !history.settledBy && history.reason ? `: ${cutText(history.reason, 60)}` : ''
  return `Already ${ENDED[history.status]}${by} on ${formatDateTime(history.queueDeletedAt, timeZone)}${reason}.`
}

async function applyAdminPress(deps: BotDeps, update: PressUpdate, press: Press): Promise<PressAnswer> {
  const { db } = deps.ctx
  const { admin } = await ownChats(deps.ctx)
  const known = await findByTelegramId(db, update.from.id)
  const place = { chatId: update.chat.id, chatType: update.chat.type, expectedChatId: admin }
  const permission = judgeAdminPress(place, known ?? null)
  if (permission.kind !== 'allowed') {
    return alert(permission.kind === 'refused' ? permission.answer : 'Only admins may decide this.')
  }
  const changed = await inTransaction(db, async (tx) => {
    // First: a re-delivered answer must not be given again to a later question about the same story.
    if (!(await rememberUpdate(tx, update.updateId))) return false
    const answerer = { displayName: known ? displayName(known) : 'admin', settings: deps.ctx.settings }
    return press.verb === 'sent' ? markSent(tx, press.queueItemId, answerer) : sendAgain(tx, press.queueItemId)
  })
  const editItem = press.queueItemId
  if (!changed) return { ...alert(await describeState(deps, press.queueItemId)), editItem }
  const done = press.verb === 'sent' ? 'Thank you: it is not sent again.' : 'It is sent again with the next tick.'
  return { ...toast(done), editItem }
}

async function describeState({ ctx }: BotDeps, queueItemId: string): Promise<string> {
  const history = await findSettlement(ctx.db, queueItemId)
  if (history) return describeEnd(history, ctx.settings.timeZone)
  const [item] = await ctx.db.select().from(postingQueue).where(eq(postingQueue.id, queueItemId))
  return item ? `Already answered: the story is "${item.status}" now.` : 'This story is no longer known.'
}
