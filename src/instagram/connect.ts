import { resolveAlert } from '../alerts/alerts.ts'
import { AlertSubject } from '../alerts/subjects.ts'
import type { Context } from '../context.ts'
import type { SecretDetails } from '../db/schema.ts'
import { UserError, usageError } from '../errors.ts'
import { askChoice, canAsk } from '../output/ask-person.ts'
import type { Secret } from '../secret.ts'
import { type GraphTarget, graphTarget, openGraph } from './access.ts'
import type { Login } from './choose-access.ts'
import { type GraphClient, GraphError } from './graph.ts'
import { fixFor } from './inspect-token.ts'
import { REQUIRED_PERMISSIONS } from './judge-token.ts'
import { choosePage, describePage, type UsablePage } from './pages.ts'
import { seedOf } from './refresh.ts'
import { forgetToken, storeTokens, type TokenToStore } from './store-token.ts'
import { keysOf, TOKEN, USER_TOKEN } from './stored-secrets.ts'
import {
  debugToken,
  exchangeInstagramToken,
  exchangeUserToken,
  type IssuedToken,
  listPages,
  readMe,
  TOKEN_EXCHANGE,
} from './tokens.ts'

/** What a short-lived token became. */
export interface Connection {
  /** With id, username, Page and scopes. */
  details: SecretDetails & { accountId: string }
  tokens: TokenToStore[]
  expiresAt: Date | null
  /** What Storyline decided by itself, for people. */
  notes: string[]
}

/** Asks Meta for what is to be stored; stores nothing. */
export async function connect(ctx: Context, pasted: Secret, account: string | null): Promise<Connection> {
  const target = graphTarget(ctx.settings)
  const graph = openGraph({ ...target, token: pasted }, { timeoutSeconds: ctx.settings.httpTimeoutSeconds })
  try {
    return await (target.login === 'facebook'
      ? connectFacebook(ctx, graph, { target, pasted, account })
      : connectInstagram(ctx, graph, { target, pasted, account }))
  } catch (error) {
    if (!(error instanceof GraphError)) throw error
    throw notConnected(error, target.login)
  } finally {
    graph.close()
  }
}

/** What the exchange refuses is either the app's credentials or the token; Meta's codes do not tell reliably which. */
const EXCHANGE_FIX = {
  facebook:
    'Check APP_ID and APP_SECRET, and make a new user token (not a Page token) of this app in the Graph API Explorer: it ends after an hour.',
  instagram:
    'Check APP_SECRET (the Instagram app secret of the dashboard), and make a new token there with the account that is meant.',
}

function notConnected({ label, failure }: GraphError, login: Login): UserError {
  const isAboutToken = failure.kind === 'refused' && !['wait', 'human'].includes(failure.refusal.class)
  const fix = label === TOKEN_EXCHANGE && isAboutToken ? EXCHANGE_FIX[login] : fixFor(failure)
  return new UserError(`Instagram could not be connected (${label}): ${failure.reason}`, { code: 'not_connected', fix })
}

interface Pasted {
  target: GraphTarget
  pasted: Secret
  account: string | null
}

async function connectFacebook(
  ctx: Context,
  graph: GraphClient,
  { target, pasted, account }: Pasted,
): Promise<Connection> {
  const { appId, appSecret } = target
  if (appId === null || appSecret === null) throw new Error('APP_ID and APP_SECRET were checked before')
  const app = { appId, appSecret }
  const issued = await exchangeUserToken(graph, app, pasted)
  if (issued === null) throw noToken()
  const { page, note } = await takePage(await listPages(graph, issued.token), account)
  const user = await debugToken(graph, app, issued.token)
  const posting = await debugToken(graph, app, page.token)
  const scopes = posting.scopes ?? user.scopes
  requirePermissions('facebook', scopes)
  const details = {
    login: 'facebook' as const,
    accountId: page.account.id,
    ...(page.account.username ? { username: page.account.username } : {}),
    pageId: page.id,
    pageName: page.name,
    ...(scopes ? { scopes } : {}),
  }
  const userExpiresAt = endOf(ctx, issued) ?? dateOf(user.expiresAt)
  const expiresAt = dateOf(posting.expiresAt)
  const beside = { details, seed: seedOf(ctx.settings), issuedAt: ctx.now(), replaces: 'any' as const }
  return {
    details,
    tokens: [
      { name: TOKEN, value: page.token.reveal(), expiresAt, ...beside },
      { name: USER_TOKEN, value: issued.token.reveal(), expiresAt: userExpiresAt, ...beside },
    ],
    expiresAt,
    notes: note ? [note] : [],
  }
}

async function takePage(
  pages: Awaited<ReturnType<typeof listPages>>,
  wanted: string | null,
): Promise<{ page: UsablePage; note: string | null }> {
  const choice = choosePage(pages, wanted)
  switch (choice.kind) {
    case 'found':
      return {
        page: choice.page,
        note: wanted === null ? `The only account that can be used: ${describePage(choice.page)}` : null,
      }
    case 'refused':
      throw new UserError(choice.reason, { code: 'no_account', fix: choice.fix })
    case 'ask': {
      const choices = choice.pages.map((page) => ({ name: describePage(page), value: page }))
      if (canAsk()) return { page: await askChoice('Which account publishes the stories?', choices), note: null }
      const list = choices.map(({ name }) => name).join('; ')
      throw usageError('The token reaches several accounts', `Choose one with --account <id or username>: ${list}.`)
    }
    default:
      return choice satisfies never
  }
}

async function connectInstagram(
  ctx: Context,
  graph: GraphClient,
  { target, pasted, account }: Pasted,
): Promise<Connection> {
  const { appSecret } = target
  if (appSecret === null) throw new Error('APP_SECRET was checked before')
  const { token, expiresAt, scopes, note } = await makeLongLived(ctx, graph, { appSecret, pasted })
  const me = await readMe(graph, token)
  const isWanted = account === null || account === me.accountId || account.replace(/^@/, '') === me.username
  if (!isWanted) {
    const fix = `Make the token with the account ${account}, or leave --account out.`
    throw new UserError(`The token belongs to @${me.username} (${me.accountId})`, { code: 'no_account', fix })
  }
  requirePermissions('instagram', scopes)
  const details = {
    login: 'instagram' as const,
    accountId: me.accountId,
    username: me.username,
    ...(scopes ? { scopes } : {}),
  }
  const beside = { details, seed: seedOf(ctx.settings), issuedAt: ctx.now(), replaces: 'any' as const }
  const tokens = [{ name: TOKEN, value: token.reveal(), expiresAt, ...beside }]
  return { details, tokens, expiresAt, notes: note ? [note] : [] }
}

async function makeLongLived(
  ctx: Context,
  graph: GraphClient,
  { appSecret, pasted }: { appSecret: Secret; pasted: Secret },
): Promise<{ token: Secret; expiresAt: Date | null; scopes: string[] | null; note: string | null }> {
  try {
    const issued = await exchangeInstagramToken(graph, appSecret, pasted)
    if (issued === null) throw noToken()
    return { token: issued.token, expiresAt: endOf(ctx, issued), scopes: issued.scopes, note: null }
  } catch (error) {
    if (!isAlreadyLongLived(error)) throw error
    // The dashboard's own tokens are of this kind (instagram.md §4.2); `readMe` shows next whether it lives.
    const note = 'The token is long-lived already, it is taken as it is. The first refresh-token tells when it expires.'
    return { token: pasted, expiresAt: null, scopes: null, note }
  }
}

/** Session key invalid: what the exchange answers to a token that it does not exchange. */
const NOT_EXCHANGED = 452

function isAlreadyLongLived(error: unknown): boolean {
  return error instanceof GraphError && error.failure.kind === 'refused' && error.failure.refusal.code === NOT_EXCHANGED
}

function requirePermissions(login: Login, scopes: readonly string[] | null): void {
  const missing = REQUIRED_PERMISSIONS[login].filter((name) => scopes?.includes(name) === false)
  if (missing.length === 0) return
  throw new UserError(`The token lacks ${missing.join(', ')}`, {
    code: 'missing_permission',
    fix: 'Make it again with these permissions ticked; `storyline help instagram` lists them all.',
  })
}

const noToken = () => new UserError('Meta answered without a token', { code: 'not_connected', fix: 'Try again later.' })
const dateOf = (expiresAt: Date | 'never' | 'unknown') => (expiresAt instanceof Date ? expiresAt : null)

function endOf({ now }: Context, { expiresInSeconds }: IssuedToken): Date | null {
  return expiresInSeconds === null ? null : new Date(now().getTime() + expiresInSeconds * 1000)
}

/** Stores it in place of whatever there is: somebody just said that this is the account. */
export async function storeConnection(ctx: Context, { tokens }: Connection): Promise<void> {
  await storeTokens(ctx.db, keysOf(ctx.settings), tokens)
  const isStored = (name: string) => tokens.some((token) => token.name === name)
  for (const name of [TOKEN, USER_TOKEN]) if (!isStored(name)) await forgetToken(ctx.db, name)
  await resolveAlert(ctx.db, AlertSubject.instagramToken)
}
