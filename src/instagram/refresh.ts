import type { Context } from '../context.ts'
import type { SecretDetails } from '../db/schema.ts'
import type { Secret } from '../secret.ts'
import type { InstagramAccess } from './access.ts'
import { fingerprint } from './choose-access.ts'
import type { GraphClient } from './graph.ts'
import { appCredentials, type Inspection, inspectToken } from './inspect-token.ts'
import type { TokenFacts } from './judge-token.ts'
import { findPage } from './pages.ts'
import type { TokenToStore } from './store-token.ts'
import { type ReadSecret, type ReadSecrets, TOKEN, USER_TOKEN } from './stored-secrets.ts'
import { type AppCredentials, debugToken, exchangeUserToken, listPages, refreshInstagramToken } from './tokens.ts'

/** Trouble that a refresh meets although Meta answered: the token stays as it is. */
export class RefreshError extends Error {
  readonly fix: string

  constructor(message: string, fix: string) {
    super(message)
    this.name = 'RefreshError'
    this.fix = fix
  }
}

interface Renewed {
  tokens: TokenToStore[]
  /** Of the token that publishes from now on. */
  facts: TokenFacts
}

/** How the tokens stand, and how they are renewed. */
export interface RefreshState {
  /** The token that publishes. */
  posting: Extract<Inspection, { kind: 'known' }>
  /** The one that a renewal starts from; null: there is none, a Page's token renews itself from nothing. */
  renewable: TokenFacts | null
  /** Asks Meta for new ones; stores nothing. Throws `GraphError` and `RefreshError`. */
  renew(): Promise<Renewed>
}

export interface RefreshInput {
  graph: GraphClient
  access: InstagramAccess
  secrets: ReadSecrets
}

/** Reads only. `unknown`: Meta could not be asked. */
export async function inspectForRefresh(
  ctx: Context,
  input: RefreshInput,
): Promise<RefreshState | Extract<Inspection, { kind: 'unknown' }>> {
  const { graph, access } = input
  const posting = await inspectToken(graph, access, ctx.now())
  if (posting.kind === 'unknown') return posting
  if (access.login === 'instagram') {
    return { posting, renewable: posting.facts, renew: () => renewInstagram(ctx, input, posting) }
  }
  const isUser = posting.type !== null && posting.type !== 'PAGE'
  const userToken = isUser ? access.token : access.userToken
  const user = isUser ? posting : userToken && (await inspectToken(graph, { ...access, token: userToken }, ctx.now()))
  if (user?.kind === 'unknown') return user
  if (!user || !userToken) return { posting, renewable: null, renew: () => Promise.reject(nothingToRenew()) }
  return { posting, renewable: user.facts, renew: () => renewFacebook(ctx, input, userToken) }
}

function nothingToRenew(): RefreshError {
  const fix = 'Run `storyline instagram connect`: it stores what a refresh needs.'
  return new RefreshError("Only a Page's token is known, and none can be made from it", fix)
}

async function renewInstagram(
  { settings, now }: Context,
  { graph, access, secrets }: RefreshInput,
  { me }: RefreshState['posting'],
): Promise<Renewed> {
  const issued = await refreshInstagramToken(graph, access.token)
  if (issued === null) throw noToken()
  const expiresAt = after(now(), issued.expiresInSeconds)
  const scopes = issued.scopes ?? undefined
  const details: SecretDetails = { login: 'instagram', ...accountOf(access, me), ...(scopes ? { scopes } : {}) }
  const facts: TokenFacts = { ...freshFacts(access, now()), expiresAt: expiresAt ?? 'unknown', scopes: issued.scopes }
  const beside = { details, seed: seedOf(settings), expiresAt, issuedAt: now() }
  return {
    tokens: [{ name: TOKEN, value: issued.token.reveal(), replaces: sealedOf(secrets.token), ...beside }],
    facts,
  }
}

/** The user's token anew, and from it the Page's: with either alone the other would be lost with the next expiry. */
async function renewFacebook(
  { settings, now }: Context,
  { graph, access, secrets }: RefreshInput,
  userToken: Secret,
): Promise<Renewed> {
  const app = requireApp(access)
  const issued = await exchangeUserToken(graph, app, userToken)
  if (issued === null) throw noToken()
  const user = await debugToken(graph, app, issued.token)
  const found = findPage(await listPages(graph, issued.token), access.accountId)
  if (found.kind === 'refused') throw new RefreshError(found.reason, found.fix)
  const { page } = found
  const posting = await debugToken(graph, app, page.token)
  const details: SecretDetails = {
    login: 'facebook',
    accountId: access.accountId,
    ...(page.account.username ? { username: page.account.username } : {}),
    pageId: page.id,
    pageName: page.name,
    scopes: posting.scopes ?? user.scopes ?? [],
  }
  const beside = { details, seed: seedOf(settings), issuedAt: now() }
  const userExpiresAt = after(now(), issued.expiresInSeconds) ?? dateOf(user.expiresAt)
  const { expiresAt, dataAccessExpiresAt, scopes, isValid, reason: invalidReason } = posting
  return {
    tokens: [
      {
        name: TOKEN,
        value: page.token.reveal(),
        replaces: sealedOf(secrets.token),
        expiresAt: dateOf(expiresAt),
        ...beside,
      },
      {
        name: USER_TOKEN,
        value: issued.token.reveal(),
        replaces: sealedOf(secrets.userToken),
        expiresAt: userExpiresAt,
        ...beside,
      },
    ],
    facts: { ...freshFacts(access, now()), expiresAt, dataAccessExpiresAt, scopes, isValid, invalidReason },
  }
}

function requireApp(access: InstagramAccess): AppCredentials {
  const app = appCredentials(access)
  if (app === null) throw new RefreshError('APP_ID and APP_SECRET are missing', 'Set them: Meta asks for both.')
  return app
}

const noToken = () => new RefreshError('Meta answered without a token', 'Try again later.')
const sealedOf = (secret: ReadSecret | null) => secret?.sealed ?? null
const dateOf = (expiresAt: TokenFacts['expiresAt']) => (expiresAt instanceof Date ? expiresAt : null)
const after = (now: Date, seconds: number | null) =>
  seconds === null ? null : new Date(now.getTime() + seconds * 1000)

/** Of the environment's present token; null: there is none. */
export function seedOf({ accessToken }: Context['settings']): string | null {
  return accessToken ? fingerprint(accessToken.reveal()) : null
}

function accountOf(access: InstagramAccess, me: RefreshState['posting']['me']): SecretDetails {
  const username = me?.username || access.username
  return { accountId: me?.accountId || access.accountId, ...(username ? { username } : {}) }
}

function freshFacts({ login }: InstagramAccess, now: Date): TokenFacts {
  return {
    login,
    expiresAt: 'unknown',
    issuedAt: now,
    dataAccessExpiresAt: null,
    scopes: null,
    isValid: true,
    invalidReason: null,
    now,
  }
}
