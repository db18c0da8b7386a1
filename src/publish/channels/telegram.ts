import { cardKeyboard } from '../../telegram/buttons.ts'
import { type CardStory, renderCard } from '../../telegram/card.ts'
import { type TelegramClient, TelegramError, type TelegramFailure } from '../../telegram/client.ts'
import {
  type Channel,
  type DeliveryEnd,
  OriginalUnusable,
  type TelegramDelivery,
  type TelegramSteps,
  UNKNOWN_MESSAGE,
} from './channel.ts'

interface SentMessage {
  message_id: number
  chat: { id: number }
}

/** First the untouched original as a document, then the card with the buttons as a reply to it (SPEC §4). */
export function createTelegramChannel(client: TelegramClient): Channel<TelegramDelivery, TelegramSteps> {
  return {
    name: 'telegram',
    deliver: (delivery, steps) => deliver(client, delivery, steps),
    close: () => client.close(),
  }
}

async function deliver(client: TelegramClient, delivery: TelegramDelivery, steps: TelegramSteps): Promise<DeliveryEnd> {
  let chatId = delivery.chatId
  try {
    const original = await delivery.readOriginal()
    // Rendered before anything is sent: a picture that cannot be decoded must not leave half a delivery behind.
    const { renderPreview } = await import('../../media/render-preview.ts')
    const preview = await renderPreview(original)
    if (preview.kind === 'broken') return { kind: 'failed', reason: preview.reason, mediaProblem: true }

    let documentMessageId = delivery.telegramDocumentMessageId
    if (documentMessageId === null) {
      await steps.intend('telegram_document', { timeoutSeconds: client.longestCallSeconds })
      const sent = await atCurrentChat(chatId, steps, (id) => sendDocument(client, delivery, id, original))
      chatId = sent.chat.id
      documentMessageId = sent.message_id
      await steps.record({ effect: 'telegram_document', chatId, messageId: documentMessageId })
    }
    await steps.intend('telegram_card', { timeoutSeconds: client.longestCallSeconds })
    const replyTo = documentMessageId
    const card = await atCurrentChat(chatId, steps, (id) => sendCard(client, delivery, id, replyTo, preview.bytes))
    await steps.record({ effect: 'telegram_card', chatId: card.chat.id, messageId: card.message_id })
    return { kind: 'awaiting_team' }
  } catch (error) {
    if (error instanceof OriginalUnusable) return { kind: 'retry', reason: error.message }
    if (error instanceof TelegramError) return judgeFailure(error.failure, chatId)
    throw error
  }
}

/** A group that became a supergroup answers with its new id: kept, and the call repeated once (nothing happened yet). */
async function atCurrentChat<T>(
  chatId: number,
  steps: TelegramSteps,
  call: (chatId: number) => Promise<T>,
): Promise<T> {
  try {
    return await call(chatId)
  } catch (error) {
    if (!(error instanceof TelegramError) || error.failure.kind !== 'migrated') throw error
    await steps.migrated(chatId, error.failure.migrateToChatId)
    return call(error.failure.migrateToChatId)
  }
}

function sendDocument(client: TelegramClient, delivery: TelegramDelivery, chat_id: number, bytes: Buffer) {
  return client.upload<SentMessage>(
    'sendDocument',
    // Without it Telegram may turn a PNG or GIF document into something it likes better.
    { chat_id, disable_content_type_detection: true },
    { field: 'document', fileName: delivery.fileName, contentType: delivery.mimeType, bytes },
  )
}

function sendCard(
  client: TelegramClient,
  delivery: TelegramDelivery,
  chat_id: number,
  replyTo: number,
  preview: Buffer,
) {
  return client.upload<SentMessage>(
    'sendPhoto',
    {
      chat_id,
      caption: renderCard(
        storyOf(delivery),
        { kind: 'pending', fallbackReason: delivery.fallbackReason },
        delivery.timeZone,
      ),
      parse_mode: 'HTML',
      // The document may have been deleted meanwhile; the card matters more than the thread. A new chat id has no such message.
      reply_parameters:
        replyTo === UNKNOWN_MESSAGE ? undefined : { message_id: replyTo, allow_sending_without_reply: true },
      reply_markup: cardKeyboard(delivery.queueItemId, delivery.linkUrl),
    },
    { field: 'photo', fileName: 'story.jpg', contentType: 'image/jpeg', bytes: preview },
  )
}

function storyOf(delivery: TelegramDelivery): CardStory {
  const { queueItemId, storyNumber, fileName, title, linkUrl, caption, tags, scheduledFor } = delivery
  return { queueItemId, storyNumber, fileName, title, linkUrl, caption, tags, scheduledFor }
}

/** SPEC §10's table. */
export function judgeFailure(failure: TelegramFailure, chatId: number): DeliveryEnd {
  const { kind, reason } = failure
  switch (kind) {
    case 'not_sent':
    case 'server_error':
      return { kind: 'retry', reason }
    case 'flood':
      return { kind: 'flood', chatId, retryAfterSeconds: failure.retryAfterSeconds, reason }
    case 'ambiguous':
      return { kind: 'unconfirmed', reason, reconcile: false }
    case 'aborted':
      return failure.mayHaveActed ? { kind: 'unconfirmed', reason, reconcile: false } : { kind: 'retry', reason }
    case 'migrated':
      // A second new id within one call: let the next tick look again.
      return { kind: 'retry', reason }
    case 'refused':
      return BLOCKS[failure.what]
        ? { kind: 'blocked', what: 'telegram', reason, fix: BLOCKS[failure.what] ?? '' }
        : { kind: 'failed', reason }
    default:
      return kind satisfies never
  }
}

/** Refusals that are about the channel and not about the item, with what to do. */
const BLOCKS: Readonly<Record<string, string>> = {
  unauthorized: 'Get a new token from @BotFather and put it into TELEGRAM_BOT_TOKEN.',
  not_found: 'Check TELEGRAM_BOT_TOKEN and TELEGRAM_API_ROOT: the server knows no such bot or method.',
  forbidden: 'Add the bot to the chat again and let it post and edit; then run `storyline test-telegram`.',
  chat_not_found: 'Check TELEGRAM_CHANNEL_ID, and that the bot is in that chat; then run `storyline test-telegram`.',
}
