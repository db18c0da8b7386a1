import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import sharp from 'sharp'
import type { FakeGraph } from '../fake-graph.ts'

/** What the tests of the fake need: another client than ours, and a host for pictures. */

interface HostedPicture {
  bytes: Buffer
  status?: number
  headers?: Record<string, string>
  /** Never answers. */
  hangs?: boolean
}

export interface PictureHost {
  url: string
  requests: { path: string; headers: IncomingHttpHeaders }[]
  /** Returns the address. */
  serve(picture: HostedPicture): string
  close(): Promise<void>
}

export async function startPictureHost(): Promise<PictureHost> {
  const pictures: HostedPicture[] = []
  const requests: PictureHost['requests'] = []
  const server = createServer((request, response) => {
    requests.push({ path: request.url ?? '', headers: request.headers })
    const picture = pictures[Number(request.url?.slice(1))]
    if (picture?.hangs) return
    const { status = 200, bytes = Buffer.alloc(0), headers = {} } = picture ?? { status: 404 }
    response.writeHead(status, { 'content-type': 'image/jpeg', ...headers }).end(bytes)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    requests,
    serve: (picture) => `${url}/${pictures.push(picture) - 1}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const canvas = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: '#7a4' } })

export const pictures = {
  jpeg: () => canvas(1080, 1920).jpeg().toBuffer(),
  other: () => canvas(1080, 1920).negate().jpeg().toBuffer(),
  square: () => canvas(1080, 1080).jpeg().toBuffer(),
  progressive: () => canvas(1080, 1920).jpeg({ progressive: true }).toBuffer(),
  cmyk: () => canvas(1080, 1920).toColourspace('cmyk').jpeg().toBuffer(),
  turned: () => canvas(1080, 1920).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
  located: () =>
    canvas(1080, 1920)
      .withExif({ IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '52/1 31/1 0/1' } })
      .jpeg()
      .toBuffer(),
  png: () => canvas(1080, 1920).png().toBuffer(),
}

export interface Reply {
  status: number
  headers: Headers
  text: string
  /** The JSON of the answer, with `error` taken out of it. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at, not computed with
  body: any
  code: number | undefined
  subcode: number | undefined
}

interface CallOptions {
  token?: string | null
  /** `null`: none. */
  version?: string | null
  headers?: Record<string, string>
}

async function send(fake: FakeGraph, method: string, path: string, body: string | undefined, options: CallOptions) {
  const { token = fake.tokens.page, version = 'v26.0', headers = {} } = options
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` }
  const contentType = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }
  const response = await fetch(`${fake.url}${version === null ? '' : `/${version}`}/${path}`, {
    method,
    headers: { ...authorization, ...contentType, ...headers },
    ...(body === undefined ? {} : { body }),
  })
  const text = await response.text()
  const parsed = text.startsWith('{') ? JSON.parse(text) : undefined
  const { code, error_subcode: subcode } = parsed?.error ?? {}
  return { status: response.status, headers: response.headers, text, body: parsed, code, subcode } satisfies Reply
}

export const get = (fake: FakeGraph, path: string, options: CallOptions = {}): Promise<Reply> =>
  send(fake, 'GET', path, undefined, options)

/** `body`: form-encoded parameters. */
export const post = (
  fake: FakeGraph,
  path: string,
  body: string | Record<string, string>,
  options: CallOptions = {},
): Promise<Reply> =>
  send(fake, 'POST', path, typeof body === 'string' ? body : new URLSearchParams(body).toString(), options)

/** The calls of a client that publishes one story, in any order. */
export function clientOf(fake: FakeGraph, options: CallOptions = {}) {
  const { accountId } = fake
  return {
    create: (imageUrl: string, more: Record<string, string> = {}) =>
      post(fake, `${accountId}/media`, { media_type: 'STORIES', image_url: imageUrl, ...more }, options),
    status: (id: string) => get(fake, `${id}?fields=status_code,status`, options),
    publish: (id: string) => post(fake, `${accountId}/media_publish`, { creation_id: id }, options),
    stories: (query = 'fields=id,timestamp,media_url') => get(fake, `${accountId}/stories?${query}`, options),
  }
}
