import { isObject, type Params, type ReceivedFile, wrong } from './types.ts'

export interface DecodedBody {
  params: Params
  files: ReceivedFile[]
}

/** Reads the parameters of a call from whatever Telegram accepts that our client sends: nothing, JSON, or multipart. */
export function decodeBody(contentType: string, body: Buffer, violations: string[]): DecodedBody {
  if (body.length === 0) return { params: {}, files: [] }
  if (contentType === 'application/json') return { params: decodeJson(body), files: [] }
  const boundary = /^multipart\/form-data; boundary=([^\s;"]{1,70})$/.exec(contentType)?.[1]
  if (!boundary) throw wrong(`content type "${contentType}" carries no parameters`)
  return decodeMultipart(body, boundary, violations)
}

function decodeJson(body: Buffer): Params {
  const text = body.toString('utf8')
  if (!Buffer.from(text, 'utf8').equals(body)) throw wrong('strings must be encoded in UTF-8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw wrong("can't parse JSON request body")
  }
  if (!isObject(value)) throw wrong('JSON request body must be an object')
  return value
}

function decodeMultipart(body: Buffer, boundary: string, violations: string[]): DecodedBody {
  const decoded: DecodedBody = { params: {}, files: [] }
  for (const part of splitParts(body, boundary)) {
    const headEnd = part.indexOf('\r\n\r\n')
    if (headEnd < 0) throw wrong('multipart part without an end of its headers')
    const { name, fileName, contentType } = readPartHead(part.subarray(0, headEnd).toString('utf8'))
    const bytes = part.subarray(headEnd + 4)
    if (fileName === undefined) {
      if (name in decoded.params) violations.push(`parameter "${name}" was sent twice`)
      decoded.params[name] = bytes.toString('utf8')
      continue
    }
    if (!/^[A-Za-z0-9._-]+$/.test(fileName)) violations.push(`file name ${JSON.stringify(fileName)} is not safe`)
    decoded.files.push({ field: name, fileName, contentType, bytes: Buffer.from(bytes) })
  }
  return decoded
}

/** The parts between `--boundary CRLF` and `CRLF --boundary`; the last boundary must be closed and nothing may follow. */
function splitParts(body: Buffer, boundary: string): Buffer[] {
  const first = Buffer.from(`--${boundary}\r\n`)
  const between = Buffer.from(`\r\n--${boundary}`)
  if (!body.subarray(0, first.length).equals(first)) throw wrong('multipart body does not begin with its boundary')
  const parts: Buffer[] = []
  for (let at = first.length; ; ) {
    const end = body.indexOf(between, at)
    if (end < 0) throw wrong('multipart body without a closing boundary')
    parts.push(body.subarray(at, end))
    const after = body.subarray(end + between.length).toString('latin1', 0, 4)
    if (after === '--\r\n' && end + between.length + 4 === body.length) return parts
    if (!after.startsWith('\r\n')) throw wrong('multipart boundary is not followed by a line break')
    at = end + between.length + 2
  }
}

function readPartHead(head: string): { name: string; fileName: string | undefined; contentType: string } {
  const headers = new Map<string, string>()
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon < 0) throw wrong('multipart part with a header without a colon')
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
  }
  const disposition = headers.get('content-disposition') ?? ''
  const found = /^form-data; name="([^"\\\r\n]+)"(?:; filename="([^"\\\r\n]*)")?$/.exec(disposition)
  if (!found?.[1]) throw wrong("expected ';' in Content-Disposition header")
  return { name: found[1], fileName: found[2], contentType: headers.get('content-type') ?? '' }
}
