import { urlToHttpOptions } from 'node:url'
import {
  callLimits,
  type ExchangeEnd,
  type ExchangeLimits,
  exchange,
  openTransport,
  type RequestBody,
  type Transport,
} from '../http/exchange.ts'
import { judgeReply, TelegramError, type TelegramFailure } from './failure.ts'
import { jsonBody, multipartBody, type TelegramFile, type TelegramParams } from './multipart.ts'

export { TelegramError, type TelegramFailure } from './failure.ts'
export type { TelegramFile, TelegramParams } from './multipart.ts'
export { redactToken } from './redact.ts'

export interface TelegramClientOptions {
  /** `<bot id>:<secret>` as BotFather gave it. */
  token: string
  /** Where the Bot API is; http or https, a path in front of `/bot…` is kept. Default `https://api.telegram.org`. */
  apiRoot?: string | undefined
  /** Longest wait for an answer, in seconds (HTTP_TIMEOUT_SECONDS). Default 30. */
  timeoutSeconds?: number | undefined
  /** An upload that does not move for this long is given up, in seconds. Default 30. */
  uploadStallSeconds?: number | undefined
  /** Longest time for handing over an upload, however well it moves, in seconds. Default 600. */
  uploadTimeoutSeconds?: number | undefined
}

export interface TelegramCallOptions {
  signal?: AbortSignal | undefined
  /** Instead of the client's `timeoutSeconds`; getUpdates needs its own `timeout` plus some. */
  timeoutSeconds?: number | undefined
}

/**
 * The Bot API over plain HTTP. Every call is made exactly once: nothing is ever repeated here, because only the caller knows whether that is
 * safe. Rejects with a `TelegramError`; its `failure` says whether something may have happened. `T` is what Telegram documents as the result.
 */
export interface TelegramClient {
  /** A call with a JSON body. `null` and `undefined` members of `params` are left out. */
  call<T>(method: string, params?: TelegramParams, options?: TelegramCallOptions): Promise<T>
  /** A call with one file, as multipart/form-data with a known length. */
  upload<T>(method: string, params: TelegramParams, file: TelegramFile, options?: TelegramCallOptions): Promise<T>
  /** Longest time that a `call` without its own `timeoutSeconds` can take, in seconds: what a lease must cover. */
  readonly longestCallSeconds: number
  /** The same for an `upload`. */
  readonly longestUploadSeconds: number
  /** Closes kept connections (they never keep the process alive) and breaks calls that are still open. */
  close(): void
}

const DEFAULT_API_ROOT = 'https://api.telegram.org'

export function createTelegramClient(options: TelegramClientOptions): TelegramClient {
  const { token, apiRoot = DEFAULT_API_ROOT, timeoutSeconds = 30 } = options
  const { uploadStallSeconds = 30, uploadTimeoutSeconds = 600 } = options
  const root = new URL(apiRoot)
  const { hostname, port, auth } = urlToHttpOptions(root)
  const pathPrefix = `${root.pathname.replace(/\/+$/, '')}/bot${encodeURIComponent(token).replaceAll('%3A', ':')}`
  let opened: Promise<Transport> | undefined

  async function perform<T>(
    method: string,
    body: RequestBody,
    limits: ExchangeLimits,
    signal?: AbortSignal,
  ): Promise<T> {
    opened ??= openTransport(root.protocol === 'https:')
    const target = { hostname, port, auth, path: `${pathPrefix}/${method}` }
    const end = await exchange({ transport: await opened, target, peer: 'Telegram', body, limits, signal })
    const outcome = judgeEnd(end, token)
    if (!outcome.ok) throw new TelegramError(method, outcome.failure)
    return outcome.result as T
  }

  return {
    call: (method, params = {}, call = {}) =>
      perform(method, jsonBody(params), callLimits(call.timeoutSeconds ?? timeoutSeconds), call.signal),
    upload: (method, params, file, call = {}) =>
      perform(
        method,
        multipartBody(params, file),
        uploadLimits(call.timeoutSeconds ?? timeoutSeconds, uploadStallSeconds, uploadTimeoutSeconds),
        call.signal,
      ),
    longestCallSeconds: timeoutSeconds,
    longestUploadSeconds: uploadTimeoutSeconds + timeoutSeconds + uploadStallSeconds,
    close: () => void opened?.then((transport) => transport.agent.destroy()),
  }
}

/** Patience while the file moves, the usual timeout before and after. */
function uploadLimits(timeoutSeconds: number, stallSeconds: number, uploadSeconds: number): ExchangeLimits {
  return {
    connectSeconds: timeoutSeconds,
    stallSeconds,
    answerSeconds: timeoutSeconds,
    deadlineSeconds: uploadSeconds,
    deadlineEnds: 'hand_over',
  }
}

function judgeEnd(
  end: ExchangeEnd,
  token: string,
): { ok: true; result: unknown } | { ok: false; failure: TelegramFailure } {
  switch (end.kind) {
    case 'reply':
      return judgeReply(end.reply, end.handedOver, token)
    case 'broken':
      return { ok: false, failure: { kind: end.handedOver ? 'ambiguous' : 'not_sent', reason: end.reason } }
    case 'aborted':
      return { ok: false, failure: { kind: 'aborted', mayHaveActed: end.handedOver, reason: 'The call was cancelled' } }
    default:
      return end satisfies never
  }
}
