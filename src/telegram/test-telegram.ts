import { defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { ExitCode } from '../errors.ts'
import { paint } from '../output/table.ts'
import { createTelegramClient, type TelegramClient } from './client.ts'
import type { Check } from './membership.ts'
import { requireTelegram } from './require-telegram.ts'
import { attempt, checkTelegram } from './telegram-checks.ts'

interface Options {
  send?: boolean
}

export default defineCommand<Options>({
  description: `Checks Telegram with live calls: the token, the team's chat, the admin chat, and the exact rights that the bot has or
lacks there. Sends nothing unless --send is given. Exit codes: 0 all is well, 3 something is missing, 4 not set up.

--json: {ok, checks: [{name, ok, detail, fix}]}; fix only where something is to be done.`,
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

async function runChecks(
  ctx: Context,
  client: TelegramClient,
  { channelId, send }: { channelId: string; send: boolean },
): Promise<Check[]> {
  const checks = await checkTelegram(client, { channelId, adminChatId: ctx.settings.adminTelegramChatId })
  const isWell = checks.every((check) => check.ok)
  return send && isWell ? [...checks, await sendTest(client, channelId)] : checks
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

function report({ out }: Context, checks: readonly Check[]): void {
  out.document({ ok: checks.every((check) => check.ok), checks })
  const color = paint(out)
  for (const { name, ok, detail, fix } of checks) {
    out.print(`${ok ? color.green('✓') : color.red('✗')} ${name}: ${detail}${fix ? `\n    ${fix}` : ''}`)
  }
}
