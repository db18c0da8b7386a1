import { createHmac } from 'node:crypto'
import { GraphApiError, invalidToken, refused, wrong } from './errors.ts'
import { findToken } from './token-records.ts'
import type { Call, FakeAccount, TokenRecord } from './types.ts'
import type { World } from './world.ts'

const TEXT_190: Readonly<Record<number, string>> = {
  458: 'Error validating access token: The user has not authorized application.',
  459: 'Error validating access token: You cannot access the app till you log in to www.facebook.com.',
  460: 'Error validating access token: The session has been invalidated because the user changed their password.',
  463: 'Error validating access token: Session has expired.',
  464: 'Error validating access token: Sessions for the user are not allowed because the user is not confirmed.',
  467: 'Error validating access token: This may be because the user logged out.',
  492: 'Error validating access token: The user must be an administrator of the page in order to impersonate it.',
}

/** Why a token is not good now, or undefined. */
export function judgeToken(world: World, record: TokenRecord): GraphApiError | undefined {
  const { invalidSubcode, expiresAtMs } = record
  const subcode = invalidSubcode ?? (expiresAtMs !== null && expiresAtMs <= world.nowMs() ? 463 : null)
  if (subcode === null) return undefined
  const message = TEXT_190[subcode] ?? 'Error validating access token.'
  return refused(190, subcode === 0 ? undefined : subcode, message)
}

/** Whose token came with the call. */
export function authenticate(world: World, call: Call): TokenRecord {
  if (call.token === null) throw wrong('An access token is required to request this resource.', { code: 104 })
  const record = findToken(world, call.token)
  if (!record) throw invalidToken()
  const bad = judgeToken(world, record)
  if (bad) throw bad
  checkProof(world, call, record)
  return record
}

/** `appsecret_proof` belongs to graph.facebook.com: the login is that of the token. */
function checkProof(world: World, { record, params, token }: Call, { kind }: TokenRecord): void {
  const proof = params.appsecret_proof
  if (kind === 'instagram') {
    if (proof !== undefined) record.violations.push('appsecret_proof belongs to graph.facebook.com only')
    return
  }
  const right = createHmac('sha256', world.app.secret)
    .update(token ?? '')
    .digest('hex')
  const type = 'GraphMethodException'
  if (proof !== undefined && proof !== right)
    throw wrong('Invalid appsecret_proof provided in the API argument', { type })
  if (proof === undefined && world.behaviour.requireAppSecretProof && kind !== 'app') {
    const message = 'API calls from the server require an appsecret_proof argument'
    throw new GraphApiError({ code: 100, message, type }, false)
  }
}

/** Does this token reach this account? */
export function reaches(world: World, { kind, accountId, pageId }: TokenRecord, id: string): boolean {
  if (kind === 'instagram') return accountId === id
  if (kind === 'page') return world.pages.some((page) => page.id === pageId && page.accountId === id)
  return kind === 'user' && world.pages.some((page) => page.accountId === id && page.isGranted)
}

/** The account that an edge is asked of: by its id, or `me` with the Instagram login. */
export function requireAccount(world: World, { record }: Call, token: TokenRecord): FakeAccount {
  const id = record.node === 'me' && token.kind === 'instagram' ? token.accountId : record.node
  const account = world.accounts.find((item) => item.id === id)
  if (account && reaches(world, token, account.id)) return account
  throw notFound(record)
}

/** 100/33, as for everything that this token cannot see. */
export function notFound({ method, node }: Call['record']): GraphApiError {
  return new GraphApiError(
    {
      code: 100,
      subcode: 33,
      message:
        `Unsupported ${method.toLowerCase()} request. Object with ID '${node}' does not exist, ` +
        'cannot be loaded due to missing permissions, or does not support this operation.',
    },
    false,
  )
}

interface Scopes {
  facebook: string
  instagram: string
}

export const READ: Scopes = { facebook: 'instagram_basic', instagram: 'instagram_business_basic' }
export const PUBLISH: Scopes = {
  facebook: 'instagram_content_publish',
  instagram: 'instagram_business_content_publish',
}

/** Code 10 when nobody granted it. */
export function requireScope(world: World, { kind }: TokenRecord, { facebook, instagram }: Scopes): void {
  const scope = kind === 'instagram' ? instagram : facebook
  if (world.behaviour.missingScopes.includes(scope)) {
    throw refused(10, undefined, `(#10) Requires ${scope} permission`, 403)
  }
}
