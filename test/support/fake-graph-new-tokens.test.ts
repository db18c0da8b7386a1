import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { get, post, type Reply } from './fake-graph/trial.ts'
import { type FakeGraph, startFakeGraph } from './fake-graph.ts'

let fake: FakeGraph

beforeEach(async () => {
  fake = await startFakeGraph()
})
afterEach(() => fake.close())

const HOUR = 3600
const DAY = 24 * HOUR
const granting = (grant_type: string, client_secret = fake.instagramApp.secret) =>
  new URLSearchParams({ grant_type, client_secret }).toString()

describe('new tokens', () => {
  const exchange = (change: object = {}) => ({
    grant_type: 'fb_exchange_token',
    client_id: fake.app.id,
    client_secret: fake.app.secret,
    fb_exchange_token: fake.tokens.userShort,
    ...change,
  })

  it.each(['GET', 'POST'])('a user token is exchanged for a long one by %s', async (method) => {
    const query = new URLSearchParams(exchange()).toString()
    const reply =
      method === 'GET'
        ? await get(fake, `oauth/access_token?${query}`, { token: null })
        : await post(fake, 'oauth/access_token', query, { token: null })
    expect(reply.body).toEqual({
      access_token: expect.stringMatching(/^EAAU/),
      token_type: 'bearer',
      expires_in: 5183944,
    })
    fake.advance(DAY)
    expect((await get(fake, 'me', { token: reply.body.access_token })).status).toBe(200)
    expect(fake.calls('oauth')).toMatchObject([{ effect: 'token issued', params: { grant_type: 'fb_exchange_token' } }])
    expect(JSON.stringify(fake.calls())).not.toContain(fake.app.secret)
    expect(fake.violations()).toEqual([])
  })

  it.each<[string, () => object, object]>([
    ['another app', () => ({ client_id: '1' }), { code: 101 }],
    ['a wrong secret', () => ({ client_secret: 'x' }), { code: 1 }],
    ['the token of a Page', () => ({ fb_exchange_token: fake.tokens.page }), { code: 190, subcode: undefined }],
    ['an expired token', () => ({}), { code: 190, subcode: 463 }],
  ])('not for %s', async (name, change, reply) => {
    if (name === 'an expired token') fake.advance(HOUR)
    expect(await post(fake, 'oauth/access_token', exchange(change()), { token: null })).toMatchObject(reply)
    expect(fake.violations()).toEqual([])
  })

  const refresh = (token: string, grant = 'ig_refresh_token') =>
    get(fake, `refresh_access_token?grant_type=${grant}&access_token=${token}`, { token: null, version: null })
  const lengthen = (token: string, query = granting('ig_exchange_token')) =>
    get(fake, `access_token?${query}&access_token=${token}`, { token: null, version: null })

  it('an Instagram token of an hour is exchanged, and refreshed when it is a day old', async () => {
    const { body } = await lengthen(fake.tokens.instagramShort)
    expect(body).toEqual({ access_token: expect.stringMatching(/^IGAA/), token_type: 'bearer', expires_in: 5184000 })
    expect(await refresh(body.access_token)).toMatchObject({ status: 400, code: 100 })
    fake.advance(DAY)
    fake.set({ omitExpiresIn: true })
    expect((await refresh(body.access_token)).body).toEqual({
      access_token: expect.not.stringMatching(body.access_token),
      token_type: 'bearer',
      permissions: 'instagram_business_basic,instagram_business_content_publish',
    })
    expect(fake.violations()).toEqual([])
  })

  it.each<[string, () => Promise<Reply>, object]>([
    ['a short one is not refreshed', () => refresh(fake.tokens.instagramShort), { code: 100 }],
    ['a dead one is not refreshed', () => refresh(fake.tokens.instagram), { code: 190, subcode: 463 }],
    ['one of Facebook is not refreshed', () => refresh(fake.tokens.user), { code: 190 }],
    ['a long one is not exchanged', () => lengthen(fake.tokens.instagram), { code: 452 }],
    [
      'not with a wrong secret',
      () => lengthen(fake.tokens.instagramShort, granting('ig_exchange_token', 'x')),
      { code: 1 },
    ],
  ])('%s', async (name, send, reply) => {
    const expiresInSeconds = name.startsWith('a dead') ? 0 : HOUR
    fake.set({ tokens: { instagram: { expiresInSeconds, ageSeconds: DAY }, instagramShort: { ageSeconds: DAY } } })
    expect(await send()).toMatchObject(reply)
    expect(fake.violations()).toEqual([])
  })

  it.each<[string, () => Promise<Reply>, string]>([
    ['another grant', () => refresh(fake.tokens.instagram, 'fb_exchange_token'), 'Invalid grant_type'],
    [
      'a secret that is not asked for',
      () => refresh(fake.tokens.instagram, 'ig_refresh_token&client_secret=x'),
      'no parameter "client_secret"',
    ],
    [
      'a version',
      () => get(fake, 'refresh_access_token?grant_type=ig_refresh_token', { token: fake.tokens.instagram }),
      'without an API version',
    ],
  ])('a wrong call: %s', async (_name, send, violation) => {
    await send()
    expect(fake.violations()).toEqual([expect.stringContaining(violation)])
  })
})
