import { type TelegramClient, TelegramError } from './client.ts'
import { type Check, judgeMembership, type MemberFacts } from './membership.ts'

export interface ChatsToCheck {
  /** TELEGRAM_CHANNEL_ID. */
  channelId: string
  /** ADMIN_TELEGRAM_CHAT_ID. */
  adminChatId: string | undefined
}

interface Me {
  id: number
  username: string
}

/** Token, team chat and admin chat, with the exact rights that the bot has or lacks there. Sends nothing. */
export async function checkTelegram(
  client: TelegramClient,
  { channelId, adminChatId }: ChatsToCheck,
): Promise<Check[]> {
  const me = await attempt('token', () => client.call<Me>('getMe'))
  if (!me.ok) return [me.check]
  const token: Check = { name: 'token', ok: true, detail: `the bot is @${me.value.username}` }
  const botId = me.value.id
  const team = await checkChat(client, { name: 'team chat', chatId: channelId, botId })
  if (adminChatId === undefined) {
    const fix = 'Set ADMIN_TELEGRAM_CHAT_ID to hear of failures.'
    return [token, ...team, { name: 'admin chat', ok: true, detail: 'not set: alerts go nowhere', fix }]
  }
  return [token, ...team, ...(await checkChat(client, { name: 'admin chat', chatId: adminChatId, botId }))]
}

/** Whether the bot is in a chat and may do there what it needs. */
export async function checkChat(
  client: TelegramClient,
  { name, chatId, botId }: { name: string; chatId: string; botId: number },
): Promise<Check[]> {
  const chat = await attempt(name, () => client.call<MemberFacts['chat']>('getChat', { chat_id: chatId }))
  if (!chat.ok) return [chat.check]
  const member = await attempt(name, () =>
    client.call<MemberFacts['member']>('getChatMember', { chat_id: chatId, user_id: botId }),
  )
  return member.ok ? judgeMembership(name, { chat: chat.value, member: member.value }) : [member.check]
}

/** A call whose failure is a line of the report, with what to do about it. */
export async function attempt<T>(
  name: string,
  call: () => Promise<T>,
): Promise<{ ok: true; value: T } | { ok: false; check: Check }> {
  try {
    return { ok: true, value: await call() }
  } catch (error) {
    if (!(error instanceof TelegramError)) throw error
    const { failure } = error
    const fix = failure.kind === 'refused' ? FIXES[failure.what] : 'Check the network and TELEGRAM_API_ROOT.'
    return { ok: false, check: { name, ok: false, detail: failure.reason, ...(fix ? { fix } : {}) } }
  }
}

const FIXES: Readonly<Record<string, string>> = {
  unauthorized: 'Get the token from @BotFather and put it into TELEGRAM_BOT_TOKEN.',
  not_found: 'Check TELEGRAM_BOT_TOKEN: Telegram knows no such bot.',
  chat_not_found: 'Check the chat id, and add the bot to that chat.',
  forbidden: 'Add the bot to the chat again.',
}
