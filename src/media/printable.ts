/**
 * Text that others chose (file names, titles) on one line and without control characters: a file name may hold line
 * breaks, escape sequences that a terminal would obey, and marks that turn the direction of what follows.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, (char) => {
    const code = char.codePointAt(0) ?? 0
    return { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[char] ?? `\\u{${code.toString(16)}}`
  })
}
