export interface Multipart {
  fields: Map<string, string>
  files: { name: string; fileName: string; contentType: string; bytes: Buffer }[]
  /** What was not as it has to be. */
  violations: string[]
}

/** Reads `multipart/form-data`; undefined when the body is something else or damaged. */
export function readMultipart(contentType: string, body: Buffer): Multipart | undefined {
  const boundary = /^multipart\/form-data; boundary="?([^\s;"]{1,70})"?$/.exec(contentType)?.[1]
  const parts = boundary === undefined ? undefined : splitParts(body, boundary)
  if (!parts) return undefined
  const found: Multipart = { fields: new Map(), files: [], violations: [] }
  for (const part of parts) {
    const headEnd = part.indexOf('\r\n\r\n')
    if (headEnd < 0) return undefined
    const head = part.subarray(0, headEnd).toString('utf8')
    const [, name, fileName] =
      /^content-disposition: form-data; name="([^"]+)"(?:; filename="([^"]*)")?/im.exec(head) ?? []
    if (name === undefined) return undefined
    const bytes = Buffer.from(part.subarray(headEnd + 4))
    if (fileName !== undefined) {
      found.files.push({ name, fileName, contentType: /^content-type: (.+)$/im.exec(head)?.[1] ?? '', bytes })
      continue
    }
    if (found.fields.has(name)) found.violations.push(`field "${name}" was sent twice`)
    if (found.files.length > 0) found.violations.push(`field "${name}" comes behind the file`)
    found.fields.set(name, bytes.toString('utf8'))
  }
  return found
}

/** The parts between `--boundary CRLF` and `CRLF --boundary`; the last boundary ends with `--`. */
function splitParts(body: Buffer, boundary: string): Buffer[] | undefined {
  const first = `--${boundary}\r\n`
  const between = `\r\n--${boundary}`
  if (body.toString('latin1', 0, first.length) !== first) return undefined
  const parts: Buffer[] = []
  for (let at = first.length; ; ) {
    // A part without content begins with the line break that ends it.
    const end = body.indexOf(between, at)
    if (end < 0) return undefined
    parts.push(body.subarray(at, end))
    const after = body.toString('latin1', end + between.length, end + between.length + 2)
    if (after === '--') return parts
    if (after !== '\r\n') return undefined
    at = end + between.length + 2
  }
}
