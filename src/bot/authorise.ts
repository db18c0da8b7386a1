/** Who may press what (SPEC §11): pure; the facts come from the database and from Telegram. */

export type ChatType = 'private' | 'group' | 'supergroup' | 'channel'

export type MemberStatus = 'creator' | 'administrator' | 'member' | 'restricted' | 'left' | 'kicked'

export interface PressPlace {
  /** Chat of the message that was pressed. */
  chatId: number
  chatType: ChatType
  /** Chat where the button belongs: the item's chat, or the admin chat. */
  expectedChatId: number | null
}

/** What is known of the person who pressed; null: never seen. */
export type KnownPerson = { isActive: boolean; role: 'admin' | 'member' } | null

export type Permission =
  | { kind: 'allowed' }
  /** Never seen: allowed if Telegram says that they belong to the chat (`mayJoin`). */
  | { kind: 'ask_membership' }
  | { kind: 'refused'; answer: string }

export const ACCESS_OFF = 'Your access was switched off. Ask the operator.'

const STRANGER = 'I only talk to the team. Press a button under a story card once, then I know you.'

const refuse = (answer: string): Permission => ({ kind: 'refused', answer })

export function judgeCardPress(place: PressPlace, person: KnownPerson): Permission {
  if (place.expectedChatId === null || place.chatId !== place.expectedChatId) {
    return refuse("This button belongs to another chat: use the card in the team's chat.")
  }
  if (person === null) return { kind: 'ask_membership' }
  return person.isActive ? { kind: 'allowed' } : refuse(ACCESS_OFF)
}

export function judgeAdminPress(place: PressPlace, person: KnownPerson): Permission {
  if (place.expectedChatId === null || place.chatId !== place.expectedChatId) {
    return refuse('This button belongs to the admin chat.')
  }
  if (person !== null && !person.isActive) return refuse(ACCESS_OFF)
  if (place.chatType === 'private') return { kind: 'allowed' }
  if (person?.role === 'admin') return { kind: 'allowed' }
  return refuse('Only admins may decide this: storyline promote-user --username …')
}

/** Whether an unknown person becomes an active member by pressing a card in this chat. */
export function mayJoin(
  { chatType, teamJoin }: { chatType: ChatType; teamJoin: 'members' | 'anyone' },
  status: MemberStatus,
  isMemberWhenRestricted: boolean,
): boolean {
  if (status === 'creator' || status === 'administrator') return true
  if (status === 'left' || status === 'kicked') return false
  if (status === 'restricted' && !isMemberWhenRestricted) return false
  // Everybody who subscribes to a channel is its "member": being the audience is not being the team.
  return chatType === 'channel' ? teamJoin === 'anyone' : true
}

export interface CommandPlace {
  chatId: number
  chatType: ChatType
  /** The team's and the admin chat. */
  ownChatIds: readonly number[]
}

/** Commands: in our own chats for everybody but the deactivated, in private only for people we know. */
export function judgeCommand(place: CommandPlace, person: KnownPerson): Permission | { kind: 'ignored' } {
  const isOurs = place.ownChatIds.includes(place.chatId)
  if (!isOurs && place.chatType !== 'private') return { kind: 'ignored' }
  if (person !== null && !person.isActive) return refuse(ACCESS_OFF)
  if (isOurs || person !== null) return { kind: 'allowed' }
  return refuse(STRANGER)
}

const ONLY_ADMINS = 'Only admins may do this. The operator makes them: storyline promote-user --username …'

export interface AdminCommandPlace extends CommandPlace {
  /** Null: none is set up, or its id was never heard of. */
  adminChatId: number | null
}

/** Commands that change something: only in the admin chat, by an admin; by anyone if that chat is private. */
export function judgeAdminCommand(place: AdminCommandPlace, person: KnownPerson): Permission | { kind: 'ignored' } {
  const known = judgeCommand(place, person)
  if (known.kind !== 'allowed') return known
  const { chatId, chatType, adminChatId } = place
  if (adminChatId === null) {
    return refuse('There is no admin chat for this: the operator has to set ADMIN_TELEGRAM_CHAT_ID.')
  }
  if (chatId !== adminChatId) return refuse('This command works in the admin chat only, and admins may send it there.')
  if (chatType === 'private' || person?.role === 'admin') return { kind: 'allowed' }
  return refuse(ONLY_ADMINS)
}
