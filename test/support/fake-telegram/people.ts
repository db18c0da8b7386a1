import { apiMessage, apiUser } from './api-objects.ts'
import type { Chat, Entity, FakeMessage, FakeUser, Params } from './types.ts'
import { pushUpdate } from './updates.ts'
import type { World } from './world.ts'

export interface PressOptions {
  chatId: number
  messageId: number
  /** Label of a button that is there now (its beginning is enough), or … */
  button?: string
  /** … any data: old apps and forgers can send what is not there any more. */
  data?: string
  from: FakeUser | number
  /** The press happened this many seconds ago: late answers are refused, after 150 s it is gone. */
  ageSeconds?: number
}

export interface SayOptions {
  chatId: number
  /** Not used in a channel. */
  from?: FakeUser | number
  text?: string
  replyTo?: number
  ageSeconds?: number
  /** More fields of the Message, e.g. `forward_origin`. */
  more?: Params
}

const asUser = (from: FakeUser | number): FakeUser => (typeof from === 'number' ? { id: from } : from)

function chatOf(world: World, chatId: number): Chat {
  const chat = world.chats.get(chatId)
  if (!chat) throw new Error(`The test knows no chat ${chatId}: call setChat first`)
  return chat
}

function dataOf(message: FakeMessage | undefined, label: string): string {
  const buttons = message?.keyboard.flat() ?? []
  const button = buttons.find(({ text }) => text === label) ?? buttons.find(({ text }) => text.includes(label))
  if (button?.callback_data !== undefined) return button.callback_data
  throw new Error(`No button "${label}" with callback_data among ${JSON.stringify(buttons)}`)
}

/** Somebody presses a button: a callback_query update. */
export function press(world: World, options: PressOptions): { queryId: string; updateId: number | undefined } {
  const { chatId, messageId, ageSeconds = 0 } = options
  const chat = chatOf(world, chatId)
  const message = chat.messages.get(messageId)
  const data = options.data ?? dataOf(message, options.button ?? '')
  const from = asUser(options.from)
  const queryId = String(4_300_000_000_000_000_000n + BigInt(world.presses.size))
  // A message that is gone is only told by its place.
  const shown = message
    ? apiMessage(world, chat, message)
    : { chat: { id: chatId, type: chat.type }, message_id: messageId, date: 0 }
  const callback_query = { id: queryId, from: apiUser(from), message: shown, chat_instance: String(chatId), data }
  const updateId = pushUpdate(world.updates, { callback_query }, ageSeconds)
  world.presses.set(queryId, { queryId, updateId, data, fromId: from.id, atMs: Date.now() - ageSeconds * 1000 })
  return { queryId, updateId }
}

/** Somebody writes: a message update, in a channel a channel_post. */
export function say(world: World, options: SayOptions): { messageId: number; updateId: number | undefined } {
  const { chatId, text = '', replyTo, ageSeconds = 0 } = options
  const chat = chatOf(world, chatId)
  const message: FakeMessage = {
    chatId,
    messageId: chat.nextMessageId++,
    fromBot: false,
    from: asUser(options.from ?? chatId),
    kind: 'text',
    text,
    entities: commandEntities(text),
    keyboard: [],
    edits: 0,
    sentAtMs: Date.now() - ageSeconds * 1000,
    ...(replyTo === undefined ? {} : { replyTo }),
  }
  chat.messages.set(message.messageId, message)
  const type = chat.type === 'channel' ? 'channel_post' : 'message'
  const updateId = pushUpdate(
    world.updates,
    { [type]: { ...apiMessage(world, chat, message), ...options.more } },
    ageSeconds,
  )
  return { messageId: message.messageId, updateId }
}

const commandEntities = (text: string): Entity[] =>
  [...text.matchAll(/(?<=^|\s)\/[A-Za-z0-9_]+(?:@\w+)?/g)].map((found) => ({
    type: 'bot_command',
    offset: found.index,
    length: found[0].length,
  }))
