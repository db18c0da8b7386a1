import type { IncomingHttpHeaders } from 'node:http'
import { type GraphApiError, wrong } from './errors.ts'
import type { Call, GraphCallRecord, GraphEndpoint } from './types.ts'

/** Every documented parameter, besides the token and `appsecret_proof`, which belong to all. */
const DOCUMENTED: Readonly<Record<GraphEndpoint, readonly string[]>> = {
  media: ['media_type', 'image_url', 'user_tags', 'is_ai_generated'],
  media_publish: ['creation_id'],
  container: ['fields'],
  stories: ['fields', 'limit', 'after'],
  story: ['fields'],
  content_publishing_limit: ['fields', 'since'],
  account: ['fields'],
  me: ['fields'],
  accounts: ['fields', 'limit', 'after'],
  page: ['fields'],
  permissions: [],
  debug_token: ['input_token'],
  oauth: ['grant_type', 'client_id', 'client_secret', 'fb_exchange_token'],
  access_token: ['grant_type', 'client_secret'],
  refresh_access_token: ['grant_type'],
  unknown: [],
}

/** Not in the record, and never in the URL of a POST. */
const SECRETS = ['access_token', 'fb_exchange_token', 'input_token', 'client_secret']

type Pair = [name: string, value: string]

interface Request {
  headers: IncomingHttpHeaders
  query: URLSearchParams
  body: Buffer
}

/** Reads everything that came with a call, and writes down what no call may have. The error, if any, is for later. */
export function readCall(record: GraphCallRecord, { headers, query, body }: Request): Call & { error?: GraphApiError } {
  const { violations } = record
  const call: Call & { error?: GraphApiError } = { record, params: {}, token: null, onAnswered: () => {} }
  let inBody: Pair[] = []
  try {
    inBody = decodeBody(record.method, headers['content-type'] ?? '', body)
  } catch (error) {
    call.error = error as GraphApiError
  }
  const pairs: Pair[] = [...query, ...inBody]
  for (const [name, value] of pairs) {
    if (name in call.params) violations.push(`parameter "${name}" was sent twice`)
    call.params[name] = value
  }
  for (const [name, value] of Object.entries(call.params)) judgeParam(record, name, value)
  if (record.method === 'POST') {
    for (const name of SECRETS) if (query.has(name)) violations.push(`"${name}" stands in the URL of a POST`)
  }
  takeToken(call, [...query], inBody, headers.authorization)
  record.params = Object.fromEntries(
    Object.entries(call.params).filter(([name]) => !SECRETS.includes(name) && name !== 'appsecret_proof'),
  )
  return call
}

function judgeParam({ endpoint, violations }: GraphCallRecord, name: string, value: string): void {
  const isKnown = ['access_token', 'appsecret_proof', ...DOCUMENTED[endpoint]].includes(name)
  if (!isKnown && endpoint !== 'unknown') violations.push(`has no parameter "${name}"`)
  if (value === '') violations.push(`parameter "${name}" is empty`)
  if (/^(null|undefined|NaN|\[object \w+\])$/.test(value)) violations.push(`parameter "${name}" is a literal ${value}`)
}

function takeToken(call: Call, query: Pair[], body: Pair[], authorization: string | undefined): void {
  const { record } = call
  const found: { at: GraphCallRecord['tokenAt'][number]; token: string }[] = [
    ...query.filter(([name]) => name === 'access_token').map(([, token]) => ({ at: 'query' as const, token })),
    ...body.filter(([name]) => name === 'access_token').map(([, token]) => ({ at: 'body' as const, token })),
  ]
  const bearer = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1]
  if (bearer) found.push({ at: 'header', token: bearer })
  else if (authorization !== undefined) record.violations.push('the Authorization header is not "Bearer <token>"')
  record.tokenAt = found.map(({ at }) => at)
  call.token = found.at(-1)?.token ?? null
  if (found.length > 1) record.violations.push(`the token stands in the ${record.tokenAt.join(' and the ')}`)
}

function decodeBody(method: string, contentType: string, body: Buffer): Pair[] {
  if (body.length === 0) return []
  if (method !== 'POST') throw wrong(`A ${method} has no body`)
  const type = contentType.split(';')[0]?.trim()
  if (type === 'application/x-www-form-urlencoded') return [...new URLSearchParams(body.toString('utf8'))]
  if (type !== 'application/json') throw wrong(`Content type "${contentType}" carries no parameters`)
  try {
    const values: unknown = JSON.parse(body.toString('utf8'))
    return Object.entries(values as object).map(([name, value]) => [
      name,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ])
  } catch {
    throw wrong('The JSON body cannot be read')
  }
}
