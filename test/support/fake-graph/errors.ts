import { createHash } from 'node:crypto'
import type { Answer, GraphCallRecord } from './types.ts'

/** Meta's error object, and how it travels. */
export interface GraphErrorFields {
  /** Default 400. */
  http?: number
  code: number
  subcode?: number
  message?: string
  type?: string
  is_transient?: boolean
  error_user_msg?: string
  headers?: Record<string, string>
}

/** Becomes an error answer. */
export class GraphApiError extends Error {
  readonly fields: GraphErrorFields
  /** False when the world refuses (expired, quota, not ready), true when the request itself is wrong. */
  readonly isViolation: boolean

  constructor(fields: GraphErrorFields, isViolation: boolean) {
    super(fields.message)
    this.fields = fields
    this.isViolation = isViolation
  }
}

/** The request is wrong: code 100, and a violation. */
export function wrong(message: string, more: Partial<GraphErrorFields> = {}): GraphApiError {
  return new GraphApiError({ code: 100, message: `(#${more.code ?? 100}) ${message}`, ...more }, true)
}

/** The request is fine but the world says no. */
export function refused(code: number, subcode: number | undefined, message: string, http = 400): GraphApiError {
  return new GraphApiError({ http, code, ...(subcode === undefined ? {} : { subcode }), message }, false)
}

export const invalidToken = (): GraphApiError =>
  refused(190, undefined, 'Invalid OAuth access token - Cannot parse access token')

const TITLE = { en: 'Instagram could not do this', he: 'אירעה שגיאה' }
const HEBREW_TEXT = 'לא ניתן לבצע את הפעולה. נסו שוב מאוחר יותר.'

interface Voice {
  login: 'facebook' | 'instagram'
  hebrew: boolean
}

export function errorAnswer(fields: GraphErrorFields, record: GraphCallRecord, voice: Voice): Answer {
  const { http = 400, code, subcode, message = 'An unknown error has occurred.' } = fields
  const isInstagram = (subcode ?? 0) > 2_207_000
  const error = {
    message,
    type: fields.type ?? typeOf(code, subcode, voice),
    code,
    ...(subcode === undefined ? {} : { error_subcode: subcode }),
    is_transient: fields.is_transient ?? false,
    ...(isInstagram || fields.error_user_msg ? userText(fields.error_user_msg ?? message, voice) : {}),
    fbtrace_id: `A${createHash('sha256').update(`${record.seq} ${record.path}`).digest('base64url').slice(0, 22)}`,
  }
  const challenge = code === 190 ? { 'www-authenticate': 'OAuth "Facebook Platform" "invalid_token"' } : {}
  return { status: http, headers: { ...challenge, ...fields.headers }, body: JSON.stringify({ error }), error }
}

function typeOf(code: number, subcode: number | undefined, { login }: Voice): string {
  if (code === 100 && subcode === 33) return 'GraphMethodException'
  return login === 'instagram' && (subcode ?? 0) > 2_207_000 ? 'IGApiException' : 'OAuthException'
}

/** Localised by Meta, so that nobody may match on it. */
function userText(text: string, { hebrew }: Voice) {
  return hebrew
    ? { error_user_title: TITLE.he, error_user_msg: HEBREW_TEXT }
    : { error_user_title: TITLE.en, error_user_msg: text }
}
