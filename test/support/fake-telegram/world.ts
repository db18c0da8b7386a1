import { createHash } from 'node:crypto'
import { readImageSize } from './image.ts'
import {
  type Chat,
  type ChatOptions,
  type ChatType,
  type FakeMessage,
  isObject,
  type Params,
  type ReceivedFile,
  refused,
  type StoredFile,
  wrong,
} from './types.ts'
import { createUpdateQueue, type UpdateQueue } from './updates.ts'

/** A pressed button that waits for its answer. */
export interface Press {
  queryId: string
  /** Undefined when the update never reached the queue (its type was not allowed, or it was too old). */
  updateId: number | undefined
  data: string
  fromId: number
  atMs: number
  answeredAtMs?: number
  /** What the presser saw. */
  answer?: { text: string; showAlert: boolean }
}

export interface World {
  botId: number
  botUsername: string
  /** Longest time between a press and its answer, in seconds. */
  queryWindowSeconds: number
  chats: Map<number, Chat>
  files: Map<string, StoredFile>
  presses: Map<string, Press>
  updates: UpdateQueue
  commands: Params[]
  webhookUrl: string
}

const MAX_PHOTO_BYTES = 10 * 1024 * 1024
const MAX_DOCUMENT_BYTES = 50 * 1024 * 1024

export function createWorld(botId: number, queryWindowSeconds: number): World {
  return {
    botId,
    botUsername: 'storyline_test_bot',
    queryWindowSeconds,
    chats: new Map(),
    files: new Map(),
    presses: new Map(),
    updates: createUpdateQueue(),
    commands: [],
    webhookUrl: '',
  }
}

const typeById = (id: number): ChatType => (id > 0 ? 'private' : String(id).startsWith('-100') ? 'supergroup' : 'group')

export function setChat(world: World, options: ChatOptions): void {
  const { members, ...given } = options
  const before = world.chats.get(options.id)
  const type = options.type ?? before?.type ?? typeById(options.id)
  const entries =
    members instanceof Map
      ? members
      : Object.entries(members ?? {}).map(([id, status]) => [Number(id), status] as const)
  world.chats.set(options.id, {
    botStatus: type === 'private' ? 'member' : 'administrator',
    canPost: true,
    more: {},
    nextMessageId: 101,
    messages: new Map(),
    ...before,
    ...given,
    type,
    members: members ? new Map(entries) : (before?.members ?? new Map()),
  })
}

/** The chat of a call; the bot must at least know it. */
export function findChat(world: World, params: Params): Chat {
  const given = params.chat_id
  const byName = (chat: Chat) => chat.username !== undefined && `@${chat.username}` === given
  const chat = typeof given === 'number' ? world.chats.get(given) : [...world.chats.values()].find(byName)
  if (!chat) throw refused(400, 'Bad Request: chat not found')
  return chat
}

/** The chat of a call that wants to write there. */
export function findWritableChat(world: World, params: Params): Chat {
  const chat = findChat(world, params)
  const { type, botStatus, migrateTo } = chat
  if (migrateTo !== undefined) {
    const parameters = { migrate_to_chat_id: migrateTo }
    throw refused(400, 'Bad Request: group chat was upgraded to a supergroup chat', parameters)
  }
  if (botStatus === 'kicked' && type === 'private') throw refused(403, 'Forbidden: bot was blocked by the user')
  if (botStatus === 'kicked') throw refused(403, `Forbidden: bot was kicked from the ${type} chat`)
  if (botStatus === 'left' && type === 'private')
    throw refused(403, "Forbidden: bot can't initiate conversation with a user")
  if (botStatus === 'left') throw refused(403, `Forbidden: bot is not a member of the ${type} chat`)
  if (type === 'channel' && (botStatus === 'member' || !chat.canPost)) {
    throw refused(400, 'Bad Request: need administrator rights in the channel chat')
  }
  if (botStatus === 'restricted') {
    throw refused(400, 'Bad Request: not enough rights to send text messages to the chat')
  }
  return chat
}

/** The message that a call wants to change. */
export function findMessage(chat: Chat, params: Params, purpose: 'edit' | 'delete'): FakeMessage {
  const message = chat.messages.get(Number(params.message_id))
  if (!message) throw refused(400, `Bad Request: message to ${purpose} not found`)
  return message
}

const isReceivedFile = (value: unknown): value is ReceivedFile => isObject(value) && Buffer.isBuffer(value.bytes)

/** The file of a send: new bytes, or the file_id of an earlier one. */
export function takeFile(world: World, kind: 'photo' | 'document', given: unknown): StoredFile {
  if (!isReceivedFile(given)) {
    const known = world.files.get(String(given))
    if (!known) throw wrong('wrong file identifier/HTTP URL specified')
    if (known.kind !== kind) throw wrong(`can't use file of type ${known.kind} as ${kind}`)
    return known
  }
  const { bytes, fileName, contentType } = given
  if (bytes.length === 0) throw wrong('file must be non-empty')
  const size = readImageSize(bytes)
  if (kind === 'photo') checkPhoto(bytes.length, size)
  else if (bytes.length > MAX_DOCUMENT_BYTES) throw wrong('Request Entity Too Large')
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const fileId = `fake-${kind}-${world.files.size + 1}`
  const file: StoredFile = { fileId, kind, fileName, contentType, sizeBytes: bytes.length, sha256, ...size }
  world.files.set(fileId, file)
  return file
}

function checkPhoto(sizeBytes: number, size: { width: number; height: number } | undefined): void {
  if (sizeBytes > MAX_PHOTO_BYTES) {
    throw wrong(`file of size ${sizeBytes} bytes is too big for a photo; the maximum size is ${MAX_PHOTO_BYTES} bytes`)
  }
  if (!size) throw wrong('IMAGE_PROCESS_FAILED')
  const { width, height } = size
  const ratio = Math.max(width, height) / Math.min(width, height)
  if (width + height > 10_000 || ratio > 20) throw wrong('PHOTO_INVALID_DIMENSIONS')
}
