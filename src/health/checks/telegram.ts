import { knownChat } from '../../telegram/chats.ts'
import type { Check as Line } from '../../telegram/membership.ts'
import { checkTelegram } from '../../telegram/telegram-checks.ts'
import { type Bench, type Check, healthy, unhealthy } from '../check.ts'
import { openTelegram } from '../outside.ts'

/** Null: Telegram is not set up. */
export type TelegramFacts = readonly Line[] | null

/** The token, the chats, and the rights to post, edit and delete, by live calls. */
export const telegram: Check<TelegramFacts> = {
  name: 'telegram',
  title: 'Telegram',
  needs: 'settings',
  asksOutside: true,
  told: { alerts: ['telegram-blocked'], checks: ['configuration'] },
  measure: measureTelegram,
  judge: (lines) => {
    if (lines === null) return unhealthy('not set up', 'Run `storyline help telegram`.')
    const bad = lines.filter(({ ok }) => !ok)
    const tell = ({ name, detail }: Line) => `${name}: ${detail}`
    if (bad.length === 0) return healthy(lines.map(tell).join('; '))
    return unhealthy(bad.map(tell).join('; '), bad.find(({ fix }) => fix)?.fix ?? null)
  },
}

async function measureTelegram(bench: Bench): Promise<TelegramFacts> {
  const { settings, signal } = bench
  const { telegramChannelId, adminTelegramChatId } = settings
  const client = openTelegram(settings, signal)
  if (client === null || telegramChannelId === undefined) return null
  try {
    const channelId = await currentChat(bench, telegramChannelId)
    const adminChatId = adminTelegramChatId && (await currentChat(bench, adminTelegramChatId))
    return await checkTelegram(client, { channelId, adminChatId })
  } finally {
    client.close()
  }
}

/** A group that became a supergroup has another id than the settings say. */
async function currentChat(bench: Bench, reference: string): Promise<string> {
  if (bench.door.kind !== 'open') return reference
  return String((await knownChat(bench.db, reference)) ?? reference)
}
