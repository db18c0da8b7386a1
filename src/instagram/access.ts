import type { Context } from '../context.ts'
import { notConfigured } from '../errors.ts'
import { makeSecret, type Secret } from '../secret.ts'
import type { Settings } from '../settings.ts'
import { type AccessChoice, chooseAccess, type Login } from './choose-access.ts'
import type { GraphClient } from './graph.ts'
import { createGraphClient } from './graph-client.ts'
import { type ReadSecrets, readSecrets } from './stored-secrets.ts'

/** With what, as whom and where Meta is called. */
export interface InstagramAccess {
  login: Login
  /** 17 digits and more: text, never a number. */
  accountId: string
  /** Null: not known without asking. */
  username: string | null
  token: Secret
  /** The user's own token, for reads that fail with the page's (facebook login). */
  userToken: Secret | null
  apiRoot: string
  version: string
  appId: string | null
  appSecret: Secret | null
  /** Null: never or unknown. */
  expiresAt: Date | null
  issuedAt: Date | null
  origin: 'environment' | 'stored'
}

export type AccessResult =
  /** `note`: why the stored token was passed over, for people. */
  | { kind: 'ready'; access: InstagramAccess; note: string | null }
  | { kind: 'incomplete'; missing: string[]; reason: string; fix: string }

const DEFAULT_API_ROOTS: Readonly<Record<Login, string>> = {
  facebook: 'https://graph.facebook.com',
  instagram: 'https://graph.instagram.com',
}

/** What the settings and the stored tokens say; nothing is asked of Meta. */
export async function loadInstagramAccess(ctx: Pick<Context, 'db' | 'settings'>): Promise<AccessResult> {
  return accessFrom(ctx.settings, await readSecrets(ctx))
}

/** The same from rows that were read already. */
export function accessFrom(settings: Settings, { token, userToken }: ReadSecrets): AccessResult {
  const choice = chooseAccess({
    login: settings.instagramLogin,
    accountId: settings.instagramAccountId ?? null,
    environmentToken: settings.accessToken?.reveal() ?? null,
    token,
    userToken,
  })
  if (choice.kind === 'incomplete') return choice
  return { kind: 'ready', access: toAccess(settings, choice), note: choice.note }
}

/** What is set up, or exit 4 with everything that is missing. */
export function requireAccess(result: AccessResult): Extract<AccessResult, { kind: 'ready' }> {
  if (result.kind === 'ready') return result
  throw notConfigured(describeIncomplete(result), result.fix)
}

/** With the settings that are missing. */
export function describeIncomplete({ reason, missing }: Extract<AccessResult, { kind: 'incomplete' }>): string {
  return missing.length === 0 ? reason : `${reason} (missing: ${missing.join(', ')})`
}

function toAccess(settings: Settings, choice: Extract<AccessChoice, { kind: 'ready' }>): InstagramAccess {
  const { origin, accountId, username, expiresAt, issuedAt } = choice
  return {
    ...graphTarget(settings),
    origin,
    accountId,
    username,
    expiresAt,
    issuedAt,
    token: makeSecret(choice.token),
    userToken: choice.userToken === null ? null : makeSecret(choice.userToken),
  }
}

/** Where Meta is called, without a token: all that `openGraph` needs beside one. */
export type GraphTarget = Pick<InstagramAccess, 'login' | 'apiRoot' | 'version' | 'appId' | 'appSecret'>

export function graphTarget(settings: Settings): GraphTarget {
  const login = settings.instagramLogin
  return {
    login,
    apiRoot: settings.instagramApiRoot ?? DEFAULT_API_ROOTS[login],
    version: settings.graphApiVersion,
    appId: settings.appId ?? null,
    appSecret: settings.appSecret ?? null,
  }
}

/** The client for this access; `close` it. */
export function openGraph(
  access: GraphTarget & Pick<InstagramAccess, 'token'>,
  { timeoutSeconds }: { timeoutSeconds: number },
): GraphClient {
  const { login, apiRoot, version, token, appSecret } = access
  return createGraphClient({
    apiRoot,
    version,
    token: token.reveal(),
    // A proof is a feature of graph.facebook.com only (instagram.md §4.3).
    ...(login === 'facebook' && appSecret ? { appSecret: appSecret.reveal() } : {}),
    timeoutSeconds,
  })
}
