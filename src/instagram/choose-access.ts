import { createHash } from 'node:crypto'
import type { SecretDetails } from '../db/schema.ts'
import type { OpenedSecret } from './seal.ts'

export type Login = 'facebook' | 'instagram'

/** A row of `stored_secrets`, opened or not. */
export interface StoredToken {
  opened: OpenedSecret
  details: SecretDetails
  seed: string | null
  expiresAt: Date | null
  issuedAt: Date | null
}

export interface AccessFacts {
  login: Login
  /** Of the environment. */
  accountId: string | null
  environmentToken: string | null
  token: StoredToken | null
  userToken: StoredToken | null
}

export type AccessChoice =
  | {
      kind: 'ready'
      origin: 'environment' | 'stored'
      accountId: string
      username: string | null
      token: string
      userToken: string | null
      expiresAt: Date | null
      issuedAt: Date | null
      /** Why what is stored was not used, for people; null: it was, or there is nothing. */
      note: string | null
    }
  /** `missing`: names of settings; none when something else is wrong. */
  | { kind: 'incomplete'; missing: string[]; reason: string; fix: string }

const CONNECT = 'Run `storyline instagram connect`, or set ACCESS_TOKEN; `storyline help instagram` shows how.'

/** What is remembered of the environment's token beside a stored one. */
export function fingerprint(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 16)
}

/**
 * Which token counts. ACCESS_TOKEN is the seed: a stored token replaces it as long as it came from that very seed, so a new
 * token in the environment wins. Without one in the environment there is nothing that could win: the stored one counts.
 */
export function chooseAccess(facts: AccessFacts): AccessChoice {
  const { environmentToken, token: stored } = facts
  const judged = judgeStored(facts, stored)
  if (stored && judged.kind === 'counts') return withAccount(facts, { origin: 'stored', stored, token: judged.value })
  const note = judged.kind === 'unusable' ? judged.reason : null
  if (environmentToken !== null) {
    return withAccount(facts, { origin: 'environment', stored: null, token: environmentToken, note })
  }
  if (judged.kind === 'unusable') {
    const { missing, reason, fix } = judged
    return { kind: 'incomplete', missing, reason, fix }
  }
  const missing = ['ACCESS_TOKEN', facts.accountId === null ? 'INSTAGRAM_ACCOUNT_ID' : []].flat()
  return { kind: 'incomplete', missing, reason: 'Instagram is not connected: there is no token', fix: CONNECT }
}

type Judged =
  | { kind: 'counts'; value: string }
  | { kind: 'nothing' }
  | { kind: 'unusable'; missing: string[]; reason: string; fix: string }

function judgeStored({ login, environmentToken }: AccessFacts, stored: StoredToken | null): Judged {
  if (stored === null) return { kind: 'nothing' }
  // Superseded on purpose: no reason to speak of it.
  if (environmentToken !== null && stored.seed !== fingerprint(environmentToken)) return { kind: 'nothing' }
  const { opened, details } = stored
  if (details.login !== undefined && details.login !== login) {
    const reason = `The stored token belongs to the ${details.login} login, but INSTAGRAM_LOGIN is ${login}`
    return {
      kind: 'unusable',
      missing: [],
      reason,
      fix: `Set INSTAGRAM_LOGIN=${details.login}, or connect again. ${CONNECT}`,
    }
  }
  switch (opened.kind) {
    case 'open':
      return { kind: 'counts', value: opened.value }
    case 'wrong_key':
      return {
        kind: 'unusable',
        missing: ['STORYLINE_SECRET_KEY'],
        reason: `The stored token was sealed with the key ${opened.keyId}, which STORYLINE_SECRET_KEY does not hold`,
        fix: 'Set STORYLINE_SECRET_KEY to the key of that time (several are separated by commas, newest first), or run `storyline instagram connect` again.',
      }
    case 'damaged':
      return {
        kind: 'unusable',
        missing: [],
        reason: 'The stored token is damaged: it is not what was sealed',
        fix: 'Run `storyline instagram connect` again.',
      }
    default:
      return opened satisfies never
  }
}

interface Chosen {
  origin: 'environment' | 'stored'
  stored: StoredToken | null
  token: string
  note?: string | null
}

function withAccount(facts: AccessFacts, { origin, stored, token, note = null }: Chosen): AccessChoice {
  const accountId = facts.accountId ?? stored?.details.accountId ?? null
  if (accountId === null) {
    const reason = 'Instagram is not set up: INSTAGRAM_ACCOUNT_ID is missing'
    const fix = 'Set it (storyline help instagram shows where it stands), or run `storyline instagram connect`.'
    return { kind: 'incomplete', missing: ['INSTAGRAM_ACCOUNT_ID'], reason, fix }
  }
  const user = judgeStored(facts, facts.userToken)
  return {
    kind: 'ready',
    origin,
    accountId,
    username: stored?.details.accountId === accountId ? (stored.details.username ?? null) : null,
    token,
    userToken: facts.login === 'facebook' && user.kind === 'counts' ? user.value : null,
    expiresAt: stored?.expiresAt ?? null,
    issuedAt: stored?.issuedAt ?? null,
    note,
  }
}
