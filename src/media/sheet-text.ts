import { cleanLine } from '../telegram/html.ts'

/** Text inside pictures: how wide it will be, where it breaks, and how SVG is told to show it. */

/** How a piece of text is set. */
export interface TextStyle {
  /** Of the letters, in pixels. */
  size: number
  bold?: boolean
}

/** Widths in shares of the size, as DejaVu Sans has them: it is wider than most, so that other fonts fit as well. */
const WIDTHS: readonly [pattern: RegExp, share: number][] = [
  [/^[ijl.,:;'| ]/, 0.34],
  [/^[frtIJ()[\]/\\!-]/, 0.42],
  [/^[mwMWæœÆŒ@%…]/, 1.03],
  [/^(?:[#+<>=~^&]|[\u0041-\u024f](?<=\p{Lu}))/u, 0.84],
  [/^[\u0020-\u024f]/, 0.66],
  [/^[\u0370-\u07ff]/, 0.8],
]
/** CJK, emoji and whatever else. */
const WIDEST = 1.2
const BOLD = 1.18

/** In pixels: an estimate that is rather too wide than too narrow. */
export function textWidth(text: string, { size, bold = false }: TextStyle): number {
  const shares = graphemesOf(text).map((char) => WIDTHS.find(([pattern]) => pattern.test(char))?.[1] ?? WIDEST)
  return shares.reduce((sum, share) => sum + share, 0) * size * (bold ? BOLD : 1)
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })
const graphemesOf = (text: string) => Array.from(segmenter.segment(text), ({ segment }) => segment)

/** At most `lines` lines that fit into `width` pixels; what is left out is shown by `…`. Control characters are gone. */
export function fitText(text: string, style: TextStyle, { width, lines }: { width: number; lines: number }): string[] {
  const fits = (line: string) => textWidth(line, style) <= width
  const all = breakLines(cleanLine(text), fits)
  if (all.length <= lines) return all.map((line) => line.trimEnd())
  // The line after the last one gives its beginning to the cut, which takes as much of it as there is room for.
  const last = graphemesOf(all.slice(lines - 1).join(''))
  while (last.length > 0 && !fits(`${last.join('').trimEnd()}…`)) last.pop()
  return [...all.slice(0, lines - 1).map((line) => line.trimEnd()), `${last.join('').trimEnd()}…`]
}

/**
 * Between words, and in file names behind what separates words there; inside a word only when it is longer than a line. The
 * space that a line was broken at stays at its end.
 */
function breakLines(text: string, fits: (line: string) => boolean): string[] {
  const lines: string[] = []
  let line = ''
  const put = (piece: string) => {
    if (line !== '' && !fits((line + piece).trimEnd())) {
      lines.push(line)
      line = piece
    } else line += piece
  }
  for (const word of text.match(/[^\s\-_/]*[-_/]+|[^\s\-_/]+|\s+/g) ?? []) {
    if (fits(word)) put(word)
    else for (const char of graphemesOf(word)) put(char)
  }
  return line === '' ? lines : [...lines, line]
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** For text and attributes of XML, without what XML 1.0 has no way of writing. */
export function escapeXml(text: string): string {
  return cleanLine(text)
    .replace(/[\ufffe\uffff]/g, '')
    .replace(/[&<>"']/g, (char) => ESCAPES[char] ?? char)
}

/** What fonts without emoji would show as boxes with numbers in them. */
const EMOJI =
  /(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|[\u{1f000}-\u{1faff}])(?:\p{Emoji_Modifier}|[\ufe0f\u20e3]|\u200d\p{Extended_Pictographic})*/gu

export function withoutEmoji(text: string): string {
  return text.replace(EMOJI, '').replace(/ {2,}/g, ' ').trim()
}
