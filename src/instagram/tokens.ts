import { makeSecret, type Secret } from '../secret.ts'
import type { GraphClient } from './graph.ts'

/** The calls about tokens (instagram.md §4). All reject with `GraphError`. */

export interface IssuedToken {
  token: Secret
  /** Seconds; null: Meta did not say. */
  expiresInSeconds: number | null
  /** Null: Meta did not say. */
  scopes: string[] | null
}

interface TokenAnswer {
  access_token?: string
  expires_in?: number
  permissions?: string | string[]
}

/** Null: Meta answered without a token. */
function readIssued({ access_token, expires_in, permissions }: TokenAnswer): IssuedToken | null {
  if (typeof access_token !== 'string' || !isUsable(access_token)) return null
  const names = typeof permissions === 'string' ? permissions.split(/[\s,]+/) : permissions
  return {
    token: makeSecret(access_token),
    // 0 means unknown, not expired (instagram.md §4.1).
    expiresInSeconds: typeof expires_in === 'number' && expires_in > 0 ? expires_in : null,
    scopes: names?.filter((name) => name !== '') ?? null,
  }
}

/** Clients of the API have stored the word `undefined` as a token. */
function isUsable(token: unknown): token is string {
  return typeof token === 'string' && !['', 'undefined', 'null'].includes(token)
}

export interface AppCredentials {
  appId: string
  appSecret: Secret
}

/** Label of both exchanges, for errors. */
export const TOKEN_EXCHANGE = 'token exchange'

/** Facebook login: any living user token becomes one of about 60 days; also the refresh, as far as there is one. */
export async function exchangeUserToken(graph: GraphClient, app: AppCredentials, token: Secret) {
  const params = {
    grant_type: 'fb_exchange_token',
    client_id: app.appId,
    client_secret: app.appSecret.reveal(),
    fb_exchange_token: token.reveal(),
  }
  const options = { label: TOKEN_EXCHANGE, token: token.reveal() }
  return readIssued(await graph.post<TokenAnswer>('oauth/access_token', params, options))
}

/** Instagram login: a token of one hour becomes one of 60 days. Refused (code 452) when it is one already. */
export async function exchangeInstagramToken(graph: GraphClient, appSecret: Secret, token: Secret) {
  const params = {
    grant_type: 'ig_exchange_token',
    client_secret: appSecret.reveal(),
    access_token: token.reveal(),
  }
  const options = { label: TOKEN_EXCHANGE, token: token.reveal(), unversioned: true }
  return readIssued(await graph.get<TokenAnswer>('access_token', params, options))
}

/** Instagram login: another 60 days; the token must be 24 hours old. The old one must not be used any more. */
export async function refreshInstagramToken(graph: GraphClient, token: Secret) {
  // Documented with the token as a parameter only (instagram.md §1.2).
  const params = { grant_type: 'ig_refresh_token', access_token: token.reveal() }
  const options = { label: 'token refresh', token: token.reveal(), unversioned: true }
  return readIssued(await graph.get<TokenAnswer>('refresh_access_token', params, options))
}

/** What Meta knows of a token of the facebook login. */
export interface TokenDebug {
  /** `USER`, `PAGE`, `SYSTEM_USER`; null: not said. */
  type: string | null
  isValid: boolean
  /** Meta's word for why it is not. */
  reason: string | null
  expiresAt: Date | 'never' | 'unknown'
  issuedAt: Date | null
  dataAccessExpiresAt: Date | null
  scopes: string[] | null
}

interface DebugAnswer {
  data?: {
    type?: string
    is_valid?: boolean
    expires_at?: number
    issued_at?: number
    data_access_expires_at?: number
    scopes?: string[]
    error?: { message?: string }
  }
}

/** Facebook login only: asks with the app's own token. */
export async function debugToken(graph: GraphClient, app: AppCredentials, token: Secret): Promise<TokenDebug> {
  const appToken = `${app.appId}|${app.appSecret.reveal()}`
  const { data = {} } = await graph.get<DebugAnswer>(
    'debug_token',
    { input_token: token.reveal() },
    { token: appToken },
  )
  return {
    type: data.type ?? null,
    isValid: data.is_valid === true,
    reason: data.error?.message ?? null,
    expiresAt: data.expires_at === 0 ? 'never' : (toDate(data.expires_at) ?? 'unknown'),
    issuedAt: toDate(data.issued_at),
    dataAccessExpiresAt: toDate(data.data_access_expires_at),
    scopes: data.scopes ?? null,
  }
}

/** Of Meta's seconds; 0 means never or not said. */
function toDate(seconds: number | undefined): Date | null {
  return typeof seconds === 'number' && seconds > 0 ? new Date(seconds * 1000) : null
}

export interface Me {
  accountId: string
  username: string
  /** `BUSINESS`, `MEDIA_CREATOR`; null: not said. */
  accountType: string | null
}

/** Instagram login: whose token it is. */
export async function readMe(graph: GraphClient, token?: Secret): Promise<Me> {
  const fields = 'user_id,username,account_type'
  const options = token ? { token: token.reveal() } : {}
  const answer = await graph.get<{ user_id?: string; username?: string; account_type?: string }>(
    'me',
    { fields },
    options,
  )
  const { user_id = '', username = '', account_type = null } = answer
  return { accountId: String(user_id), username, accountType: account_type }
}

/** Facebook login: the account as the token sees it. */
export async function readAccount(graph: GraphClient, accountId: string): Promise<Me> {
  const fields = 'id,username'
  const answer = await graph.get<{ id?: string; username?: string }>(accountId, { fields }, { label: 'account' })
  return { accountId: String(answer.id ?? ''), username: answer.username ?? '', accountType: null }
}

export interface Page {
  id: string
  name: string
  tasks: string[]
  /** Null: Meta gave none for it. */
  token: Secret | null
  /** Null: no Instagram account is linked to it. */
  account: { id: string; username: string | null } | null
}

interface RawPage {
  id?: string
  name?: string
  tasks?: string[]
  access_token?: string
  instagram_business_account?: { id?: string; username?: string }
}

interface PageList {
  data?: RawPage[]
  paging?: { next?: string; cursors?: { after?: string } }
}

const PAGE_FIELDS = 'id,name,tasks,access_token,instagram_business_account{id,username}'
const PAGES_AT_ONCE = 100

/** Every Page of the user, however many lists they fill. */
export async function listPages(graph: GraphClient, userToken: Secret): Promise<Page[]> {
  const pages: Page[] = []
  const asked = new Set<string | undefined>()
  for (let after: string | undefined; !asked.has(after); ) {
    asked.add(after)
    const { data = [], paging } = await readPageList(graph, userToken, after)
    pages.push(...data.map(readPage))
    // `next` is only a sign that there is more: the address in it holds the token.
    after = paging?.next ? paging.cursors?.after : undefined
  }
  return pages
}

function readPageList(graph: GraphClient, userToken: Secret, after: string | undefined): Promise<PageList> {
  const params = { fields: PAGE_FIELDS, limit: PAGES_AT_ONCE, after }
  return graph.get<PageList>('me/accounts', params, { token: userToken.reveal() })
}

function readPage({ id = '', name, tasks = [], access_token, instagram_business_account: linked }: RawPage): Page {
  return {
    id,
    name: name ?? id,
    tasks,
    token: isUsable(access_token) ? makeSecret(access_token) : null,
    account: linked?.id ? { id: linked.id, username: linked.username ?? null } : null,
  }
}

/** Facebook login, asked with a Page's token: which account that Page belongs to; null: none, or it is no Page's token. */
export async function readOwnPage(graph: GraphClient): Promise<Page | null> {
  const answer = await graph.get<RawPage>('me', { fields: 'id,name,instagram_business_account{id,username}' })
  return answer.instagram_business_account ? readPage(answer) : null
}
