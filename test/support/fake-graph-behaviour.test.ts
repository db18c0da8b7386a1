import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { clientOf, get, type PictureHost, pictures, startPictureHost } from './fake-graph/trial.ts'
import { type FakeGraph, startFakeGraph } from './fake-graph.ts'

/** The fake is tested with `fetch`, so that it is judged by something else than our own client. */
let host: PictureHost
let jpeg: Buffer
let other: Buffer
let fake: FakeGraph
let client: ReturnType<typeof clientOf>

beforeAll(async () => {
  host = await startPictureHost()
  ;[jpeg, other] = await Promise.all([pictures.jpeg(), pictures.other()])
})
afterAll(() => host.close())
beforeEach(async () => {
  fake = await startFakeGraph()
  client = clientOf(fake)
})
afterEach(() => fake.close())

const DAY = 86_400
const HTML = '<html><body>Sorry, something went wrong.</body></html>'

const create = async (bytes = jpeg): Promise<string> => (await client.create(host.serve({ bytes }))).body.id

/** A container whose status was read until it said FINISHED. */
async function ready(bytes = jpeg): Promise<string> {
  const id = await create(bytes)
  for (;;) if ((await client.status(id)).body.status_code === 'FINISHED') return id
}

const reconcile = async (id: string) => [await client.status(id), await client.stories()] as const
const storyIds = async () => (await client.stories()).body.data.map(({ id }: { id: string }) => id)

describe('behaviour', () => {
  it('posted by hand is listed, newest first, page by page', async () => {
    const old = fake.postByHand({ secondsAgo: 600, mediaType: 'VIDEO' })
    const young = fake.postByHand({ secondsAgo: 60 })
    fake.postByHand({ secondsAgo: DAY })
    fake.postByHand({ accountId: fake.accounts[1]?.id ?? '' })
    const first = (await client.stories('fields=id,media_type,media_url&limit=1')).body
    expect(first.data).toEqual([{ id: young.id, media_type: 'IMAGE' }])
    expect(new URL(first.paging.next).searchParams.get('access_token')).toBe(fake.tokens.page)
    const second = (await client.stories(`fields=id,media_type&limit=1&after=${first.paging.cursors.after}`)).body
    expect(second.data).toEqual([{ id: old.id, media_type: 'VIDEO' }])
    expect(second.paging.next).toBeUndefined()
    fake.set({ maxPageSize: 1 })
    expect((await client.stories('limit=100')).body.data).toHaveLength(1)
    expect([fake.publishEffects(), fake.violations()]).toEqual([0, []])
  })

  it.each<[string, Parameters<FakeGraph['set']>[0], object]>([
    ['still in work', { inProgressReads: 3 }, { status_code: 'IN_PROGRESS' }],
    ['failed', { containerOutcomes: ['error'] }, { status_code: 'ERROR', status: expect.stringContaining('2207082') }],
    ['expired', { containerOutcomes: ['expired'] }, { status_code: 'EXPIRED' }],
    ['stuck', { containerOutcomes: ['stuck'] }, { status_code: 'IN_PROGRESS' }],
    ['without a code', { containerOutcomes: ['no_status_code'] }, { status: 'Error: Media download has failed.' }],
    [
      'anything else',
      { containerOutcomes: [{ status_code: 'NEW', status: 'x' }] },
      { status_code: 'NEW', status: 'x' },
    ],
  ])('a container is %s', async (_name, change, status) => {
    fake.set({ inProgressReads: 0, ...change })
    const id = await create()
    const { body } = await client.status(id)
    expect(body).toMatchObject(status)
    expect('status_code' in body).toBe('status_code' in status)
    expect(await client.publish(id)).toMatchObject(
      'status_code' in status && body.status_code === 'EXPIRED' ? { code: -2 } : { code: 9007, subcode: 2207027 },
    )
    expect((await client.status(await ready())).body.status_code).toBe('FINISHED')
  })

  it('a container expires after a day', async () => {
    const id = await ready()
    fake.advance(DAY)
    expect((await client.status(id)).body.status_code).toBe('EXPIRED')
    expect(await client.publish(id)).toMatchObject({ code: -2, subcode: 2207020 })
  })

  it('FINISHED, but not ready for a while', async () => {
    fake.set({ notReadyTimes: 2 })
    const id = await ready()
    const codes = [await client.publish(id), await client.publish(id), await client.publish(id)].map(({ code }) => code)
    expect(codes).toEqual([9007, 9007, undefined])
    expect(fake.violations()).toEqual([])
  })

  it('/stories and the status lag behind', async () => {
    fake.set({ storiesLagSeconds: 60, publishedLagSeconds: 30 })
    const id = await ready()
    const { body } = await client.publish(id)
    const seen = []
    for (const seconds of [0, 31, 30]) {
      fake.advance(seconds)
      seen.push([(await client.status(id)).body.status_code, await storyIds()])
    }
    expect(seen).toEqual([
      ['FINISHED', []],
      ['PUBLISHED', []],
      ['PUBLISHED', [body.id]],
    ])
  })

  it.each([
    ['same_id' as const, { status: 200 }, 1],
    ['error' as const, { status: 400, code: 9007, subcode: 2207008 }, 1],
    ['duplicate' as const, { status: 200 }, 2],
  ])('a second publish: %s', async (secondPublish, reply, effects) => {
    fake.set({ secondPublish })
    const id = await ready()
    const first = await client.publish(id)
    await reconcile(id)
    const second = await client.publish(id)
    expect(second).toMatchObject(reply)
    expect(second.body.id === first.body.id).toBe(secondPublish === 'same_id')
    expect([fake.publishEffects(), fake.doublePublishes().length]).toEqual([effects, effects - 1])
  })

  it('the quota is counted and enforced', async () => {
    const limit = async () =>
      (await get(fake, `${fake.accountId}/content_publishing_limit?fields=quota_usage,config`)).body
    fake.set({ quota: { used: 48, total: 50 } })
    await client.publish(await ready())
    expect(await limit()).toEqual({ data: [{ quota_usage: 49, config: { quota_total: 50, quota_duration: 86400 } }] })
    fake.set({ quota: { used: 49, total: 50 } })
    expect(await client.publish(await ready(other))).toMatchObject({ status: 400, code: 9, subcode: 2207042 })
    fake.set({ quota: { used: 0, total: null } })
    expect(await limit()).toEqual({ data: [{ quota_usage: 1 }] })
    fake.set({ containerLimit: 2 })
    expect(await client.create(host.serve({ bytes: other }))).toMatchObject({ code: 9, subcode: 2207042 })
    expect(fake.violations()).toEqual([])
  })

  it('usage headers, errors in Hebrew, tags of private people', async () => {
    const business = { '1': [{ type: 'instagram', call_count: 100, estimated_time_to_regain_access: 19 }] }
    fake.set({ usage: { app: { call_count: 28 }, business }, hebrew: true, privateUsers: ['shy'] })
    const reply = await client.create(host.serve({ bytes: jpeg }), { user_tags: '[{"username":"shy"}]' })
    expect(reply).toMatchObject({ code: 100, subcode: 2207018, body: { error: { message: 'Invalid user id' } } })
    expect(reply.body.error.error_user_msg).toMatch(/[א-ת]/)
    expect(JSON.parse(reply.headers.get('x-app-usage') ?? '')).toEqual({ call_count: 28 })
    expect(JSON.parse(reply.headers.get('x-business-use-case-usage') ?? '')).toEqual(business)
    expect(fake.violations()).toEqual([])
  })
})

describe('faults and holds', () => {
  const spam = { kind: 'error' as const, code: 4, subcode: 2207051, message: 'Application request limit reached' }
  const throttled = { kind: 'error' as const, code: 80002, headers: { 'x-business-use-case-usage': '{}' } }
  it.each<[string, Parameters<FakeGraph['fault']>[0], object | 'lost', number]>([
    ['refused', { kind: 'error', code: 368 }, { status: 400, code: 368, subcode: undefined }, 0],
    ['throttled', throttled, { status: 400, code: 80002 }, 0],
    ['done, then 4/2207051', { ...spam, when: 'after' }, { status: 400, code: 4, subcode: 2207051 }, 1],
    [
      'done, then 1',
      { kind: 'error', when: 'after', http: 500, code: 1, is_transient: true },
      { status: 500, code: 1 },
      1,
    ],
    ['HTML', { kind: 'http', status: 502, body: HTML }, { status: 502, text: HTML }, 0],
    ['done, then HTML', { kind: 'http', when: 'after', status: 500, body: HTML }, { status: 500, text: HTML }, 1],
    ['done, then empty', { kind: 'http', when: 'after', status: 200, body: '' }, { status: 200, text: '' }, 1],
    ['done, then no id', { kind: 'http', when: 'after', status: 200, body: {} }, { status: 200, body: {} }, 1],
    ['done, then half an answer', { kind: 'cut' }, 'lost', 1],
    ['reset', { kind: 'reset' }, 'lost', 0],
    ['done, then reset', { kind: 'reset', when: 'after' }, 'lost', 1],
    ['done, then dropped', { kind: 'drop', when: 'after' }, 'lost', 1],
    ['late', { kind: 'delay', seconds: 0.05 }, { status: 200 }, 1],
    ['done, then late', { kind: 'delay', when: 'after', seconds: 0.05 }, { status: 200 }, 1],
  ])('media_publish is %s', async (_name, fault, reply, effects) => {
    fake.fault({ endpoint: 'media_publish', ...fault })
    const id = await ready()
    const publishing = client.publish(id)
    if (reply === 'lost') await expect(publishing).rejects.toThrow()
    else expect(await publishing).toMatchObject(reply)
    expect(await fake.waitForCalls('media_publish')).toMatchObject([
      {
        fault: fault.kind,
        effect: effects ? 'story published' : null,
        state: reply === 'lost' ? 'broken' : 'answered',
      },
    ])
    expect([fake.publishEffects(), fake.violations()]).toEqual([effects, []])
    expect((await client.status(id)).body.status_code).toBe(effects ? 'PUBLISHED' : 'FINISHED')
  })

  it('a hung call ends with its client', async () => {
    fake.fault({ kind: 'hang', when: 'after' })
    const url = `${fake.url}/v26.0/${fake.accountId}/stories?access_token=${fake.tokens.user}`
    await expect(fetch(url, { signal: AbortSignal.timeout(50) })).rejects.toThrow()
    expect(await fake.waitForCalls('stories')).toMatchObject([{ state: 'broken', tokenAt: ['query'] }])
  })

  it('they hit the calls they are meant for, as often as they say', async () => {
    fake.fault({
      endpoint: ['stories', 'me'],
      kind: 'error',
      code: 2,
      nth: 2,
      times: 2,
      match: ({ node }) => node !== 'me',
    })
    const codes = []
    for (const path of [
      'me',
      'me',
      `${fake.accountId}/stories`,
      `${fake.accountId}/stories`,
      `${fake.accountId}/stories`,
    ]) {
      codes.push((await get(fake, path)).code)
    }
    expect(codes).toEqual([undefined, undefined, undefined, 2, 2])
    fake.fault({ kind: 'hang' })
    fake.clearFaults()
    expect((await client.stories()).status).toBe(200)
  })

  it.each([
    ['before' as const, 0],
    ['after' as const, 1],
  ])('a call held %s its effect has published %i stories', async (when, count) => {
    const id = await ready()
    const hold = fake.hold('media_publish', when)
    const publishing = client.publish(id)
    expect((await hold.reached).params).toEqual({ creation_id: id })
    expect(fake.publishEffects()).toBe(count)
    hold.release()
    expect((await publishing).status).toBe(200)
  })

  it('a call that never comes is told with those that came', async () => {
    await client.stories()
    await expect(fake.waitForCalls('media', 1, 0.05)).rejects.toThrow('0 of 1 media in 0.05 s; calls: stories 200')
  })
})
