/** Text in columns of a terminal: measured and broken by what people see as one character. */

const WIDE = /[\u1100-\u115f\u2329\u232a\u2e80-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b]/
const WIDE_TOO = /[\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b001}\u{1f200}-\u{1f251}\u{20000}-\u{3fffd}]/u
const EMOJI = /\p{Extended_Pictographic}|\p{Regional_Indicator}/u
const ACCENT = /[\u0300-\u036f]/

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

function graphemesOf(text: string): string[] {
  return Array.from(graphemes.segment(text), ({ segment }) => segment)
}

function graphemeWidth(grapheme: string): number {
  if (EMOJI.test(grapheme)) return 2
  const charWidth = (char: string) => (ACCENT.test(char) ? 0 : WIDE.test(char) || WIDE_TOO.test(char) ? 2 : 1)
  return [...grapheme].reduce((sum, char) => sum + charWidth(char), 0)
}

/** Columns that one line takes; emoji and CJK take two. */
export function lineWidth(line: string): number {
  return graphemesOf(line).reduce((sum, grapheme) => sum + graphemeWidth(grapheme), 0)
}

/** Lines of at most `width` columns: broken between words, and inside a word only when it is longer than a line. */
export function wrapText(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, width))
}

function wrapLine(line: string, width: number): string[] {
  const lines = ['']
  let used = 0
  const put = (piece: string, columns: number) => {
    const isFull = used > 0 && used + columns > width
    if (isFull) lines.push(piece)
    else lines.push((lines.pop() ?? '') + piece)
    used = isFull ? columns : used + columns
  }
  for (const word of line.match(/[^ ]+| +/g) ?? []) {
    const columns = lineWidth(word)
    if (columns <= width && word[0] !== ' ') put(word, columns)
    // A space may hang over the end: it is not seen there.
    else if (word[0] === ' ')
      put(word.slice(0, Math.max(0, width - used)), Math.min(columns, Math.max(0, width - used)))
    else for (const grapheme of graphemesOf(word)) put(grapheme, graphemeWidth(grapheme))
  }
  return lines.map((text) => text.trimEnd())
}
