import { setTimeout as sleep } from 'node:timers/promises'
import { Telegraf, type Context as TelegrafContext } from 'telegraf'
import type { CallbackQuery, Message, Update, UserFromGetMe } from 'telegraf/types'
import { isDatabaseTrouble } from '../db/connect.ts'
import { configuredDatabaseUrl } from '../settings.ts'
import { TelegramError } from '../telegram/client.ts'
import { editDueCards, nextEditSeconds } from '../telegram/edit-cards.ts'
import { cutText } from '../telegram/html.ts'
import { applyAdminCommand } from './admin-commands.ts'
import type { ChatType } from './authorise.ts'
import { type CommandUpdate, runBotCommand, sendReply } from './commands.ts'
import type { BotDeps } from './deps.ts'
import { ADMIN_COMMANDS, type AdminCommand, BOT_COMMANDS, findAdminCommand } from './menu.ts'
import { applyPress, type PressAnswer, type PressUpdate } from './press.ts'

/** Longest answer to a press, in characters (Bot API, answerCallbackQuery). */
const MAX_ANSWER = 200
/** A press is answered by then, with its outcome or with "one moment" (telegram.md §1: within about 2 s). */
const ANSWER_WITHIN_MS = 1200
const DATABASE_RETRY_MS = 2000
/** How often an edit that fails is tried here; after that the tick mends it. */
const MAX_EDIT_ROUNDS = 5

const ALL_COMMANDS = [...BOT_COMMANDS, ...ADMIN_COMMANDS]

/** Telegraf sorts updates; every call goes through our own client (SPEC §11). */
export function createRouter(deps: BotDeps, me: UserFromGetMe): (update: Update) => Promise<void> {
  // The token is never used: telegraf makes no call here. No time limit: it would confirm what is not committed yet.
  const bot = new Telegraf('0:router', { handlerTimeout: Number.POSITIVE_INFINITY })
  bot.botInfo = me
  bot.catch((error) => {
    throw error
  })
  bot.on('callback_query', (tg) => onPress(deps, tg))
  for (const { command } of ALL_COMMANDS) {
    bot.command(command, (tg) => onCommand(deps, command, tg.update.update_id, tg.message))
  }
  bot.on('channel_post', async (tg) => {
    const command = commandInPost(tg.channelPost, me.username)
    if (command) await onCommand(deps, command, tg.update.update_id, tg.channelPost)
  })
  return (update) => bot.handleUpdate(update)
}

async function onPress(deps: BotDeps, tg: TelegrafContext<Update.CallbackQueryUpdate>): Promise<void> {
  const query = tg.callbackQuery
  const press = pressOf(tg.update.update_id, query)
  if (!press) return answer(deps, query.id, { text: 'This message is too old for me.', isAlert: true })
  const outcome = untilDatabaseAnswers(deps, () => applyPress(deps, press))
  const told = outcome.catch((): PressAnswer => ({ text: 'Something went wrong. Please press again.', isAlert: true }))
  const first = await Promise.race([told, sleep(ANSWER_WITHIN_MS, null, { ref: false })])
  deps.inBackground('answer', () => answer(deps, query.id, first ?? { text: 'One moment…', isAlert: false }))
  const { editItem } = await outcome
  if (editItem) deps.inBackground('edit', () => editUntilRight(deps, editItem))
}

function pressOf(updateId: number, query: CallbackQuery): PressUpdate | null {
  const { message, from } = query
  // Telegram gives no message for buttons under inline results; ours are never sent that way.
  if (!message) return null
  const chat = { id: message.chat.id, type: message.chat.type as ChatType }
  return { updateId, data: 'data' in query ? query.data : undefined, from, chat, messageId: message.message_id }
}

/** The press is in our hands and gone from Telegram: it waits for the database rather than being lost. */
async function untilDatabaseAnswers<T>(deps: BotDeps, work: () => Promise<T>): Promise<T> {
  const { ctx } = deps
  for (let waits = 0; ; waits += 1) {
    try {
      const answer = await work()
      if (waits > 0) ctx.out.note('storyline bot: the database answers again')
      return answer
    } catch (error) {
      if (!isDatabaseTrouble(error) || ctx.signal.aborted) throw error
      if (waits === 0) ctx.out.warn('storyline bot: the database does not answer; what somebody asked for waits for it')
      await revive(ctx)
      await sleep(DATABASE_RETRY_MS, undefined, { signal: deps.ctx.signal }).catch(() => {})
    }
  }
}

/** An embedded server that died is started again, as by any other command. */
async function revive({ settings, out }: BotDeps['ctx']): Promise<void> {
  if (configuredDatabaseUrl(settings) !== undefined) return
  const { ensureEmbedded } = await import('../db/embedded/server.ts')
  await ensureEmbedded({ home: settings.home, log: out.note }).catch((error: unknown) =>
    out.warn(`storyline bot: ${error instanceof Error ? error.message : 'the database cannot be started'}`),
  )
}

/** Once, and without consequences: a query that is too old or a lost answer never undoes the action. */
async function answer({ client, ctx }: BotDeps, queryId: string, { text, isAlert }: PressAnswer): Promise<void> {
  try {
    await client.call('answerCallbackQuery', {
      callback_query_id: queryId,
      text: cutText(text, MAX_ANSWER),
      show_alert: isAlert,
    })
  } catch (error) {
    if (!(error instanceof TelegramError)) throw error
    ctx.out.debug(`storyline bot: a press could not be answered: ${error.failure.reason}`)
  }
}

async function editUntilRight({ ctx, client }: BotDeps, queueItemId: string): Promise<void> {
  for (let round = 0; round < MAX_EDIT_ROUNDS; round += 1) {
    await editDueCards(ctx, client, { limit: 5, queueItemId })
    const seconds = await nextEditSeconds(ctx, queueItemId)
    if (seconds === null) return
    await sleep((seconds + 0.1) * 1000, undefined, { signal: ctx.signal, ref: false }).catch(() => {})
    if (ctx.signal.aborted) return
  }
}

/** `/pending` or `/pending@our_bot` at the start of a post: telegraf's `command` ignores channel posts. */
function commandInPost(post: Message, username: string): string | undefined {
  const text = 'text' in post ? post.text : ''
  const [, command, addressee] = /^\/([a-z]+)(?:@(\w+))?(?:\s|$)/i.exec(text) ?? []
  if (!command || (addressee && addressee.toLowerCase() !== username.toLowerCase())) return undefined
  return ALL_COMMANDS.find((known) => known.command === command.toLowerCase())?.command
}

async function onCommand(deps: BotDeps, command: string, updateId: number, message: Message): Promise<void> {
  const text = 'text' in message ? message.text : ''
  const update: CommandUpdate = {
    updateId,
    command,
    text: text.replace(/^\S+\s*/, '').trim(),
    chat: { id: message.chat.id, type: message.chat.type as ChatType },
    fromId: message.from?.id ?? null,
    messageId: message.message_id,
    threadId: 'message_thread_id' in message && message.is_topic_message ? (message.message_thread_id ?? null) : null,
  }
  const adminCommand = findAdminCommand(command)
  if (adminCommand) await onAdminCommand(deps, adminCommand, update)
  else deps.inBackground(command, () => runBotCommand(deps, update))
}

const NOT_DONE = 'Something went wrong, nothing was changed. Please try again.'

/** Its change is committed before the update is confirmed to Telegram, as that of a press (SPEC §11). */
async function onAdminCommand(deps: BotDeps, command: AdminCommand, update: CommandUpdate): Promise<void> {
  const outcome = untilDatabaseAnswers(deps, () => applyAdminCommand(deps, command, update))
  const told = await outcome.catch(() => ({ text: NOT_DONE }))
  if (told !== null) deps.inBackground(command, () => sendReply(deps, update, told.text))
  const editItem = (await outcome)?.editItem
  if (editItem) deps.inBackground('edit', () => editUntilRight(deps, editItem))
}
