import { createHmac } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { get, type PictureHost, pictures, post, type Reply, startPictureHost } from './fake-graph/trial.ts'
import { type FakeGraph, startFakeGraph } from './fake-graph.ts'

let host: PictureHost
let picture: string
let fake: FakeGraph

beforeAll(async () => {
  host = await startPictureHost()
  picture = host.serve({ bytes: await pictures.jpeg() })
})
afterAll(() => host.close())
beforeEach(async () => {
  fake = await startFakeGraph()
})
afterEach(() => fake.close())

const story = () => ({ media_type: 'STORIES', image_url: picture })
const media = (params: object = {}, path = 'media') =>
  post(fake, `${fake.accountId}/${path}`, { ...story(), ...params } as Record<string, string>)
const proofOf = (token: string) => createHmac('sha256', fake.app.secret).update(token).digest('hex')

describe('a wrong call is refused and remembered', () => {
  it.each<[string, () => Promise<Reply>, number, string]>([
    ['no token', () => get(fake, 'me', { token: null }), 104, 'An access token is required'],
    ['no media_type', () => post(fake, `${fake.accountId}/media`, { image_url: picture }), 100, 'Unknown media type'],
    ['a reel', () => media({ media_type: 'REELS' }), 100, 'Unknown media type'],
    ['no picture', () => post(fake, `${fake.accountId}/media`, 'media_type=STORIES'), 100, 'image_url is required'],
    ['an address with an ä', () => media({ image_url: `${host.url}/ä` }), 100, 'US-ASCII'],
    ['tags that are no JSON', () => media({ user_tags: 'a' }), 100, 'must be a JSON array'],
    ['a tag with an @', () => media({ user_tags: '[{"username":"@a"}]' }), 100, 'without @'],
    ['a tag outside', () => media({ user_tags: '[{"username":"a","x":2}]' }), 100, 'x must be x or y'],
    ['a tag at z', () => media({ user_tags: '[{"username":"a","z":0}]' }), 100, 'z must be x or y'],
    [
      '21 tags',
      () => media({ user_tags: JSON.stringify(Array(21).fill({ username: 'a' })) }),
      100,
      'You can tag up to 20',
    ],
    ['a boolean', () => media({ is_ai_generated: '1' }), 100, 'is_ai_generated must be a boolean'],
    ['no creation_id', () => post(fake, `${fake.accountId}/media_publish`, ''), 100, 'creation_id is required'],
    [
      'a creation_id of letters',
      () => post(fake, `${fake.accountId}/media_publish`, 'creation_id=x'),
      100,
      'digits only',
    ],
    [
      'a field',
      () => get(fake, `${fake.accountId}?fields=id,nam`),
      100,
      'nonexisting field (nam) on node type (ShadowIGUser)',
    ],
    [
      'tasks of a Page that is asked itself',
      () => get(fake, `${fake.pages[0]?.id}?fields=tasks`),
      100,
      'nonexisting field (tasks) on node type (Page)',
    ],
    ['braces', () => get(fake, 'me?fields=id,name{'), 100, 'Syntax error in the fields'],
    [
      'rate_limit_settings',
      () => get(fake, `${fake.accountId}/content_publishing_limit?fields=rate_limit_settings`),
      100,
      'nonexisting field',
    ],
    ['limit', () => get(fake, `${fake.accountId}/stories?limit=all`), 100, 'limit "all"'],
    ['a cursor', () => get(fake, `${fake.accountId}/stories?after=x`), 100, 'Invalid cursors values'],
    ['since', () => get(fake, `${fake.accountId}/content_publishing_limit?since=5`), 100, 'last 24 hours'],
    ['a proof', () => get(fake, `me?appsecret_proof=${proofOf('other')}`), 100, 'Invalid appsecret_proof'],
    ['a version to come', () => get(fake, 'me', { version: 'v27.0' }), 2500, 'Unknown path components: /v27.0'],
    [
      'a body that is no form',
      () => post(fake, 'oauth/access_token', 'a', { headers: { 'content-type': 'text/plain' } }),
      100,
      'carries no parameters',
    ],
    ['the accounts of a Page', () => get(fake, 'me/accounts'), 100, 'accounts'],
    ['another grant', () => post(fake, 'oauth/access_token', 'grant_type=ig_refresh_token'), 100, 'Invalid grant_type'],
  ])('%s', async (_name, send, code, violation) => {
    expect(await send()).toMatchObject({ status: 400, code })
    expect(fake.violations()).toEqual([expect.stringContaining(violation)])
    expect([fake.containers(), fake.publishEffects()]).toEqual([[], 0])
  })

  it.each<[string, () => Promise<Reply>, number, string]>([
    ['an undocumented parameter', () => media({ caption: 'a' }), 200, 'has no parameter "caption"'],
    [
      'a parameter twice',
      () => post(fake, `${fake.accountId}/media`, `${new URLSearchParams(story())}&media_type=STORIES`),
      200,
      'parameter "media_type" was sent twice',
    ],
    ['a parameter in both places', () => media({}, 'media?media_type=STORIES'), 200, 'sent twice'],
    ['an empty parameter', () => get(fake, `${fake.accountId}/stories?limit=1&after=`), 400, '"after" is empty'],
    [
      'a token in the URL of a POST',
      () => post(fake, `${fake.accountId}/media?access_token=${fake.tokens.page}`, story(), { token: null }),
      200,
      '"access_token" stands in the URL of a POST',
    ],
    ['two tokens', () => media({ access_token: fake.tokens.page }), 200, 'the token stands in the body and the header'],
    [
      'the word undefined as a token',
      () => get(fake, 'me?access_token=undefined', { token: null }),
      400,
      'parameter "access_token" is a literal undefined',
    ],
    [
      'another scheme',
      () => get(fake, 'me', { headers: { authorization: `OAuth ${fake.tokens.page}` } }),
      400,
      'the Authorization header is not "Bearer <token>"',
    ],
    ['no version', () => get(fake, 'me', { version: null }), 200, 'names no API version'],
    ['a dead version', () => get(fake, 'me', { version: 'v20.0' }), 200, 'API version v20.0 is no longer live'],
    ['a node that is no id', () => post(fake, 'act_1/media', story()), 400, '"act_1" is no id: digits only'],
    ['an unknown edge', () => get(fake, `${fake.accountId}/media`), 400, 'is nothing that can be called'],
    ['an id that was a number', () => get(fake, `${Number(fake.accountId)}/stories`), 400, 'has lost its digits'],
    [
      'a proof with the Instagram login',
      () => get(fake, 'me?appsecret_proof=a', { token: fake.tokens.instagram }),
      200,
      'appsecret_proof belongs to graph.facebook.com only',
    ],
    [
      'a secret in the URL of a POST',
      () => post(fake, `oauth/access_token?client_secret=${fake.app.secret}`, 'grant_type=fb_exchange_token'),
      400,
      '"client_secret" stands in the URL of a POST',
    ],
  ])('%s', async (_name, send, status, violation) => {
    expect((await send()).status).toBe(status)
    expect(fake.violations().some((text) => text.includes(violation))).toBe(true)
  })

  it('a creation_id that was a number', async () => {
    const { body } = await media()
    const reply = await post(fake, `${fake.accountId}/media_publish`, { creation_id: String(Number(body.id)) })
    expect(reply).toMatchObject({ code: 24, subcode: 2207008 })
    expect(fake.violations()).toEqual([expect.stringContaining(`it was ${body.id}`)])
  })
})
