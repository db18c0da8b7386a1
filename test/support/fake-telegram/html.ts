import { type Entity, wrong } from './types.ts'

const ENTITY_OF_TAG: Readonly<Record<string, string>> = {
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  s: 'strikethrough',
  strike: 'strikethrough',
  del: 'strikethrough',
  u: 'underline',
  ins: 'underline',
  span: 'spoiler',
  'tg-spoiler': 'spoiler',
  'tg-emoji': 'custom_emoji',
  'tg-time': 'date_time',
  a: 'text_link',
  pre: 'pre',
  code: 'code',
  blockquote: 'blockquote',
}
const REFERENCES: Readonly<Record<string, number>> = { lt: 60, gt: 62, amp: 38, quot: 34 }

interface OpenTag {
  tag: string
  attributes: Record<string, string>
  at: number
}

interface Scanner {
  source: string
  at: number
  text: string
  entities: Entity[]
  open: OpenTag[]
}

/** Parses `parse_mode: HTML` by the rules of the real server (td, MessageEntity.cpp): one wrong tag refuses the whole message. */
export function parseHtml(source: string): { text: string; entities: Entity[] } {
  const scanner: Scanner = { source, at: 0, text: '', entities: [], open: [] }
  while (scanner.at < source.length) {
    const char = source[scanner.at]
    if (char === '&') scanner.text += readReference(scanner)
    else if (char !== '<') scanner.text += source[scanner.at++]
    else if (source[scanner.at + 1] === '/') readEndTag(scanner)
    else readStartTag(scanner)
  }
  const left = scanner.open.at(-1)
  if (left) throw cannotParse(`Can't find end tag corresponding to start tag "${left.tag}"`)
  return { text: scanner.text, entities: scanner.entities.sort((a, b) => a.offset - b.offset || b.length - a.length) }
}

const cannotParse = (message: string) => wrong(`can't parse entities: ${message}`)
const byteOffset = (source: string, at: number) => Buffer.byteLength(source.slice(0, at), 'utf8')

function match(scanner: Scanner, pattern: RegExp): RegExpExecArray | null {
  const sticky = new RegExp(pattern.source, 'y')
  sticky.lastIndex = scanner.at
  const found = sticky.exec(scanner.source)
  if (found) scanner.at += found[0].length
  return found
}

/** Only `lt gt amp quot` and numeric references decode; anything else stays as it is. */
function readReference(scanner: Scanner): string {
  const before = scanner.at
  const found = match(scanner, /&(?:#x([0-9a-fA-F]{1,8})|#(\d{1,8})|([a-zA-Z]+));?/)
  const code = found
    ? found[1]
      ? Number.parseInt(found[1], 16)
      : found[2]
        ? Number.parseInt(found[2], 10)
        : REFERENCES[found[3] ?? '']
    : undefined
  if (code && code < 0x10ffff) return String.fromCodePoint(code)
  scanner.at = before + 1
  return '&'
}

function readStartTag(scanner: Scanner): void {
  const begin = scanner.at
  const where = `at byte offset ${byteOffset(scanner.source, begin)}`
  const tag = match(scanner, /<([^\s>]*)/)?.[1]?.toLowerCase() ?? ''
  if (scanner.at >= scanner.source.length) throw cannotParse(`Unclosed start tag ${where}`)
  if (!(tag in ENTITY_OF_TAG)) throw cannotParse(`Unsupported start tag "${tag}" ${where}`)
  const attributes = readAttributes(scanner, tag, where)
  if (tag === 'span' && attributes.class !== 'tg-spoiler') {
    throw cannotParse(`Tag "span" must have class "tg-spoiler" ${where}`)
  }
  scanner.open.push({ tag, attributes, at: scanner.text.length })
}

function readAttributes(scanner: Scanner, tag: string, where: string): Record<string, string> {
  const attributes: Record<string, string> = {}
  for (;;) {
    match(scanner, /\s*/)
    if (match(scanner, />/)) return attributes
    if (scanner.at >= scanner.source.length) throw cannotParse(`Unclosed start tag "${tag}" ${where}`)
    const name = match(scanner, /[^\s=>/"']+/)?.[0]
    if (!name) throw cannotParse(`Empty attribute name in the tag "${tag}" ${where}`)
    attributes[name] = match(scanner, /\s*=\s*/) ? readValue(scanner, where) : ''
  }
}

function readValue(scanner: Scanner, where: string): string {
  const begin = scanner.at
  const quoted = match(scanner, /"([^"]*)"|'([^']*)'/)
  if (quoted) return decodeReferences(quoted[1] ?? quoted[2] ?? '')
  if (/["']/.test(scanner.source[scanner.at] ?? '')) throw cannotParse(`Unclosed start tag ${where}`)
  const token = match(scanner, /[A-Za-z0-9.-]*/)?.[0] ?? ''
  if (!/[\s>]/.test(scanner.source[scanner.at] ?? '')) {
    throw cannotParse(`Unexpected end of name token at byte offset ${byteOffset(scanner.source, begin)}`)
  }
  return token.toLowerCase()
}

function decodeReferences(value: string): string {
  const scanner: Scanner = { source: value, at: 0, text: '', entities: [], open: [] }
  while (scanner.at < value.length) {
    scanner.text += value[scanner.at] === '&' ? readReference(scanner) : value[scanner.at++]
  }
  return scanner.text
}

function readEndTag(scanner: Scanner): void {
  const where = `at byte offset ${byteOffset(scanner.source, scanner.at)}`
  const opened = scanner.open.pop()
  if (!opened) throw cannotParse(`Unexpected end tag ${where}`)
  const name = match(scanner, /<\/([^\s>]*)\s*/)?.[1]?.toLowerCase() ?? ''
  if (!match(scanner, />/)) throw cannotParse(`Unclosed end tag ${where}`)
  if (name && name !== opened.tag) {
    throw cannotParse(`Unmatched end tag ${where}, expected "</${opened.tag}>", found "</${name}>"`)
  }
  addEntity(scanner, opened)
}

function addEntity(scanner: Scanner, { tag, attributes, at }: OpenTag): void {
  const length = scanner.text.length - at
  if (length === 0) return
  const entity: Entity = { type: ENTITY_OF_TAG[tag] ?? tag, offset: at, length }
  if (tag === 'tg-time') Object.assign(entity, dateFields(attributes))
  if (tag === 'tg-emoji' && !/^-?[1-9]\d*$/.test(attributes['emoji-id'] ?? '')) {
    throw cannotParse('Invalid custom emoji identifier specified')
  }
  if (tag === 'a') {
    entity.url = attributes.href || scanner.text.slice(at)
    // A link that is none is shown as plain text, without an error.
    if (!/^(https?|tg|ton|mailto|tel):|^[\w-]+(\.[\w-]+)+/i.test(entity.url)) return
  }
  scanner.entities.push(entity)
}

function dateFields(attributes: Record<string, string>): Partial<Entity> {
  const format = attributes.format ?? ''
  if (!/^([rR]|[tTdDwW]*)$/.test(format)) throw cannotParse('Invalid date format used')
  return { unix_time: Number.parseInt(attributes.unix ?? '', 10) || 0, date_time_format: format }
}
