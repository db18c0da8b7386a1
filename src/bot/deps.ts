import type { Context } from '../context.ts'
import { knownChat } from '../telegram/chats.ts'
import type { TelegramClient } from '../telegram/client.ts'

/** What every handler of the bot gets. */
export interface BotDeps {
  ctx: Context
  client: TelegramClient
  /** Work that must not delay the next update; its failures are reported, never thrown. */
  inBackground(name: string, work: () => Promise<void>): void
}

/** The numeric ids of the team's and the admin chat, as far as they are known. */
export async function ownChats({ db, settings }: Context): Promise<{ team: number | null; admin: number | null }> {
  const { telegramChannelId, adminTelegramChatId } = settings
  return {
    team: telegramChannelId === undefined ? null : await knownChat(db, telegramChannelId),
    admin: adminTelegramChatId === undefined ? null : await knownChat(db, adminTelegramChatId),
  }
}
