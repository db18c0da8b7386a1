import { afterEach, describe, expect, it } from 'vitest'
import type { GraphClient } from '../../src/instagram/graph.ts'
import { createGraphClient, type GraphClientOptions } from '../../src/instagram/graph-client.ts'
import { type Endpoint, reply, type Seen, startEndpoint } from './endpoint.ts'

const TOKEN = 'EAAB-page_token.1|x'
const USER_TOKEN = 'EAAC-user-token'
const APP_SECRET = '5f4dcc3b5aa765d61d8327deb882cf99'
/** openssl dgst -sha256 -hmac <app secret>, of each token. */
const PROOF = '25be661b7a9e6c027eacedc12f53b2bb2d3b3113dc3fa2b1bca69804a3406cae'
const USER_PROOF = '2f250f27a08045c0bce583d102d7c61991009efeee63b017676f7feea4b06d8d'
const ACCOUNT = '17841405793187219'

const clients: GraphClient[] = []

function clientOf(endpoint: Endpoint, options: Partial<GraphClientOptions> = {}): GraphClient {
  const client = createGraphClient({
    apiRoot: endpoint.url,
    version: 'v26.0',
    token: TOKEN,
    timeoutSeconds: 5,
    ...options,
  })
  clients.push(client)
  return client
}

afterEach(() => {
  for (const client of clients.splice(0)) client.close()
})

const fine = () => startEndpoint((response) => reply(response, { id: '18012345678901234' }))

function only(endpoint: Endpoint): Seen {
  expect(endpoint.seen).toHaveLength(1)
  return endpoint.seen[0] as Seen
}

describe('a GET', () => {
  it('has its parameters in the query and the token in a header', async () => {
    const endpoint = await fine()
    const answer = await clientOf(endpoint).get(`${ACCOUNT}/stories`, { fields: 'id,media_type', limit: 100 })
    expect(answer).toEqual({ id: '18012345678901234' })
    const { method, url, headers, body } = only(endpoint)
    expect({ method, url, body }).toEqual({
      method: 'GET',
      url: `/v26.0/${ACCOUNT}/stories?fields=id%2Cmedia_type&limit=100`,
      body: '',
    })
    expect(headers.authorization).toBe(`Bearer ${TOKEN}`)
    expect(headers['content-type']).toBeUndefined()
  })

  it('without parameters has no query', async () => {
    const endpoint = await fine()
    await clientOf(endpoint).get('me')
    expect(only(endpoint).url).toBe('/v26.0/me')
  })

  it('carries any value', async () => {
    const endpoint = await fine()
    const value = 'a&b=c+d e/ü🎉?#%'
    await clientOf(endpoint).get('me', { value, yes: true, no: false, none: 0, absent: null, unknown: undefined })
    const query = new URL(only(endpoint).url, endpoint.url).searchParams
    expect([...query]).toEqual([
      ['value', value],
      ['yes', 'true'],
      ['no', 'false'],
      ['none', '0'],
    ])
  })
})

describe('a POST', () => {
  it('has everything in a form, and nothing of it in its address', async () => {
    const endpoint = await fine()
    const image_url = 'https://example.org/a+b/ü.jpg?X-Amz-Signature=1&x=2'
    const user_tags = JSON.stringify([{ username: 'café 🎉', x: 0.5, y: 0.25 }])
    await clientOf(endpoint).post(`${ACCOUNT}/media`, { media_type: 'STORIES', image_url, user_tags, caption: null })
    const { method, url, headers, body } = only(endpoint)
    expect({ method, url }).toEqual({ method: 'POST', url: `/v26.0/${ACCOUNT}/media` })
    expect(headers).toMatchObject({
      authorization: `Bearer ${TOKEN}`,
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(Buffer.byteLength(body)),
    })
    expect(body).toMatch(/^[A-Za-z0-9%&=+._*-]+$/)
    expect([...new URLSearchParams(body)]).toEqual([
      ['media_type', 'STORIES'],
      ['image_url', image_url],
      ['user_tags', user_tags],
    ])
  })

  it('may have no parameters', async () => {
    const endpoint = await fine()
    await clientOf(endpoint).post('me/subscribed_apps', {})
    expect(only(endpoint)).toMatchObject({ method: 'POST', url: '/v26.0/me/subscribed_apps', body: '' })
    expect(only(endpoint).headers['content-length']).toBe('0')
  })
})

describe('the proof of the app secret', () => {
  it('is a parameter of every call: in the query of a GET, in the body of a POST', async () => {
    const endpoint = await fine()
    const client = clientOf(endpoint, { appSecret: APP_SECRET })
    await client.get('me', { fields: 'id' })
    await client.post(`${ACCOUNT}/media_publish`, { creation_id: '1' })
    expect(endpoint.seen.map(({ url, body }) => [url, body])).toEqual([
      [`/v26.0/me?fields=id&appsecret_proof=${PROOF}`, ''],
      [`/v26.0/${ACCOUNT}/media_publish`, `creation_id=1&appsecret_proof=${PROOF}`],
    ])
  })

  it('belongs to the token of the call', async () => {
    const endpoint = await fine()
    await clientOf(endpoint, { appSecret: APP_SECRET }).get('me', {}, { token: USER_TOKEN })
    expect(only(endpoint)).toMatchObject({
      url: `/v26.0/me?appsecret_proof=${USER_PROOF}`,
      headers: { authorization: `Bearer ${USER_TOKEN}` },
    })
  })

  it('is not there without an app secret', async () => {
    const endpoint = await fine()
    const client = clientOf(endpoint)
    await client.get('me')
    await client.post('me/media', { a: 1 })
    expect(JSON.stringify(endpoint.seen)).not.toContain('appsecret_proof')
  })
})

describe('the address', () => {
  it('keeps a path of the root, with and without a slash', async () => {
    const endpoint = await fine()
    for (const end of ['', '/']) {
      await clientOf(endpoint, { apiRoot: `${endpoint.url}/graph.facebook.com${end}`, version: 'v25.0' }).get('me')
    }
    expect(endpoint.seen.map(({ url }) => url)).toEqual(Array(2).fill('/graph.facebook.com/v25.0/me'))
  })

  it('has no version where there is none', async () => {
    const endpoint = await fine()
    const params = { grant_type: 'ig_refresh_token' }
    await clientOf(endpoint).get('refresh_access_token', params, { unversioned: true })
    expect(only(endpoint).url).toBe('/refresh_access_token?grant_type=ig_refresh_token')
  })

  it('cannot be left by an id that is none', async () => {
    const endpoint = await fine()
    await clientOf(endpoint).get('1?x=1#/stories')
    expect(only(endpoint).url).toBe('/v26.0/1%3Fx%3D1%23/stories')
  })
})

describe('an answer', () => {
  it('has ids as texts, even where Meta sends numbers', async () => {
    const endpoint = await startEndpoint((response) =>
      reply(response, '{"user_id":17841405793187219,"username":"17841405793187219 \\"x\\"","followers_count":12}'),
    )
    expect(await clientOf(endpoint).get('me')).toEqual({
      user_id: '17841405793187219',
      username: '17841405793187219 "x"',
      followers_count: 12,
    })
  })

  it('says how much of the limits is used, until the next one says it again', async () => {
    const headers: Record<string, string>[] = [
      {},
      { 'x-app-usage': '{"call_count":28,"total_time":5,"total_cputime":2}' },
      {},
      { 'x-business-use-case-usage': '{"1":[{"call_count":100,"estimated_time_to_regain_access":2}]}' },
      { 'x-app-usage': '{"call_count":3}' },
    ]
    const endpoint = await startEndpoint((response) => reply(response, {}, 200, headers[endpoint.seen.length - 1]))
    const client = clientOf(endpoint)
    const told = [client.usage()]
    for (const _ of headers) {
      await client.get('me')
      told.push(client.usage())
    }
    expect(told).toEqual([
      { percent: null, regainSeconds: null },
      { percent: null, regainSeconds: null },
      { percent: 28, regainSeconds: null },
      { percent: 28, regainSeconds: null },
      { percent: 100, regainSeconds: 120 },
      { percent: 3, regainSeconds: null },
    ])
  })

  it('counts for the limits also when it is an error', async () => {
    const usage = { 'x-business-use-case-usage': '{"1":[{"call_count":101,"estimated_time_to_regain_access":19}]}' }
    const endpoint = await startEndpoint((response) => reply(response, { error: { code: 80002 } }, 400, usage))
    const client = clientOf(endpoint)
    await expect(client.get('me')).rejects.toMatchObject({ failure: { refusal: { class: 'wait', waitSeconds: 1140 } } })
    expect(client.usage()).toEqual({ percent: 101, regainSeconds: 1140 })
  })
})
