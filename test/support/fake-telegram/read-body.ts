import type { IncomingMessage } from 'node:http'
import type { FaultAction } from './faults.ts'

/** The request did not arrive completely. */
export class BodyLost extends Error {}

/** Largest body that Telegram takes, plus the parameters around the file. */
const MAX_BODY_BYTES = 52 * 1024 * 1024

/** Reads the whole body, or does while reading what a fault says. */
export function readBody(request: IncomingMessage, fault: FaultAction | undefined): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let sizeBytes = 0
    request.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length
      if (sizeBytes > MAX_BODY_BYTES) request.destroy()
      chunks.push(chunk)
      if (fault) disturb(request, fault, sizeBytes, chunk.length)
    })
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', () => reject(new BodyLost()))
    request.on('close', () => {
      if (!request.complete) reject(new BodyLost())
    })
  })
}

function disturb(request: IncomingMessage, fault: FaultAction, sizeBytes: number, chunkBytes: number): void {
  if (fault.kind === 'drop_reading' && sizeBytes >= fault.bytes) request.socket.resetAndDestroy()
  if (fault.kind === 'stall_reading' && sizeBytes >= fault.bytes) request.pause()
  if (fault.kind === 'slow_reading') {
    request.pause()
    setTimeout(() => request.resume(), (chunkBytes / fault.bytesPerSecond) * 1000)
  }
}
