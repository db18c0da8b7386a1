import type { Chat, FakeMessage, FakeUser, MemberStatus, Params, StoredFile } from './types.ts'
import type { World } from './world.ts'

/** Longest side of a photo after Telegram's re-encoding, in pixels. */
const PHOTO_SIDE_PIXELS = 1280

export const apiBot = (world: World): Params => ({
  id: world.botId,
  is_bot: true,
  first_name: 'Storyline test bot',
  username: world.botUsername,
})

export const apiUser = (user: FakeUser): Params => ({ is_bot: false, first_name: `User ${user.id}`, ...user })

export function apiChat(chat: Chat): Params {
  const name = chat.title ?? `Chat ${chat.id}`
  const named = chat.type === 'private' ? { first_name: name } : { title: name }
  return { id: chat.id, type: chat.type, ...named, ...(chat.username ? { username: chat.username } : {}) }
}

/** A Message object as the Bot API returns it. */
export function apiMessage(world: World, chat: Chat, message: FakeMessage, depth = 0): Params {
  const replied = message.replyTo === undefined || depth > 0 ? undefined : chat.messages.get(message.replyTo)
  return {
    message_id: message.messageId,
    date: Math.floor(message.sentAtMs / 1000),
    chat: apiChat(chat),
    ...apiSender(world, chat, message),
    ...apiContent(message),
    ...(message.keyboard.length > 0 ? { reply_markup: { inline_keyboard: message.keyboard } } : {}),
    ...(message.edits > 0 ? { edit_date: Math.floor(message.sentAtMs / 1000) } : {}),
    ...(replied ? { reply_to_message: apiMessage(world, chat, replied, depth + 1) } : {}),
  }
}

/** Channel posts have no `from`, only the channel. */
function apiSender(world: World, chat: Chat, message: FakeMessage): Params {
  if (chat.type === 'channel') return { sender_chat: apiChat(chat) }
  return { from: message.from ? apiUser(message.from) : apiBot(world) }
}

function apiContent({ kind, text, entities, file }: FakeMessage): Params {
  const isText = kind === 'text'
  return {
    ...(text ? { [isText ? 'text' : 'caption']: text } : {}),
    ...(entities.length > 0 ? { [isText ? 'entities' : 'caption_entities']: entities } : {}),
    ...(file ? { [kind]: kind === 'photo' ? apiPhoto(file) : apiDocument(file) } : {}),
  }
}

function apiPhoto(file: StoredFile): Params[] {
  const { width = 1, height = 1 } = file
  return [320, PHOTO_SIDE_PIXELS].map((side) => {
    const scale = Math.min(1, side / Math.max(width, height))
    return {
      file_id: file.fileId,
      file_unique_id: `${file.sha256.slice(0, 12)}-${side}`,
      width: Math.max(1, Math.round(width * scale)),
      height: Math.max(1, Math.round(height * scale)),
      file_size: Math.max(1, Math.round(file.sizeBytes * scale * scale)),
    }
  })
}

const apiDocument = (file: StoredFile): Params => ({
  file_id: file.fileId,
  file_unique_id: file.sha256.slice(0, 12),
  file_name: file.fileName,
  mime_type: file.contentType,
  file_size: file.sizeBytes,
})

const RIGHTS = [
  'can_be_edited',
  'is_anonymous',
  'can_manage_chat',
  'can_delete_messages',
  'can_manage_video_chats',
  'can_restrict_members',
  'can_promote_members',
  'can_change_info',
  'can_invite_users',
  'can_post_stories',
  'can_edit_stories',
  'can_delete_stories',
]

/** A ChatMember object. The bot's own rights in a channel follow `canPost`. */
export function apiMember(chat: Chat, status: MemberStatus, user: Params): Params {
  if (status === 'creator') return { status, user, is_anonymous: false }
  if (status !== 'administrator') return { status, user }
  const rights = Object.fromEntries(
    RIGHTS.map((right) => [right, right === 'can_manage_chat' || right === 'can_delete_messages']),
  )
  const channel = { can_post_messages: chat.canPost, can_edit_messages: chat.canPost }
  return { status, user, ...rights, ...(chat.type === 'channel' ? channel : {}) }
}
