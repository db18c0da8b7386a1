import type { Context } from '../context.ts'
import type { InstagramAccess } from './access.ts'
import { type GraphClient, GraphError } from './graph.ts'
import { obeyLimit } from './hold.ts'
import { fixFor, inspectToken } from './inspect-token.ts'
import { judgeToken, REQUIRED_PERMISSIONS, type TokenFacts } from './judge-token.ts'
import { createReader } from './reads.ts'
import { type Me, readAccount, readOwnPage } from './tokens.ts'

/** One line of `test-api`. */
export interface Check {
  name: string
  ok: boolean
  detail: string
  fix?: string
}

/** Everything that can be asked of Meta about this access; one failure does not end the rest. */
export async function checkApi(ctx: Context, graph: GraphClient, access: InstagramAccess): Promise<Check[]> {
  const inspection = await inspectToken(graph, access, ctx.now())
  if (inspection.kind === 'unknown') {
    await obeyLimit(ctx, access.accountId, inspection.error)
    return [{ name: 'token', ok: false, detail: inspection.reason, fix: inspection.fix }]
  }
  const { facts, me, type } = inspection
  // A dead token would fail everywhere with the same words.
  if (!facts.isValid) return [checkValidity(facts)]
  const account = await checkAccount(ctx, graph, { access, me, isPage: type === 'PAGE' })
  const isReached = account.every(({ ok }) => ok)
  const quota = isReached ? [await checkQuota(ctx, graph, access)] : []
  return [checkValidity(facts), checkPermissions(facts), ...account, ...quota]
}

function checkValidity(facts: TokenFacts): Check {
  // Permissions are a line of their own.
  const { health, text, fix } = judgeToken({ ...facts, scopes: null })
  return { name: 'token', ok: health !== 'dead', detail: text, ...(fix ? { fix } : {}) }
}

function checkPermissions({ login, scopes, ...facts }: TokenFacts): Check {
  const name = 'permissions'
  const needed = REQUIRED_PERMISSIONS[login].join(', ')
  if (scopes === null) return { name, ok: true, detail: `Meta does not say; needed are ${needed}` }
  const { missingPermissions: missing, fix } = judgeToken({ login, scopes, ...facts })
  if (missing.length === 0) return { name, ok: true, detail: needed }
  return { name, ok: false, detail: `missing: ${missing.join(', ')}`, ...(fix ? { fix } : {}) }
}

async function checkAccount(
  ctx: Context,
  graph: GraphClient,
  { access, me, isPage }: { access: InstagramAccess; me: Me | null; isPage: boolean },
): Promise<Check[]> {
  const { login, accountId } = access
  const seen = me ? { ok: true as const, value: me } : await attempt(ctx, access, () => readAccount(graph, accountId))
  if (!seen.ok) {
    // Without a better answer: Meta says the same of ids that do not exist and of those that the token may not see.
    const fix = `Check INSTAGRAM_ACCOUNT_ID (${accountId}), and that the token was made with this account.`
    const belongs = isPage ? await describeOwner(graph, accountId) : null
    return [{ name: 'account', ...seen.trouble, ...(seen.isAmbiguous ? { fix } : {}), ...(belongs ?? {}) }]
  }
  const { accountId: id, username, accountType } = seen.value
  if (id !== accountId) return [{ name: 'account', ...otherAccount(accountId, `@${username} (${id})`) }]
  return [{ name: 'account', ok: true, detail: `@${username} (${id})` }, checkType(login, accountType)]
}

function otherAccount(accountId: string, owner: string): Omit<Check, 'name'> {
  return {
    ok: false,
    detail: `the token belongs to ${owner}, INSTAGRAM_ACCOUNT_ID is ${accountId}`,
    fix: 'Correct INSTAGRAM_ACCOUNT_ID, or run `storyline instagram connect` with the right account.',
  }
}

/** Meta only says that it cannot see the account; the Page behind the token tells whose it is. */
async function describeOwner(graph: GraphClient, accountId: string): Promise<Omit<Check, 'name'> | null> {
  try {
    const page = await readOwnPage(graph)
    if (!page?.account || page.account.id === accountId) return null
    const { id, username } = page.account
    return otherAccount(accountId, `the Page "${page.name}" with ${username ? `@${username} (${id})` : id}`)
  } catch (error) {
    if (error instanceof GraphError) return null
    throw error
  }
}

function checkType(login: InstagramAccess['login'], accountType: string | null): Check {
  const name = 'account type'
  if (login === 'facebook') return { name, ok: true, detail: 'professional: Meta shows no other through a Page' }
  if (accountType !== 'PERSONAL') return { name, ok: true, detail: accountType?.toLowerCase() ?? 'Meta does not say' }
  const fix = 'In the Instagram app: Settings, Account type, switch to a professional account.'
  return { name, ok: false, detail: 'personal: Meta publishes for professional accounts only', fix }
}

async function checkQuota(ctx: Context, graph: GraphClient, access: InstagramAccess): Promise<Check> {
  const name = 'publishing quota'
  const reader = createReader(graph, { ...access, userToken: null })
  const quota = await attempt(ctx, access, () => reader.quota())
  if (!quota.ok) return { name, ...quota.trouble }
  const { used, total } = quota.value
  const detail = `${used} of ${total} used in the last 24 hours`
  return used < total
    ? { name, ok: true, detail }
    : { name, ok: false, detail, fix: 'Nothing to do but wait; stories stay in the queue until then.' }
}

type Attempt<T> = { ok: true; value: T } | { ok: false; trouble: Omit<Check, 'name'>; isAmbiguous: boolean }

async function attempt<T>(ctx: Context, access: InstagramAccess, call: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await call() }
  } catch (error) {
    if (!(error instanceof GraphError)) throw error
    await obeyLimit(ctx, access.accountId, error)
    const { failure } = error
    const isAmbiguous = failure.kind === 'refused' && failure.refusal.class === 'ambiguous'
    return { ok: false, trouble: { ok: false, detail: failure.reason, fix: fixFor(failure) }, isAmbiguous }
  }
}
