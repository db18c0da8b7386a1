import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { alerts, postingQueue } from '../../src/db/schema.ts'
import { distinctPicture, useInstagram } from '../support/instagram.ts'
import { ADMIN, TEAM } from '../support/team.ts'

const ig = useInstagram()
const { team } = ig

const TICK = 300
const cards = () => team.fake.messages(TEAM).filter(({ kind }) => kind === 'photo')
const stateOf = async (subject: string) =>
  (await team.db.select().from(alerts)).find((row) => row.subject === subject)?.state
const statuses = async () => (await ig.queue()).map(({ status, retryCount }) => [status, retryCount])

describe('what closes Instagram for a while waits, is told once, and goes on by itself', () => {
  test('the publishing limit is used up', async () => {
    ig.graph.set({ quota: { used: 50, total: 50 } })
    await team.library.plan('a.jpg')
    for (let round = 0; round < 3; round += 1) {
      await ig.tick()
      await ig.pass(TICK)
    }
    expect([await statuses(), ig.graph.calls('media'), team.adminTexts().length]).toEqual([[['pending', 0]], [], 1])
    expect(team.adminTexts()[0]).toContain('50 of 50')
    expect((await ig.queue())[0]?.lastError).toContain('50 of 50')
    ig.graph.set({ quota: { used: 49, total: 50 } })
    expect((await ig.tick()).report.delivered).toHaveLength(1)
    expect([team.adminTexts().length, ig.violations()]).toEqual([2, []])
  })

  test('an account whose limit cannot be read has the usual one', async () => {
    ig.graph.set({ quota: { used: 50, total: null } })
    await team.library.plan('a.jpg')
    await ig.tick()
    expect(team.adminTexts()[0]).toContain('50 of 50')
  })

  test('the token expires in the middle of a tick: the manual way stays open, and the rest is published with a new one', async () => {
    await team.library.plan('a.jpg', { bytes: await distinctPicture(1), minutesAgo: 3 })
    await team.library.plan('b.jpg', { bytes: await distinctPicture(2), minutesAgo: 2 })
    await team.library.plan('c.jpg', { media: { requiresInteraction: true } })
    const second = ig.graph.hold('media_publish', 'after')
    const tick = ig.tick()
    await second.reached
    ig.graph.set({ tokens: { page: { invalidSubcode: 463 } } })
    second.release()
    const { report, warnings } = await tick
    expect(report.delivered.map(({ channel }) => channel)).toEqual(['instagram', 'telegram'])
    expect(warnings.join()).toContain('463')
    await ig.pass(TICK)
    await ig.tick()
    expect([await stateOf('instagram-blocked'), team.adminTexts().length]).toEqual(['open', 1])
    ig.graph.set({ tokens: { page: { invalidSubcode: null } } })
    await ig.pass(TICK)
    expect((await ig.tick()).report.delivered).toHaveLength(1)
    expect([ig.graph.publishEffects(), cards().length, ig.violations()]).toEqual([2, 1, []])
    expect([await stateOf('instagram-blocked'), team.adminTexts().length]).toEqual(['resolved', 2])
  })

  test('the media host is down for an hour', async () => {
    await team.library.plan('a.jpg')
    ig.hosts.fault({ action: 'upload', play: 'reset', times: 12 })
    for (let round = 0; round < 12; round += 1) {
      await ig.tick()
      await ig.pass(TICK)
    }
    expect([await statuses(), team.adminTexts().length, ig.graph.calls('media')]).toEqual([[['pending', 0]], 1, []])
    expect((await ig.tick()).report.delivered).toHaveLength(1)
    expect([ig.graph.publishEffects(), team.adminTexts().length, ig.violations()]).toEqual([1, 2, []])
    await ig.pass(3600)
    await ig.tick()
    expect(ig.hosts.present()).toEqual([])
  })

  test('nothing answers at all', async () => {
    await team.library.plan('a.jpg')
    await ig.tick({ INSTAGRAM_API_ROOT: 'http://127.0.0.1:9' })
    expect([await statuses(), team.adminTexts()[0]]).toEqual([
      [['pending', 0]],
      expect.stringContaining('does not answer'),
    ])
    expect((await ig.tick()).report.delivered).toHaveLength(1)
  })

  test('what is missing in the settings is named', async () => {
    await team.library.plan('a.jpg')
    const { warnings } = await ig.tick({ CLOUDINARY_API_KEY: '', CLOUDINARY_API_SECRET: '' })
    expect(warnings).toEqual([expect.stringContaining('CLOUDINARY_API_KEY, CLOUDINARY_API_SECRET')])
    const other = await ig.tick({ ACCESS_TOKEN: '' })
    expect([other.warnings.length, ig.graph.calls('media')]).toEqual([1, []])
  })
})

describe('a story that would get too late while Instagram is closed', () => {
  const minutesAgo = 106

  test('goes to the team in time, with the reason', async () => {
    ig.graph.set({ tokens: { page: { invalidSubcode: 467 } } })
    const { item } = await team.library.plan('a.jpg', { minutesAgo })
    const { report } = await ig.tick()
    expect([report.handedOver, report.delivered]).toMatchObject([
      [{ id: item.id }],
      [{ id: item.id, channel: 'telegram' }],
    ])
    expect(cards()[0]?.text).toContain('467')
    ig.graph.set({ tokens: { page: { invalidSubcode: null } } })
    await ig.pass(TICK)
    await ig.tick()
    expect(ig.graph.publishEffects()).toBe(0)
  })

  test('is not handed on when it might be live: a person is asked', async () => {
    const { item } = await team.library.plan('a.jpg', {
      minutesAgo,
      item: { instagramSends: 1, instagramAccountId: ig.graph.accountId, instagramContainerId: '17890000000000001' },
    })
    ig.graph.set({ tokens: { page: { invalidSubcode: 467 } } })
    const { report } = await ig.tick()
    expect([report.handedOver, report.unconfirmed]).toMatchObject([[], [{ id: item.id }]])
    expect(team.adminTexts().some((text) => text.includes('live on Instagram?'))).toBe(true)
    expect(cards()).toEqual([])
  })

  test('after a power cut it is missed like any other: nothing floods', async () => {
    for (const n of [1, 2, 3]) await team.library.plan(`${n}.jpg`, { minutesAgo: 300 + n })
    const { report } = await ig.tick()
    expect([report.missed.length, report.delivered]).toEqual([3, []])
    expect([ig.graph.calls('media'), cards()]).toEqual([[], []])
  })
})

describe('stories and statuses that lag behind', () => {
  test('60 s for /stories and 45 s for the status: published once, posted with its id', async () => {
    ig.graph.set({ storiesLagSeconds: 60, publishedLagSeconds: 45 })
    ig.graph.fault({ endpoint: 'media_publish', kind: 'reset', when: 'after' })
    await team.library.plan('a.jpg')
    const { report } = await ig.tick()
    expect(report.unconfirmed).toHaveLength(1)
    await ig.pass(30)
    await ig.tick()
    expect(await ig.history()).toEqual([])
    await ig.pass(40)
    expect((await ig.tick()).report.delivered).toMatchObject([{ instagramMediaId: ig.graph.stories()[0]?.id }])
    expect([ig.graph.publishEffects(), team.adminTexts(), ig.violations()]).toEqual([1, [], []])
  })

  test('an id that never shows is not waited for: the story is posted', async () => {
    ig.graph.set({ storiesLagSeconds: 100_000 })
    ig.graph.fault({ endpoint: 'media_publish', kind: 'reset', when: 'after' })
    await team.library.plan('a.jpg')
    await ig.tick()
    await ig.pass(200)
    expect((await ig.tick()).report.delivered).toMatchObject([{ instagramMediaId: null, permalink: null }])
    expect(await ig.history()).toMatchObject([{ status: 'posted', instagramMediaId: null }])
  })

  test("somebody else's story of the same minute is not taken for ours", async () => {
    ig.graph.fault({ endpoint: 'media_publish', kind: 'reset', when: 'before' })
    await team.library.plan('a.jpg')
    await ig.tick()
    const theirs = ig.graph.postByHand({ bytes: await distinctPicture(5) })
    for (const seconds of [60, 250, 60]) {
      await ig.pass(seconds)
      await ig.tick()
    }
    const [history] = await ig.history()
    expect(history).toMatchObject({ status: 'posted' })
    expect(history?.instagramMediaId).not.toBe(theirs.id)
    expect([ig.graph.publishEffects(), ig.violations()]).toEqual([1, []])
  })

  test('our picture, posted by hand meanwhile, is not published a second time', async () => {
    ig.graph.fault({ endpoint: 'media_publish', kind: 'reset', when: 'before' })
    await team.library.plan('a.jpg')
    await ig.tick()
    const [container] = ig.graph.containers()
    const theirs = ig.graph.postByHand({ bytes: container?.bytes ?? Buffer.of() })
    await ig.pass(60)
    await ig.tick()
    expect(await ig.history()).toMatchObject([{ status: 'posted', instagramMediaId: theirs.id }])
    await ig.pass(600)
    await ig.tick()
    expect(ig.graph.publishEffects()).toBe(0)
  })

  test('reads that fail with the page token go through with the user token', async () => {
    ig.graph.set({ pageTokenReadsFail: true })
    await team.library.plan('a.jpg')
    expect((await ig.tick()).report.retrying).toHaveLength(1)
    expect(ig.graph.publishEffects()).toBe(0)
  })
})

describe('the question about a story that may be live', () => {
  const doubtful = async () => {
    ig.graph.fault({ endpoint: 'media_publish', kind: 'reset', when: 'before' })
    const { item } = await team.library.plan('a.jpg')
    await ig.tick()
    await team.db.update(postingQueue).set({ instagramSends: 2, reconcileReads: 3, reconcileAt: sql`now()` })
    await ig.pass(400)
    await ig.tick()
    return item
  }

  test('is settled by reading after all, and then loses its buttons', async () => {
    await doubtful()
    expect(team.fake.messages(ADMIN)).toHaveLength(1)
    const [container] = ig.graph.containers()
    ig.graph.postByHand({ bytes: container?.bytes ?? Buffer.of() })
    await ig.pass(3700)
    await ig.tick()
    expect(await ig.history()).toMatchObject([{ status: 'posted' }])
    const [question] = team.fake.messages(ADMIN)
    expect([question?.text, question?.keyboard]).toEqual([expect.stringContaining('settled as posted'), []])
  })

  test('the account that was set up since then cannot tell: somebody has to', async () => {
    ig.graph.fault({ endpoint: 'media_publish', kind: 'reset', when: 'before' })
    await team.library.plan('a.jpg')
    await ig.tick()
    await ig.pass(60)
    await ig.tick({ INSTAGRAM_ACCOUNT_ID: '17841400000000001' })
    expect(team.adminTexts()).toEqual([expect.stringContaining('another account')])
  })
})
