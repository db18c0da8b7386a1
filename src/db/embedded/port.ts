import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { UserError } from '../../errors.ts'

/** Below the ranges from which systems take ports for outgoing connections (Linux from 32768, macOS from 49152). */
const FIRST_PORT = 20_000
const LAST_PORT = 32_000

const MAX_TRIES = 100

/** The wanted port when nobody listens on it, else some free one. */
export async function findFreePort(wanted?: number): Promise<number> {
  if (wanted !== undefined && (await isPortFree(wanted))) return wanted
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const port = randomInt(FIRST_PORT, LAST_PORT)
    if (await isPortFree(port)) return port
  }
  throw new UserError(`no free port between ${FIRST_PORT} and ${LAST_PORT} on 127.0.0.1`, {
    code: 'embedded_no_port',
    fix: 'end some of the programs that listen there (ss -ltn), or set DATABASE_URL',
  })
}

export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}
