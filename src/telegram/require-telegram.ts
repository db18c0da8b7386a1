import { notConfigured } from '../errors.ts'
import type { Settings } from '../settings.ts'

/** The two settings without which nothing can be sent. */
export function requireTelegram(settings: Settings): { channelId: string; token: string } {
  const { telegramBotToken: token, telegramChannelId: channelId } = settings
  const missing = [token ? [] : 'TELEGRAM_BOT_TOKEN', channelId ? [] : 'TELEGRAM_CHANNEL_ID'].flat()
  if (token && channelId) return { channelId, token: token.reveal() }
  throw notConfigured(
    `Telegram is not set up: ${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing`,
    `Put ${missing.length === 1 ? 'it' : 'them'} into .env; \`storyline help telegram\` shows how to get ${missing.length === 1 ? 'it' : 'them'}.`,
  )
}
