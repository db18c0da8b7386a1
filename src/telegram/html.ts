/** Text for `parse_mode: HTML`: the one place that escapes (telegram.md §1). */

/** Characters Telegram would refuse or drop: control characters except newline, and halves of surrogate pairs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly what must go
const UNSENDABLE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/gu

/** Anything that leaves a mark: a text of white space, joiners and fillers alone would look like a missing one. */
const VISIBLE = /[^\s\p{Default_Ignorable_Code_Point}]/u

/** Plain text as people see it: no control characters, no bidirectional overrides, no white space at the ends. */
export function cleanText(text: string): string {
  const clean = text.normalize('NFC').replace(/\r\n?/g, '\n').replace(UNSENDABLE, ' ').trim()
  return VISIBLE.test(clean) ? clean : ''
}

/** Plain text on one line. */
export function cleanLine(text: string): string {
  return cleanText(text).replace(/\s+/g, ' ')
}

/** A link as it is copied: nothing of it may change but what a browser would drop as well. */
export function cleanLink(link: string): string {
  return link
    .replace(/[\r\n]/g, '')
    .replace(UNSENDABLE, '')
    .trim()
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => ESCAPES[char] ?? char)
}

/**
 * Cuts plain text to `limit` UTF-16 units without breaking a grapheme (an emoji with its modifiers stays whole); what
 * was cut is shown by `…`. Cut before escaping, so that no entity is ever broken.
 */
export function cutText(text: string, limit: number): string {
  if (text.length <= limit) return text
  if (limit <= 0) return ''
  let kept = ''
  // Only the front can survive: segmenting a book to keep a line would be slow.
  const front = text.slice(0, limit + 64)
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(front)) {
    if (kept.length + segment.length > limit - 1) break
    kept += segment
  }
  return `${kept.trimEnd()}…`
}
