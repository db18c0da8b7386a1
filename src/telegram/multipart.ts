import type { RequestBody } from '../http/exchange.ts'

/** A file to upload, with its bytes in memory: a stream that fails half-way could not be told from a broken connection. */
export interface TelegramFile {
  field: 'document' | 'photo'
  /** Any name; what is sent is reduced by `safeFileName`. */
  fileName: string
  contentType: string
  bytes: Buffer
}

/** Named parameters of a Bot API method. `null` and `undefined` members mean "not given", at every level. */
export type TelegramParams = Readonly<Record<string, unknown>>

/** Longest file name that is sent, in characters; the ending is kept. */
const MAX_FILE_NAME_CHARS = 64

/**
 * Telegram percent-decodes file names and refuses quotes and line breaks in them (`expected ';' in Content-Disposition header`), so
 * only `[A-Za-z0-9._-]` is sent. Accents lose their marks, everything else becomes `-`.
 */
function safeFileName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
  const ending = /\.[A-Za-z0-9]{1,8}$/.exec(plain)?.[0] ?? ''
  const stem = plain
    .slice(0, plain.length - ending.length)
    .replace(/^[.-]+|[.-]+$/g, '')
    .slice(0, MAX_FILE_NAME_CHARS - ending.length)
  return `${stem || 'file'}${ending}`
}

/** Telegram reads a literal `null` as the text "null", so it must never be sent; NaN would become one. */
function dropNulls(key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new TypeError(`Parameter ${key} is not a finite number`)
  if (Array.isArray(value)) return value.filter((item) => item !== null && item !== undefined)
  return value === null ? undefined : value
}

/** The parameters as a JSON body. */
export function jsonBody(params: TelegramParams): RequestBody {
  const bytes = Buffer.from(JSON.stringify(params, dropNulls), 'utf8')
  return { contentType: 'application/json', pieces: [bytes], sizeBytes: bytes.length }
}

function formValue(key: string, value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value, (inner, item) => dropNulls(inner || key, item))
}

/** The parts before the file's bytes; the file comes last, so that everything else is read first. */
function headParts(boundary: string, params: TelegramParams, file: TelegramFile): Buffer {
  const fields = Object.entries(params).flatMap(([key, value]) => {
    const text = formValue(key, value)
    return text === undefined
      ? []
      : [`--${boundary}\r\nContent-Disposition: form-data; name="${key}"\r\n\r\n${text}\r\n`]
  })
  const disposition = `form-data; name="${file.field}"; filename="${safeFileName(file.fileName)}"`
  const head = `--${boundary}\r\nContent-Disposition: ${disposition}\r\nContent-Type: ${file.contentType}\r\n\r\n`
  return Buffer.from(fields.join('') + head, 'utf8')
}

/** Parameters and one file as multipart/form-data, nested parameters as JSON text. */
export function multipartBody(params: TelegramParams, file: TelegramFile): RequestBody {
  // A boundary must occur nowhere in the content. Looking is as good as chance and needs none.
  const content = headParts('', params, file)
  let number = 0
  while (content.includes(`storyline-part-${number}-`) || file.bytes.includes(`storyline-part-${number}-`)) number++
  const boundary = `storyline-part-${number}-`
  const pieces = [headParts(boundary, params, file), file.bytes, Buffer.from(`\r\n--${boundary}--\r\n`, 'utf8')]
  const sizeBytes = pieces.reduce((sum, piece) => sum + piece.length, 0)
  return { contentType: `multipart/form-data; boundary=${boundary}`, pieces, sizeBytes }
}
