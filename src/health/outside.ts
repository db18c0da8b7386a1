import type { GraphClient } from '../instagram/graph.ts'
import type { Settings } from '../settings.ts'
import { createTelegramClient, type TelegramClient } from '../telegram/client.ts'

/** Longest wait for one answer: below the deadline of a check, so that the answer's own reason is heard. */
const ANSWER_SECONDS = 10

export function answerSeconds({ httpTimeoutSeconds }: Pick<Settings, 'httpTimeoutSeconds'>): number {
  return Math.min(httpTimeoutSeconds, ANSWER_SECONDS)
}

/** A client whose calls end with the signal; `close` it. Null: there is no token. */
export function openTelegram(settings: Settings, signal?: AbortSignal): TelegramClient | null {
  const { telegramBotToken: token, telegramApiRoot: apiRoot } = settings
  if (!token) return null
  const client = createTelegramClient({ token: token.reveal(), apiRoot, timeoutSeconds: answerSeconds(settings) })
  return { ...client, call: (method, params, options) => client.call(method, params, { signal, ...options }) }
}

/** The same for Meta's client. */
export function bindGraph(graph: GraphClient, signal: AbortSignal): GraphClient {
  return {
    ...graph,
    get: (path, params, options) => graph.get(path, params, { signal, ...options }),
    post: (path, params, options) => graph.post(path, params, { signal, ...options }),
  }
}
