import { defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { ExitCode } from '../errors.ts'
import { paint } from '../output/table.ts'
import { createTelegramClient, type TelegramClient, TelegramError } from './client.ts'
import { type Check, judgeMembership, type MemberFacts } from './membership.ts'
import { requireTelegram } from './require-telegram.ts'

interface Options {
  send?: boolean
}

export default defineCommand<Options>({
  description: `Checks Telegram with live calls: the token, the team's chat, the admin chat, and the exact rights that the bot has or
lacks there. Sends nothing unless --send is given. Exit codes: 0 all is well, 3 something is missing, 4 not set up.`,
  examples: [
    ['storyline test-telegram', 'after changing the token, the chat or its rights'],
    ['storyline test-telegram --send', 'also send (and delete) a test message'],
  ],
  needs: 'settings',
  configure: (command) => {
    command.option('--send', 'send a test message to the team chat, then delete it')
  },
  run: async (ctx, { options }) => {
    const { token, channelId } = requireTelegram(ctx.settings)
    const { telegramApiRoot: apiRoot, httpTimeoutSeconds: timeoutSeconds } = ctx.settings
    const client = createTelegramClient({ token, apiRoot, timeoutSeconds })
    try {
      const checks = await runChecks(ctx, client, {
        channelId,
        send: options.send === true && !ctx.settings.dryRunMode,
      })
      report(ctx, checks)
      return checks.every((check) => check.ok) ? ExitCode.done : ExitCode.partly
    } finally {
      client.close()
    }
  },
})

interface Me {
  id: number
  username: string
}

async function runChecks(
  ctx: Context,
  client: TelegramClient,
  { channelId, send }: { channelId: string; send: boolean },
): Promise<Check[]> {
  const me = await attempt('token', () => client.call<Me>('getMe'))
  if (!me.ok) return [me.check]
  const checks: Check[] = [{ name: 'token', ok: true, detail: `the bot is @${me.value.username}` }]
  checks.push(...(await checkChat(client, { name: 'team chat', chatId: channelId, botId: me.value.id })))
  const admin = ctx.settings.adminTelegramChatId
  if (admin === undefined) {
    const fix = 'Set ADMIN_TELEGRAM_CHAT_ID to hear of failures.'
    checks.push({ name: 'admin chat', ok: true, detail: 'not set: alerts go nowhere', fix })
  } else checks.push(...(await checkChat(client, { name: 'admin chat', chatId: admin, botId: me.value.id })))
  if (send && checks.every((check) => check.ok)) checks.push(await sendTest(client, channelId))
  return checks
}

async function checkChat(
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

async function sendTest(client: TelegramClient, chat_id: string): Promise<Check> {
  const name = 'test message'
  const sent = await attempt(name, () =>
    client.call<{ message_id: number }>('sendMessage', { chat_id, text: 'Storyline: this is a test, it goes away.' }),
  )
  if (!sent.ok) return sent.check
  const { message_id } = sent.value
  const gone = await attempt(name, () => client.call('deleteMessage', { chat_id, message_id }))
  return gone.ok ? { name, ok: true, detail: 'sent and deleted' } : gone.check
}

async function attempt<T>(
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

function report({ out }: Context, checks: readonly Check[]): void {
  out.document({ ok: checks.every((check) => check.ok), checks })
  const color = paint(out)
  for (const { name, ok, detail, fix } of checks) {
    out.print(`${ok ? color.green('✓') : color.red('✗')} ${name}: ${detail}${fix ? `\n    ${fix}` : ''}`)
  }
}
