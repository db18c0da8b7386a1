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

const HOUR = 3600
const story = () => ({ media_type: 'STORIES', image_url: picture })
const media = () => post(fake, `${fake.accountId}/media`, story())
const proofOf = (token: string) => createHmac('sha256', fake.app.secret).update(token).digest('hex')

describe('tokens', () => {
  const REFUSED = 'do not reach each other: 100/33'
  it.each<[string, () => Promise<Reply>, object]>([
    ['an unknown one', () => get(fake, 'me', { token: 'EAAnonsense' }), { status: 400, code: 190, subcode: undefined }],
    [`a Page and another account ${REFUSED}`, () => get(fake, `${fake.accounts[1]?.id}`), { code: 100, subcode: 33 }],
    [`a Page and another Page ${REFUSED}`, () => get(fake, `${fake.pages[1]?.id}`), { code: 100, subcode: 33 }],
    ['nobody knows this', () => get(fake, '17000000000000001?fields=status'), { code: 100, subcode: 33 }],
    [
      'the user reaches all',
      () => get(fake, `${fake.accounts[1]?.id}/stories`, { token: fake.tokens.user }),
      { status: 200 },
    ],
    ['a proof that is right', () => get(fake, `me?appsecret_proof=${proofOf(fake.tokens.page)}`), { status: 200 }],
    [
      'the user',
      () => get(fake, 'me', { token: fake.tokens.user }),
      { body: { id: expect.any(String), name: 'Fake User' } },
    ],
    ['an account', () => get(fake, `${fake.accountId}?fields=username`), { body: { username: 'first_brand' } }],
    [
      'whose Page it is',
      () => get(fake, 'me?fields=name,instagram_business_account{id,username}'),
      { body: { name: 'First Page', instagram_business_account: { username: 'first_brand' } } },
    ],
    [
      'the token of a Page',
      () =>
        get(fake, `${fake.pages[1]?.id}?fields=access_token,instagram_business_account`, { token: fake.tokens.user }),
      {
        body: { access_token: expect.stringMatching(/^EAAP/) },
        text: expect.stringContaining('"instagram_business_account":{"id":"17841463820195743"}'),
      },
    ],
  ])('%s', async (_name, send, reply) => {
    expect(await send()).toMatchObject(reply)
    expect(fake.violations()).toEqual([])
  })

  it('the Instagram login: /me, and the account as `me`', async () => {
    const token = fake.tokens.instagram
    const me = async () => (await get(fake, 'me?fields=user_id,username,account_type', { token })).text
    expect(JSON.parse(await me())).toEqual({
      id: fake.accounts[0]?.appScopedId,
      user_id: fake.accountId,
      username: 'first_brand',
      account_type: 'BUSINESS',
    })
    fake.set({ userIdAsNumber: true })
    expect(await me()).toContain(`"user_id":${fake.accountId},`)
    const { body } = await post(fake, 'me/media', story(), { token })
    expect(fake.containers()).toMatchObject([{ id: body.id, accountId: fake.accountId }])
    expect((await get(fake, 'me/stories', { token })).body).toEqual({ data: [] })
    expect((await get(fake, 'me/stories', { token: fake.tokens.page })).subcode).toBe(33)
    expect(fake.violations()).toEqual([])
  })

  it('Pages with tasks, tokens and accounts, as many as a page of the list holds', async () => {
    const list = async (more = '', token = fake.tokens.user) =>
      (
        await get(fake, `me/accounts?fields=id,tasks,access_token,instagram_business_account{username}${more}`, {
          token,
        })
      ).body
    fake.set({ maxPageSize: 2 })
    const second = fake.pages[1]
    if (second) Object.assign(second, { tasks: ['ANALYZE'], isGranted: false })
    const first = await list()
    expect(first.data).toEqual([
      {
        id: fake.pages[0]?.id,
        tasks: expect.arrayContaining(['CREATE_CONTENT']),
        access_token: fake.tokens.page,
        instagram_business_account: { id: fake.accountId, username: 'first_brand' },
      },
      { id: second?.id, tasks: ['ANALYZE'], instagram_business_account: { id: second?.accountId, username: 'second' } },
    ])
    const rest = await list(`&after=${first.paging.cursors.after}`)
    expect(rest.data).toEqual([{ id: fake.pages[2]?.id, tasks: expect.any(Array), access_token: expect.any(String) }])
    expect([first.paging.next !== undefined, rest.paging.next]).toEqual([true, undefined])
    const [short] = (await list('', fake.tokens.userShort)).data
    expect(short.access_token).not.toBe(fake.tokens.page)
    fake.advance(HOUR)
    expect(await get(fake, 'me', { token: short.access_token })).toMatchObject({ code: 190, subcode: 463 })
    expect((await get(fake, 'me')).status).toBe(200)
  })

  it.each([
    [0, undefined],
    [458, 458],
    [460, 460],
    [463, 463],
    [492, 492],
  ])('one that is invalid with %i, and only that one', async (invalidSubcode, subcode) => {
    fake.set({ tokens: { page: { invalidSubcode } } })
    expect(await media()).toMatchObject({ status: 400, code: 190, subcode })
    expect((await get(fake, 'me', { token: fake.tokens.user })).status).toBe(200)
    fake.set({ tokens: { page: { invalidSubcode: null } } })
    expect((await media()).status).toBe(200)
    expect(() => fake.set({ tokens: { pgae: {} } })).toThrow('There is no token "pgae"')
  })

  it.each([
    ['page' as const, 'instagram_content_publish'],
    ['instagram' as const, 'instagram_business_content_publish'],
  ])('of the %s without a permission', async (kind, scope) => {
    fake.set({ missingScopes: [scope] })
    const reply = await post(fake, `${fake.accountId}/media`, story(), { token: fake.tokens[kind] })
    expect(reply).toMatchObject({
      status: 403,
      code: 10,
      body: { error: { message: `(#10) Requires ${scope} permission` } },
    })
    const { data } = (await get(fake, 'me/permissions', { token: fake.tokens.user })).body
    expect(data).toContainEqual({ permission: 'instagram_basic', status: 'granted' })
    const declined = data.filter(({ status }: { status: string }) => status === 'declined')
    expect(declined).toEqual(kind === 'page' ? [{ permission: scope, status: 'declined' }] : [])
  })

  it('reads with a Page token fail, those with the user token work', async () => {
    const { id } = (await media()).body
    const posted = fake.postByHand()
    fake.set({ pageTokenReadsFail: true })
    for (const path of [`${id}?fields=status_code`, posted.id]) {
      expect(await get(fake, path)).toMatchObject({ code: 100, subcode: 33 })
      expect((await get(fake, path, { token: fake.tokens.user })).status).toBe(200)
    }
  })

  it('appsecret_proof may be required', async () => {
    fake.set({ requireAppSecretProof: true })
    expect(await get(fake, 'me')).toMatchObject({ status: 400, code: 100 })
    expect((await get(fake, `me?appsecret_proof=${proofOf(fake.tokens.page)}`)).status).toBe(200)
    expect((await get(fake, 'me', { token: fake.tokens.instagram })).status).toBe(200)
    expect(fake.violations()).toEqual([])
  })

  it('debug_token tells the app and the user what a token is', async () => {
    const debug = (of: string, token = `${fake.app.id}|${fake.app.secret}`) =>
      get(fake, `debug_token?input_token=${of}`, { token })
    expect((await debug(fake.tokens.page)).body.data).toMatchObject({
      app_id: fake.app.id,
      type: 'PAGE',
      is_valid: true,
      expires_at: 0,
      scopes: expect.arrayContaining(['instagram_content_publish']),
      profile_id: fake.pages[0]?.id,
    })
    fake.set({ tokens: { user: { expiresInSeconds: 60 } } })
    expect((await debug(fake.tokens.user, fake.tokens.user)).body.data).toMatchObject({ type: 'USER', is_valid: true })
    fake.advance(60)
    expect((await debug(fake.tokens.user)).body.data).toMatchObject({
      is_valid: false,
      error: { code: 190, subcode: 463 },
    })
    expect((await debug(fake.tokens.instagram)).body.data.is_valid).toBe(false)
    expect((await debug(fake.tokens.page, fake.tokens.page)).code).toBe(100)
    expect(fake.calls('debug_token')[0]?.params).toEqual({})
    expect(fake.violations()).toEqual([])
  })
})
