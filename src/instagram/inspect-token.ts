import type { InstagramAccess } from './access.ts'
import { type GraphClient, GraphError, type GraphFailure } from './graph.ts'
import { REQUIRED_PERMISSIONS, type TokenFacts } from './judge-token.ts'
import { createReader } from './reads.ts'
import { type AppCredentials, debugToken, type Me, readAccount, readMe } from './tokens.ts'

/** What Meta says of a token. */
export type Inspection =
  | {
      kind: 'known'
      facts: TokenFacts
      /** Whose token it is; null: Meta does not say, or the token is dead. */
      me: Me | null
      /** Facebook login: `USER`, `PAGE`, …; null: not known. */
      type: string | null
    }
  /** Meta could not be asked, or its answer proves nothing. */
  | { kind: 'unknown'; reason: string; fix: string; error: GraphError }

/** Both halves, when the settings hold them. */
export function appCredentials({ appId, appSecret }: Pick<InstagramAccess, 'appId' | 'appSecret'>) {
  return appId !== null && appSecret !== null ? { appId, appSecret } : null
}

/** Asks about the token of `access`. Never throws for trouble outside. */
export async function inspectToken(graph: GraphClient, access: InstagramAccess, now: Date): Promise<Inspection> {
  if (access.login === 'instagram') return inspectInstagram(graph, access, now)
  const app = appCredentials(access)
  return app ? inspectWithApp(graph, app, { access, now }) : inspectByReading(graph, access, now)
}

/** What is known without asking anybody. */
export function storedFacts({ login, expiresAt, issuedAt }: InstagramAccess, now: Date): TokenFacts {
  return {
    login,
    expiresAt: expiresAt ?? 'unknown',
    issuedAt,
    dataAccessExpiresAt: null,
    scopes: null,
    isValid: true,
    invalidReason: null,
    now,
  }
}

async function inspectWithApp(
  graph: GraphClient,
  app: AppCredentials,
  { access, now }: { access: InstagramAccess; now: Date },
): Promise<Inspection> {
  try {
    const { type, ...told } = await debugToken(graph, app, access.token)
    const { isValid, reason: invalidReason, expiresAt, dataAccessExpiresAt, scopes } = told
    const issuedAt = told.issuedAt ?? access.issuedAt
    const facts = { login: access.login, isValid, invalidReason, expiresAt, dataAccessExpiresAt, scopes, issuedAt, now }
    return { kind: 'known', facts, me: null, type }
  } catch (error) {
    // It asked with the app's token: what it refuses says nothing of the token in question.
    const isApp = error instanceof GraphError && isRefusedWith(error.failure, isTokenCode)
    return unknown(error, isApp ? 'Check APP_ID and APP_SECRET: Meta does not accept them.' : undefined)
  }
}

/** Without APP_ID and APP_SECRET Meta does not say when the token ends, nor what it may. */
function inspectByReading(graph: GraphClient, access: InstagramAccess, now: Date): Promise<Inspection> {
  return inspectByProbes(graph, { access, now, readOwner: () => readAccount(graph, access.accountId), scopes: null })
}

/** Nobody lists the permissions of this login's tokens: what needs one is tried. */
function inspectInstagram(graph: GraphClient, access: InstagramAccess, now: Date): Promise<Inspection> {
  const scopes = REQUIRED_PERMISSIONS.instagram
  return inspectByProbes(graph, { access, now, readOwner: () => readMe(graph), scopes })
}

interface Probes {
  access: InstagramAccess
  now: Date
  readOwner: () => Promise<Me>
  /** What both reads prove when they pass; null: not enough. */
  scopes: readonly string[] | null
}

async function inspectByProbes(graph: GraphClient, { access, now, readOwner, scopes }: Probes): Promise<Inspection> {
  const [basic, publish] = REQUIRED_PERMISSIONS[access.login]
  const owner = await probe(access, now, basic, readOwner)
  if (owner.kind !== 'passed') return owner
  const me = owner.value
  const reader = createReader(graph, { accountId: me.accountId, userToken: null })
  const tried = await probe(access, now, publish, () => reader.quota())
  if (tried.kind === 'known') return { ...tried, me }
  const proven = tried.kind === 'passed' ? scopes : null
  return { kind: 'known', facts: { ...storedFacts(access, now), scopes: proven }, me, type: null }
}

type Probed<T> = Inspection | { kind: 'passed'; value: T }

/** A read that needs `permission`; the codes of a refusal tell a dead token from a lacking permission. */
async function probe<T>(
  access: InstagramAccess,
  now: Date,
  permission: string | undefined,
  read: () => Promise<T>,
): Promise<Probed<T>> {
  try {
    return { kind: 'passed', value: await read() }
  } catch (error) {
    if (!(error instanceof GraphError)) throw error
    const facts = storedFacts(access, now)
    if (isRefusedWith(error.failure, isTokenCode)) {
      const dead = { ...facts, isValid: false, invalidReason: error.failure.reason }
      return { kind: 'known', facts: dead, me: null, type: null }
    }
    if (isRefusedWith(error.failure, isPermissionCode)) {
      const scopes = REQUIRED_PERMISSIONS[access.login].filter((name) => name !== permission)
      return { kind: 'known', facts: { ...facts, scopes }, me: null, type: null }
    }
    return unknown(error)
  }
}

/** instagram.md §3.2: 190 and 102 are about the token itself. */
const isTokenCode = (code: number) => code === 190 || code === 102
const isPermissionCode = (code: number) => code === 10 || (code >= 200 && code <= 299)

function isRefusedWith(failure: GraphFailure, isCode: (code: number) => boolean): boolean {
  return failure.kind === 'refused' && isCode(failure.refusal.code)
}

function unknown(error: unknown, fix?: string): Inspection {
  if (!(error instanceof GraphError)) throw error
  return { kind: 'unknown', reason: error.failure.reason, fix: fix ?? fixFor(error.failure), error }
}

/** What a person can do about a call that failed. */
export function fixFor(failure: GraphFailure): string {
  return failure.kind === 'refused'
    ? failure.refusal.fix
    : 'Check the network (and INSTAGRAM_API_ROOT, if it is set), then try again.'
}
