/** Matches the characters of `text` as they are or percent-encoded, even twice (`|`, `%7C`, `%257c`). */
export function anyEncodingOf(text: string): string {
  return [...text]
    .map((char) => {
      const hex = [...Buffer.from(char, 'utf8')].map((byte) => `%(?:25)*${byte.toString(16).padStart(2, '0')}`).join('')
      return `(?:${char.replace(/[^A-Za-z0-9]/g, '\\$&')}|${hex})`
    })
    .join('')
}
