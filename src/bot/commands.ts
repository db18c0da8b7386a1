import { setTimeout as sleep } from 'node:timers/promises'
import { callForChat, heldSeconds } from '../telegram/chats.ts'
import { TelegramError } from '../telegram/client.ts'
import { findByTelegramId } from '../users/users.ts'
import { type ChatType, judgeCommand } from './authorise.ts'
import { type BotDeps, ownChats } from './deps.ts'
import { loadPending, loadPosted, loadStats } from './facts.ts'
import { ADMIN_COMMANDS, BOT_COMMANDS } from './menu.ts'
import { renderPending, renderPosted, renderStats } from './texts.ts'

const MAX_WAIT_SECONDS = 60

export interface CommandUpdate {
  updateId: number
  command: string
  /** What stands behind the command. */
  text: string
  chat: { id: number; type: ChatType }
  /** Null for posts of a channel. */
  fromId: number | null
  messageId: number
  /** Topic of a forum group, so that the reply lands where it was asked; null outside topics. */
  threadId: number | null
}

/** Answers a command where it was given; unknown chats get no answer at all. */
export async function runBotCommand(deps: BotDeps, update: CommandUpdate): Promise<void> {
  const { ctx } = deps
  const { team, admin } = await ownChats(ctx)
  const person = update.fromId === null ? undefined : await findByTelegramId(ctx.db, update.fromId)
  const ownChatIds = [team, admin].filter((id) => id !== null)
  const verdict = judgeCommand({ chatId: update.chat.id, chatType: update.chat.type, ownChatIds }, person ?? null)
  if (verdict.kind === 'ignored') return
  const text = verdict.kind === 'refused' ? verdict.answer : await answerText(deps, update.command)
  await sendReply(deps, update, text)
}

/** In the place where it was asked; `text` is HTML. */
export async function sendReply(deps: BotDeps, update: CommandUpdate, text: string): Promise<void> {
  await untilAllowed(deps, update.chat.id, () => reply(deps, update, text))
}

function reply({ ctx, client }: BotDeps, { chat, messageId, threadId }: CommandUpdate, text: string): Promise<unknown> {
  return callForChat(ctx.db, chat.id, (chat_id) =>
    client.call('sendMessage', {
      chat_id,
      text,
      parse_mode: 'HTML',
      message_thread_id: threadId,
      link_preview_options: { is_disabled: true },
      reply_parameters: { message_id: messageId, allow_sending_without_reply: true },
    }),
  )
}

/** A chat that Telegram holds (429) is answered when the hold is over; a longer hold than a minute is not waited for. */
async function untilAllowed({ ctx }: BotDeps, chatId: number, send: () => Promise<unknown>): Promise<void> {
  if (!(await waitForHold(ctx, chatId))) return
  try {
    await send()
  } catch (error) {
    if (!(error instanceof TelegramError) || error.failure.kind !== 'flood') throw error
    if (await waitForHold(ctx, chatId)) await send()
  }
}

/** False: the chat is still held, or the bot is to stop. */
async function waitForHold(ctx: BotDeps['ctx'], chatId: number): Promise<boolean> {
  const seconds = await heldSeconds(ctx.db, chatId)
  if (seconds === null) return true
  if (seconds > MAX_WAIT_SECONDS) return false
  await sleep(seconds * 1000 + 100, undefined, { signal: ctx.signal, ref: false }).catch(() => {})
  return !ctx.signal.aborted
}

async function answerText({ ctx }: BotDeps, command: string): Promise<string> {
  const { timeZone } = ctx.settings
  switch (command) {
    case 'pending':
      return renderPending(await loadPending(ctx.db), ctx.now(), timeZone)
    case 'posted':
      return renderPosted(await loadPosted(ctx.db), timeZone)
    case 'stats':
      return renderStats(await loadStats(ctx.db))
    default:
      return HELP
  }
}

const HELP = [
  '<b>Storyline</b> brings you the stories that are due.',
  '',
  '1. Save the file, post it to Instagram, add the link sticker (<i>Copy Link</i> copies it).',
  '2. Press <b>Mark Posted</b> under the card, or <b>Skip</b> if it should rest for a while.',
  '',
  ...BOT_COMMANDS.filter(({ command }) => command !== 'start').map(
    ({ command, description }) => `/${command} - ${description}`,
  ),
  '',
  'Pressed the wrong button? An admin takes it back with /undo and the number of the story.',
  `For admins, in the admin chat: ${ADMIN_COMMANDS.map(({ command }) => `/${command}`).join(' ')}`,
].join('\n')
