import type { Reply } from '../http/exchange.ts'
import { redactToken } from './redact.ts'

/**
 * What Telegram's 4xx means for us. Mostly the error code; where Telegram has only 400 for many things, the fixed beginnings of its
 * descriptions (see `KNOWN_DESCRIPTIONS`, the one place where text is looked at).
 */
export type RefusedWhat =
  | 'bad_request'
  | 'unauthorized'
  | 'forbidden'
  | 'chat_not_found'
  | 'not_found'
  | 'conflict'
  | 'too_large'
  | 'not_modified'
  | 'message_gone'
  | 'query_too_old'
  | 'parse_error'

/** Why a call to Telegram failed, and what that says about its effect. `reason` is safe to store and to show: no token, no payload. */
export type TelegramFailure =
  /** Telegram cannot have acted: no connection, or it ended before the request was handed over completely. */
  | { kind: 'not_sent'; reason: string }
  /** 429: nothing happened; the same chat may be tried again after this many seconds. */
  | { kind: 'flood'; retryAfterSeconds: number; reason: string }
  /** A well-formed `ok: false` with 5xx: nothing happened, Telegram has trouble. */
  | { kind: 'server_error'; errorCode: number; reason: string }
  /** The request was complete and no usable answer came: it may or may not have happened. Never repeat it blindly. */
  | { kind: 'ambiguous'; reason: string }
  /** Telegram understood and said no. */
  | { kind: 'refused'; errorCode: number; description: string; what: RefusedWhat; reason: string }
  /** The group became a supergroup: keep the new id and call once more. */
  | { kind: 'migrated'; migrateToChatId: number; reason: string }
  /** The caller's signal fired; `mayHaveActed` when the request was already complete. */
  | { kind: 'aborted'; mayHaveActed: boolean; reason: string }

/** The only error that the client throws for trouble outside. Callers look at `failure`, never at the message. */
export class TelegramError extends Error {
  readonly method: string
  readonly failure: TelegramFailure

  constructor(method: string, failure: TelegramFailure) {
    super(`${method}: ${failure.reason}`)
    this.name = 'TelegramError'
    this.method = method
    this.failure = failure
  }
}

/** Seconds to wait after a 429 that does not say how long (never seen from Telegram; a proxy may do it). */
const UNSTATED_RETRY_SECONDS = 30
/** Longest piece of Telegram's description that is kept, in characters. */
const MAX_DESCRIPTION_CHARS = 300

/**
 * Beginnings of 400 descriptions that mean something else than "this request is wrong". All of them are fixed texts of
 * tdlib/telegram-bot-api and td (Client.cpp, MessagesManager.cpp); compared without the prefix `Bad Request: ` and without case.
 */
const KNOWN_DESCRIPTIONS: readonly (readonly [beginning: string, what: RefusedWhat])[] = [
  ['chat not found', 'chat_not_found'],
  ['peer_id_invalid', 'chat_not_found'],
  ['message is not modified', 'not_modified'],
  ['message to edit not found', 'message_gone'],
  ["message can't be edited", 'message_gone'],
  ['message to delete not found', 'message_gone'],
  ["message can't be deleted", 'message_gone'],
  ['message_id_invalid', 'message_gone'],
  ['query is too old', 'query_too_old'],
  ['query_id_invalid', 'query_too_old'],
  ["can't parse entities", 'parse_error'],
  // The bot lost its rights in the chat. Telegram says 400, but it is the chat that is closed to us, not this request that is wrong.
  ['not enough rights', 'forbidden'],
  ['have no rights to send', 'forbidden'],
  ['have no write access', 'forbidden'],
  ['need administrator rights', 'forbidden'],
  ['chat_write_forbidden', 'forbidden'],
  ['chat_send_', 'forbidden'],
  ['chat_admin_required', 'forbidden'],
  ['chat_restricted', 'forbidden'],
]

const BY_CODE: Readonly<Record<number, RefusedWhat>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  413: 'too_large',
}

function classifyRefusal(errorCode: number, description: string): RefusedWhat {
  const byCode = BY_CODE[errorCode]
  if (byCode) return byCode
  const text = description.replace(/^bad request: /i, '').toLowerCase()
  return KNOWN_DESCRIPTIONS.find(([beginning]) => text.startsWith(beginning))?.[1] ?? 'bad_request'
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

function parseObject(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return isObject(value) ? value : undefined
  } catch {
    return undefined // Not JSON (an error page, a cut reply): the caller sees that as ambiguous.
  }
}

function retrySeconds(parameters: Record<string, unknown>, header: string | undefined): number {
  const stated = Number(parameters.retry_after ?? header)
  return Number.isFinite(stated) && stated > 0 ? stated : UNSTATED_RETRY_SECONDS
}

function judgeRefusal(
  errorCode: number,
  description: string,
  given: unknown,
  retryAfter: string | undefined,
): TelegramFailure {
  const parameters = isObject(given) ? given : {}
  const said = `${description} (${errorCode})`
  if (errorCode === 429) {
    const retryAfterSeconds = retrySeconds(parameters, retryAfter)
    return { kind: 'flood', retryAfterSeconds, reason: `Telegram asks to wait: ${said}` }
  }
  if (errorCode >= 500) return { kind: 'server_error', errorCode, reason: `Telegram has trouble: ${said}` }
  const migrateToChatId = parameters.migrate_to_chat_id
  if (errorCode === 400 && typeof migrateToChatId === 'number') {
    return { kind: 'migrated', migrateToChatId, reason: `The chat has a new id: ${said}` }
  }
  const what = classifyRefusal(errorCode, description)
  return { kind: 'refused', errorCode, description, what, reason: `Telegram refused: ${said}` }
}

/**
 * Reads a complete HTTP reply. `handedOver` says whether the request was complete by then: an unusable reply to an incomplete request
 * means that nothing happened (a proxy that refuses early), to a complete one that nobody knows.
 */
export function judgeReply(
  reply: Reply,
  handedOver: boolean,
  token: string,
): { ok: true; result: unknown } | { ok: false; failure: TelegramFailure } {
  const answer = parseObject(reply.body)
  if (answer?.ok === true && answer.result !== undefined && reply.status >= 200 && reply.status < 300) {
    return { ok: true, result: answer.result }
  }
  const code = answer?.error_code
  if (answer?.ok === false && typeof code === 'number' && Number.isInteger(code)) {
    // Redacted before it is cut: half a token is not recognised any more.
    const whole = redactToken(String(answer.description ?? 'no description'), token)
    const description = whole.slice(0, MAX_DESCRIPTION_CHARS)
    return { ok: false, failure: judgeRefusal(code, description, answer.parameters, reply.headers['retry-after']) }
  }
  const reason = `The answer was not one of Telegram's (HTTP ${reply.status})`
  return { ok: false, failure: { kind: handedOver ? 'ambiguous' : 'not_sent', reason } }
}
