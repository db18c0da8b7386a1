import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { hostedFiles } from '../../src/db/schema.ts'
import { runStoryline } from '../support/cli.ts'
import { distinctPicture, useInstagram } from '../support/instagram.ts'
import { TEAM } from '../support/team.ts'

const ig = useInstagram()
const { team } = ig

const cards = () => team.fake.messages(TEAM).filter(({ kind }) => kind === 'photo')

describe.each(['cloudinary', 's3'])('with the host %s', (MEDIA_HOST) => {
  test('a story without a sticker publishes itself, once, and its picture is taken away again', async () => {
    ig.graph.set({ inProgressReads: 1 })
    const { item } = await team.library.plan('a.jpg')
    const { code, stdout } = await runStoryline(['process-queue', '--json'], { env: ig.env({ MEDIA_HOST }) })
    const [story] = ig.graph.stories()
    expect([code, ig.graph.stories().length]).toEqual([0, 1])
    expect(JSON.parse(stdout).delivered).toEqual([
      {
        id: item.id,
        channel: 'instagram',
        instagramMediaId: story?.id,
        permalink: expect.stringContaining(story?.id ?? ''),
      },
    ])
    expect(await ig.history()).toMatchObject([
      { status: 'posted', channel: 'instagram', instagramMediaId: story?.id, settledBy: null, success: true },
    ])
    expect(ig.hosts.files()).toMatchObject([{ provider: MEDIA_HOST, uploads: 1, deletedAtMs: expect.any(Number) }])
    expect(await team.db.select().from(hostedFiles)).toEqual([])
    expect(team.fake.messages(TEAM)).toEqual([])
    expect((await ig.tick()).report.claimed).toBe(0)
    expect([ig.graph.publishEffects(), ig.violations()]).toEqual([1, []])
  })
})

test('with the Instagram login, at its own host and without a proof', async () => {
  await team.library.plan('a.jpg')
  const { instagram: ACCESS_TOKEN } = ig.graph.tokens
  const { report } = await ig.tick({ INSTAGRAM_LOGIN: 'instagram', ACCESS_TOKEN, APP_ID: '', APP_SECRET: '' })
  expect(report.delivered).toHaveLength(1)
  expect([ig.graph.publishEffects(), ig.violations()]).toEqual([1, []])
})

test('a story with a sticker goes to the team in the same tick', async () => {
  await team.library.plan('a.jpg')
  await team.library.plan('b.jpg', { media: { requiresInteraction: true } })
  const { report } = await ig.tick()
  expect(report.delivered.map(({ channel }) => channel).sort()).toEqual(['instagram', 'telegram'])
  expect([ig.graph.publishEffects(), cards().length, ig.violations()]).toEqual([1, 1, []])
})

test('what a run left behind is not done again: the container is published, not another one made', async () => {
  // As often as one tick reads: ready with the next one.
  ig.graph.set({ inProgressReads: 5 })
  await team.library.plan('a.jpg')
  const { report } = await ig.tick()
  expect(report.retrying).toMatchObject([{ reason: 'Instagram is still processing the picture' }])
  await ig.pass(60)
  expect((await ig.tick()).report.delivered).toHaveLength(1)
  expect([ig.graph.calls('media').length, ig.graph.publishEffects(), ig.violations()]).toEqual([1, 1, []])
  expect(ig.hosts.calls().filter(({ action }) => action === 'upload')).toHaveLength(1)
}, 30_000)

test('a picture that cannot be decoded fails by name; nobody is bothered with it', async () => {
  const bytes = Buffer.from('not a picture at all')
  const { item } = await team.library.plan('a.jpg', { bytes })
  const { report } = await ig.tick()
  expect(report.failed).toMatchObject([{ id: item.id, reason: expect.stringContaining('cannot be decoded') }])
  expect([ig.graph.calls('media'), cards()]).toEqual([[], []])
})

test('what Instagram will not take goes to the team at once, and the card says why', async () => {
  ig.graph.fault({
    endpoint: 'media',
    kind: 'error',
    http: 400,
    code: 36003,
    subcode: 2207009,
    message: 'The aspect ratio',
  })
  const { item } = await team.library.plan('a.jpg')
  const { report } = await ig.tick()
  expect(report.handedOver).toMatchObject([{ id: item.id, reason: expect.stringContaining('36003/2207009') }])
  expect(report.delivered).toEqual([{ id: item.id, channel: 'telegram' }])
  expect(report.claimed).toBe(1)
  expect(cards()[0]?.text).toContain('⚠️ Not published automatically: ')
  expect(cards()[0]?.text).toContain('The aspect ratio')
  expect(ig.hosts.present()).toEqual([])
  await ig.pass(3600)
  await ig.tick()
  expect([ig.graph.publishEffects(), cards().length, ig.violations()]).toEqual([0, 1, []])
})

test('a dry run shows that it would publish itself, and asks Instagram nothing', async () => {
  await team.library.plan('a.jpg', { media: { title: 'Summer' } })
  const { code, stdout } = await runStoryline(['process-queue', '--dry-run'], { env: ig.env() })
  expect(code).toBe(0)
  expect(stdout).toContain('PUBLISHES ITSELF on Instagram')
  expect([ig.graph.calls(), ig.hosts.calls()]).toEqual([[], []])
})

test('the queue shows the way that is open now, and what Instagram is read for', async () => {
  const planned = await team.library.plan('a.jpg', { minutesAgo: -60 })
  await team.library.plan('b.jpg', {
    item: {
      status: 'unconfirmed',
      effect: 'instagram_publish',
      effectStartedAt: sql`now()` as never,
      reconcileAt: sql`now()` as never,
      channel: 'instagram',
    },
  })
  const { stdout } = await runStoryline(['list-queue'], { env: ig.env() })
  expect(stdout).toContain('Instagram: reading whether it is live')
  const channelOf = async (more: Record<string, string>) => {
    const listing = await runStoryline(['list-queue', '--json'], { env: ig.env(more) })
    return JSON.parse(listing.stdout).items.find(({ id }: { id: string }) => id === planned.item.id).channel
  }
  expect(await channelOf({})).toBe('instagram')
  expect(await channelOf({ ENABLE_INSTAGRAM_API: 'false' })).toBe('telegram')
})

test('two processes publish one story at a time', async () => {
  for (const n of [1, 2, 3, 4]) await team.library.plan(`${n}.jpg`, { bytes: await distinctPicture(n) })
  const hold = ig.graph.hold('media_publish', 'before')
  const first = ig.tick()
  await hold.reached
  // The first one is in flight: the second process makes nothing of it, and says so.
  expect((await ig.tick()).report.delivered).toEqual([])
  hold.release()
  await first
  await ig.tick()
  expect([ig.graph.publishEffects(), ig.violations()]).toEqual([4, []])
})

test('two that arrive at the publishing step together: the loser goes on later', async () => {
  await team.library.plan('a.jpg', { bytes: await distinctPicture(1) })
  await team.library.plan('b.jpg', { bytes: await distinctPicture(2) })
  const holds = [ig.graph.hold('media', 'after'), ig.graph.hold('media', 'after')]
  const runs = [ig.tick({ MAX_POSTS_PER_RUN: '1' }), ig.tick({ MAX_POSTS_PER_RUN: '1' })]
  await Promise.all(holds.map(({ reached }) => reached))
  const publishing = ig.graph.hold('media_publish', 'after')
  for (const { release } of holds) release()
  await publishing.reached
  await new Promise((resolve) => setTimeout(resolve, 300))
  publishing.release()
  const reports = (await Promise.all(runs)).map(({ report }) => report)
  expect(reports.flatMap(({ delivered }) => delivered)).toHaveLength(1)
  expect(reports.flatMap(({ retrying }) => retrying)).toMatchObject([
    { reason: expect.stringContaining('another story') },
  ])
  await ig.pass(60)
  await ig.tick()
  expect([ig.graph.publishEffects(), ig.violations()]).toEqual([2, []])
})
