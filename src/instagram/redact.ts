/** Shortest second half of an app token (`<app id>|<app secret>`) that is also hidden on its own. */
const MIN_HALF_CHARS = 16
/** How access tokens of both logins begin. An answer may quote less than the whole token. */
const LOOKS_LIKE_TOKEN = /\b(?:EAA|IGA|IGQ)[\w-]{16,}/g
const HIDDEN = '<hidden>'

/** Matches the characters of `text` as they are or percent-encoded, even twice (`|`, `%7C`, `%257c`). */
function anyEncodingOf(text: string): string {
  return [...text]
    .map((char) => {
      const hex = [...Buffer.from(char, 'utf8')].map((byte) => `%(?:25)*${byte.toString(16).padStart(2, '0')}`).join('')
      return `(?:${char.replace(/[^A-Za-z0-9]/g, '\\$&')}|${hex})`
    })
    .join('')
}

/** Hides tokens and keys wherever they stand in `text`, plain or URL-encoded. */
export function redactSecrets(text: string, secrets: readonly string[]): string {
  const halves = secrets.map((secret) => secret.slice(secret.indexOf('|') + 1))
  const parts = [...secrets.filter(Boolean), ...halves.filter((half) => half.length >= MIN_HALF_CHARS)]
  // The longest first: one secret may be a part of another.
  parts.sort((a, b) => b.length - a.length)
  return parts
    .reduce((left, part) => left.replace(new RegExp(anyEncodingOf(part), 'gi'), HIDDEN), text)
    .replace(LOOKS_LIKE_TOKEN, HIDDEN)
}
