/** What came back when a hosted picture was fetched as Instagram fetches it. */
export interface Delivery {
  status: number
  contentType: string | null
  /** The body, or a little more of it than was expected. */
  body: Buffer
}

/** Undefined: as Instagram needs it. `mayPass`: a file that was just uploaded may be there a moment later. */
export type DeliveryFault = { reason: string; mayPass: boolean } | undefined

const isLoopback = (hostname: string) => /^(127(\.\d{1,3}){3}|\[::1\]|localhost|.+\.localhost)$/.test(hostname)

/** Why a URL cannot be given to Instagram; undefined: it can. */
export function judgeUrlForm(url: string): string | undefined {
  if (!/^[\x21-\x7e]+$/.test(url)) return "the picture's URL is not plain ASCII"
  if (!URL.canParse(url)) return "the picture's URL is not a URL"
  const { protocol, hostname, host, username, password } = new URL(url)
  const isPlain = protocol === 'http:' && isLoopback(hostname)
  if (protocol !== 'https:' && !isPlain) return `the picture's URL at ${host} is not https`
  if (username !== '' || password !== '') return `the picture's URL at ${host} asks for a password`
  return undefined
}

/** Checks in the order in which a person would look. Reasons name the host and never the address: that may be signed. */
export function judgeDelivery(
  host: string,
  { status, contentType, body }: Delivery,
  expectedBytes: number,
): DeliveryFault {
  const fault = (reason: string, mayPass = false) => ({ reason: `${host} ${reason}`, mayPass })
  if (status >= 300 && status < 400) return fault(`redirects (HTTP ${status}) instead of serving the picture`)
  if (status !== 200) {
    return fault(`answers HTTP ${status} instead of 200`, status === 404 || status >= 500)
  }
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (type !== 'image/jpeg') return fault(`serves the picture as "${printable(type)}" instead of image/jpeg`)
  if (body.length > expectedBytes) return fault(`serves more than the ${expectedBytes} bytes of the picture`)
  if (body.length < expectedBytes) return fault(`serves ${body.length} bytes instead of ${expectedBytes}`)
  if (!isWholeJpeg(body)) return fault('serves something that is not a whole JPEG')
  return undefined
}

const isWholeJpeg = (bytes: Buffer) =>
  bytes.length > 4 && bytes.readUInt32BE(0) >>> 8 === 0xffd8ff && bytes.readUInt16BE(bytes.length - 2) === 0xffd9

const printable = (text: string) => text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 60)
