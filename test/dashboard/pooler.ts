import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * Wires to a database as a pooler of transactions has them: a note that comes while nobody's query runs is not passed on,
 * one that belongs to the answer of a query is.
 */
export async function startPooler(databaseUrl: string): Promise<{ url: string; close(): void }> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        client.destroy()
        upstream.destroy()
      })
    }
    let isAnswering = false
    client.on('data', (chunk) => {
      isAnswering = true
      upstream.write(chunk)
    })
    let rest: Buffer = Buffer.alloc(0)
    upstream.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk])
      // Each message: its type, its length without the type, its body (Frontend/Backend Protocol).
      while (rest.length >= 5 && rest.length > rest.readUInt32BE(1)) {
        const size = 1 + rest.readUInt32BE(1)
        if (rest[0] !== NOTIFICATION || isAnswering) client.write(rest.subarray(0, size))
        if (rest[0] === READY) isAnswering = false
        rest = rest.subarray(size)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: Object.assign(new URL(databaseUrl), { hostname: '127.0.0.1', port: String(port) }).href,
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

const NOTIFICATION = 'A'.charCodeAt(0)
const READY = 'Z'.charCodeAt(0)
