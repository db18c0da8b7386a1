import { errorCode } from '../errors.ts'
import type { HostFailure } from './hosting.ts'

const KEYS_FIX =
  'Copy CLOUDINARY_CLOUD_NAME, CLOUDINARY_API_KEY and CLOUDINARY_API_SECRET again from the Cloudinary console (Settings, API Keys); all three belong together.'
const ADDRESS_FIX =
  'Check CLOUDINARY_CLOUD_NAME, and leave CLOUDINARY_UPLOAD_PREFIX empty unless Cloudinary gave you another one.'

/** Which setting a 401 is about. Cloudinary has only one code for them; the beginnings of its texts tell them apart. */
const KEY_FIXES: readonly (readonly [beginning: string, fix: string])[] = [
  [
    'invalid signature',
    'Copy CLOUDINARY_API_SECRET again from the Cloudinary console; it belongs to CLOUDINARY_API_KEY.',
  ],
  [
    'api_secret mismatch',
    'Copy CLOUDINARY_API_SECRET again from the Cloudinary console; it belongs to CLOUDINARY_API_KEY.',
  ],
  ['unknown api key', 'Copy CLOUDINARY_API_KEY again from the Cloudinary console of this cloud.'],
  ['invalid api_key', 'Copy CLOUDINARY_API_KEY again from the Cloudinary console of this cloud.'],
  ['invalid cloud_name', 'Set CLOUDINARY_CLOUD_NAME to the cloud name that the Cloudinary console shows.'],
  ['unknown cloud_name', 'Set CLOUDINARY_CLOUD_NAME to the cloud name that the Cloudinary console shows.'],
  ['cloud_name mismatch', 'Set CLOUDINARY_CLOUD_NAME to the cloud that CLOUDINARY_API_KEY belongs to.'],
]

/** 4xx that say "not now" instead of "not this". 499 is the SDK's own: its socket was idle for too long. */
const PASSING = [408, 409, 423, 425, 499]
const THROTTLED = [420, 429]
/** Longest piece of Cloudinary's text that is kept, in characters. */
const MAX_TEXT_CHARS = 200

interface Rejection {
  status: number | undefined
  /** `ECONNREFUSED` and its like. */
  code: string | undefined
  message: string
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** The SDK rejects with `{ message, http_code }`, with `{ error: … }` around that or around an Error, or with an Error (instagram.md §7.1). */
function readRejection(rejection: unknown): Rejection {
  const inner = isObject(rejection) && isObject(rejection.error) ? rejection.error : rejection
  if (!isObject(inner)) return { status: undefined, code: undefined, message: '' }
  const { http_code, code, message } = inner
  return {
    status: typeof http_code === 'number' ? http_code : undefined,
    code: errorCode(inner) ?? (typeof code === 'string' ? code : undefined),
    message: typeof message === 'string' ? message : '',
  }
}

/** What a rejection of the SDK means; undefined when it is not about the outside world but a mistake in a program. */
export function judgeCloudinaryRejection(rejection: unknown, apiSecret: string): HostFailure | undefined {
  const { status, code, message } = readRejection(rejection)
  if (status === undefined) {
    return code === undefined ? undefined : { kind: 'unreachable', reason: `Cloudinary could not be reached (${code})` }
  }
  if (THROTTLED.includes(status)) {
    const reason = `Cloudinary takes no more calls for now (HTTP ${status})`
    return { kind: 'throttled', retryAfterSeconds: null, reason }
  }
  if (status === 499) return { kind: 'unreachable', reason: 'Cloudinary stopped answering' }
  if (status === 200) return { kind: 'unreachable', reason: "The answer was not one of Cloudinary's (HTTP 200)" }
  if (status >= 500 || PASSING.includes(status)) {
    return { kind: 'unreachable', reason: `Cloudinary has trouble (HTTP ${status})` }
  }
  return judgeRefusal(status, message, apiSecret)
}

function judgeRefusal(status: number, message: string, apiSecret: string): HostFailure {
  const text = message.toLowerCase()
  if (status === 401) {
    const fix = KEY_FIXES.find(([beginning]) => text.startsWith(beginning))?.[1] ?? KEYS_FIX
    return { kind: 'closed', reason: 'Cloudinary does not accept the credentials (HTTP 401)', fix }
  }
  if (status === 402 || status === 403) {
    const fix =
      'Look in the Cloudinary console whether the account is active and CLOUDINARY_API_KEY may upload and delete.'
    return { kind: 'closed', reason: `Cloudinary does not let this account in (HTTP ${status})`, fix }
  }
  if (status < 400 || status === 404 || status === 405) {
    const reason = `Cloudinary has no such cloud, or something else answers at its address (HTTP ${status})`
    return { kind: 'closed', reason, fix: ADDRESS_FIX }
  }
  if (text.startsWith('stale request')) {
    const fix = "Set this machine's clock (timedatectl set-ntp true): Cloudinary takes requests for one hour only."
    return { kind: 'closed', reason: 'Cloudinary finds the time of the request too old', fix }
  }
  return { kind: 'rejected', reason: `Cloudinary refused the picture (HTTP ${status})${quote(message, apiSecret)}` }
}

/** Cloudinary's own words, without secret and signatures: it likes to quote what it was sent. */
function quote(message: string, apiSecret: string): string {
  const text = message
    .replaceAll(apiSecret || '\0', '[secret]')
    .replace(/\b[0-9a-f]{32,}\b/gi, '[signature]')
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
  return text === '' ? '' : `: ${text.slice(0, MAX_TEXT_CHARS)}`
}
