import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

/** A request as it came over the wire. */
export interface Seen {
  method: string
  /** Path and query, undecoded. */
  url: string
  headers: IncomingHttpHeaders
  body: string
}

export interface Endpoint {
  /** `http://127.0.0.1:1234` */
  url: string
  seen: Seen[]
  /** Resolves when that many requests were read to their end. */
  arrived(count: number): Promise<void>
}

async function listen(server: Server, sockets: Set<Socket>): Promise<string> {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A server for this test, which `answer` plays once a request was read completely. */
export async function startEndpoint(answer: (response: ServerResponse, request: Seen) => void): Promise<Endpoint> {
  const seen: Seen[] = []
  const waiting: { count: number; resolve: () => void }[] = []
  const listener: RequestListener = async (request, response) => {
    const { method = '', url = '', headers } = request
    const body = await text(request).catch(() => undefined)
    if (body === undefined) return
    const arrived = { method, url, headers, body }
    seen.push(arrived)
    for (const { count, resolve } of waiting) if (seen.length >= count) resolve()
    answer(response, arrived)
  }
  const url = await listen(createServer(listener), new Set())
  const arrived = (count: number) =>
    seen.length >= count
      ? Promise.resolve()
      : new Promise<void>((resolve) => {
          waiting.push({ count, resolve })
        })
  return { url, seen, arrived }
}

/** A server for this test that plays TCP only. */
export function startTcp(onConnection: (socket: Socket) => void): Promise<string> {
  return listen(createTcpServer(onConnection), new Set())
}

/** Answers with JSON, or with `value` itself when it is a text. */
export function reply(
  response: ServerResponse,
  value: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof value === 'string' ? value : JSON.stringify(value))
}
