import { describe, expect, it } from 'vitest'
import {
  judgeToken,
  REQUIRED_PERMISSIONS,
  type TokenFacts,
  type TokenJudgement,
} from '../../src/instagram/judge-token.ts'

const NOW = new Date('2026-11-21T08:00:00Z')
const DAY_MS = 86_400_000
const inDays = (days: number) => new Date(NOW.getTime() + days * DAY_MS)

function facts(more: Partial<TokenFacts> = {}): TokenFacts {
  const login = more.login ?? 'instagram'
  return {
    login,
    expiresAt: inDays(60),
    issuedAt: inDays(-2),
    dataAccessExpiresAt: null,
    scopes: REQUIRED_PERMISSIONS[login],
    isValid: true,
    invalidReason: null,
    now: NOW,
    ...more,
  }
}

type Health = TokenJudgement['health']

describe('how a token stands', () => {
  it.each<[name: string, facts: Partial<TokenFacts>, health: Health, text: RegExp, fix: RegExp | null]>([
    ['60 days', {}, 'ok', /valid for 60 days/, null],
    ['a Page: for ever', { expiresAt: 'never' }, 'ok', /never expires/, null],
    ['nobody knows', { expiresAt: 'unknown' }, 'ok', /not known/, null],
    ['10 days', { expiresAt: inDays(10) }, 'ok', /10 days/, null],
    [
      'a second less than 10 days',
      { expiresAt: new Date(inDays(10).getTime() - 1000) },
      'warning',
      /9 days/,
      /refresh-token/,
    ],
    ['1 day', { expiresAt: inDays(1.5) }, 'warning', /1 day$/, /refresh-token/],
    ['an hour', { expiresAt: inDays(0.04) }, 'warning', /less than a day/, /refresh-token/],
    ['over now', { expiresAt: NOW }, 'dead', /has expired/, /instagram connect/],
    ['over since yesterday', { expiresAt: inDays(-1) }, 'dead', /has expired/, /instagram connect/],
    [
      'revoked',
      { isValid: false, invalidReason: 'Session has been invalidated' },
      'dead',
      /Session has been/,
      /connect/,
    ],
    ['revoked, without a word', { isValid: false }, 'dead', /not valid$/, /connect/],
    ['data access of 14 days', { dataAccessExpiresAt: inDays(14) }, 'ok', /60 days/, null],
    ['data access of 13 days', { dataAccessExpiresAt: inDays(13.9) }, 'warning', /data ends in 13 days/, /Log in/],
    [
      'data access over',
      { dataAccessExpiresAt: inDays(-1) },
      'dead',
      /access to the account's data has ended/,
      /Log in/,
    ],
    [
      'both near: the token is named',
      { expiresAt: inDays(5), dataAccessExpiresAt: inDays(5) },
      'warning',
      /expires/,
      /./,
    ],
    ['permissions unknown', { scopes: null }, 'ok', /60 days/, null],
    [
      'one permission less',
      { scopes: ['instagram_business_basic'] },
      'dead',
      /the permission instagram_business_content_publish$/,
      /instagram_business_content_publish/,
    ],
    [
      'the other login',
      { login: 'facebook', scopes: [] },
      'dead',
      /the permissions instagram_basic, instagram_content/,
      /./,
    ],
  ])('%s', (_, given, health, text, fix) => {
    const judged = judgeToken(facts(given))
    expect(judged.health).toBe(health)
    expect(judged.text).toMatch(text)
    if (fix === null) expect(judged.fix).toBeNull()
    else expect(judged.fix).toMatch(fix)
  })

  it.each<['facebook' | 'instagram', string[]]>([
    ['facebook', ['instagram_basic', 'instagram_content_publish', 'pages_read_engagement']],
    ['instagram', ['instagram_business_basic', 'instagram_business_content_publish']],
  ])('needs the permissions of the %s login, and lists every one that is missing', (login, needed) => {
    expect(judgeToken(facts({ login, scopes: [] })).missingPermissions).toEqual(needed)
    expect(judgeToken(facts({ login, scopes: [...needed, 'more'] })).missingPermissions).toEqual([])
  })

  it('counts whole days, and none for what never ends', () => {
    expect(judgeToken(facts({ expiresAt: inDays(12.99), dataAccessExpiresAt: inDays(40.2) }))).toMatchObject({
      daysLeft: 12,
      dataAccessDaysLeft: 40,
    })
    expect(judgeToken(facts({ expiresAt: 'never' }))).toMatchObject({ daysLeft: null, dataAccessDaysLeft: null })
    expect(judgeToken(facts({ expiresAt: inDays(-3) })).daysLeft).toBe(0)
  })
})

describe('when it is renewed', () => {
  it.each<
    [name: string, facts: Partial<TokenFacts>, plain: TokenJudgement['refresh'], forced: TokenJudgement['refresh']]
  >([
    ['30 days left: not yet', { expiresAt: inDays(30) }, 'not_yet', 'due'],
    ['29 days left', { expiresAt: inDays(29.99) }, 'due', 'due'],
    [
      'younger than a day: Meta would refuse',
      { expiresAt: inDays(5), issuedAt: inDays(-0.99) },
      'too_young',
      'too_young',
    ],
    ['a day old', { expiresAt: inDays(5), issuedAt: inDays(-1) }, 'due', 'due'],
    ['of unknown age', { expiresAt: inDays(5), issuedAt: null }, 'due', 'due'],
    ['of unknown end: the next one is known', { expiresAt: 'unknown', issuedAt: null }, 'due', 'due'],
    ['never ends', { expiresAt: 'never' }, 'never_expires', 'never_expires'],
    ['expired', { expiresAt: inDays(-1) }, 'impossible', 'impossible'],
    ['revoked', { isValid: false }, 'impossible', 'impossible'],
  ])('%s', (_, given, plain, forced) => {
    expect(judgeToken(facts(given)).refresh).toBe(plain)
    expect(judgeToken(facts(given), { force: true }).refresh).toBe(forced)
  })
})
