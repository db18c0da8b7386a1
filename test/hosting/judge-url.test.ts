import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { judgeHostedUrl } from '../../src/hosting/judge-url.ts'
import { pattern } from '../support/pictures.ts'

/** A server of its own, because it has to do what no media host does. */
type Play = (response: ServerResponse, request: IncomingMessage) => void

let picture: Buffer
let plays: Play[]
let asked: IncomingMessage[]
let origin: string
let close: () => void

const good: Play = (response) => serve(response, picture)
const status =
  (code: number, headers: Record<string, string> = {}): Play =>
  (response) =>
    response.writeHead(code, headers).end()
const typed =
  (type: string): Play =>
  (response) =>
    serve(response, picture, type)
const body =
  (bytes: () => Buffer): Play =>
  (response) =>
    serve(response, bytes())

function serve(response: ServerResponse, bytes: Buffer, type = 'image/jpeg'): void {
  response.writeHead(200, { 'content-type': type }).end(bytes)
}

beforeAll(async () => {
  picture = await pattern({ width: 108, height: 192 }).jpeg().toBuffer()
})
beforeEach(async () => {
  plays = []
  asked = []
  const server = createServer((request, response) => {
    asked.push(request)
    const play = plays.length > 1 ? plays.shift() : plays[0]
    play?.(response, request)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  close = () => {
    server.close()
    server.closeAllConnections()
  }
})
afterEach(() => close())

const QUERY = '?X-Amz-Signature=0123456789abcdef'

function judge(options: { timeoutSeconds?: number; attempts?: number; url?: string } = {}): Promise<string | null> {
  const { url = `${origin}/secret-path/x.jpg${QUERY}`, timeoutSeconds = 20, attempts = 3 } = options
  return judgeHostedUrl(url, { bytes: picture.length }, { timeoutSeconds, attempts, pauseMs: () => 1 })
}

it('a picture that is served as it was uploaded is good, asked for as Meta does', async () => {
  plays = [good]
  expect(await judge()).toBeNull()
  expect(asked).toHaveLength(1)
  expect(asked[0]).toMatchObject({ method: 'GET', url: `/secret-path/x.jpg${QUERY}` })
  expect(asked[0]?.headers).toMatchObject({ 'user-agent': 'facebookexternalhit/1.1', 'accept-encoding': 'identity' })
  expect(asked[0]?.headers).not.toHaveProperty('range')
})

it('a content type may carry a parameter and capitals', async () => {
  plays = [typed('Image/JPEG; charset=binary')]
  expect(await judge()).toBeNull()
})

describe('a failing check is named, at once and without the URL:', () => {
  const CASES: readonly (readonly [string, Play, string])[] = [
    ['a redirect', status(302, { location: '/other.jpg' }), 'redirects (HTTP 302)'],
    ['a permanent redirect', status(308, { location: '/other.jpg' }), 'redirects (HTTP 308)'],
    ['a wall', status(403), 'answers HTTP 403 instead of 200'],
    ['no content', status(204), 'answers HTTP 204 instead of 200'],
    ['too many requests', status(429), 'answers HTTP 429 instead of 200'],
    ['a page', typed('text/html'), '"text/html" instead of image/jpeg'],
    ['another picture', typed('image/webp'), '"image/webp" instead of image/jpeg'],
    ['no type', (response) => response.end(picture), '"" instead of image/jpeg'],
    ['a cut picture', body(() => picture.subarray(0, -1)), 'bytes instead of'],
    ['a longer picture', body(() => Buffer.concat([picture, Buffer.from([0])])), 'serves more than the'],
    ['an endless picture', (response) => pour(response), 'serves more than the'],
    ['nothing', body(() => Buffer.alloc(0)), 'serves 0 bytes instead of'],
    ['other bytes', body(() => Buffer.alloc(picture.length, 'x')), 'not a whole JPEG'],
    ['another end', body(() => Buffer.concat([picture.subarray(0, -1), Buffer.from([0])])), 'not a whole JPEG'],
  ]
  it.each(CASES)('%s', async (_, play, named) => {
    plays = [play]
    const reason = await judge()
    expect(reason).toContain(named)
    expect(reason).toContain(new URL(origin).host)
    expect(reason).not.toMatch(/Signature|secret-path/)
    expect(asked).toHaveLength(1)
  })
})

function pour(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'image/jpeg' })
  const more = () => {
    while (response.write(picture));
    response.once('drain', more)
  }
  more()
}

describe('what may pass is asked again:', () => {
  const PASSING: readonly (readonly [string, Play, string])[] = [
    ['404', status(404), 'HTTP 404'],
    ['503', status(503), 'HTTP 503'],
    ['a reset', (_, request) => request.socket.resetAndDestroy(), 'could not be reached (ECONNRESET)'],
    ['a body that ends early', (response) => cutShort(response), 'could not be reached (UND_ERR_SOCKET)'],
  ]
  it.each(PASSING)('%s, twice', async (_, play) => {
    plays = [play, play, good]
    expect(await judge()).toBeNull()
    expect(asked).toHaveLength(3)
  })
  it.each(PASSING)('%s, until the attempts are used up', async (_, play, named) => {
    plays = [play]
    expect(await judge({ attempts: 2 })).toContain(named)
    expect(asked).toHaveLength(2)
  })

  it('silence, until the deadline of every attempt', async () => {
    plays = [() => {}]
    expect(await judge({ timeoutSeconds: 0.1 })).toMatch(/ did not serve the picture within 0.1 s$/)
    expect(asked).toHaveLength(3)
  })

  it('a body that never ends', async () => {
    plays = [(response) => response.writeHead(200, { 'content-type': 'image/jpeg' }).write(picture.subarray(0, 9))]
    expect(await judge({ timeoutSeconds: 0.1, attempts: 1 })).toContain('did not serve the picture within')
  })

  it('the pauses grow from one attempt to the next', async () => {
    plays = [status(404)]
    const pauses: number[] = []
    // Its answer, the new length, is the pause in milliseconds.
    const pauseMs = (attempt: number) => pauses.push(attempt)
    await judgeHostedUrl(origin, { bytes: 1 }, { timeoutSeconds: 20, pauseMs })
    expect(pauses).toEqual([1, 2])
  })
})

function cutShort(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': picture.length })
  response.write(picture.subarray(0, 9), () => response.socket?.end())
}

describe('a URL that cannot be given to Instagram is not even asked for:', () => {
  it.each([
    ['https://example.org/größe.jpg', 'not plain ASCII'],
    ['https://example.org/a b.jpg', 'not plain ASCII'],
    ['', 'not plain ASCII'],
    ['example.org/x.jpg', 'not a URL'],
    ['http://example.org/x.jpg?token=1', "the picture's URL at example.org is not https"],
    ['http://127.0.0.1.example.org/x.jpg', 'not https'],
    ['ftp://127.0.0.1/x.jpg', 'not https'],
    ['https://user:word@example.org/x.jpg', 'asks for a password'],
  ])('%s', async (url, named) => {
    const reason = await judge({ url })
    expect(reason).toContain(named)
    expect(reason).not.toMatch(/token|word@|\.jpg/)
  })

  it.each(['http://localhost', 'http://[::1]', 'http://127.9.9.9', 'http://media.localhost'])(
    'but %s is this machine',
    async (root) => {
      // Nobody listens at port 9.
      expect(await judge({ url: `${root}:9/x.jpg`, attempts: 1 })).toMatch(/could not be reached/)
    },
  )
})
