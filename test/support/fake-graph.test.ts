import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { clientOf, get, type PictureHost, pictures, startPictureHost } from './fake-graph/trial.ts'
import { type FakeGraph, startFakeGraph } from './fake-graph.ts'
import { withFirstSegment } from './pictures.ts'

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

describe('a story', () => {
  it('is created, polled, published, listed and read, and nothing is wrong with the calls', async () => {
    const url = host.serve({ bytes: jpeg })
    const { body } = await client.create(url, {
      user_tags: '[{"username":"a.b","x":0.5,"y":1}]',
      is_ai_generated: 'true',
    })
    expect(body.id).toMatch(/^\d{17}$/)
    expect(String(Number(body.id))).not.toBe(body.id)
    expect(host.requests.at(-1)?.headers['user-agent']).toBe('facebookexternalhit/1.1')
    expect((await client.status(body.id)).body).toMatchObject({ status_code: 'IN_PROGRESS', id: body.id })
    expect((await client.status(body.id)).body.status_code).toBe('FINISHED')
    const media = (await client.publish(body.id)).body
    expect((await client.status(body.id)).body.status_code).toBe('PUBLISHED')
    expect((await client.stories()).body).toMatchObject({
      data: [{ id: media.id, timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/) }],
      paging: { cursors: {} },
    })
    expect((await get(fake, `${media.id}?fields=permalink,media_product_type`)).body).toEqual({
      id: media.id,
      permalink: `https://www.instagram.com/stories/first_brand/${media.id}`,
      media_product_type: 'STORY',
    })
    expect(fake.stories()).toMatchObject([{ id: media.id, containerId: body.id, bytes: jpeg }])
    expect(fake.containers()).toMatchObject([
      { imageUrl: url, userTags: [{ username: 'a.b', x: 0.5, y: 1 }], isAiGenerated: true, storyIds: [media.id] },
    ])
    expect([fake.publishEffects(), fake.doublePublishes(), fake.violations()]).toEqual([1, [], []])
    expect(fake.calls('media')).toMatchObject([
      { method: 'POST', status: 200, tokenAt: ['header'], tokenKind: 'page', effect: 'container created' },
    ])
    expect(fake.calls('media')[0]?.params).toMatchObject({ media_type: 'STORIES', image_url: url })
  })

  it('shows a picture that is coded anew, and is gone after a day', async () => {
    await client.publish(await ready())
    const { media_url } = (await client.stories()).body.data[0]
    const shown = Buffer.from(await (await fetch(media_url)).arrayBuffer())
    expect([shown.readUInt16BE(0), shown.equals(jpeg)]).toEqual([0xffd8, false])
    fake.advance(DAY)
    expect((await client.stories()).body).toEqual({ data: [] })
  })

  it('may be published again after a day, and by another account', async () => {
    await client.publish(await ready())
    fake.advance(DAY)
    await client.publish(await ready())
    const second = clientOf({ ...fake, accountId: fake.accounts[1]?.id ?? '' }, { token: fake.tokens.page2 })
    const { body } = await second.create(host.serve({ bytes: jpeg }))
    await second.status(body.id)
    await second.status(body.id)
    await second.publish(body.id)
    expect([fake.publishEffects(), fake.doublePublishes(), fake.violations()]).toEqual([3, [], []])
  })
})

describe('the picture is fetched and judged during POST /media', () => {
  const fetched = async (make: () => Promise<Buffer>) => host.serve({ bytes: await make() })
  const mpo = () => withFirstSegment(jpeg, 0xe2, Buffer.from('MPF\0 and more'))
  it.each<[string, () => string | Promise<string>, [number, number], string[]]>([
    ['an absent one', () => `${host.url}/none`, [9004, 2207052], []],
    ['another host', () => 'https://example.com/a.jpg', [9004, 2207052], []],
    ['nobody there', () => 'http://127.0.0.1:1/a.jpg', [9004, 2207052], []],
    [
      'a redirect',
      () => host.serve({ bytes: jpeg, status: 302, headers: { location: host.serve({ bytes: jpeg }) } }),
      [9004, 2207052],
      [],
    ],
    ['another type', () => host.serve({ bytes: jpeg, headers: { 'content-type': 'image/png' } }), [9004, 2207052], []],
    ['more than 8 MiB', () => host.serve({ bytes: Buffer.alloc(8 * 1024 * 1024 + 1) }), [36000, 2207004], []],
    ['a slow one', () => host.serve({ bytes: jpeg, hangs: true }), [-2, 2207003], []],
    ['a PNG', () => fetched(pictures.png), [36001, 2207005], ['no complete JPEG']],
    ['half of it', () => host.serve({ bytes: jpeg.subarray(0, 9000) }), [36001, 2207005], ['no complete JPEG']],
    ['a progressive one', () => fetched(pictures.progressive), [36001, 2207005], ['no baseline JPEG']],
    ['an MPO', () => host.serve({ bytes: mpo() }), [36001, 2207005], ['an MPO']],
  ])('%s is refused', async (_name, makeUrl, [code, subcode], violations) => {
    fake.set({ fetchTimeoutSeconds: 0.2 })
    const url = await makeUrl()
    expect(await client.create(url)).toMatchObject({
      status: 400,
      code,
      subcode,
      body: { error: { is_transient: false, fbtrace_id: expect.any(String), error_user_msg: expect.any(String) } },
    })
    expect(fake.violations()).toEqual(violations.map((text) => expect.stringContaining(text)))
    expect(fake.containers()).toEqual([])
  })

  const xmp = () => withFirstSegment(jpeg, 0xe1, Buffer.from('http://ns.adobe.com/xap/1.0/\0<x exif:GPSLatitude="1"/>'))
  it.each<[string, () => Promise<Buffer>]>([
    ['the picture carries GPS coordinates', pictures.located],
    ['the picture carries GPS coordinates', async () => xmp()],
    ['the picture relies on EXIF orientation 6', pictures.turned],
    ['the picture is CMYK', pictures.cmyk],
    ['the picture is 1080 x 1080, not 1080 x 1920', pictures.square],
  ])('accepted, but wrong: %s', async (violation, make) => {
    expect((await client.create(await fetched(make))).status).toBe(200)
    expect(fake.violations()).toEqual([`#1 media: ${violation}`])
  })
})

describe('the order of the calls is watched', () => {
  it.each<[string, () => Promise<unknown>, string[]]>([
    ['no status was read', async () => client.publish(await create()), ['before a status read said FINISHED']],
    [
      'only IN_PROGRESS was read',
      async () => {
        const id = await create()
        await client.status(id)
        await client.publish(id)
      },
      ['before a status read said FINISHED'],
    ],
    [
      'FINISHED was answered, but the answer was lost',
      async () => {
        fake.fault({ endpoint: 'container', kind: 'http', when: 'after', status: 502, body: HTML, times: 2 })
        const id = await create()
        await client.status(id)
        await client.status(id)
        await client.publish(id)
      },
      ['before a status read said FINISHED'],
    ],
    [
      'sent again without looking',
      async () => {
        fake.fault({ endpoint: 'media_publish', kind: 'error', code: 2 })
        const id = await ready()
        await client.publish(id)
        await client.publish(id)
      },
      ["again, without having read the container's status and /stories since the last time"],
    ],
    [
      'sent again after half a look',
      async () => {
        fake.fault({ endpoint: 'media_publish', kind: 'error', code: 2 })
        const id = await ready()
        await client.stories()
        await client.publish(id)
        await client.status(id)
        await client.publish(id)
      },
      ['again, without having read /stories since the last time'],
    ],
    [
      'sent again after a look while it was still open',
      async () => {
        fake.fault({ endpoint: 'media_publish', kind: 'error', code: 2, when: 'before' })
        const hold = fake.hold('media_publish', 'before')
        const id = await ready()
        const sending = client.publish(id)
        await hold.reached
        await reconcile(id)
        hold.release()
        await sending
        await client.publish(id)
      },
      ["again, without having read the container's status and /stories since the last time"],
    ],
    [
      'sent again although it is live',
      async () => {
        const id = await ready()
        await client.publish(id)
        await reconcile(id)
        await client.publish(id)
      },
      ['is published already'],
    ],
    [
      'a second container of a live picture, and its publication',
      async () => {
        const [first, second] = [await ready(), await ready()]
        await client.publish(first)
        await client.publish(second)
        await create()
      },
      ['the same picture is live', 'the same picture is live'],
    ],
    [
      'two at once for one account',
      async () => {
        const hold = fake.hold('media_publish', 'before')
        const [first, second] = [await ready(), await ready(other)]
        const sending = client.publish(first)
        await hold.reached
        await client.publish(second)
        hold.release()
        await sending
      },
      ['publishes for the same account'],
    ],
  ])('%s', async (_name, run, violations) => {
    await run()
    expect(fake.violations()).toEqual(violations.map((text) => expect.stringContaining(text)))
  })

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['both were read', reconcile],
    ['it was not ready', async () => undefined],
  ])('sent again, as %s: nothing is wrong', async (name, between) => {
    if (name === 'both were read') fake.fault({ endpoint: 'media_publish', kind: 'error', code: 2 })
    else fake.set({ notReadyTimes: 1 })
    const id = await ready()
    expect((await client.publish(id)).code).toBe(name === 'both were read' ? 2 : 9007)
    await between(id)
    expect((await client.publish(id)).status).toBe(200)
    expect([fake.publishEffects(), fake.violations()]).toEqual([1, []])
  })
})
