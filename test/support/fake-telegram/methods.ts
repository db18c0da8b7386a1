import { apiBot, apiChat, apiMember, apiMessage } from './api-objects.ts'
import { readKeyboard } from './keyboard.ts'
import { type FormattedText, readCaption, readText } from './text.ts'
import { type Chat, type FakeMessage, isObject, type Params, refused, wrong } from './types.ts'
import { findChat, findMessage, findWritableChat, takeFile, type World } from './world.ts'

export type Method = (world: World, params: Params, violations: string[]) => unknown

/** The reply target must exist, or the caller must have said that it may be missing. */
function readReply(chat: Chat, params: Params): number | undefined {
  const reply = params.reply_parameters
  if (!isObject(reply)) return undefined
  const messageId = Number(reply.message_id)
  if (chat.messages.has(messageId)) return messageId
  if (reply.allow_sending_without_reply === true) return undefined
  const wasThere = messageId > 0 && messageId < chat.nextMessageId
  if (wasThere) throw refused(400, 'Bad Request: message to be replied not found')
  throw wrong('message to be replied not found')
}

function post(
  world: World,
  chat: Chat,
  params: Params,
  violations: string[],
  content: Partial<FakeMessage> & FormattedText,
) {
  if (params.message_thread_id !== undefined) throw wrong('message thread not found')
  const replyTo = readReply(chat, params)
  const keyboard = readKeyboard(params.reply_markup, chat.type, violations)
  const message: FakeMessage = {
    chatId: chat.id,
    messageId: chat.nextMessageId,
    fromBot: true,
    kind: 'text',
    keyboard,
    edits: 0,
    sentAtMs: Date.now(),
    ...(replyTo === undefined ? {} : { replyTo }),
    ...content,
  }
  chat.nextMessageId++
  chat.messages.set(message.messageId, message)
  return apiMessage(world, chat, message)
}

const sendFile =
  (kind: 'photo' | 'document'): Method =>
  (world, params, violations) => {
    const chat = findWritableChat(world, params)
    const caption = readCaption(params, violations)
    // Everything is checked before the file is kept, as a refused send leaves nothing behind.
    readKeyboard(params.reply_markup, chat.type, [])
    return post(world, chat, params, violations, { ...caption, kind, file: takeFile(world, kind, params[kind]) })
  }

/** Changes a message of the bot's own. A keyboard that is not given is removed. */
function edit(world: World, params: Params, violations: string[], read: (message: FakeMessage) => FormattedText) {
  const chat = findWritableChat(world, params)
  const message = findMessage(chat, params, 'edit')
  if (!message.fromBot) throw wrong("message can't be edited")
  const { text, entities } = read(message)
  const keyboard = readKeyboard(params.reply_markup, chat.type, violations)
  const before = JSON.stringify([message.text, message.entities, message.keyboard])
  if (JSON.stringify([text, entities, keyboard]) === before) {
    const same =
      'specified new message content and reply markup are exactly the same as a current content and reply markup'
    throw refused(400, `Bad Request: message is not modified: ${same} of the message`)
  }
  Object.assign(message, { text, entities, keyboard, edits: message.edits + 1 })
  return apiMessage(world, chat, message)
}

const editMessageText: Method = (world, params, violations) =>
  edit(world, params, violations, (message) => {
    if (message.kind !== 'text') throw wrong('there is no text in the message to edit')
    return readText(params, violations)
  })

const editMessageCaption: Method = (world, params, violations) =>
  edit(world, params, violations, (message) => {
    if (message.kind === 'text') throw wrong('there is no caption in the message to edit')
    return readCaption(params, violations)
  })

const DELETE_WITHIN_SECONDS = 48 * 3600

const deleteMessage: Method = (world, params) => {
  const chat = findWritableChat(world, params)
  const message = findMessage(chat, params, 'delete')
  if (Date.now() - message.sentAtMs > DELETE_WITHIN_SECONDS * 1000) {
    throw refused(400, "Bad Request: message can't be deleted for everyone")
  }
  chat.messages.delete(message.messageId)
  return true
}

const TOO_OLD = 'query is too old and response timeout expired or query ID is invalid'

const answerCallbackQuery: Method = (world, params) => {
  const press = world.presses.get(String(params.callback_query_id))
  if (!press) throw wrong(TOO_OLD)
  const isRedelivered = (world.updates.deliveries.get(press.updateId ?? 0) ?? 0) > 1
  // After a crash an update comes again, and with it a second answer; otherwise a second answer is a bug.
  if (press.answeredAtMs !== undefined) throw isRedelivered ? refused(400, `Bad Request: ${TOO_OLD}`) : wrong(TOO_OLD)
  const text = String(params.text ?? '')
  if ([...text].length > 200) throw wrong('MESSAGE_TOO_LONG')
  if (params.url !== undefined && !/^(https:\/\/t\.me\/|tg:)/.test(String(params.url))) throw wrong('URL_INVALID')
  if (Date.now() - press.atMs > world.queryWindowSeconds * 1000) throw refused(400, `Bad Request: ${TOO_OLD}`)
  press.answeredAtMs = Date.now()
  press.answer = { text, showAlert: params.show_alert === true }
  return true
}

const getChatMember: Method = (world, params) => {
  const chat = findChat(world, params)
  const userId = Number(params.user_id)
  if (['left', 'kicked'].includes(chat.botStatus)) findWritableChat(world, params)
  if (userId === world.botId) return apiMember(chat, chat.botStatus, apiBot(world))
  const status = chat.members.get(userId) ?? (chat.type === 'private' && userId === chat.id ? 'member' : undefined)
  if (!status) throw refused(400, 'Bad Request: PARTICIPANT_ID_INVALID')
  return apiMember(chat, status, { id: userId, is_bot: false, first_name: `User ${userId}` })
}

const setMyCommands: Method = (world, params) => {
  const commands = Array.isArray(params.commands) ? params.commands : []
  if (commands.length > 100) throw wrong('BOT_COMMANDS_TOO_MUCH')
  for (const { command, description } of commands) {
    if (!/^[a-z0-9_]{1,32}$/.test(String(command))) throw wrong('BOT_COMMAND_INVALID')
    const chars = [...String(description ?? '')].length
    if (chars < 1 || chars > 256) throw wrong('BOT_COMMAND_DESCRIPTION_INVALID')
  }
  world.commands = commands
  return true
}

const setWebhook: Method = (world, params) => {
  const secret = params.secret_token
  if (secret !== undefined && !/^[A-Za-z0-9_-]{1,256}$/.test(String(secret))) {
    throw wrong('secret token contains unallowed characters')
  }
  if (params.url !== '' && !String(params.url).startsWith('https://')) {
    throw wrong('bad webhook: An HTTPS URL must be provided for webhook')
  }
  world.webhookUrl = String(params.url)
  world.updates.poll?.fail(refused(409, 'Conflict: terminated by setWebhook request'))
  return true
}

/** Every method but getUpdates, which waits. */
export const METHODS: Readonly<Record<string, Method>> = {
  getMe: (world) => ({ ...apiBot(world), can_join_groups: true, can_read_all_group_messages: false }),
  getChat: (world, params) => {
    const chat = findChat(world, params)
    if (['left', 'kicked'].includes(chat.botStatus)) findWritableChat(world, params)
    return { ...apiChat(chat), accent_color_id: 0, max_reaction_count: 11, ...chat.more }
  },
  getChatMember,
  sendMessage: (world, params, violations) => {
    const chat = findWritableChat(world, params)
    return post(world, chat, params, violations, readText(params, violations))
  },
  sendPhoto: sendFile('photo'),
  sendDocument: sendFile('document'),
  editMessageText,
  editMessageCaption,
  editMessageReplyMarkup: (world, params, violations) => edit(world, params, violations, (message) => message),
  deleteMessage,
  answerCallbackQuery,
  setMyCommands,
  setWebhook,
  deleteWebhook: (world, params) => {
    world.webhookUrl = ''
    if (params.drop_pending_updates === true) world.updates.pending = []
    return true
  },
  getWebhookInfo: (world) => ({
    url: world.webhookUrl,
    has_custom_certificate: false,
    pending_update_count: world.updates.pending.length,
  }),
}
