import type { Output } from '../output/output.ts'
import { makeSecret, type Secret } from '../secret.ts'
import type { Settings } from '../settings.ts'
import { SETTINGS } from '../settings-list.ts'
import { createTelegramClient, type TelegramClient, TelegramError } from '../telegram/client.ts'
import type { Check } from '../telegram/membership.ts'
import { attempt, checkChat } from '../telegram/telegram-checks.ts'
import type { Asker } from './asker.ts'
import { judgeBy } from './judge-answer.ts'

export interface TelegramAnswers {
  /** Undefined: the present one stays. */
  token: Secret | undefined
  channelId: string
  /** Null: nobody is to hear of failures. */
  adminChatId: string | null
}

export interface TelegramQuestions {
  asker: Asker
  out: Output
  /** What environment and `.env` say now. */
  settings: Settings
}

/** Token and chats, each tried with live calls that only read. */
export async function askTelegram(questions: TelegramQuestions): Promise<TelegramAnswers> {
  const { token, bot } = await askToken(questions)
  try {
    const { telegramChannelId, adminTelegramChatId } = questions.settings
    const team = { name: 'team chat', message: "The team's chat (-100…, or the @name of a public channel)" }
    const channelId = await askChat(questions, bot, { ...team, fallback: telegramChannelId, optional: false })
    const admin = { name: 'admin chat', message: `Chat that hears of failures (optional, "${NONE}" for none)` }
    const adminChatId = await askChat(questions, bot, {
      ...admin,
      fallback: adminTelegramChatId ?? NONE,
      optional: true,
    })
    return { token, channelId, adminChatId: adminChatId === NONE ? null : adminChatId }
  } finally {
    bot?.client.close()
  }
}

const NONE = 'none'

/** A bot whose token works. */
interface Bot {
  id: number
  client: TelegramClient
}

async function askToken({ asker, out, settings }: TelegramQuestions): Promise<{ token?: Secret; bot?: Bot }> {
  const present = settings.telegramBotToken
  const hint = present ? 'Enter keeps the present one' : '@BotFather, /newbot'
  for (;;) {
    const typed = (await asker.secret(`Bot token (${hint}; it is not shown):`)).trim()
    const token = typed === '' ? present : makeSecret(typed)
    const wrong = token === undefined ? 'The bot needs one' : judgeBy(SETTINGS.telegramBotToken)(token.reveal())
    if (token === undefined || wrong !== null) {
      out.warn(`✗ ${wrong}`)
      continue
    }
    const answer = typed === '' ? {} : { token }
    const { bot, check, isRefused } = await tryToken(token, settings)
    tell(out, [check])
    if (bot) return { ...answer, bot }
    // An answer of Telegram is final; a network may come back later.
    if (!isRefused && (await asker.yesNo('Telegram cannot be asked now. Go on without checking?', false))) return answer
  }
}

async function tryToken(token: Secret, { telegramApiRoot: apiRoot, httpTimeoutSeconds: timeoutSeconds }: Settings) {
  const client = createTelegramClient({ token: token.reveal(), apiRoot, timeoutSeconds })
  let isRefused = false
  const me = await attempt('token', () =>
    client.call<{ id: number; username: string }>('getMe').catch((error: unknown) => {
      isRefused = error instanceof TelegramError && error.failure.kind === 'refused'
      throw error
    }),
  )
  if (me.ok) {
    const check: Check = { name: 'token', ok: true, detail: `the bot is @${me.value.username}` }
    return { bot: { id: me.value.id, client }, check, isRefused }
  }
  client.close()
  return { check: me.check, isRefused }
}

interface ChatQuestion {
  name: string
  message: string
  fallback: string | undefined
  optional: boolean
}

async function askChat(
  { asker, out }: TelegramQuestions,
  bot: Bot | undefined,
  { name, message, fallback, optional }: ChatQuestion,
): Promise<string> {
  const judge = judgeBy(SETTINGS.telegramChannelId)
  const isNone = (answer: string) => optional && answer === NONE
  let chatId = fallback
  for (let again: Again = 'ask'; ; ) {
    if (again === 'ask' || chatId === undefined) {
      chatId = await asker.text(message, { fallback: chatId, judge: (typed) => (isNone(typed) ? null : judge(typed)) })
    }
    if (bot === undefined || isNone(chatId)) return chatId
    const checks = await checkChat(bot.client, { name, chatId, botId: bot.id })
    tell(out, checks)
    if (checks.every(({ ok }) => ok)) return chatId
    again = await asker.choice('What now?', AGAIN)
    if (again === 'keep') return chatId
  }
}

type Again = 'check' | 'ask' | 'keep'

const AGAIN: readonly { name: string; value: Again }[] = [
  { name: 'Look again (after changing it in Telegram)', value: 'check' },
  { name: 'Name another chat', value: 'ask' },
  { name: 'Keep it as it is; `storyline test-telegram` checks it later', value: 'keep' },
]

function tell(out: Output, checks: readonly Check[]): void {
  for (const { ok, name, detail, fix } of checks) {
    const text = `${ok ? '✓' : '✗'} ${name}: ${detail}${fix ? `\n    ${fix}` : ''}`
    if (ok) out.note(text)
    else out.warn(text)
  }
}
