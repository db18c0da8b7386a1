import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eq, sql } from 'drizzle-orm'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { alerts, apiLimits, mediaItems, postingQueue } from '../../src/db/schema.ts'
import { runStoryline } from '../support/cli.ts'
import { distinctPicture, useInstagram } from '../support/instagram.ts'
import { ADMIN, TEAM } from '../support/team.ts'

const ig = useInstagram()
const { team } = ig

const READS_OF_A_TICK = 5
const cards = () => team.fake.messages(TEAM).filter(({ kind }) => kind === 'photo')
const statuses = async () => [...(await ig.history()), ...(await ig.queue())].map(({ status }) => status)
const questions = () => team.adminTexts().filter((text) => text.includes('live on Instagram?')).length

/** Ticks as cron would run them, with this long between them. */
async function ticks(count: number, seconds: number, more?: Record<string, string>) {
  for (let round = 0; round < count; round += 1) {
    await ig.pass(seconds)
    await ig.tick(more)
  }
}

/** The call was made, its answer lost; `after`: it was published all the same. */
async function loseAnswer(when: 'before' | 'after') {
  ig.graph.fault({ endpoint: 'media_publish', kind: 'reset', when })
  const { item, media } = await team.library.plan('a.jpg')
  await ig.tick()
  return { item, media }
}

describe('what looked certain and was not', () => {
  test('"not ready", but it was published: read, and posted', async () => {
    ig.graph.fault({
      endpoint: 'media_publish',
      kind: 'error',
      when: 'after',
      http: 400,
      code: 9007,
      subcode: 2207027,
      message: 'not ready',
    })
    await team.library.plan('a.jpg')
    await ig.tick()
    await ticks(2, 310)
    expect([await statuses(), ig.graph.publishEffects(), questions()]).toEqual([['posted'], 1, 0])
  }, 30_000)

  test('somebody posts between the reading and the second call: read again, then published', async () => {
    await loseAnswer('before')
    ig.graph.fault({ endpoint: 'content_publishing_limit', kind: 'error', http: 500, code: 2, message: 'down' })
    await ticks(1, 310)
    expect(await statuses()).toEqual(['retrying'])
    ig.graph.postByHand({ bytes: await distinctPicture(9) })
    await ticks(4, 310)
    expect([await statuses(), ig.graph.publishEffects(), questions()]).toEqual([['posted'], 1, 0])
    expect(ig.violations()).toEqual([])
  })

  test('our own story appears only after two clean readings: seen before the second call, and not published again', async () => {
    ig.graph.set({ publishedLagSeconds: 100_000, storiesLagSeconds: 400 })
    await loseAnswer('after')
    ig.graph.fault({ endpoint: 'content_publishing_limit', kind: 'error', http: 500, code: 2, message: 'down' })
    await ticks(1, 310)
    expect(await statuses()).toEqual(['retrying'])
    await ticks(4, 310)
    expect([ig.graph.calls('media_publish').length, ig.graph.publishEffects()]).toEqual([1, 1])
    expect([await statuses(), questions()]).toEqual([['posted'], 0])
  })

  test.each([
    ['STORY_FIT', async () => ({ STORY_FIT: 'contain' })],
    [
      'the file',
      async () => {
        const bytes = await distinctPicture(7)
        writeFileSync(join(team.library.path, 'stories/square.jpg'), bytes)
        await team.db.update(mediaItems).set({ fileHash: createHash('sha256').update(bytes).digest('hex') })
        return {}
      },
    ],
  ])('%s changed meanwhile: our own story is not taken for a stranger', async (_name, change) => {
    ig.graph.set({ publishedLagSeconds: 100_000 })
    // Not 9:16: only then do the fits differ.
    const picture = await sharp(await distinctPicture(3))
      .resize(200, 120, { fit: 'fill' })
      .jpeg()
      .toBuffer()
    ig.graph.fault({ endpoint: 'media_publish', kind: 'reset', when: 'after' })
    await team.library.plan('square.jpg', { bytes: picture })
    const crash = ig.graph.hold('media_publish', 'after')
    const tick = ig.tick()
    await crash.reached
    const more = await change()
    await ig.graph.clearFaults()
    ig.graph.fault({ endpoint: ['container', 'stories'], kind: 'error', http: 500, code: 2, message: 'down', times: 2 })
    crash.release()
    await tick
    await ticks(6, 310, more)
    expect([ig.graph.calls('media_publish').length, ig.graph.publishEffects()]).toEqual([1, 1])
    expect(await statuses()).toEqual(['unconfirmed'])
    expect(questions()).toBe(1)
  })

  test("Meta's clock is six minutes behind: our own story is recognised", async () => {
    ig.graph.set({ publishedLagSeconds: 100_000, storiesLagSeconds: 30 })
    ig.graph.advance(-390)
    await loseAnswer('after')
    await ticks(4, 310)
    expect([await statuses(), ig.graph.publishEffects()]).toEqual([['posted'], 1])
  })

  test('an answer without a list is not an empty list', async () => {
    ig.graph.set({ publishedLagSeconds: 100_000 })
    ig.graph.fault({ endpoint: 'media_publish', kind: 'reset', when: 'after' })
    await team.library.plan('a.jpg')
    const publishing = ig.graph.hold('media_publish', 'after')
    const tick = ig.tick()
    await publishing.reached
    ig.graph.fault({ endpoint: 'stories', kind: 'http', status: 200, body: {}, times: 5 })
    publishing.release()
    await tick
    await ticks(4, 310)
    expect([ig.graph.publishEffects(), ig.graph.calls('media_publish').length]).toEqual([1, 1])
    await ticks(2, 310)
    expect(await statuses()).toEqual(['posted'])
  })
})

describe('a story that may be live', () => {
  /** A second try is due, and refused in a way that would end any other story. */
  async function refusedAtSecondTry(more: Record<string, string> = {}) {
    ig.graph.set({ publishedLagSeconds: 100_000, storiesLagSeconds: 100_000 })
    const { item } = await loseAnswer('after')
    ig.graph.set({ publishedLagSeconds: 0 })
    await team.db.update(postingQueue).set({
      status: 'retrying',
      nextRetryAt: sql`now()`,
      effect: null,
      effectStartedAt: null,
      reconcileAt: null,
      instagramContainerId: null,
    })
    ig.graph.fault({
      endpoint: 'media',
      kind: 'error',
      http: 400,
      code: 36003,
      subcode: 2207009,
      message: 'The aspect ratio',
    })
    await ig.tick(more)
    return item
  }

  test.each([
    ['with a team', {}],
    ['without one', { TELEGRAM_CHANNEL_ID: '' }],
  ])('is neither failed nor handed on: somebody is asked, with the true reason (%s)', async (_name, more) => {
    await refusedAtSecondTry(more)
    expect([await statuses(), cards()]).toEqual([['unconfirmed'], []])
    expect(team.adminTexts()[0]).toContain('aspect ratio')
    expect(questions()).toBe(1)
  })

  test('is neither cancelled nor moved by hand', async () => {
    const { item } = await team.library.plan('a.jpg', { minutesAgo: -60, item: { instagramSends: 1 } })
    for (const args of [
      ['cancel', item.id],
      ['reschedule', item.id, '--in', '2h'],
    ]) {
      const { code, stderr } = await runStoryline(args, { env: ig.env() })
      expect([code, stderr]).toEqual([1, expect.stringContaining('may be live')])
    }
    expect(await statuses()).toEqual(['pending'])
  })

  test('is asked about at once when Meta forbids to look for a day', async () => {
    ig.graph.fault({
      endpoint: 'media_publish',
      kind: 'error',
      when: 'before',
      http: 400,
      code: 368,
      message: 'blocked',
    })
    await team.library.plan('a.jpg')
    await ig.tick()
    await ticks(1, 60)
    expect([questions(), await statuses()]).toEqual([1, ['unconfirmed']])
    await ticks(3, 3600)
    expect(questions()).toBe(1)
  })

  test('belongs to its account: on another one it is not tried again', async () => {
    await loseAnswer('before')
    ig.graph.fault({ endpoint: 'content_publishing_limit', kind: 'error', http: 500, code: 2, message: 'down' })
    await ticks(1, 310)
    const [, other] = ig.graph.accounts
    await ticks(1, 310, { INSTAGRAM_ACCOUNT_ID: other?.id ?? '', ACCESS_TOKEN: ig.graph.tokens.page2 })
    expect([ig.graph.calls('media_publish').length, questions()]).toEqual([1, 1])
  })
})

test('a container of another account is of no use, also when the first tick with the new one gets nowhere', async () => {
  ig.graph.set({ containerOutcomes: ['stuck'] })
  await team.library.plan('a.jpg')
  await ig.tick()
  const [, other] = ig.graph.accounts
  const more = { INSTAGRAM_ACCOUNT_ID: other?.id ?? '', ACCESS_TOKEN: ig.graph.tokens.page2 }
  ig.hosts.fault({ action: 'deliver', play: 'reset', times: 9 })
  await ticks(1, 310, more)
  ig.hosts.clearFaults()
  await ticks(1, 310, more)
  expect(ig.graph.stories().map(({ accountId }) => accountId)).toEqual([other?.id])
  expect(ig.violations()).toEqual([])
}, 60_000)

describe('what processes tell each other', () => {
  test('a success does not lift a limit that somebody else was told of meanwhile', async () => {
    await team.library.plan('a.jpg')
    const hold = ig.graph.hold('media_publish', 'after')
    const tick = ig.tick()
    await hold.reached
    await team.db
      .insert(apiLimits)
      .values({ subject: `instagram:${ig.graph.accountId}`, until: sql`now() + interval '1 hour'`, reason: 'too many' })
    hold.release()
    await tick
    expect(await team.db.select().from(apiLimits)).toHaveLength(1)
  })

  test('a publish in flight is no reason to give late stories away', async () => {
    await team.library.plan('a.jpg', { bytes: await distinctPicture(1), minutesAgo: 107 })
    await team.library.plan('b.jpg', { bytes: await distinctPicture(2), minutesAgo: 106 })
    const hold = ig.graph.hold('media_publish', 'before')
    const tick = ig.tick({ MAX_POSTS_PER_RUN: '1' })
    await hold.reached
    expect((await ig.tick()).report.handedOver).toEqual([])
    hold.release()
    await tick
    expect((await ig.tick()).report.delivered).toHaveLength(1)
    expect([cards(), ig.violations()]).toEqual([[], []])
  })

  test('a throttled reading holds everybody', async () => {
    ig.graph.set({ publishedLagSeconds: 1000, storiesLagSeconds: 1000 })
    await loseAnswer('after')
    ig.graph.fault({ endpoint: 'container', kind: 'error', http: 400, code: 80002, message: 'too many calls' })
    await ticks(1, 30)
    const calls = ig.graph.calls().length
    await ticks(1, 60)
    expect([ig.graph.calls().length, (await team.db.select().from(apiLimits)).length]).toEqual([calls, 1])
  })

  test('a story that needs no host does not say that the host is well again', async () => {
    ig.graph.set({ inProgressReads: READS_OF_A_TICK })
    await team.library.plan('a.jpg', { bytes: await distinctPicture(1), minutesAgo: 9 })
    await ig.tick()
    ig.hosts.fault({ action: 'upload', play: 'reset', times: 9 })
    await team.library.plan('b.jpg', { bytes: await distinctPicture(2), minutesAgo: 5 })
    await ticks(1, 30)
    await ticks(3, 70)
    const [alert] = await team.db.select().from(alerts).where(eq(alerts.subject, 'hosting-blocked'))
    expect([alert?.state, team.fake.messages(ADMIN).length, ig.graph.publishEffects()]).toEqual(['open', 1, 1])
  }, 60_000)

  test('places that become free one by one are no news', async () => {
    for (const n of [1, 2, 3]) await team.library.plan(`${n}.jpg`, { bytes: await distinctPicture(n) })
    for (const used of [50, 49, 48]) {
      ig.graph.set({ quota: { used, total: 50 } })
      await ticks(1, 310)
    }
    expect([ig.graph.publishEffects(), team.adminTexts().length]).toEqual([2, 1])
  })

  test('a host in trouble is asked to delete once, not twenty times', async () => {
    for (let n = 0; n < 4; n += 1) {
      await team.db.execute(
        sql`insert into hosted_files (provider, key, queue_item_id, delete_due_at) values ('s3', ${`storyline/${n}`}, gen_random_uuid(), now())`,
      )
    }
    ig.hosts.fault({ action: 'remove', play: { status: 503, body: '' }, times: 9 })
    await ig.tick()
    expect(ig.hosts.calls().filter(({ action }) => action === 'remove')).toHaveLength(1)
  })
})
