import type { BotDeps } from '../../src/bot/deps.ts'
import { createRouter } from '../../src/bot/router.ts'
import type { Context } from '../../src/context.ts'
import { createTelegramClient } from '../../src/telegram/client.ts'
import type { FakeTelegram } from '../support/fake-telegram.ts'
import type { Press } from './people.ts'

type Route = ReturnType<typeof createRouter>
type Update = Parameters<Route>[0]

/** The bot's own handling of a press, without its loop. What it does in the background is over when a press resolves. */
export async function withBot(ctx: Context, fake: FakeTelegram, work: (press: Press) => Promise<void>): Promise<void> {
  const { telegramBotToken, telegramApiRoot: apiRoot } = ctx.settings
  const client = createTelegramClient({ token: telegramBotToken?.reveal() ?? '', apiRoot })
  const background: Promise<void>[] = []
  const deps: BotDeps = { ctx, client, inBackground: (_, task) => void background.push(task()) }
  const me = { id: fake.botId, is_bot: true, first_name: 'bot', username: 'storyline_test_bot' }
  const route = createRouter(deps, me as Parameters<typeof createRouter>[1])
  try {
    await work(async (facts) => {
      const { queryId, updateId } = fake.press(facts)
      const update = fake.pendingUpdates().find(({ update_id }) => update_id === updateId)
      await route(update as unknown as Update)
      // Answering may begin an edit.
      while (background.length > 0) await background.shift()
      return fake.presses().find((one) => one.queryId === queryId)?.answer?.text ?? 'no answer'
    })
  } finally {
    client.close()
  }
}
