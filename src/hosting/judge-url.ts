import { setTimeout as sleep } from 'node:timers/promises'
import { errorCode } from '../errors.ts'
import { withDeadline } from './deadline.ts'
import { HostError } from './hosting.ts'
import { type Delivery, type DeliveryFault, judgeDelivery, judgeUrlForm } from './judge-delivery.ts'

export interface JudgeUrlOptions {
  /** Longest time of one attempt. */
  timeoutSeconds: number
  /** Default 3: a file that was just uploaded may not have reached every server of its host. */
  attempts?: number
  /** Milliseconds to wait after the given attempt, 1 being the first. Default: 1 s, then 3 s. */
  pauseMs?: (attempt: number) => number
}

/** Name with which Meta fetches (instagram.md §7.3). */
const META_USER_AGENT = 'facebookexternalhit/1.1'

/**
 * Fetches a hosted picture as Meta would, before Meta is asked to. Null: it is as it has to be; otherwise why not, naming
 * the check that failed, and neither path nor query of the URL. Only 404, 5xx and network trouble are tried again.
 */
export async function judgeHostedUrl(
  url: string,
  expected: { bytes: number },
  { timeoutSeconds, attempts = 3, pauseMs = (attempt) => (attempt === 1 ? 1000 : 3000) }: JudgeUrlOptions,
): Promise<string | null> {
  const wrongForm = judgeUrlForm(url)
  if (wrongForm !== undefined) return wrongForm
  for (let attempt = 1; ; attempt++) {
    const fault = await judgeOnce(url, expected.bytes, timeoutSeconds)
    if (!fault) return null
    if (!fault.mayPass || attempt >= attempts) return fault.reason
    await sleep(pauseMs(attempt))
  }
}

async function judgeOnce(url: string, expectedBytes: number, timeoutSeconds: number): Promise<DeliveryFault> {
  const { host } = new URL(url)
  try {
    const delivery = await withDeadline({ seconds: timeoutSeconds, peer: host }, (signal) =>
      fetchAsMeta(url, expectedBytes, signal),
    )
    return judgeDelivery(host, delivery, expectedBytes)
  } catch (error) {
    const isLate = error instanceof HostError
    const reason = isLate
      ? `${host} did not serve the picture within ${timeoutSeconds} s`
      : `${host} could not be reached (${errorCode(error) ?? 'unknown error'})`
    return { reason, mayPass: true }
  }
}

async function fetchAsMeta(url: string, expectedBytes: number, signal: AbortSignal): Promise<Delivery> {
  const headers = { 'user-agent': META_USER_AGENT, accept: '*/*', 'accept-encoding': 'identity' }
  const response = await fetch(url, { headers, redirect: 'manual', signal })
  // One byte more tells a file that is too long from one that fits.
  const body = await readBody(response, expectedBytes + 1)
  return { status: response.status, contentType: response.headers.get('content-type'), body }
}

/** The body, but not more than `maxBytes` of it. */
async function readBody(response: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk)
    sizeBytes += chunk.length
    if (sizeBytes >= maxBytes) break
  }
  return Buffer.concat(chunks).subarray(0, maxBytes)
}
