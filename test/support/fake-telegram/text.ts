import { parseHtml } from './html.ts'
import { type Entity, type Params, wrong } from './types.ts'

/** Bot API: after entities parsing. The server counts code points, its datacentre perhaps UTF-16 units: safe is only what fits both. */
const MAX_TEXT_CHARS = 4096
const MAX_CAPTION_CHARS = 1024
/** Of the raw text, tags included. */
const MAX_RAW_BYTES = 32768

export interface FormattedText {
  text: string
  entities: Entity[]
}

export function readText(params: Params, violations: string[]): FormattedText {
  const formatted = format(params, 'text')
  if (formatted.text === '') throw wrong('message text is empty')
  checkLength(formatted.text, MAX_TEXT_CHARS, 'message is too long', violations)
  return formatted
}

export function readCaption(params: Params, violations: string[]): FormattedText {
  const formatted = format(params, 'caption')
  checkLength(formatted.text, MAX_CAPTION_CHARS, 'message caption is too long', violations)
  return formatted
}

function format(params: Params, key: 'text' | 'caption'): FormattedText {
  const raw = typeof params[key] === 'string' ? params[key] : ''
  if (Buffer.byteLength(raw, 'utf8') > MAX_RAW_BYTES) throw wrong('Text is too long')
  const mode = String(params.parse_mode ?? '').toLowerCase()
  if (mode !== '' && mode !== 'html') throw wrong(`this fake reads parse_mode HTML only, not ${mode}`)
  return trim(mode === 'html' ? parseHtml(raw) : { text: raw, entities: [] })
}

/** White space around a text is dropped, and the entities move with it. */
function trim({ text, entities }: FormattedText): FormattedText {
  const lead = text.length - text.trimStart().length
  const trimmed = text.trim()
  const moved = entities
    .map((entity) => ({ ...entity, offset: entity.offset - lead }))
    .filter((entity) => entity.offset >= 0 && entity.offset < trimmed.length)
  return { text: trimmed, entities: moved }
}

function checkLength(text: string, maxChars: number, tooLong: string, violations: string[]): void {
  if ([...text].length > maxChars) throw wrong(tooLong)
  if (text.length > maxChars) violations.push(`${text.length} UTF-16 units, longer than ${maxChars}`)
}
