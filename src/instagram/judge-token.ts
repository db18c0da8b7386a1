import type { Login } from './choose-access.ts'

/** What is known of a token; it comes from Meta, or from what was stored with it. */
export interface TokenFacts {
  login: Login
  /** `unknown`: neither Meta nor the table says. */
  expiresAt: Date | 'never' | 'unknown'
  /** Null: unknown. */
  issuedAt: Date | null
  /** When the app loses the user's data although the token stays; null: never, or unknown. */
  dataAccessExpiresAt: Date | null
  /** Null: unknown. */
  scopes: readonly string[] | null
  isValid: boolean
  /** Meta's word for why it is not. */
  invalidReason: string | null
  now: Date
}

export interface TokenJudgement {
  /** `dead`: nothing can be published with it. */
  health: 'ok' | 'warning' | 'dead'
  /** Whole days until it expires; null: never, or unknown. */
  daysLeft: number | null
  /** Whole days until the data access ends; null: never, or unknown. */
  dataAccessDaysLeft: number | null
  missingPermissions: string[]
  /** Whether a refresh is due: `old` enough and near its end. */
  refresh: 'due' | 'too_young' | 'not_yet' | 'never_expires' | 'impossible'
  /** For people. */
  text: string
  /** What a person has to do; null: nothing. */
  fix: string | null
}

/** Without these nothing can be published (instagram.md §1.1). */
export const REQUIRED_PERMISSIONS: Readonly<Record<Login, readonly string[]>> = {
  facebook: ['instagram_basic', 'instagram_content_publish', 'pages_read_engagement'],
  instagram: ['instagram_business_basic', 'instagram_business_content_publish'],
}

const DAY_MS = 86_400_000
/** Meta refreshes no younger token (instagram.md §4.2). */
const MIN_REFRESH_AGE_MS = DAY_MS
/** Daily tries from here on leave a month of chances. */
const REFRESH_DAYS = 30
const WARN_DAYS = 10
const WARN_DATA_ACCESS_DAYS = 14
const RECONNECT = 'Run `storyline instagram connect` with a fresh token.'

/** `force`: refresh although many days are left. */
export function judgeToken(facts: TokenFacts, { force = false } = {}): TokenJudgement {
  const daysLeft = facts.expiresAt instanceof Date ? wholeDays(facts.expiresAt, facts.now) : null
  const dataAccessDaysLeft = facts.dataAccessExpiresAt ? wholeDays(facts.dataAccessExpiresAt, facts.now) : null
  const missingPermissions = REQUIRED_PERMISSIONS[facts.login].filter((name) => facts.scopes?.includes(name) === false)
  const isAlive = facts.isValid && !hasExpired(facts)
  return {
    daysLeft,
    dataAccessDaysLeft,
    missingPermissions,
    refresh: judgeRefresh(facts, { daysLeft, isAlive, force }),
    ...describe(facts, { daysLeft, dataAccessDaysLeft, missingPermissions }),
  }
}

/** Rounded down: a token that ends in 23 hours has 0 days left. */
function wholeDays(end: Date, now: Date): number {
  return Math.max(0, Math.floor((end.getTime() - now.getTime()) / DAY_MS))
}

function hasExpired({ expiresAt, now }: TokenFacts): boolean {
  return expiresAt instanceof Date && expiresAt.getTime() <= now.getTime()
}

function judgeRefresh(
  { expiresAt, issuedAt, now }: TokenFacts,
  { daysLeft, isAlive, force }: { daysLeft: number | null; isAlive: boolean; force: boolean },
): TokenJudgement['refresh'] {
  if (!isAlive) return 'impossible'
  if (expiresAt === 'never') return 'never_expires'
  if (issuedAt !== null && now.getTime() - issuedAt.getTime() < MIN_REFRESH_AGE_MS) return 'too_young'
  // An unknown end may be near; the refreshed token's end is known.
  return force || daysLeft === null || daysLeft < REFRESH_DAYS ? 'due' : 'not_yet'
}

interface Findings {
  daysLeft: number | null
  dataAccessDaysLeft: number | null
  missingPermissions: readonly string[]
}

function describe(facts: TokenFacts, found: Findings): Pick<TokenJudgement, 'health' | 'text' | 'fix'> {
  const { daysLeft, dataAccessDaysLeft, missingPermissions } = found
  if (!facts.isValid) {
    const why = facts.invalidReason ? `: ${facts.invalidReason}` : ''
    return { health: 'dead', text: `Instagram's token is not valid${why}`, fix: RECONNECT }
  }
  if (hasExpired(facts)) return { health: 'dead', text: "Instagram's token has expired", fix: RECONNECT }
  if (missingPermissions.length > 0) {
    const list = missingPermissions.join(', ')
    return {
      health: 'dead',
      text: `Instagram's token lacks ${missingPermissions.length === 1 ? 'the permission' : 'the permissions'} ${list}`,
      fix: `Make a token that has ${list}, then run \`storyline instagram connect\`.`,
    }
  }
  if (facts.dataAccessExpiresAt !== null && facts.dataAccessExpiresAt.getTime() <= facts.now.getTime()) {
    return { health: 'dead', text: "The app's access to the account's data has ended", fix: DATA_ACCESS_FIX }
  }
  if (daysLeft !== null && daysLeft < WARN_DAYS) {
    const fix = `Run \`storyline refresh-token\`. If that fails: ${RECONNECT}`
    return { health: 'warning', text: `Instagram's token expires in ${days(daysLeft)}`, fix }
  }
  if (dataAccessDaysLeft !== null && dataAccessDaysLeft < WARN_DATA_ACCESS_DAYS) {
    const text = `The app's access to the account's data ends in ${days(dataAccessDaysLeft)}`
    return { health: 'warning', text, fix: DATA_ACCESS_FIX }
  }
  return { health: 'ok', text: `Instagram's token is valid${describeEnd(facts, daysLeft)}`, fix: null }
}

/** Only the person can renew it (instagram.md §4.3): no refresh helps. */
const DATA_ACCESS_FIX =
  'Log in to the app again: make a new token in the Graph API Explorer, then run `storyline instagram connect`.'

function describeEnd({ expiresAt }: TokenFacts, daysLeft: number | null): string {
  if (expiresAt === 'never') return ' and never expires'
  return daysLeft === null ? '; when it expires is not known' : ` for ${days(daysLeft)}`
}

const days = (count: number) => (count === 0 ? 'less than a day' : `${count} ${count === 1 ? 'day' : 'days'}`)
