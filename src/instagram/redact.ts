import { anyEncodingOf } from '../http/any-encoding.ts'

/** Shortest second half of an app token (`<app id>|<app secret>`) that is also hidden on its own. */
const MIN_HALF_CHARS = 16
/** How access tokens of both logins begin. An answer may quote less than the whole token. */
const LOOKS_LIKE_TOKEN = /\b(?:EAA|IGA|IGQ)[\w-]{16,}/g
const HIDDEN = '<hidden>'

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
