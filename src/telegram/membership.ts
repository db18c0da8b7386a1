/** What the bot may do in a chat: pure, from getChat and getChatMember. */

export interface Check {
  name: string
  ok: boolean
  detail: string
  fix?: string
}

export interface MemberFacts {
  chat: {
    id: number
    type: 'private' | 'group' | 'supergroup' | 'channel'
    title?: string
    has_protected_content?: boolean
    /** What everybody in a group may do (getChat); an administrator may more. */
    permissions?: SendRights
  }
  member: SendRights & {
    status: 'creator' | 'administrator' | 'member' | 'restricted' | 'left' | 'kicked'
    can_post_messages?: boolean
    can_edit_messages?: boolean
    can_delete_messages?: boolean
    /** Only with `restricted`, which also says who left while being restricted. */
    is_member?: boolean
  }
}

interface SendRights {
  can_send_messages?: boolean
  can_send_photos?: boolean
  can_send_documents?: boolean
}

export function judgeMembership(name: string, { chat, member }: MemberFacts): Check[] {
  const where = `${chat.type}${chat.title ? ` "${chat.title}"` : ''} (${chat.id})`
  const missing = missingRights(chat, member)
  const rights: Check =
    missing.length === 0
      ? { name, ok: true, detail: `${where}: the bot may post and edit there` }
      : { name, ok: false, detail: `${where}: the bot lacks ${missing.join(', ')}`, fix: fixFor(chat.type) }
  if (!chat.has_protected_content) return [rights]
  const detail = 'the chat forbids saving content: the team cannot save the pictures it should post'
  return [
    rights,
    { name: `${name} content`, ok: false, detail, fix: 'Switch "Restrict saving content" off in the chat settings.' },
  ]
}

function missingRights({ type, permissions }: MemberFacts['chat'], member: MemberFacts['member']): string[] {
  if (member.status === 'left' || member.status === 'kicked' || member.is_member === false) return ['membership']
  if (type === 'private') return []
  if (type === 'channel') {
    if (member.status === 'creator') return []
    const wanted = ['can_post_messages', 'can_edit_messages', 'can_delete_messages'] as const
    return member.status === 'administrator'
      ? wanted.filter((right) => member[right] !== true)
      : ['administrator rights']
  }
  const wanted = ['can_send_messages', 'can_send_photos', 'can_send_documents'] as const
  if (member.status === 'restricted') return wanted.filter((right) => member[right] !== true)
  return member.status === 'member' ? wanted.filter((right) => permissions?.[right] === false) : []
}

function fixFor(type: MemberFacts['chat']['type']): string {
  return type === 'channel'
    ? 'Make the bot an administrator of the channel, with the rights to post, edit and delete messages.'
    : 'Add the bot to the group and let it send messages, photos and files.'
}
