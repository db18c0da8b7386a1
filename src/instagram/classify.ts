import type { Reply } from '../http/exchange.ts'
import { ERROR_TABLE, type ErrorRow, UNKNOWN_ERROR } from './error-table.ts'
import type { GraphClass, GraphFailure, GraphRefusal } from './graph.ts'
import { parseGraphJson } from './graph-json.ts'
import { redactSecrets } from './redact.ts'
import { readUsage } from './usage.ts'

/** Longest piece of Meta's message that is kept, in characters. */
const MAX_MESSAGE_CHARS = 300
const MAX_TRACE_CHARS = 64
/** Stands for HTTP's 429 in the table. */
const TOO_MANY_REQUESTS = 429
/** Subcodes of Instagram begin here and mean the same with every code; smaller ones belong to their code. */
const FIRST_INSTAGRAM_SUBCODE = 2_200_000

export type GraphAnswer = { ok: true; value: Record<string, unknown> } | { ok: false; failure: GraphFailure }

/** What is known about a container with `status_code=ERROR`. */
export interface ContainerTrouble {
  subcode: number | null
  class: GraphClass
  /** What to do about it, for people. */
  fix: string
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function parseObject(body: string): Record<string, unknown> | undefined {
  try {
    const value = parseGraphJson(body)
    return isObject(value) ? value : undefined
  } catch {
    return undefined // An error page or a cut answer: the caller sees that as unanswered.
  }
}

/** One line without secrets. Redacted before it is cut: half a token is not recognised any more. */
function clean(text: unknown, secrets: readonly string[], maxChars: number): string {
  if (typeof text !== 'string') return ''
  const line = redactSecrets(text, secrets).replace(/[\s\p{Cc}\u2028-\u202e\u2066-\u2069]+/gu, ' ')
  return line.trim().slice(0, maxChars).toWellFormed()
}

function covers(row: ErrorRow, code: number): boolean {
  if (typeof row.code === 'number') return row.code === code
  return row.code !== null && row.code[0] <= code && code <= row.code[1]
}

function rowOfSubcode(subcode: number | null): ErrorRow | undefined {
  if (subcode === null || subcode < FIRST_INSTAGRAM_SUBCODE) return undefined
  const row = ERROR_TABLE.find((candidate) => candidate.subcode === subcode)
  if (!row) return undefined
  // Proof needs the whole pair.
  const { provesNotPublished: _, ...rest } = row
  return rest
}

/** The pair, else the subcode alone, else the code alone. */
function findRow(code: number, subcode: number | null): ErrorRow | undefined {
  const ofCode = ERROR_TABLE.filter((row) => covers(row, code))
  return (
    ofCode.find((row) => row.subcode === subcode) ??
    rowOfSubcode(subcode) ??
    ofCode.find((row) => row.subcode === 'any')
  )
}

/** Seconds that an answer asks to wait; null: it does not say. */
function askedToWait(headers: Reply['headers']): number | null {
  const after = Number(headers['retry-after'])
  return readUsage(headers).regainSeconds ?? (Number.isFinite(after) && after > 0 ? after : null)
}

function waitSecondsOf(row: Partial<ErrorRow>, headers: Reply['headers']): number | null {
  const asked = row.throttle ? askedToWait(headers) : null
  const least = row.waitSeconds ?? null
  return asked === null || least === null ? (asked ?? least) : Math.max(asked, least)
}

function refuse(
  reply: Reply,
  said: Pick<GraphRefusal, 'code' | 'subcode' | 'message' | 'fbtraceId'>,
): { ok: false; failure: GraphFailure } {
  const { status: http, headers } = reply
  const byStatus = http === TOO_MANY_REQUESTS ? findRow(TOO_MANY_REQUESTS, null) : undefined
  const row: Partial<ErrorRow> = findRow(said.code, said.subcode) ?? byStatus ?? {}
  const refusal: GraphRefusal = {
    http,
    ...said,
    class: row.class ?? UNKNOWN_ERROR.class,
    fix: row.fix ?? UNKNOWN_ERROR.fix,
    provesNotPublished: row.provesNotPublished ?? false,
    waitSeconds: waitSecondsOf(row, headers),
  }
  const code = said.subcode === null ? said.code : `${said.code}/${said.subcode}`
  return { ok: false, failure: { kind: 'refused', refusal, reason: `Meta refused: ${said.message} (${code})` } }
}

const integerOrNull = (value: unknown): number | null => (Number.isInteger(value) ? (value as number) : null)

/**
 * Reads a complete HTTP reply. `handedOver`: the request was complete by then; an unusable reply to an incomplete one means that
 * nothing happened. By Meta's codes first: permanent errors come as HTTP 500, throttles as HTTP 400.
 */
export function classifyReply(reply: Reply, handedOver: boolean, secrets: readonly string[]): GraphAnswer {
  const answer = parseObject(reply.body)
  const error = isObject(answer?.error) ? answer.error : undefined
  const code = integerOrNull(error?.code)
  if (error && code !== null) {
    const message = clean(error.message, secrets, MAX_MESSAGE_CHARS) || 'no message'
    const fbtraceId = clean(error.fbtrace_id, secrets, MAX_TRACE_CHARS) || null
    return refuse(reply, { code, subcode: integerOrNull(error.error_subcode), message, fbtraceId })
  }
  if (answer && answer.error === undefined && reply.status >= 200 && reply.status < 300) {
    return { ok: true, value: answer }
  }
  if (reply.status === TOO_MANY_REQUESTS) {
    return refuse(reply, { code: TOO_MANY_REQUESTS, subcode: null, message: 'Too many requests', fbtraceId: null })
  }
  const reason = `The answer was not one of Meta's (HTTP ${reply.status})`
  return { ok: false, failure: { kind: handedOver ? 'unanswered' : 'not_sent', reason } }
}

/** The subcode in the text of a container's `status`: `Error: Media upload has failed with error code 2207082`. */
export function containerSubcode(status: string): number | null {
  const found = /\b22\d{5}\b/.exec(status)?.[0]
  return found === undefined ? null : Number(found)
}

/** What a container's `status` says about its `ERROR`; text without a subcode, or with an unknown one, is `ambiguous`. */
export function classifyContainerError(status: string): ContainerTrouble {
  const subcode = containerSubcode(status)
  const row = rowOfSubcode(subcode) ?? UNKNOWN_ERROR
  return { subcode, class: row.class, fix: row.fix }
}
