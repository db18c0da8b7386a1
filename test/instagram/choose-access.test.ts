import { describe, expect, it } from 'vitest'
import { type AccessFacts, chooseAccess, fingerprint, type StoredToken } from '../../src/instagram/choose-access.ts'
import type { OpenedSecret } from '../../src/instagram/seal.ts'

const open = (value: string): OpenedSecret => ({ kind: 'open', value })
const WRONG_KEY: OpenedSecret = { kind: 'wrong_key', keyId: '0badc0de' }

const END = new Date('2027-01-01T00:00:00Z')

function stored(more: Partial<StoredToken> = {}): StoredToken {
  return {
    opened: open('stored'),
    details: { login: 'facebook', accountId: '111111', username: 'shop' },
    seed: null,
    expiresAt: END,
    issuedAt: null,
    ...more,
  }
}

function facts(more: Partial<AccessFacts> = {}): AccessFacts {
  return { login: 'facebook', accountId: null, environmentToken: null, token: null, userToken: null, ...more }
}

const env = { environmentToken: 'env', accountId: '222222' }
const ofEnv = fingerprint('env')

describe('which token counts', () => {
  it.each<[name: string, facts: Partial<AccessFacts>, expected: object]>([
    ['only the environment', env, { origin: 'environment', token: 'env', accountId: '222222', username: null }],
    [
      'only what is stored',
      { token: stored() },
      { origin: 'stored', token: 'stored', accountId: '111111', expiresAt: END },
    ],
    [
      'stored, from the environment of today',
      { ...env, token: stored({ seed: ofEnv }) },
      { origin: 'stored', token: 'stored', accountId: '222222' },
    ],
    [
      'stored, from another token than the environment holds today',
      { ...env, token: stored({ seed: fingerprint('former') }) },
      { origin: 'environment', token: 'env', expiresAt: null, note: null },
    ],
    [
      'stored while the environment held none: the new one wins',
      { ...env, token: stored({ seed: null }) },
      { origin: 'environment', token: 'env', note: null },
    ],
    [
      'stored, and the environment was tidied up since',
      { token: stored({ seed: ofEnv }) },
      { origin: 'stored', token: 'stored', accountId: '111111' },
    ],
    [
      'sealed with a key that is gone, with one in the environment',
      { ...env, token: stored({ seed: ofEnv, opened: WRONG_KEY }) },
      { origin: 'environment', token: 'env', note: expect.stringContaining('0badc0de') },
    ],
    [
      'damaged, with one in the environment',
      { ...env, token: stored({ seed: ofEnv, opened: { kind: 'damaged' } }) },
      { origin: 'environment', token: 'env', note: expect.stringContaining('damaged') },
    ],
    [
      'stored for the other login, with one in the environment',
      { ...env, login: 'instagram', token: stored({ seed: ofEnv }) },
      { origin: 'environment', token: 'env', note: expect.stringContaining('INSTAGRAM_LOGIN is instagram') },
    ],
    ['a name is only known for its own account', { ...env, token: stored({ seed: ofEnv }) }, { username: null }],
    ['the name of the stored account', { token: stored() }, { username: 'shop' }],
    [
      "the user's own token, beside the Page's",
      { token: stored(), userToken: stored({ opened: open('user') }) },
      { token: 'stored', userToken: 'user' },
    ],
    [
      "the user's own token of another environment",
      { ...env, userToken: stored({ opened: open('user') }) },
      { token: 'env', userToken: null },
    ],
    [
      'the instagram login has no second token',
      { login: 'instagram', token: stored({ details: { login: 'instagram', accountId: '1' } }), userToken: stored() },
      { userToken: null },
    ],
  ])('%s', (_, given, expected) => {
    expect(chooseAccess(facts(given))).toMatchObject({ kind: 'ready', ...expected })
  })

  it.each<[name: string, facts: Partial<AccessFacts>, missing: string[], reason: string, fix: string]>([
    ['nothing at all', {}, ['ACCESS_TOKEN', 'INSTAGRAM_ACCOUNT_ID'], 'no token', 'storyline instagram connect'],
    ['an account without a token', { accountId: '1' }, ['ACCESS_TOKEN'], 'no token', 'storyline instagram connect'],
    [
      'a token without an account',
      { environmentToken: 'env' },
      ['INSTAGRAM_ACCOUNT_ID'],
      'INSTAGRAM_ACCOUNT_ID',
      'Set it',
    ],
    [
      'a key that is gone',
      { accountId: '1', token: stored({ opened: WRONG_KEY }) },
      ['STORYLINE_SECRET_KEY'],
      '0badc0de',
      'STORYLINE_SECRET_KEY',
    ],
    ['a damaged token', { accountId: '1', token: stored({ opened: { kind: 'damaged' } }) }, [], 'damaged', 'again'],
    [
      'a token of the other login',
      { login: 'instagram', accountId: '1', token: stored() },
      [],
      'belongs to the facebook login',
      'INSTAGRAM_LOGIN=facebook',
    ],
  ])('incomplete: %s', (_, given, missing, reason, fix) => {
    expect(chooseAccess(facts(given))).toEqual({
      kind: 'incomplete',
      missing,
      reason: expect.stringContaining(reason),
      fix: expect.stringContaining(fix),
    })
  })

  it('a fingerprint says nothing of the token', () => {
    expect(fingerprint('EAAtoken')).toMatch(/^[0-9a-f]{16}$/)
    expect(fingerprint('EAAtoken')).not.toBe(fingerprint('EAAtokem'))
  })
})
