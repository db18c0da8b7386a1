import { type CategoryMix, parseCategoryMix } from './category-mix.ts'

/** How one raw text becomes a value: either the value or the rule it broke. */
type Parsed<T> = { kind: 'ok'; value: T } | { kind: 'wrong'; rule: string }
export type Parser<T> = (raw: string) => Parsed<T>

const ok = <T>(value: T): Parsed<T> => ({ kind: 'ok', value })
const wrong = (rule: string): Parsed<never> => ({ kind: 'wrong', rule })

export const text: Parser<string> = (raw) => ok(raw)

export function wholeNumber(min: number, max: number): Parser<number> {
  return (raw) => {
    const value = Number(raw)
    const fits = /^[+-]?\d+$/.test(raw) && value >= min && value <= max
    return fits ? ok(value) : wrong(`a whole number from ${min} to ${max}`)
  }
}

export const yesNo: Parser<boolean> = (raw) => {
  if (/^(true|yes|on|1)$/i.test(raw)) return ok(true)
  if (/^(false|no|off|0)$/i.test(raw)) return ok(false)
  return wrong('true or false')
}

export function oneOf<const T extends string>(...choices: readonly T[]): Parser<T> {
  return (raw) => {
    const found = choices.find((choice) => choice === raw.toLowerCase())
    return found ? ok(found) : wrong(`one of ${choices.join(', ')}`)
  }
}

export const categoryMix: Parser<CategoryMix> = (raw) => {
  const parsed = parseCategoryMix(raw)
  if (parsed.kind === 'ok') return ok(parsed.mix)
  return wrong(`shares of categories, such as memes=60,products=40 (${parsed.reason})`)
}

/** A moment of the day as minutes after local midnight: `9`, `09:30`, `24`. */
export const timeOfDay: Parser<number> = (raw) => {
  const match = /^(\d{1,2})(?::([0-5]\d))?$/.exec(raw)
  const minutes = match ? Number(match[1]) * 60 + Number(match[2] ?? 0) : Number.NaN
  return minutes <= 24 * 60 ? ok(minutes) : wrong('an hour from 0 to 24, or HH:MM')
}

export const timeZone: Parser<string> = (raw) => {
  // Asked first, because it is ten times cheaper than a formatter; aliases such as CET are known to the latter only.
  if (raw === 'UTC' || Intl.supportedValuesOf('timeZone').includes(raw)) return ok(raw)
  try {
    return ok(new Intl.DateTimeFormat('en', { timeZone: raw }).resolvedOptions().timeZone)
  } catch {
    return wrong('an IANA time zone such as Europe/Berlin or America/New_York')
  }
}

/** Postgres.js reads neither IPv6 addresses nor socket paths out of a connection string. */
export const hostName: Parser<string> = (raw) =>
  /^[\w.-]+$/.test(raw) ? ok(raw) : wrong('a host name or an IPv4 address, without port or path')

export function url(...protocols: readonly string[]): Parser<string> {
  return (raw) => {
    const parsed = URL.canParse(raw) ? new URL(raw) : undefined
    const fits = parsed !== undefined && protocols.includes(parsed.protocol.slice(0, -1))
    return fits ? ok(raw) : wrong(`a URL that starts with ${protocols.map((name) => `${name}://`).join(' or ')}`)
  }
}

/** Chat id of the Bot API: a number, or `@name` of a public channel or group. */
export const chatId: Parser<string> = (raw) =>
  /^-?\d{1,16}$/.test(raw) || /^@[A-Za-z]\w{3,31}$/.test(raw)
    ? ok(raw)
    : wrong('a chat id such as -1001234567890, or the @name of a public channel')

/** Form of a token: telegram.md §1, "Token form". */
export const botToken: Parser<string> = (raw) =>
  /^[1-9]\d{0,19}:[\w-]{3,79}$/.test(raw) && raw.length <= 80
    ? ok(raw)
    : wrong('the token that @BotFather gave, of the form 123456789:ABC…')

/** Instagram's ids have 17 digits and more: never a number. */
export const longId: Parser<string> = (raw) => (/^\d{5,25}$/.test(raw) ? ok(raw) : wrong('an id of digits only'))

/** Public key of age (https://age-encryption.org), as `age-keygen` prints it. */
export const ageRecipient: Parser<string> = (raw) =>
  /^age1[02-9ac-hj-np-z]{58}$/.test(raw) ? ok(raw) : wrong('a public key of age: age1…, as age-keygen prints it')

export const apiVersion: Parser<string> = (raw) =>
  /^v\d{1,3}\.\d$/.test(raw) ? ok(raw) : wrong('a version of the Graph API such as v26.0')

/** Bytes of every key in a list that is separated by commas; undefined when one of them is not a key. */
export function secretKeys(raw: string): Buffer[] | undefined {
  const keys = raw.split(',').map((part) => keyBytes(part.trim()))
  return keys.every((key) => key !== undefined) ? keys : undefined
}

function keyBytes(text: string): Buffer | undefined {
  const bytes = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64')
  return bytes.length === 32 ? bytes : undefined
}

export const secretKey: Parser<string> = (raw) =>
  secretKeys(raw)
    ? ok(raw)
    : wrong('32 random bytes as base64 or hex (openssl rand -base64 32); several, newest first, separated by commas')
