import { GraphApiError, refused } from './errors.ts'
import { readJpegFacts } from './jpeg.ts'

const MAX_BYTES = 8 * 1024 * 1024

/** 9004/2207052, which Meta calls final although a later try may work. */
function unfetchable(url: string, reason: string): GraphApiError {
  return refused(9004, 2207052, `Only photo or video can be accepted as media type. URI: ${url}. ${reason}`)
}

const unreadable = (violation: string): GraphApiError =>
  new GraphApiError({ code: 36001, subcode: 2207005, message: `The image format is not supported. ${violation}` }, true)

/** Fetches the picture during `POST /media`, as Meta's crawler does: once, without following redirects. */
export async function fetchPicture(url: string, timeoutSeconds: number): Promise<Buffer> {
  if (!['127.0.0.1', 'localhost'].includes(new URL(url).hostname)) throw unfetchable(url, 'Not on this machine.')
  try {
    const response = await fetch(url, {
      headers: { 'user-agent': 'facebookexternalhit/1.1', accept: '*/*' },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutSeconds * 1000),
    })
    const contentType = response.headers.get('content-type') ?? 'none'
    if (response.status !== 200 || !/^image\/jpeg\b/.test(contentType)) {
      await response.body?.cancel()
      throw unfetchable(url, `HTTP status code ${response.status}, content type ${contentType}.`)
    }
    return await readBody(response)
  } catch (error) {
    if (error instanceof GraphApiError) throw error
    const isLate = error instanceof Error && error.name === 'TimeoutError'
    if (isLate) throw refused(-2, 2207003, 'It takes too long to download the media.')
    throw unfetchable(url, 'The connection failed.')
  }
}

async function readBody({ body }: Response): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let sizeBytes = 0
  for await (const part of body ?? []) {
    sizeBytes += part.length
    if (sizeBytes > MAX_BYTES) throw refused(36000, 2207004, 'The image is too large to download. Limit: 8 MiB.')
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** Refuses what is no baseline JPEG; writes down what a story must not have. */
export function judgePicture(bytes: Buffer, violations: string[]): void {
  const facts = readJpegFacts(bytes)
  if (!facts) throw unreadable('The picture is no complete JPEG.')
  if (facts.isMpo) throw unreadable('The picture is an MPO.')
  if (!facts.isBaseline) throw unreadable('The picture is no baseline JPEG.')
  if (facts.hasGps) violations.push('the picture carries GPS coordinates')
  if (facts.orientation !== 1) violations.push(`the picture relies on EXIF orientation ${facts.orientation}`)
  if (facts.components === 4) violations.push('the picture is CMYK')
  if (facts.width !== 1080 || facts.height !== 1920)
    violations.push(`the picture is ${facts.width} x ${facts.height}, not 1080 x 1920`)
}
