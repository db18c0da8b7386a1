import type { IncomingMessage, ServerResponse } from 'node:http'
import { authenticate, notFound } from './auth.ts'
import { errorAnswer, GraphApiError, type GraphErrorFields, wrong } from './errors.ts'
import { type FaultBox, passHold, type StruckFault, takeFault, type When } from './faults.ts'
import { readCall } from './params.ts'
import { createContainer, publish, readContainer } from './publish.ts'
import { listPages, listStories, readAccount, readLimit, readMe, readPage, readStory } from './reads.ts'
import { findRoute, judgeRoute, NEWEST_VERSION } from './route.ts'
import { findToken } from './token-records.ts'
import {
  debugToken,
  exchangeInstagramToken,
  exchangeUserToken,
  listPermissions,
  refreshInstagramToken,
} from './tokens.ts'
import type { Answer, Call, GraphCallRecord, GraphEndpoint } from './types.ts'
import { judgePublish, settlePublish, type Watch } from './watch.ts'
import type { World } from './world.ts'

export interface Server {
  world: World
  watch: Watch
  box: FaultBox
  /** In the order of arrival. */
  calls: GraphCallRecord[]
  /** Called whenever a call has ended. */
  listeners: Set<() => void>
}

/** Carries out a call; the object is answered as JSON. Throws `GraphApiError`. */
export type Handler = (server: Server, call: Call) => object | Promise<object>

const HANDLERS: Readonly<Record<GraphEndpoint, Handler>> = {
  media: createContainer,
  media_publish: publish,
  container: readContainer,
  stories: listStories,
  story: readStory,
  content_publishing_limit: readLimit,
  account: readAccount,
  me: readMe,
  accounts: listPages,
  page: readPage,
  permissions: listPermissions,
  debug_token: debugToken,
  oauth: exchangeUserToken,
  access_token: exchangeInstagramToken,
  refresh_access_token: refreshInstagramToken,
  unknown: ({ world }, call) => {
    authenticate(world, call)
    throw notFound(call.record)
  },
}

interface Exchange {
  record: GraphCallRecord
  request: IncomingMessage
  response: ServerResponse
}

export async function handleRequest(server: Server, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', server.world.url)
  const record = beginCall(server, request.method ?? '', url)
  const exchange = { record, request, response }
  response.on('close', () => endCall(server, record, { state: 'broken' }))
  try {
    const body = await readBody(request)
    if (!body) return endCall(server, record, { state: 'broken' })
    const call = readCall(record, { headers: request.headers, query: url.searchParams, body })
    await serveCall(server, exchange, call)
  } catch (error) {
    record.violations.push(`the fake failed: ${error instanceof Error ? error.stack : String(error)}`)
    response.destroy()
  }
}

/** Undefined: the client went away while it was sending. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk)
  } catch {
    return undefined
  }
  return Buffer.concat(chunks)
}

function beginCall({ world, calls }: Server, method: string, url: URL): GraphCallRecord {
  const record: GraphCallRecord = {
    seq: calls.length + 1,
    ...findRoute(world, method, url.pathname, url.searchParams.get('fields')),
    method,
    path: url.pathname,
    params: {},
    tokenAt: [],
    tokenKind: null,
    atMs: world.nowMs(),
    state: 'open',
    effect: null,
    violations: [],
  }
  calls.push(record)
  return record
}

function endCall({ calls, watch, listeners }: Server, record: GraphCallRecord, change: Partial<GraphCallRecord>): void {
  if (record.state !== 'open') return
  Object.assign(record, change)
  if (record.endpoint === 'media_publish') settlePublish(watch, record, calls.length)
  for (const listener of listeners) listener()
}

async function serveCall(server: Server, exchange: Exchange, call: ReturnType<typeof readCall>): Promise<void> {
  const { world, watch, box } = server
  const { record } = exchange
  record.tokenKind = findToken(world, call.token ?? '')?.kind ?? null
  judgeRoute(world, record)
  if (record.endpoint === 'media_publish') judgePublish(world, watch, record)
  const fault = takeFault(box, record)
  await passHold(box, record, 'before')
  if (await strike(server, exchange, { fault, when: 'before' })) return
  const answer = await perform(server, call)
  await passHold(box, record, 'after')
  if (await strike(server, exchange, { fault, when: 'after', answer })) return
  // Before the last byte leaves: what the client sends next must find it noted.
  if (!exchange.response.destroyed) call.onAnswered()
  send(server, exchange, answer)
}

async function perform(server: Server, call: ReturnType<typeof readCall>): Promise<Answer> {
  const { endpoint, version } = call.record
  try {
    if (call.error) throw call.error
    if (Number(version?.slice(1)) > NEWEST_VERSION) throw wrong(`Unknown path components: /${version}`, { code: 2500 })
    const value = await HANDLERS[endpoint](server, call)
    const body = JSON.stringify(value)
    const isNumber = endpoint === 'me' && server.world.behaviour.userIdAsNumber
    return { status: 200, headers: {}, body: isNumber ? body.replace(/("user_id":)"(\d+)"/, '$1$2') : body }
  } catch (error) {
    if (!(error instanceof GraphApiError)) throw error
    if (error.isViolation) call.record.violations.push(error.message)
    return describeError(server, call.record, error.fields)
  }
}

function describeError({ world }: Server, record: GraphCallRecord, fields: GraphErrorFields): Answer {
  const login = record.tokenKind === 'instagram' ? 'instagram' : 'facebook'
  return errorAnswer(fields, record, { login, hebrew: world.behaviour.hebrew })
}

const sleep = (seconds: number) => new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000))

interface Strike {
  fault: StruckFault | undefined
  when: When
  /** What would have been answered. */
  answer?: Answer
}

/** Carries out a fault that belongs here; true when there is nothing left to answer. */
async function strike(server: Server, exchange: Exchange, { fault, when, answer }: Strike): Promise<boolean> {
  if (fault?.when !== when) return false
  const { socket } = exchange.request
  switch (fault.kind) {
    case 'delay':
      await sleep(fault.seconds)
      return false
    case 'error':
      send(server, exchange, describeError(server, exchange.record, fault))
      return true
    case 'http': {
      const { status, body, headers = {} } = fault
      const isText = typeof body === 'string'
      const contentType = { 'content-type': isText ? 'text/html; charset=utf-8' : 'application/json' }
      const text = isText ? body : JSON.stringify(body)
      send(server, exchange, { status, headers: { ...contentType, ...headers }, body: text })
      return true
    }
    case 'cut':
      if (answer) cut(exchange, answer)
      return true
    case 'drop':
      socket.destroy()
      return true
    case 'reset':
      socket.resetAndDestroy()
      return true
    case 'hang':
      return true
    default:
      return fault satisfies never
  }
}

function cut({ request, response }: Exchange, { status, body }: Answer): void {
  const bytes = Buffer.from(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length })
  response.write(bytes.subarray(0, bytes.length >> 1), () => request.socket.end())
}

function send(server: Server, { record, response }: Exchange, { status, headers, body, error }: Answer): void {
  const gone = response.destroyed
  const told = error
    ? { code: error.code, ...(error.error_subcode === undefined ? {} : { subcode: error.error_subcode }) }
    : {}
  endCall(server, record, gone ? { state: 'broken' } : { state: 'answered', status, ...told })
  if (gone) return
  const { app, business } = server.world.behaviour.usage ?? {}
  response.writeHead(status, {
    'content-type': 'application/json; charset=UTF-8',
    'facebook-api-version': record.version ?? `v${NEWEST_VERSION}.0`,
    ...(app ? { 'x-app-usage': JSON.stringify(app) } : {}),
    ...(business ? { 'x-business-use-case-usage': JSON.stringify(business) } : {}),
    ...headers,
  })
  response.end(body)
}
