import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import type { Update, UserFromGetMe } from 'telegraf/types'
import { defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { heartbeats } from '../db/schema.ts'
import { ExitCode, UserError } from '../errors.ts'
import { resolveChat } from '../telegram/chats.ts'
import { createTelegramClient, TelegramError } from '../telegram/client.ts'
import { requireTelegram } from '../telegram/require-telegram.ts'
import { type BotDeps, ownChats } from './deps.ts'
import { ADMIN_COMMANDS, BOT_COMMANDS } from './menu.ts'
import { type PollEnd, pollUpdates } from './poll.ts'
import { createRouter } from './router.ts'
import { forgetOldUpdates } from './updates.ts'

export const BOT_HEARTBEAT = 'bot'
/** The heartbeat is a row on an SD card: often enough to notice trouble, no more. */
const HEARTBEAT_EVERY_SECONDS = 60
/** Work that was begun gets this long after SIGTERM; systemd would wait longer, people would not. */
const SHUTDOWN_SECONDS = 3

export default defineCommand({
  description: `Listens to Telegram: button presses and the commands /pending /posted /stats /help; in the
admin chat also /health /pause /resume /reject /undo. Runs until it is stopped (systemd or a terminal). Exactly one may
run per bot token.

Exit codes: 143 stopped by SIGTERM, 130 by Ctrl-C, 1 another process polls with this token (systemd should restart it), 4 the token is refused.`,
  examples: [
    ['storyline bot', 'run it in this terminal; Ctrl-C stops it'],
    ['storyline bot --quiet 2>>bot.log', 'only say what goes wrong'],
  ],
  needs: 'database',
  recorded: 'always',
  handlesSignals: true,
  connections: 4,
  configure: () => {},
  run: runBot,
})

async function runBot(ctx: Context): Promise<ExitCode> {
  const { token } = requireTelegram(ctx.settings)
  if (ctx.settings.dryRunMode) {
    ctx.out.print('[dry run] DRY_RUN_MODE is true: the bot would listen now, but answers and records nothing.')
    return ExitCode.done
  }
  const { telegramApiRoot: apiRoot, httpTimeoutSeconds: timeoutSeconds } = ctx.settings
  const client = createTelegramClient({ token, apiRoot, timeoutSeconds })
  const background = new Set<Promise<void>>()
  const deps: BotDeps = { ctx, client, inBackground: (name, work) => keep(background, ctx, name, work) }
  try {
    const me = await introduce(deps)
    if (!me) return ExitCode.done
    const end = await pollUpdates({
      client,
      signal: ctx.signal,
      handle: handler(deps, createRouter(deps, me)),
      onAlive: heartbeat(deps),
      warn: ctx.out.warn,
      note: ctx.out.note,
    })
    return judgeEnd(end)
  } finally {
    await Promise.race([Promise.all(background), sleep(SHUTDOWN_SECONDS * 1000, undefined, { ref: false })])
    client.close()
  }
}

function keep(background: Set<Promise<void>>, { out }: Context, name: string, work: () => Promise<void>): void {
  const task: Promise<void> = work()
    .catch((error: unknown) => out.warn(`storyline bot: ${name}: ${describe(error)}`))
    .finally(() => background.delete(task))
  background.add(task)
}

/** Never a Drizzle message: it holds the query's parameters. */
function describe(error: unknown): string {
  if (error instanceof TelegramError) return error.failure.reason
  if (error instanceof Error) return error.cause instanceof Error ? error.cause.message : error.message
  return String(error)
}

/** Waits for the network if it must (a Pi boots faster than its Wi-Fi); undefined when stopped meanwhile. */
async function introduce({ ctx, client }: BotDeps): Promise<UserFromGetMe | undefined> {
  for (let attempt = 0; !ctx.signal.aborted; attempt += 1) {
    try {
      const me = await client.call<UserFromGetMe>('getMe', {}, { signal: ctx.signal })
      // A webhook left by another program would make polling impossible; updates that wait are kept.
      await client.call('deleteWebhook', { drop_pending_updates: false }, { signal: ctx.signal })
      await client.call('setMyCommands', { commands: BOT_COMMANDS }, { signal: ctx.signal })
      for (const reference of [ctx.settings.telegramChannelId, ctx.settings.adminTelegramChatId]) {
        if (reference?.startsWith('@')) await resolveChat(ctx.db, client, reference)
      }
      await showAdminMenu({ ctx, client })
      ctx.out.note(`storyline bot: listening as @${me.username}`)
      return me
    } catch (error) {
      if (!(error instanceof TelegramError)) throw error
      const { failure } = error
      if (failure.kind === 'refused' && ['unauthorized', 'not_found'].includes(failure.what))
        throw tokenRefused(failure.reason)
      if (attempt === 0 && !ctx.signal.aborted) ctx.out.warn(`storyline bot: ${failure.reason}; trying again`)
      await sleep(Math.min(1000 * 2 ** attempt, 30_000), undefined, { signal: ctx.signal }).catch(() => {})
    }
  }
  return undefined
}

/** In the admin chat alone. A chat that is not there (yet) has no menu, and that is all. */
async function showAdminMenu({ ctx, client }: Pick<BotDeps, 'ctx' | 'client'>): Promise<void> {
  const { admin } = await ownChats(ctx)
  if (admin === null) return
  const commands = [...ADMIN_COMMANDS, ...BOT_COMMANDS]
  try {
    await client.call('setMyCommands', { commands, scope: { type: 'chat', chat_id: admin } }, { signal: ctx.signal })
  } catch (error) {
    if (!(error instanceof TelegramError) || error.failure.kind !== 'refused') throw error
    ctx.out.note(`storyline bot: the admin chat has no menu: ${error.failure.reason}`)
  }
}

/** One update: routed, its effect committed. A handler that throws is reported; the others go on. */
function handler(deps: BotDeps, route: (update: Update) => Promise<void>): (update: Update) => Promise<void> {
  const last = new Map<string, Promise<void>>()
  return (update) => {
    const keys = orderKeys(update)
    const done: Promise<void> = Promise.all(keys.map((key) => last.get(key)))
      .then(() => route(update))
      .catch((error: unknown) => deps.ctx.out.warn(`storyline bot: update ${update.update_id}: ${describe(error)}`))
      .finally(() => {
        for (const key of keys) if (last.get(key) === done) last.delete(key)
      })
    for (const key of keys) last.set(key, done)
    return done
  }
}

/** What one person does and presses on one story stay in order; nothing else waits for anything. */
function orderKeys(update: Update): string[] {
  if ('message' in update) return [`from:${update.message.from.id}`]
  if (!('callback_query' in update)) return []
  const { from, message } = update.callback_query
  return [`from:${from.id}`, `message:${message?.chat.id}/${message?.message_id}`]
}

function heartbeat(deps: BotDeps): () => void {
  let last = 0
  return () => {
    const now = deps.ctx.now().getTime()
    const isSoon = now >= last && now - last < HEARTBEAT_EVERY_SECONDS * 1000
    // A clock that was put back must not silence it for hours.
    if (isSoon) return
    last = now
    deps.inBackground('heartbeat', async () => {
      await deps.ctx.db
        .insert(heartbeats)
        .values({ name: BOT_HEARTBEAT })
        .onConflictDoUpdate({ target: heartbeats.name, set: { beatAt: sql`now()` } })
      await forgetOldUpdates(deps)
    })
  }
}

function judgeEnd(end: PollEnd): ExitCode {
  switch (end.kind) {
    case 'stopped':
      return ExitCode.done
    case 'conflict':
      throw new UserError(`Another process reads this bot's updates: ${end.reason}`, {
        code: 'bot_conflict',
        fix: 'Only one `storyline bot` may run per token: stop the other one (systemctl, another machine), or use another token.',
      })
    case 'refused':
      throw tokenRefused(end.reason)
    default:
      return end satisfies never
  }
}

function tokenRefused(reason: string): UserError {
  return new UserError(`Telegram does not accept the bot token: ${reason}`, {
    code: 'token_refused',
    exitCode: ExitCode.notConfigured,
    fix: 'Get the token from @BotFather and put it into TELEGRAM_BOT_TOKEN.',
  })
}
