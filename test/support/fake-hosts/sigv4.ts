import { createHash, createHmac } from 'node:crypto'
import type { ReceivedRequest } from './types.ts'

/** AWS Signature Version 4, from its specification. */

interface S3Keys {
  accessKeyId: string
  secretAccessKey: string
  region: string
}

export interface S3Error {
  status: number
  code: string
  message: string
}

/** What a request says about its signature. */
interface Claim {
  accessKeyId: string
  /** Date, region, service, `aws4_request`. */
  scope: string[]
  /** `20130524T000000Z` */
  at: string
  signedHeaders: string[]
  signature: string
  payloadHash: string
}

const MAX_SKEW_MS = 15 * 60_000
const MAX_EXPIRES_SECONDS = 604_800

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
const decode = (text: string) => decodeURIComponent(text.replaceAll('+', ' '))

function queryPairs(query: string): [name: string, value: string][] {
  return query.split('&').flatMap((pair) => {
    const [name = '', ...rest] = pair.split('=')
    return pair === '' ? [] : [[decode(name), decode(rest.join('='))] as [string, string]]
  })
}

function canonicalQuery(query: string): string {
  return queryPairs(query)
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&')
}

export function signatureOf(request: ReceivedRequest, claim: Claim, secretAccessKey: string): string {
  const canonical = [
    request.method,
    request.path.split('/').map(decodeURIComponent).map(encode).join('/'),
    canonicalQuery(request.query),
    ...claim.signedHeaders.map((name) => `${name}:${(request.headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    claim.signedHeaders.join(';'),
    claim.payloadHash,
  ].join('\n')
  const text = ['AWS4-HMAC-SHA256', claim.at, claim.scope.join('/'), sha256(canonical)].join('\n')
  const key = claim.scope.reduce<string | Buffer>((before, part) => hmac(before, part), `AWS4${secretAccessKey}`)
  return hmac(key, text).toString('hex')
}

/** Undefined: the request is signed as it has to be, in its header or in its query. */
export function judgeSignature(request: ReceivedRequest, keys: S3Keys, nowMs: number): S3Error | undefined {
  const query = new Map(queryPairs(request.query))
  const { authorization } = request.headers
  if (authorization === undefined && !query.has('X-Amz-Signature')) return denied('Access Denied')
  if (authorization !== undefined && query.has('X-Amz-Signature')) {
    return { status: 400, code: 'InvalidArgument', message: 'Only one auth mechanism allowed' }
  }
  const claim = authorization === undefined ? claimOfQuery(query) : claimOfHeader(authorization, request.headers)
  if (!claim) return { status: 400, code: 'AuthorizationHeaderMalformed', message: 'The authorization is malformed' }
  const wrong =
    judgeScope(claim, keys) ??
    judgeHeaders(claim, request.headers) ??
    (authorization === undefined ? judgeExpiry(query, claim, nowMs) : judgeHeaderForm(request, claim, nowMs))
  if (wrong) return wrong
  if (signatureOf(request, claim, keys.secretAccessKey) === claim.signature) return undefined
  return { status: 403, code: 'SignatureDoesNotMatch', message: `String to sign of ${claim.signature} differs` }
}

const denied = (message: string): S3Error => ({ status: 403, code: 'AccessDenied', message })

function claimOfHeader(authorization: string, headers: ReceivedRequest['headers']): Claim | undefined {
  const [, credential, signedHeaders, signature] =
    /^AWS4-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/.exec(
      authorization,
    ) ?? []
  if (!credential || !signedHeaders || !signature) return undefined
  const [accessKeyId = '', ...scope] = credential.split('/')
  const at = headers['x-amz-date'] ?? ''
  const payloadHash = headers['x-amz-content-sha256'] ?? ''
  return { accessKeyId, scope, at, signedHeaders: signedHeaders.split(';'), signature, payloadHash }
}

function claimOfQuery(query: ReadonlyMap<string, string>): Claim | undefined {
  const part = (name: string) => query.get(`X-Amz-${name}`) ?? ''
  if (part('Algorithm') !== 'AWS4-HMAC-SHA256') return undefined
  const [accessKeyId = '', ...scope] = part('Credential').split('/')
  const signedHeaders = part('SignedHeaders').split(';')
  return {
    accessKeyId,
    scope,
    at: part('Date'),
    signedHeaders,
    signature: part('Signature'),
    payloadHash: 'UNSIGNED-PAYLOAD',
  }
}

function judgeScope({ accessKeyId, scope, at }: Claim, keys: S3Keys): S3Error | undefined {
  const [day, region, service, end] = scope
  if (accessKeyId !== keys.accessKeyId) {
    return { status: 403, code: 'InvalidAccessKeyId', message: 'The AWS Access Key Id does not exist in our records.' }
  }
  if (
    scope.length === 4 &&
    day === at.slice(0, 8) &&
    region === keys.region &&
    service === 's3' &&
    end === 'aws4_request'
  ) {
    return undefined
  }
  return {
    status: 400,
    code: 'AuthorizationHeaderMalformed',
    message: `The region or scope is wrong; expecting '${keys.region}'`,
  }
}

/** Host, and all of Amazon's own headers, must be covered by the signature. */
function judgeHeaders({ signedHeaders }: Claim, headers: ReceivedRequest['headers']): S3Error | undefined {
  const needed = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))]
  const isSorted = signedHeaders.join(';') === [...signedHeaders].sort().join(';')
  const areSigned = isSorted && needed.every((name) => signedHeaders.includes(name))
  return areSigned ? undefined : denied('There were headers present in the request which were not signed')
}

function judgeHeaderForm({ body }: ReceivedRequest, { at, payloadHash }: Claim, nowMs: number): S3Error | undefined {
  const skewMs = Math.abs(nowMs - instantOf(at))
  if (Number.isNaN(skewMs)) return denied('AWS authentication requires a valid Date or x-amz-date header')
  if (skewMs > MAX_SKEW_MS)
    return { status: 403, code: 'RequestTimeTooSkewed', message: 'The difference is too large.' }
  if (payloadHash === '') {
    return {
      status: 400,
      code: 'InvalidRequest',
      message: 'Missing required header for this request: x-amz-content-sha256',
    }
  }
  if (payloadHash === 'UNSIGNED-PAYLOAD' || payloadHash === sha256(body)) return undefined
  return {
    status: 400,
    code: 'XAmzContentSHA256Mismatch',
    message: 'The provided hash does not match what was computed.',
  }
}

function judgeExpiry(query: ReadonlyMap<string, string>, { at }: Claim, nowMs: number): S3Error | undefined {
  const expires = query.get('X-Amz-Expires') ?? ''
  if (!/^\d{1,7}$/.test(expires) || Number(expires) < 1 || Number(expires) > MAX_EXPIRES_SECONDS) {
    return {
      status: 400,
      code: 'AuthorizationQueryParametersError',
      message: 'X-Amz-Expires must be 1 to 604800 seconds',
    }
  }
  const ageMs = nowMs - instantOf(at)
  if (Number.isNaN(ageMs) || ageMs < -MAX_SKEW_MS) return denied('Request is not valid yet')
  return ageMs > Number(expires) * 1000 ? denied('Request has expired') : undefined
}

function instantOf(at: string): number {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(at)?.slice(1)
  return parts ? Date.parse(`${parts.slice(0, 3).join('-')}T${parts.slice(3).join(':')}Z`) : Number.NaN
}
