import { createHmac } from 'node:crypto'
import { urlToHttpOptions } from 'node:url'
import {
  callLimits,
  type ExchangeEnd,
  exchange,
  openTransport,
  type RequestBody,
  type Transport,
} from '../http/exchange.ts'
import { classifyReply, type GraphAnswer } from './classify.ts'
import { type GraphCallOptions, type GraphClient, GraphError, type GraphParams, type GraphUsage } from './graph.ts'
import { readUsage } from './usage.ts'

export interface GraphClientOptions {
  /** http or https; a path in front of the version is kept. `https://graph.facebook.com` or `https://graph.instagram.com`. */
  apiRoot: string
  /** `v26.0`. */
  version: string
  token: string
  /** Adds `appsecret_proof` to every call; graph.instagram.com does not know it (instagram.md §4.3). */
  appSecret?: string | undefined
  /** Longest time of a call from its start to the end of the answer. */
  timeoutSeconds: number
}

/** Parameters of the token endpoints that are secrets themselves. */
const SECRET_PARAMS = ['access_token', 'input_token', 'fb_exchange_token', 'client_secret']
/** What a header can carry. */
const HEADER_TEXT = /^[\x21-\x7e]+$/

type Method = 'GET' | 'POST'

/** The token stands in one place only: two endpoints are documented with it in the query (instagram.md §4.2). */
function authorization(token: string, params: GraphParams): { authorization?: string } {
  return params.access_token == null ? { authorization: `Bearer ${token}` } : {}
}

export function createGraphClient(options: GraphClientOptions): GraphClient {
  const { apiRoot, version, appSecret, timeoutSeconds } = options
  const root = new URL(apiRoot)
  const { hostname, port } = urlToHttpOptions(root)
  const prefix = root.pathname.replace(/\/+$/, '')
  let opened: Promise<Transport> | undefined
  let usage: GraphUsage = { percent: null, regainSeconds: null }

  async function perform<T>(method: Method, path: string, params: GraphParams, call: GraphCallOptions): Promise<T> {
    const { label = labelOf(path), token = options.token } = call
    const proof = appSecret ? proofOf(token, appSecret) : undefined
    const fields = encodeParams({ ...params, appsecret_proof: proof })
    const place = `${prefix}${call.unversioned ? '' : `/${version}`}/${path.split('/').map(encodeURIComponent).join('/')}`
    if (!HEADER_TEXT.test(token)) {
      throw new GraphError(label, {
        kind: 'not_sent',
        reason: 'The access token is empty or has characters that none has',
      })
    }
    opened ??= openTransport(root.protocol === 'https:')
    const end = await exchange({
      transport: await opened,
      target: {
        method,
        hostname,
        port,
        path: method === 'GET' && fields ? `${place}?${fields}` : place,
        headers: { ...authorization(token, params), accept: 'application/json' },
      },
      peer: 'Meta',
      body: method === 'POST' ? formBody(fields) : undefined,
      limits: callLimits(call.timeoutSeconds ?? timeoutSeconds),
      notAfterMs: call.notAfterMs,
      signal: call.signal,
    })
    if (end.kind === 'reply') usage = newer(usage, readUsage(end.reply.headers))
    const secrets = [token, options.token, appSecret, proof, ...SECRET_PARAMS.map((name) => params[name])]
    const answer = judgeEnd(
      end,
      secrets.filter((secret) => typeof secret === 'string'),
    )
    if (!answer.ok) throw new GraphError(label, answer.failure)
    return answer.value as T
  }

  return {
    get: (path, params = {}, call = {}) => perform('GET', path, params, call),
    post: (path, params, call = {}) => perform('POST', path, params, call),
    usage: () => usage,
    close: () => void opened?.then((transport) => transport.agent.destroy()),
  }
}

function proofOf(token: string, appSecret: string): string {
  return createHmac('sha256', appSecret).update(token).digest('hex')
}

/** The last part of the path; an id has no place in a log. */
function labelOf(path: string): string {
  const last = path.split('/').at(-1) ?? ''
  return /^[a-z_]+$/.test(last) ? last : 'object'
}

function encodeParams(params: GraphParams): string {
  const given = Object.entries(params).filter(([, value]) => value !== null && value !== undefined)
  return new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString()
}

function formBody(fields: string): RequestBody {
  const bytes = Buffer.from(fields, 'utf8')
  return { contentType: 'application/x-www-form-urlencoded', pieces: [bytes], sizeBytes: bytes.length }
}

/** Not every answer has the headers; what was said last still holds then. */
function newer(known: GraphUsage, told: GraphUsage): GraphUsage {
  return told.percent === null && told.regainSeconds === null ? known : told
}

function judgeEnd(end: ExchangeEnd, secrets: readonly string[]): GraphAnswer {
  switch (end.kind) {
    case 'reply':
      return classifyReply(end.reply, end.handedOver, secrets)
    case 'broken':
      return { ok: false, failure: { kind: end.handedOver ? 'unanswered' : 'not_sent', reason: end.reason } }
    case 'aborted':
      return { ok: false, failure: { kind: 'aborted', mayHaveActed: end.handedOver, reason: 'The call was cancelled' } }
    default:
      return end satisfies never
  }
}
