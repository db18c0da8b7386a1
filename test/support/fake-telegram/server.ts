import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { decodeBody } from './body.ts'
import { type FaultAction, type FaultBox, passHold, takeFault } from './faults.ts'
import { beginCall, endCall, type Ledger, noteEarlyCall, noteFlood } from './ledger.ts'
import { METHODS } from './methods.ts'
import { isKnownMethod, readParams } from './params.ts'
import { BodyLost, readBody } from './read-body.ts'
import { ApiError, type CallRecord, isObject, type Params, refused } from './types.ts'
import { pollUpdates } from './updates.ts'
import type { World } from './world.ts'

export interface Server {
  token: string
  /** What stands before `/bot…` in the path. */
  pathPrefix: string
  world: World
  ledger: Ledger
  box: FaultBox
}

interface Exchange {
  call: CallRecord
  request: IncomingMessage
  response: ServerResponse
}

interface Answer {
  status: number
  body: Params
}

export async function handleRequest(server: Server, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const found = /^(.*)\/bot([^/]+)\/([A-Za-z]+)$/.exec(request.url ?? '')
  const call = beginCall(server.ledger, found?.[3] ?? String(request.url))
  const exchange = { call, request, response }
  response.on('close', () => endCall(server.ledger, call, { state: 'broken' }))
  try {
    const body = await readBody(request, takeFault(server.box, call, 'reading'))
    const isOurs = found?.[1] === server.pathPrefix && found[2] === server.token
    await (isOurs ? serveCall(server, exchange, body) : answerWith(server, exchange, unauthorized(found !== null)))
  } catch (error) {
    if (error instanceof BodyLost) return endCall(server.ledger, call, { state: 'broken' })
    call.violations.push(`the fake failed: ${error instanceof Error ? error.stack : String(error)}`)
    response.destroy()
  }
}

const unauthorized = (isBotPath: boolean): Answer =>
  isBotPath ? errorAnswer(refused(401, 'Unauthorized')) : errorAnswer(refused(404, 'Not Found'))

async function serveCall(server: Server, exchange: Exchange, body: Buffer): Promise<void> {
  const { call, request } = exchange
  const ready = prepare(call, request, body)
  noteEarlyCall(server.ledger, call)
  const fault = takeFault(server.box, call, 'call')
  await passHold(server.box, call, 'before')
  if (fault && (await strike(server, exchange, fault, 'before'))) return
  const answer = ready instanceof ApiError ? errorAnswer(ready) : await perform(server, exchange, ready)
  if (!answer.body.ok) call.description = String(answer.body.description)
  await passHold(server.box, call, 'after')
  if (fault?.kind === 'cut') return cutAnswer(exchange, answer, fault.reset === true)
  if (fault && (await strike(server, exchange, fault, 'after'))) return
  answerWith(server, exchange, answer)
}

/** Reads and checks the parameters; an error is kept for later, as faults and holds come first. */
function prepare(call: CallRecord, request: IncomingMessage, body: Buffer): Params | ApiError {
  try {
    if (request.method === 'POST' && request.headers['content-length'] === undefined)
      call.violations.push('no Content-Length')
    const { params, files } = decodeBody(request.headers['content-type'] ?? '', body, call.violations)
    call.params = params
    call.files = files.map(({ field, fileName, contentType, bytes }) => {
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      return { field, fileName, contentType, sizeBytes: bytes.length, sha256 }
    })
    if (!isKnownMethod(call.method)) throw new ApiError(404, 'Not Found: method not found', { isViolation: true })
    return readParams(call.method, params, files, call.violations)
  } catch (error) {
    return noted(call, error)
  }
}

/** An ApiError, with its violation written down; anything else is a bug of the fake. */
function noted(call: CallRecord, error: unknown): ApiError {
  if (!(error instanceof ApiError)) throw error
  if (error.isViolation) call.violations.push(error.message)
  return error
}

async function perform(server: Server, { call, response }: Exchange, params: Params): Promise<Answer> {
  try {
    const result = await (call.method === 'getUpdates'
      ? getUpdates(server, response, params)
      : METHODS[call.method]?.(server.world, params, call.violations))
    call.applied = true
    return { status: 200, body: { ok: true, result } }
  } catch (error) {
    return errorAnswer(noted(call, error))
  }
}

function getUpdates({ world }: Server, response: ServerResponse, params: Params): Promise<Params[]> {
  if (world.webhookUrl !== '') {
    throw refused(
      409,
      "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    )
  }
  const hungUp = new AbortController()
  response.on('close', () => hungUp.abort())
  return pollUpdates(world.updates, params, hungUp.signal)
}

function errorAnswer({ code, message, parameters }: ApiError): Answer {
  return {
    status: code,
    body: { ok: false, error_code: code, description: message, ...(parameters ? { parameters } : {}) },
  }
}

const sleep = (seconds: number) => new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000))

/** Carries out a fault that belongs here; true when there is nothing left to answer. */
async function strike(
  server: Server,
  exchange: Exchange,
  fault: FaultAction,
  when: 'before' | 'after',
): Promise<boolean> {
  const { request } = exchange
  if (fault.kind === 'error' && when === 'before') {
    const { error_code, description, parameters } = fault
    answerWith(server, exchange, errorAnswer(refused(error_code, description, parameters)))
    return true
  }
  if (fault.kind === 'http' && when === 'before') {
    endCall(server.ledger, exchange.call, { state: 'answered', status: fault.status })
    exchange.response.writeHead(fault.status, { 'content-type': 'text/html', ...fault.headers }).end(fault.body)
    return true
  }
  if (!('when' in fault) || fault.when !== when) return false
  if (fault.kind === 'delay') await sleep(fault.seconds)
  if (fault.kind === 'drop') request.socket.destroy()
  if (fault.kind === 'reset') request.socket.resetAndDestroy()
  return fault.kind !== 'delay'
}

function cutAnswer({ request, response }: Exchange, answer: Answer, reset: boolean): void {
  const bytes = Buffer.from(JSON.stringify(answer.body))
  response.writeHead(answer.status, { 'content-type': 'application/json', 'content-length': bytes.length })
  response.write(bytes.subarray(0, bytes.length >> 1), () =>
    reset ? request.socket.resetAndDestroy() : request.socket.end(),
  )
}

function answerWith({ ledger }: Server, { call, response }: Exchange, { status, body }: Answer): void {
  const parameters = isObject(body.parameters) ? body.parameters : {}
  const retryAfter = Number(parameters.retry_after ?? 0)
  if (status === 429) noteFlood(ledger, call, retryAfter)
  if (body.ok === false) call.description = String(body.description)
  const gone = response.destroyed
  endCall(ledger, call, gone ? { state: 'broken' } : { state: 'answered', status })
  if (gone) return
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(retryAfter > 0 ? { 'retry-after': String(retryAfter) } : {}),
  })
  response.end(JSON.stringify(body))
}
