import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { type GraphClient, GraphError, type GraphFailure } from '../../src/instagram/graph.ts'
import { createGraphClient, type GraphClientOptions } from '../../src/instagram/graph-client.ts'
import { reply, startEndpoint, startTcp } from './endpoint.ts'

const TOKEN = 'EAAB-page_token.1|x'
const USER_TOKEN = 'a user token of another kind'.replaceAll(' ', '-')
const APP_SECRET = '5f4dcc3b5aa765d61d8327deb882cf99'
const PROOF = '25be661b7a9e6c027eacedc12f53b2bb2d3b3113dc3fa2b1bca69804a3406cae'
const ACCOUNT = '17841405793187219'
const CONTAINER = '18012345678901234'
/** Larger than what two sockets can hold on loopback, so that a server that does not read it to the end is noticed. */
const BIG = 'x'.repeat(24 * 1024 * 1024)

const clients: GraphClient[] = []

function clientOf(apiRoot: string, options: Partial<GraphClientOptions> = {}): GraphClient {
  const client = createGraphClient({ apiRoot, version: 'v26.0', token: TOKEN, timeoutSeconds: 5, ...options })
  clients.push(client)
  return client
}

afterEach(() => {
  for (const client of clients.splice(0)) client.close()
})

/** The failure; whatever can be seen of the error holds no secret, no id and no address. */
async function errorOf(call: Promise<unknown>): Promise<GraphError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof GraphError)) throw new Error(`Expected a GraphError, got ${inspect(error)}`)
  const shown = [error.message, error.stack, inspect(error, { depth: 9 }), JSON.stringify(error)].join('\n')
  for (const hidden of [
    TOKEN,
    encodeURIComponent(TOKEN),
    USER_TOKEN,
    APP_SECRET,
    PROOF,
    ACCOUNT,
    CONTAINER,
    '127.0.0.1',
  ]) {
    expect(shown).not.toContain(hidden)
  }
  return error
}

const failureOf = async (call: Promise<unknown>): Promise<GraphFailure> => (await errorOf(call)).failure

const publish = (client: GraphClient) => client.post(`${ACCOUNT}/media_publish`, { creation_id: CONTAINER })
const read = (client: GraphClient) => client.get(CONTAINER, { fields: 'status_code,status' })

/** The length is true, the body is not all there. */
function cut(response: ServerResponse, end: (response: ServerResponse) => void): void {
  response.writeHead(200, { 'content-length': 100 })
  response.write('{"id":"180123', () => end(response))
}

const UNUSABLE: [name: string, answer: (response: ServerResponse) => void, reason: string][] = [
  ['a page with 502', (response) => reply(response, '<html>Bad Gateway</html>', 502), '(HTTP 502)'],
  ['a page with 200', (response) => reply(response, '<html>Log in</html>', 200), '(HTTP 200)'],
  ['nothing with 200', (response) => reply(response, '', 200), '(HTTP 200)'],
  ['nothing with 500', (response) => reply(response, '', 500), '(HTTP 500)'],
  ['a list', (response) => reply(response, []), '(HTTP 200)'],
  ['JSON without its end', (response) => reply(response, '{"id":"1801234567'), '(HTTP 200)'],
  ['a redirect', (response) => reply(response, '', 302, { location: 'https://example.org' }), '(HTTP 302)'],
  ['a cut answer', (response) => cut(response, ({ socket }) => socket?.destroy()), 'ended'],
  ['a cut answer and a reset', (response) => cut(response, ({ socket }) => socket?.resetAndDestroy()), 'ended'],
  ['a close instead of an answer', ({ socket }) => socket?.destroy(), 'The connection ended before the answer'],
  ['a reset instead of an answer', ({ socket }) => socket?.resetAndDestroy(), 'The connection ended before the answer'],
]

describe.each(UNUSABLE)('%s', (_name, answer, reason) => {
  it('leaves open whether it happened, and the call is not made again', async () => {
    for (const call of [publish, read]) {
      const endpoint = await startEndpoint(answer)
      const failure = await failureOf(call(clientOf(endpoint.url)))
      expect(failure).toEqual({ kind: 'unanswered', reason: expect.stringContaining(reason) })
      expect(endpoint.seen).toHaveLength(1)
    }
  })
})

describe('time', () => {
  it('no answer in time leaves open whether it happened', async () => {
    const endpoint = await startEndpoint(() => {})
    const failure = await failureOf(publish(clientOf(endpoint.url, { timeoutSeconds: 0.2 })))
    expect(failure).toEqual({ kind: 'unanswered', reason: 'No answer within 0.2 s' })
    expect(endpoint.seen).toHaveLength(1)
  })

  it('an answer that drips does not go on for ever', async () => {
    const endpoint = await startEndpoint((response) => {
      const drip = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(drip))
    })
    const failure = await failureOf(publish(clientOf(endpoint.url, { timeoutSeconds: 0.3 })))
    expect(failure).toMatchObject({ kind: 'unanswered' })
  })

  it('a call may have its own limit, longer or shorter', async () => {
    const slow = await startEndpoint((response) => setTimeout(() => reply(response, { id: '1' }), 400))
    const hasty = clientOf(slow.url, { timeoutSeconds: 0.1 })
    await expect(hasty.get('me', {}, { timeoutSeconds: 5 })).resolves.toEqual({ id: '1' })
    const patient = clientOf(slow.url)
    expect(await failureOf(patient.post('me', {}, { timeoutSeconds: 0.1 }))).toMatchObject({ kind: 'unanswered' })
  })
})

describe('nothing can have happened', () => {
  it('when nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    const failure = await failureOf(publish(clientOf(`http://127.0.0.1:${port}`)))
    expect(failure).toEqual({ kind: 'not_sent', reason: 'The request could not be sent (ECONNREFUSED)' })
  })

  it.each([
    ['closed', (socket: Socket) => socket.destroy()],
    ['reset', (socket: Socket) => socket.resetAndDestroy()],
  ])('when the connection is %s before TLS stands', async (_name, end) => {
    const url = await startTcp((socket) => socket.once('data', () => end(socket)))
    const failure = await failureOf(publish(clientOf(url.replace('http:', 'https:'))))
    expect(failure).toMatchObject({ kind: 'not_sent' })
  })

  it('when TLS never stands', async () => {
    const url = await startTcp(() => {})
    const client = clientOf(url.replace('http:', 'https:'), { timeoutSeconds: 0.2 })
    expect(await failureOf(publish(client))).toEqual({
      kind: 'not_sent',
      reason: expect.stringMatching(/^(No connection to Meta|Not sent) within 0\.2 s$/),
    })
  })

  it('when the connection is reset in the middle of the body', async () => {
    const url = await startTcp((socket) => socket.once('data', () => socket.resetAndDestroy()))
    expect(await failureOf(clientOf(url).post('me/media', { caption: BIG }))).toMatchObject({ kind: 'not_sent' })
  })

  it('when a proxy answers with a page before it has read the body', async () => {
    const page = 'HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlong'
    const url = await startTcp((socket) => socket.once('data', () => socket.write(page)))
    expect(await failureOf(clientOf(url).post('me/media', { caption: BIG }))).toEqual({
      kind: 'not_sent',
      reason: "The answer was not one of Meta's (HTTP 413)",
    })
  })

  it.each(['', 'two words', 'line\nbreak', 'tokén'])('with the token %j, which no header can carry', async (token) => {
    const endpoint = await startEndpoint((response) => reply(response, {}))
    const error = await clientOf(endpoint.url)
      .get('me', {}, { token })
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ failure: { kind: 'not_sent', reason: expect.stringContaining('access token') } })
    expect(endpoint.seen).toEqual([])
  })
})

describe('a caller that gives up', () => {
  it('before the start sends nothing', async () => {
    const endpoint = await startEndpoint((response) => reply(response, {}))
    const call = clientOf(endpoint.url).post('me/media', {}, { signal: AbortSignal.abort() })
    expect(await failureOf(call)).toMatchObject({ kind: 'aborted', mayHaveActed: false })
    expect(endpoint.seen).toEqual([])
  })

  it('while it waits for the answer may have been heard', async () => {
    const endpoint = await startEndpoint(() => {})
    const controller = new AbortController()
    const call = failureOf(clientOf(endpoint.url).post('me/media', {}, { signal: controller.signal }))
    await endpoint.arrived(1)
    controller.abort()
    expect(await call).toEqual({ kind: 'aborted', mayHaveActed: true, reason: 'The call was cancelled' })
  })
})

describe('an error of Meta', () => {
  const refusing = (message: string, status = 400) =>
    startEndpoint((response) => reply(response, { error: { message, code: 190, error_subcode: 463 } }, status))

  it('is told with what it means', async () => {
    const endpoint = await refusing('Session has expired', 500)
    expect(await failureOf(publish(clientOf(endpoint.url)))).toMatchObject({
      kind: 'refused',
      refusal: { http: 500, code: 190, subcode: 463, class: 'auth', fix: expect.stringContaining('expired') },
    })
    expect(endpoint.seen).toHaveLength(1)
  })

  it('holds no secret of the call, however it is written', async () => {
    const secrets = [TOKEN, USER_TOKEN, APP_SECRET, PROOF]
    const message = [...secrets, ...secrets.map(encodeURIComponent)].join(' and ').replaceAll('and', '\n')
    const endpoint = await refusing(`Bad: ${message}`)
    const client = clientOf(endpoint.url, { appSecret: APP_SECRET })
    const call = client.get('debug_token', { input_token: USER_TOKEN })
    expect(await failureOf(call)).toMatchObject({
      refusal: { message: `Bad: ${Array(8).fill('<hidden>').join(' ')}` },
    })
  })

  it('holds neither the token of the client nor that of the call', async () => {
    const endpoint = await refusing(`${TOKEN} ${USER_TOKEN}`)
    const call = clientOf(endpoint.url).get('me', {}, { token: USER_TOKEN })
    expect(await failureOf(call)).toMatchObject({ refusal: { message: '<hidden> <hidden>' } })
  })
})

describe('what an error is called', () => {
  it.each<[path: string, label: string | undefined, shown: string]>([
    [`${ACCOUNT}/media_publish`, undefined, 'media_publish'],
    ['oauth/access_token', undefined, 'access_token'],
    ['me', undefined, 'me'],
    [CONTAINER, undefined, 'object'],
    [`${ACCOUNT}_${CONTAINER}`, undefined, 'object'],
    [CONTAINER, 'container status', 'container status'],
  ])('%s labelled %s: %s', async (path, label, shown) => {
    const endpoint = await startEndpoint((response) => reply(response, '', 500))
    const error = await errorOf(clientOf(endpoint.url).get(path, {}, label === undefined ? {} : { label }))
    expect(error.label).toBe(shown)
    expect(error.message).toBe(`${shown}: The answer was not one of Meta's (HTTP 500)`)
  })
})

describe('a call that comes too late, because the process was frozen', () => {
  it('is never made, and nothing happened', async () => {
    const endpoint = await startEndpoint((response) => reply(response, { id: '1' }))
    const client = clientOf(endpoint.url)
    const late = client.post(
      `${ACCOUNT}/media_publish`,
      { creation_id: CONTAINER },
      { notAfterMs: performance.now() - 1 },
    )
    expect(await failureOf(late)).toMatchObject({ kind: 'not_sent' })
    expect(endpoint.seen).toEqual([])
    const inTime = client.post(
      `${ACCOUNT}/media_publish`,
      { creation_id: CONTAINER },
      { notAfterMs: performance.now() + 9000 },
    )
    expect(await inTime).toEqual({ id: '1' })
  })
})
