import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http'
import { errorCode } from '../errors.ts'

/** A request body in pieces that are written one after the other, without copying the file. */
export interface RequestBody {
  contentType: string
  pieces: readonly Buffer[]
  sizeBytes: number
}

/** What came back over HTTP, complete (`Content-Length` or the last chunk was seen). */
export interface Reply {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

/** How long each part of an exchange may take. Seconds may be fractional. */
export interface ExchangeLimits {
  /** DNS, TCP and TLS. */
  connectSeconds: number
  /** Longest time without progress while the body is written. */
  stallSeconds: number
  /** From the hand-over of the body to the end of the answer. */
  answerSeconds: number
  /** From the start to what `deadlineEnds` names, however well it moves. */
  deadlineSeconds: number
  deadlineEnds: 'hand_over' | 'answer'
}

/** One deadline for everything: a small body is gone at once. */
export function callLimits(seconds: number): ExchangeLimits {
  return {
    connectSeconds: seconds,
    stallSeconds: seconds,
    answerSeconds: seconds,
    deadlineSeconds: seconds,
    deadlineEnds: 'answer',
  }
}

/** How an exchange ended. Until `handedOver` the server cannot have had the whole request, so it cannot have acted. */
export type ExchangeEnd =
  | { kind: 'reply'; handedOver: boolean; reply: Reply }
  | { kind: 'broken'; handedOver: boolean; reason: string }
  | { kind: 'aborted'; handedOver: boolean }

/** `node:http` or `node:https`, loaded at the first call only, with the agent that keeps its connections. */
export interface Transport {
  request(options: RequestOptions): ClientRequest
  agent: Agent
  secure: boolean
}

export interface ExchangeOptions {
  transport: Transport
  /** Host, port, path, and the headers that are not about the body. Method: POST unless it names another. */
  target: RequestOptions
  /** Who is called, for reasons that people read: `Telegram`. */
  peer: string
  /** Absent: a request without a body. */
  body?: RequestBody | undefined
  limits: ExchangeLimits
  /** A moment of `performance.now()`: what is not handed over by then never is, because somebody else may have taken over. */
  notAfterMs?: number | undefined
  signal?: AbortSignal | undefined
}

/** Small enough that 30 s without a finished chunk is a dead line and not a slow one (550 bytes/s). */
const CHUNK_BYTES = 16 * 1024
/** Largest answer that is read; a full getUpdates batch stays far below. */
const MAX_REPLY_BYTES = 10 * 1024 * 1024
/** An unused connection is closed after this, well before a server closes it: a request into a closing one would end as ambiguous. */
const IDLE_CONNECTION_MS = 4000

export async function openTransport(secure: boolean): Promise<Transport> {
  const { Agent, request } = secure ? await import('node:https') : await import('node:http')
  return { request, agent: new Agent({ keepAlive: true, timeout: IDLE_CONNECTION_MS }), secure }
}

/** Of a request without a body, the head is what is handed over. */
const NO_BODY: RequestBody = { contentType: '', pieces: [], sizeBytes: 0 }

function* chunksOf(pieces: readonly Buffer[]): Generator<Buffer, undefined> {
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += CHUNK_BYTES) yield piece.subarray(at, at + CHUNK_BYTES)
  }
}

/** Sends one request and waits for its whole reply. Never throws and never repeats; every timer and listener is gone when it resolves. */
export function exchange(options: ExchangeOptions): Promise<ExchangeEnd> {
  return new Promise((resolve) => runExchange(options, resolve))
}

function runExchange(
  { transport, target, peer, body = NO_BODY, limits, notAfterMs, signal }: ExchangeOptions,
  resolve: (end: ExchangeEnd) => void,
) {
  if (signal?.aborted) return resolve({ kind: 'aborted', handedOver: false })
  const about = body === NO_BODY ? {} : { 'content-type': body.contentType, 'content-length': body.sizeBytes }
  const headers = { ...target.headers, ...about }
  const request = transport.request({ method: 'POST', ...target, agent: transport.agent, headers })
  const startedMs = performance.now()
  let handedOver = false
  let replied = false
  let stopped = false
  let phaseTimer: NodeJS.Timeout | undefined
  let deadlineTimer: NodeJS.Timeout | undefined

  const finish = (end: ExchangeEnd): void => {
    if (stopped) return
    stopped = true
    clearTimeout(phaseTimer)
    clearTimeout(deadlineTimer)
    signal?.removeEventListener('abort', onAbort)
    // Only after a complete request and reply is the connection fit for another one.
    if (end.kind !== 'reply' || !handedOver) request.destroy()
    resolve(end)
  }
  const fail = (reason: string): void => finish({ kind: 'broken', handedOver, reason })
  const onAbort = (): void => finish({ kind: 'aborted', handedOver })
  const within = (seconds: number, what: string): void => {
    clearTimeout(phaseTimer)
    phaseTimer = setTimeout(() => fail(`${what} within ${Number(seconds.toFixed(1))} s`), seconds * 1000)
  }
  // A process that was frozen wakes up in the middle of this, before any timer of its own.
  const isTooLate = (): boolean => {
    if (notAfterMs === undefined || performance.now() <= notAfterMs) return false
    fail('Not sent: too much time went by before the call')
    return true
  }
  const onDeadline = (): void => fail(`${handedOver ? 'No answer' : 'Not sent'} within ${limits.deadlineSeconds} s`)

  const onHandOver = (): void => {
    handedOver = true
    if (limits.deadlineEnds === 'hand_over') clearTimeout(deadlineTimer)
    // The system's send buffer may still hold the end of the body. At the pace seen so far it is gone before as much time passes again.
    const drainSeconds = Math.min((performance.now() - startedMs) / 1000, limits.stallSeconds)
    within(limits.answerSeconds + drainSeconds, 'No answer')
  }
  const onReply = (message: IncomingMessage): void => {
    replied = true
    if (!handedOver) within(limits.answerSeconds, 'No answer')
    readReply(message, (reply) => finish({ kind: 'reply', handedOver, reply }), fail)
  }

  signal?.addEventListener('abort', onAbort, { once: true })
  within(limits.connectSeconds, `No connection to ${peer}`)
  deadlineTimer = setTimeout(onDeadline, limits.deadlineSeconds * 1000)
  request.on('error', (error) => fail(brokenReason(error, handedOver)))
  request.on('response', onReply)
  whenConnected(request, transport.secure, () =>
    writeBody(request, body, {
      isStopped: () => stopped || replied || isTooLate(),
      onProgress: () => within(limits.stallSeconds, 'The upload did not move'),
      onHandOver,
    }),
  )
}

/** Nothing is written before the connection stands: until then the server cannot have seen a byte. */
function whenConnected(request: ClientRequest, secure: boolean, start: () => void): void {
  request.once('socket', (socket) => {
    if (request.reusedSocket) start()
    else socket.once(secure ? 'secureConnect' : 'connect', start)
  })
}

interface WriteEvents {
  isStopped: () => boolean
  onProgress: () => void
  /** Called just before the last chunk is written: from here on the server may have everything. */
  onHandOver: () => void
}

function writeBody(request: ClientRequest, body: RequestBody, events: WriteEvents): void {
  if (events.isStopped()) return
  if (body.sizeBytes === 0) {
    events.onHandOver()
    request.end()
    return
  }
  const chunks = chunksOf(body.pieces)
  let next = chunks.next()
  const step = (): void => {
    // The server answered before the end, or we gave up: the rest is not sent.
    if (events.isStopped() || next.done) return
    events.onProgress()
    const chunk = next.value
    next = chunks.next()
    if (next.done) {
      events.onHandOver()
      request.end(chunk)
    } else {
      request.write(chunk, (error) => {
        if (!error) step()
      })
    }
  }
  step()
}

function readReply(message: IncomingMessage, done: (reply: Reply) => void, fail: (reason: string) => void): void {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  message.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length
    if (sizeBytes > MAX_REPLY_BYTES) fail(`The answer is longer than ${MAX_REPLY_BYTES} bytes`)
    else chunks.push(chunk)
  })
  message.on('error', (error) => fail(brokenReason(error, true)))
  message.on('close', () => {
    if (!message.complete) return fail('The answer ended early')
    const { statusCode = 0, headers } = message
    done({ status: statusCode, headers, body: Buffer.concat(chunks).toString('utf8') })
  })
}

/** The code only: an error's message can carry addresses or parts of the request. */
function brokenReason(error: unknown, handedOver: boolean): string {
  const code = errorCode(error) ?? 'unknown error'
  return handedOver ? `The connection ended before the answer (${code})` : `The request could not be sent (${code})`
}
