import { createHash } from 'node:crypto'
import { DAY_MS } from './time.ts'
import type { FakePage, TokenKind, TokenRecord } from './types.ts'
import type { World } from './world.ts'

const HOUR_MS = 3_600_000
const LONG_MS = 60 * DAY_MS
/** What Meta says in its own example for a new token of the Facebook login. */
export const LONG_SECONDS: Readonly<Record<'user' | 'instagram', number>> = { user: 5_183_944, instagram: 5_184_000 }

const FACEBOOK_SCOPES = [
  'instagram_basic',
  'instagram_content_publish',
  'pages_read_engagement',
  'pages_show_list',
  'business_management',
]
const INSTAGRAM_SCOPES = ['instagram_business_basic', 'instagram_business_content_publish']

const PREFIX: Readonly<Record<Exclude<TokenKind, 'app'>, string>> = { user: 'EAAU', page: 'EAAP', instagram: 'IGAA' }

type Owner = { accountId: string } | { pageId: string } | object

interface NewToken {
  name: string | null
  kind: Exclude<TokenKind, 'app'>
  isShort: boolean
  issuedAtMs: number
  expiresAtMs: number | null
  owner: Owner
}

function addToken(world: World, { owner, ...details }: NewToken): TokenRecord {
  world.issued++
  const text = createHash('sha512').update(`${details.kind} ${world.issued}`).digest('hex')
  const record: TokenRecord = {
    ...details,
    ...owner,
    token: `${PREFIX[details.kind]}${text}`,
    scopes: details.kind === 'instagram' ? INSTAGRAM_SCOPES : FACEBOOK_SCOPES,
    dataAccessExpiresAtMs: details.issuedAtMs + 90 * DAY_MS,
    invalidSubcode: null,
  }
  world.tokens.push(record)
  return record
}

/** Long tokens are two days old, short ones new. */
export function addFirstTokens(world: World): void {
  const nowMs = world.nowMs()
  const issuedAtMs = nowMs - 2 * DAY_MS
  const long = { isShort: false, issuedAtMs, expiresAtMs: issuedAtMs + LONG_MS }
  const short = { isShort: true, issuedAtMs: nowMs, expiresAtMs: nowMs + HOUR_MS }
  addToken(world, { name: 'user', kind: 'user', ...long, owner: {} })
  addToken(world, { name: 'userShort', kind: 'user', ...short, owner: {} })
  for (const [at, { id: pageId }] of world.pages.entries()) {
    const name = at === 0 ? 'page' : `page${at + 1}`
    addToken(world, { name, kind: 'page', isShort: false, issuedAtMs, expiresAtMs: null, owner: { pageId } })
  }
  for (const [at, { id: accountId }] of world.accounts.entries()) {
    const name = at === 0 ? 'instagram' : `instagram${at + 1}`
    addToken(world, { name, kind: 'instagram', ...long, owner: { accountId } })
  }
  const [account] = world.accounts
  if (account)
    addToken(world, { name: 'instagramShort', kind: 'instagram', ...short, owner: { accountId: account.id } })
}

/** A long token for a user's or an Instagram token; the old one stays valid until its own end. */
export function issueLongToken(world: World, old: TokenRecord, kind: 'user' | 'instagram'): TokenRecord {
  const issuedAtMs = world.nowMs()
  const owner = old.accountId === undefined ? {} : { accountId: old.accountId }
  const expiresAtMs = issuedAtMs + LONG_SECONDS[kind] * 1000
  return addToken(world, { name: null, kind, isShort: false, issuedAtMs, expiresAtMs, owner })
}

/** A Page's token never ends, unless a short user token asks for it: then it ends with that one. */
export function pageTokenFor(world: World, { id, isGranted }: FakePage, user: TokenRecord): string | undefined {
  if (!isGranted) return undefined
  const known = world.tokens.find(({ pageId, isShort }) => pageId === id && isShort === user.isShort)
  if (known) return known.token
  const { issuedAtMs, expiresAtMs } = user
  const owner = { pageId: id }
  return addToken(world, { name: null, kind: 'page', isShort: true, issuedAtMs, expiresAtMs, owner }).token
}

/** Also knows the tokens of the apps, `{app-id}|{app-secret}`. */
export function findToken(world: World, token: string): TokenRecord | undefined {
  const { id, secret } = world.app
  if (token !== `${id}|${secret}`) return world.tokens.find((record) => record.token === token)
  return {
    name: null,
    token,
    kind: 'app',
    isShort: false,
    scopes: [],
    issuedAtMs: 0,
    expiresAtMs: null,
    dataAccessExpiresAtMs: 0,
    invalidSubcode: null,
  }
}

export function tokenNamed(world: World, name: string): string {
  const record = world.tokens.find((item) => item.name === name)
  if (!record) throw new Error(`There is no token "${name}"`)
  return record.token
}
