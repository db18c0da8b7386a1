import { createServer, type Server } from 'node:net'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  createTelegramClient,
  type TelegramClient,
  type TelegramClientOptions,
  TelegramError,
  type TelegramFailure,
  type TelegramFile,
} from '../../src/telegram/client.ts'
import { type FakeTelegram, type Fault, startFakeTelegram } from '../support/fake-telegram.ts'

const CHAT = -1001
const CAPTION = 'the caption is nobody’s business'
/** Larger than what two sockets can hold on loopback, so that a server that does not read is noticed. */
const BIG = Buffer.alloc(24 * 1024 * 1024, 'x')
const file = (bytes: Buffer): TelegramFile => ({
  field: 'document',
  fileName: 'a.bin',
  contentType: 'image/png',
  bytes,
})

let fake: FakeTelegram
const clients: TelegramClient[] = []

function clientFor(options: Partial<TelegramClientOptions> = {}): TelegramClient {
  const client = createTelegramClient({ token: fake.token, apiRoot: fake.url, timeoutSeconds: 5, ...options })
  clients.push(client)
  return client
}

async function failureOf(call: Promise<unknown>): Promise<TelegramFailure> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof TelegramError)) throw new Error(`Expected a TelegramError, got ${inspect(error)}`)
  const shown = [error.message, error.stack, inspect(error, { depth: 9 }), JSON.stringify(error)].join('\n')
  expect(shown).not.toContain(fake.token.split(':')[1])
  expect(shown).not.toContain(CAPTION)
  return error.failure
}

beforeEach(async () => {
  fake = await startFakeTelegram({ chats: [{ id: CHAT }] })
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  await fake.close()
})

const apiError = (error_code: number, description: string, parameters?: Record<string, unknown>): Fault => ({
  kind: 'error',
  error_code,
  description,
  ...(parameters ? { parameters } : {}),
})

const ANSWERS: [name: string, fault: Fault, failure: Partial<TelegramFailure>][] = [
  [
    '429',
    apiError(429, 'Too Many Requests: retry after 7', { retry_after: 7 }),
    { kind: 'flood', retryAfterSeconds: 7 },
  ],
  ['500', apiError(500, 'Internal Server Error'), { kind: 'server_error', errorCode: 500 }],
  ['502 as JSON', apiError(502, 'Bad Gateway'), { kind: 'server_error', errorCode: 502 }],
  ['502 as a page', { kind: 'http', status: 502, body: '<html>Bad Gateway</html>' }, { kind: 'ambiguous' }],
  ['a page with 200', { kind: 'http', status: 200, body: '<html>login</html>' }, { kind: 'ambiguous' }],
  ['an empty answer', { kind: 'http', status: 200, body: '' }, { kind: 'ambiguous' }],
  [
    'a redirect',
    { kind: 'http', status: 302, body: '', headers: { location: 'http://127.0.0.1/' } },
    { kind: 'ambiguous' },
  ],
  ['ok without a result', { kind: 'http', status: 200, body: '{"ok":true}' }, { kind: 'ambiguous' }],
  ['no error code', { kind: 'http', status: 400, body: '{"ok":false}' }, { kind: 'ambiguous' }],
  [
    'an endless answer',
    { kind: 'http', status: 200, body: `{"ok":true,"result":"${'x'.repeat(11 * 1024 * 1024)}"}` },
    { kind: 'ambiguous' },
  ],
  ['400', apiError(400, 'Bad Request: BUTTON_DATA_INVALID'), { kind: 'refused', what: 'bad_request', errorCode: 400 }],
  ['401', apiError(401, 'Unauthorized'), { kind: 'refused', what: 'unauthorized' }],
  ['403', apiError(403, 'Forbidden: bot was kicked from the channel chat'), { kind: 'refused', what: 'forbidden' }],
  ['404', apiError(404, 'Not Found'), { kind: 'refused', what: 'not_found' }],
  ['409', apiError(409, 'Conflict: terminated by other getUpdates request'), { kind: 'refused', what: 'conflict' }],
  ['413', apiError(413, 'Request Entity Too Large'), { kind: 'refused', what: 'too_large' }],
  [
    'a migrated chat',
    apiError(400, 'Bad Request: group chat was upgraded to a supergroup chat', { migrate_to_chat_id: -100777 }),
    { kind: 'migrated', migrateToChatId: -100777 },
  ],
  ['a drop before the effect', { kind: 'drop', when: 'before' }, { kind: 'ambiguous' }],
  ['a drop after the effect', { kind: 'drop', when: 'after' }, { kind: 'ambiguous' }],
  ['a reset before the effect', { kind: 'reset', when: 'before' }, { kind: 'ambiguous' }],
  ['a reset after the effect', { kind: 'reset', when: 'after' }, { kind: 'ambiguous' }],
  ['half an answer', { kind: 'cut' }, { kind: 'ambiguous' }],
  ['half an answer and a reset', { kind: 'cut', reset: true }, { kind: 'ambiguous' }],
]

describe.each(ANSWERS)('%s', (_name, fault, expected) => {
  it('is told of a call', async () => {
    fake.fault(fault)
    expect(await failureOf(clientFor().call('sendMessage', { chat_id: CHAT, text: CAPTION }))).toMatchObject(expected)
    expect(fake.calls()).toHaveLength(1)
  })

  it('is told of an upload', async () => {
    fake.fault(fault)
    const upload = clientFor().upload('sendDocument', { chat_id: CHAT, caption: CAPTION }, file(Buffer.alloc(200_000)))
    expect(await failureOf(upload)).toMatchObject(expected)
    expect(fake.calls()).toHaveLength(1)
  })
})

describe('time', () => {
  it.each(['before', 'after'] as const)('an answer that does not come (%s the effect) is ambiguous', async (when) => {
    fake.fault({ kind: 'hang', when })
    const call = clientFor({ timeoutSeconds: 0.2 }).call('sendMessage', { chat_id: CHAT, text: CAPTION })
    expect(await failureOf(call)).toMatchObject({ kind: 'ambiguous', reason: expect.stringContaining('0.2 s') })
  })

  it('a finished upload without an answer is ambiguous after the usual time', async () => {
    fake.fault({ kind: 'hang', when: 'after' })
    const upload = clientFor({ timeoutSeconds: 0.2 }).upload('sendDocument', { chat_id: CHAT }, file(Buffer.alloc(9)))
    expect(await failureOf(upload)).toMatchObject({ kind: 'ambiguous' })
  })

  it('an upload that stands still was not sent', async () => {
    fake.fault({ kind: 'stall_reading', bytes: 1000 })
    const client = clientFor({ uploadStallSeconds: 0.3 })
    expect(await failureOf(client.upload('sendDocument', { chat_id: CHAT }, file(BIG)))).toMatchObject({
      kind: 'not_sent',
      reason: 'The upload did not move within 0.3 s',
    })
  })

  it('an upload that moves may take longer than an answer and than a stall', async () => {
    fake.fault({ kind: 'slow_reading', bytesPerSecond: 12 * 1024 * 1024 })
    const client = clientFor({ timeoutSeconds: 0.8, uploadStallSeconds: 0.8 })
    const started = performance.now()
    await client.upload('sendDocument', { chat_id: CHAT }, file(BIG))
    expect(performance.now() - started).toBeGreaterThan(1600)
    expect(fake.violations()).toEqual([])
  })

  it('the limit of an upload ends with its hand-over: the answer has its own time', async () => {
    fake.fault({ kind: 'delay', when: 'before', seconds: 0.6 })
    const client = clientFor({ uploadTimeoutSeconds: 0.3 })
    await client.upload('sendDocument', { chat_id: CHAT }, file(Buffer.alloc(9)))
    expect(fake.messages(CHAT)).toHaveLength(1)
  })

  it('an upload ends at its own limit however well it moves', async () => {
    fake.fault({ kind: 'slow_reading', bytesPerSecond: 10 * 1024 * 1024 })
    const client = clientFor({ uploadTimeoutSeconds: 0.3 })
    expect(await failureOf(client.upload('sendDocument', { chat_id: CHAT }, file(BIG)))).toMatchObject({
      kind: 'not_sent',
    })
  })
})

describe('nothing can have happened', () => {
  it('when the connection dies while the file is being read', async () => {
    fake.fault({ kind: 'drop_reading', bytes: 100_000 })
    expect(await failureOf(clientFor().upload('sendDocument', { chat_id: CHAT }, file(BIG)))).toMatchObject({
      kind: 'not_sent',
    })
    expect(fake.messages(CHAT)).toEqual([])
  })

  it('when nobody listens', async () => {
    await fake.close()
    const reason = 'The request could not be sent (ECONNREFUSED)'
    expect(await failureOf(clientFor().call('getMe'))).toEqual({ kind: 'not_sent', reason })
  })

  it('when the other side does not speak TLS', async () => {
    const client = clientFor({ apiRoot: fake.url.replace('http:', 'https:') })
    expect(await failureOf(client.call('sendMessage', { chat_id: CHAT, text: CAPTION }))).toMatchObject({
      kind: 'not_sent',
    })
  })

  it('when the connection is taken and never made (TLS that does not answer)', async () => {
    const mute = await listen(() => {})
    const client = clientFor({ apiRoot: `https://127.0.0.1:${mute.port}`, timeoutSeconds: 0.2 })
    expect(await failureOf(client.call('getMe'))).toMatchObject({
      kind: 'not_sent',
      reason: expect.stringContaining('No connection'),
    })
    mute.close()
  })

  it('when a proxy answers with a page before it has read the file', async () => {
    const page = 'HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlong'
    const proxy = await listen((socket) => socket.once('data', () => socket.write(page)))
    const client = clientFor({ apiRoot: `http://127.0.0.1:${proxy.port}` })
    expect(await failureOf(client.upload('sendDocument', { chat_id: CHAT }, file(BIG)))).toMatchObject({
      kind: 'not_sent',
    })
    proxy.close()
  })
})

describe('an answer before the end of an upload', () => {
  it('counts, and the rest of the file is not sent', async () => {
    const body = JSON.stringify({ ok: false, error_code: 413, description: 'Request Entity Too Large' })
    let receivedBytes = 0
    const early = await listen((socket) => {
      socket.on('data', (chunk) => {
        receivedBytes += chunk.length
      })
      socket.once('data', () => {
        socket.write(`HTTP/1.1 413 Too Large\r\nContent-Length: ${body.length}\r\n\r\n`)
        setTimeout(() => socket.write(body), 200)
      })
    })
    const client = clientFor({ apiRoot: `http://127.0.0.1:${early.port}` })
    expect(await failureOf(client.upload('sendDocument', { chat_id: CHAT }, file(BIG)))).toMatchObject({
      kind: 'refused',
      what: 'too_large',
    })
    expect(receivedBytes).toBeLessThan(BIG.length)
    early.close()
  })
})

describe('a caller that gives up', () => {
  it('before the start sends nothing', async () => {
    const failure = await failureOf(clientFor().call('getMe', {}, { signal: AbortSignal.abort() }))
    expect(failure).toMatchObject({ kind: 'aborted', mayHaveActed: false })
    expect(fake.calls()).toEqual([])
  })

  it('while it waits for the answer may have been heard', async () => {
    const hold = fake.hold('sendMessage', 'before')
    const controller = new AbortController()
    const call = failureOf(
      clientFor().call('sendMessage', { chat_id: CHAT, text: CAPTION }, { signal: controller.signal }),
    )
    await hold.reached
    controller.abort()
    expect(await call).toMatchObject({ kind: 'aborted', mayHaveActed: true })
    hold.release()
    await fake.waitForCalls('sendMessage')
    expect(fake.messages(CHAT)).toHaveLength(1)
  })

  it('in the middle of an upload cannot have been heard', async () => {
    fake.fault({ kind: 'stall_reading', bytes: 1000 })
    const upload = clientFor().upload('sendDocument', { chat_id: CHAT }, file(BIG), {
      signal: AbortSignal.timeout(200),
    })
    expect(await failureOf(upload)).toMatchObject({ kind: 'aborted', mayHaveActed: false })
  })
})

type Listener = { port: number; close: () => void }

function listen(onConnection: (socket: import('node:net').Socket) => void): Promise<Listener> {
  return new Promise((resolve) => {
    const server: Server = createServer((socket) => {
      socket.on('error', () => {})
      onConnection(socket)
    })
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      resolve({ port, close: () => server.close() })
    })
  })
}
