import { authenticate, judgeToken, READ, requireScope } from './auth.ts'
import { GraphApiError, invalidToken, refused, wrong } from './errors.ts'
import type { Handler } from './server.ts'
import { DAY_MS } from './time.ts'
import { findToken, issueLongToken, LONG_SECONDS } from './token-records.ts'
import type { Call, TokenRecord } from './types.ts'
import type { World } from './world.ts'

/** `oauth/access_token`: a living user token becomes one of about 60 days. */
export const exchangeUserToken: Handler = ({ world }, call) => {
  const { grant_type, client_id, client_secret, fb_exchange_token } = call.params
  if (call.token !== null) authenticate(world, call)
  if (grant_type !== 'fb_exchange_token') throw wrong(`Invalid grant_type: ${grant_type}`)
  if (client_id !== world.app.id) throw appError(101, 'Error validating application.')
  if (client_secret !== world.app.secret) throw appError(1, 'Error validating client secret.')
  const old = findToken(world, fb_exchange_token ?? '')
  if (old?.kind !== 'user') throw invalidToken()
  const bad = judgeToken(world, old)
  if (bad) throw bad
  return issue(world, call, old, 'user')
}

/** APP_ID or APP_SECRET of the settings: nothing that the call itself does wrong. */
const appError = (code: number, message: string) => new GraphApiError({ code, message }, false)

function issue(world: World, { record }: Call, old: TokenRecord, kind: 'user' | 'instagram') {
  const { token } = issueLongToken(world, old, kind)
  record.effect = 'token issued'
  const answer = { access_token: token, token_type: 'bearer' }
  return world.behaviour.omitExpiresIn ? answer : { ...answer, expires_in: LONG_SECONDS[kind] }
}

function requireInstagram(world: World, call: Call): TokenRecord {
  const token = authenticate(world, call)
  if (token.kind !== 'instagram') throw invalidToken()
  requireScope(world, token, READ)
  return token
}

/** `access_token`: an Instagram token of one hour becomes one of 60 days. */
export const exchangeInstagramToken: Handler = ({ world }, call) => {
  const { grant_type, client_secret } = call.params
  if (grant_type !== 'ig_exchange_token') throw wrong(`Invalid grant_type: ${grant_type}`)
  const old = requireInstagram(world, call)
  if (client_secret !== world.instagramApp.secret) throw appError(1, 'Error validating client secret.')
  if (!old.isShort) throw refused(452, undefined, 'Session key invalid. Only short-lived tokens can be exchanged.')
  return issue(world, call, old, 'instagram')
}

/** `refresh_access_token`: a long Instagram token that is a day old gets another 60 days. */
export const refreshInstagramToken: Handler = ({ world }, call) => {
  const { grant_type } = call.params
  if (grant_type !== 'ig_refresh_token') throw wrong(`Invalid grant_type: ${grant_type}`)
  const old = requireInstagram(world, call)
  if (old.isShort) throw refused(100, undefined, '(#100) Only long-lived tokens can be refreshed')
  if (world.nowMs() - old.issuedAtMs < DAY_MS)
    throw refused(100, undefined, '(#100) The token must be at least 24 hours old to be refreshed')
  return { ...issue(world, call, old, 'instagram'), permissions: grantedScopes(world, old).join(',') }
}

const grantedScopes = (world: World, { scopes }: TokenRecord) =>
  scopes.filter((scope) => !world.behaviour.missingScopes.includes(scope))

const seconds = (ms: number | null) => (ms === null ? 0 : Math.floor(ms / 1000))

/** `debug_token`: asked with the app's token, or with the user's own. */
export const debugToken: Handler = ({ world }, call) => {
  const { kind } = authenticate(world, call)
  const message = 'You must provide an app access token, or a user access token that is a developer of the app'
  if (kind !== 'app' && kind !== 'user') throw refused(100, undefined, `(#100) ${message}`)
  const { input_token } = call.params
  if (input_token === undefined) throw wrong('The parameter input_token is required')
  const record = findToken(world, input_token)
  if (!record || record.kind === 'app' || record.kind === 'instagram') {
    const error = { code: 190, message: 'The access token could not be decrypted' }
    return { data: { error, is_valid: false, scopes: [] } }
  }
  const bad = judgeToken(world, record)?.fields
  return {
    data: {
      app_id: world.app.id,
      application: 'Storyline',
      type: record.kind.toUpperCase(),
      is_valid: bad === undefined,
      expires_at: seconds(record.expiresAtMs),
      data_access_expires_at: seconds(record.dataAccessExpiresAtMs),
      issued_at: seconds(record.issuedAtMs),
      scopes: grantedScopes(world, record),
      granular_scopes: [],
      user_id: world.userId,
      ...(record.pageId ? { profile_id: record.pageId } : {}),
      ...(bad ? { error: { code: bad.code, message: bad.message, subcode: bad.subcode } } : {}),
    },
  }
}

/** `me/permissions` of a user token. */
export const listPermissions: Handler = ({ world }, call) => {
  const token = authenticate(world, call)
  if (token.kind !== 'user') throw wrong(`Tried accessing nonexisting field (permissions) for a token of ${token.kind}`)
  const granted = grantedScopes(world, token)
  const data = token.scopes.map((permission) => ({
    permission,
    status: granted.includes(permission) ? 'granted' : 'declined',
  }))
  return { data }
}
