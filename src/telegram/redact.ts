import { anyEncodingOf } from '../http/any-encoding.ts'

/** Shortest secret part that is also hidden without its bot id in front. Real ones have 35 characters. */
const MIN_SECRET_CHARS = 16

/** Hides the bot token wherever it stands in `text`: plain, URL-encoded, or only its secret part. */
export function redactToken(text: string, token: string): string {
  if (token === '') return text
  const secret = token.slice(token.indexOf(':') + 1)
  const patterns = secret.length >= MIN_SECRET_CHARS ? [token, secret] : [token]
  return patterns.reduce((left, part) => left.replace(new RegExp(anyEncodingOf(part), 'gi'), '<bot token>'), text)
}
