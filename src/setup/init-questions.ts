import type { Output } from '../output/output.ts'
import type { SettingSources, Settings } from '../settings.ts'
import { SETTINGS, type Setting } from '../settings-list.ts'
import type { Asker } from './asker.ts'
import { listSettings } from './config-rows.ts'
import { askTelegram } from './init-telegram.ts'
import { judgeBy } from './judge-answer.ts'

const { telegramBotToken, telegramChannelId, adminTelegramChatId } = SETTINGS
const { timeZone, postingStartMinutes, postingEndMinutes, postsPerDay } = SETTINGS

/** Names of the settings that are asked for, in this order. */
export const ASKED: readonly string[] = [
  telegramBotToken,
  telegramChannelId,
  adminTelegramChatId,
  timeZone,
  postingStartMinutes,
  postingEndMinutes,
  postsPerDay,
].map(({ name }) => name)

export interface Answer {
  name: string
  /** Null: it is not to be set. */
  to: string | null
  secret: boolean
}

interface Questions {
  asker: Asker
  out: Output
  settings: Settings
  sources: SettingSources
}

/** One answer for each setting; none for the token when the present one stays. */
export async function askEverything(questions: Questions): Promise<Answer[]> {
  const { asker, sources } = questions
  const { token, channelId, adminChatId } = await askTelegram(questions)
  const { rows } = listSettings(sources)
  const present = (spec: Setting<unknown>) => {
    const row = rows.find(({ name }) => name === spec.name)
    return row?.wrong === null && row.holds?.origin !== 'default' ? row.holds?.value : undefined
  }
  const ask = async (spec: Setting<unknown>, message: string, fallback = spec.fallback): Promise<Answer> => {
    const to = await asker.text(message, { fallback: present(spec) ?? fallback, judge: judgeBy(spec) })
    return { name: spec.name, to, secret: false }
  }
  return [
    ...(token ? [{ name: telegramBotToken.name, to: token.reveal(), secret: true }] : []),
    { name: telegramChannelId.name, to: channelId, secret: false },
    { name: adminTelegramChatId.name, to: adminChatId, secret: false },
    await ask(timeZone, 'Time zone of all posting times (Europe/Berlin, America/New_York, …)', zoneOfMachine()),
    await ask(postingStartMinutes, 'The day of stories begins at (hour or HH:MM)'),
    await ask(postingEndMinutes, 'and ends at (before the beginning: it crosses midnight)'),
    await ask(postsPerDay, 'Stories a day (1 to 50)'),
  ]
}

function zoneOfMachine(): string {
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone
  return timeZone.parse(zone).kind === 'ok' ? zone : timeZone.fallback
}
