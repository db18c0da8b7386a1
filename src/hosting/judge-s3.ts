import type { HostFailure } from './hosting.ts'

/** What is looked at in an answer that is no success. */
export interface S3Refusal {
  status: number
  /** `<Code>` of the XML body. */
  code: string | undefined
  /** The headers `Retry-After` and `Date`. */
  retryAfter: string | undefined
  date: string | undefined
}

const RIGHTS_FIX =
  'Give the owner of S3_ACCESS_KEY_ID the rights s3:PutObject, s3:GetObject and s3:DeleteObject on the bucket S3_BUCKET.'
const ADDRESS_FIX = 'Check S3_ENDPOINT, S3_BUCKET and S3_REGION; the bucket must exist in that region.'
const ACCOUNT_FIX = 'Look into the account at the S3 provider: S3_ACCESS_KEY_ID is not served at the moment.'

/** Codes that stay until somebody mends a setting or the account. Amazon's names, which compatible stores share. */
const CLOSED: Readonly<Record<string, string>> = {
  AccessDenied: RIGHTS_FIX,
  AllAccessDisabled: RIGHTS_FIX,
  Unauthorized: RIGHTS_FIX,
  InvalidAccessKeyId: 'Copy S3_ACCESS_KEY_ID again: the store does not know it.',
  SignatureDoesNotMatch: 'Copy S3_SECRET_ACCESS_KEY again: it does not belong to S3_ACCESS_KEY_ID.',
  NoSuchBucket: 'Set S3_BUCKET to a bucket that exists.',
  InvalidBucketName: 'Set S3_BUCKET to a bucket that exists.',
  RequestTimeTooSkewed: "Set this machine's clock (timedatectl set-ntp true): it is more than 15 minutes wrong.",
  AuthorizationHeaderMalformed: 'Set S3_REGION to the region of the bucket.',
  PermanentRedirect: 'Set S3_REGION to the region of the bucket, and S3_ENDPOINT to its endpoint.',
  AccountProblem: ACCOUNT_FIX,
  NotSignedUp: ACCOUNT_FIX,
  UserSuspended: ACCOUNT_FIX,
}
/** 4xx that a repetition can mend: the request was damaged or too slow on its way, or another one was at work on the file. */
const PASSING_CODES = ['RequestTimeout', 'IncompleteBody', 'BadDigest', 'XAmzContentSHA256Mismatch', 'OperationAborted']
const PASSING_STATUSES = [408, 409, 425]
/** 4xx without a known code that say that this is not the store, or not for us. */
const CLOSED_STATUSES: Readonly<Record<number, string>> = {
  401: RIGHTS_FIX,
  403: RIGHTS_FIX,
  404: ADDRESS_FIX,
  405: ADDRESS_FIX,
}

/** What an answer that is no success means. Its text is never used: it may quote the signature. */
export function judgeS3Refusal({ status, code, retryAfter, date }: S3Refusal): HostFailure {
  const said = code === undefined ? `HTTP ${status}` : `HTTP ${status}, ${code}`
  if (status === 429 || status === 503 || code === 'SlowDown') {
    const reason = `The S3 store takes no more calls for now (${said})`
    return { kind: 'throttled', retryAfterSeconds: retryAfterSeconds(retryAfter, date), reason }
  }
  const fix = closedFix(status, code)
  if (fix !== undefined) return { kind: 'closed', reason: `The S3 store does not let this account work (${said})`, fix }
  if (status >= 500 || PASSING_STATUSES.includes(status) || (code !== undefined && PASSING_CODES.includes(code))) {
    return { kind: 'unreachable', reason: `The S3 store has trouble (${said})` }
  }
  return { kind: 'rejected', reason: `The S3 store refused the file (${said})` }
}

function closedFix(status: number, code: string | undefined): string | undefined {
  if (code !== undefined && Object.hasOwn(CLOSED, code)) return CLOSED[code]
  if (status < 400) return ADDRESS_FIX
  return CLOSED_STATUSES[status]
}

/** `Retry-After` is seconds or a date; a date counts from the server's own clock. */
function retryAfterSeconds(retryAfter: string | undefined, date: string | undefined): number | null {
  const text = retryAfter?.trim() ?? ''
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : (Date.parse(text) - Date.parse(date ?? '')) / 1000
  return Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds) : null
}
