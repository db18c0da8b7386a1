import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { postingQueue } from '../../src/db/schema.ts'
import { runStoryline, startStoryline } from '../support/cli.ts'
import { distinctPicture, useInstagram } from '../support/instagram.ts'
import { ADMIN, TEAM } from '../support/team.ts'

const ig = useInstagram()
const { team } = ig

const OFF = { ENABLE_INSTAGRAM_API: 'false' }
const ON = { ENABLE_INSTAGRAM_API: 'true' }
const cards = () => team.fake.messages(TEAM).filter(({ kind }) => kind === 'photo')
const later = sql`now() - interval '1 minute'` as never

/** Items as a tick with the other setting left them. */
const BEGUN: Readonly<Record<string, Partial<typeof postingQueue.$inferInsert>>> = {
  pending: {},
  'claimed by a run that died': { status: 'processing', attempt: 1, leaseOwner: 'gone', leaseUntil: later },
  'retrying in Telegram': { status: 'retrying', attempt: 1, retryCount: 1, nextRetryAt: later },
  'its original is with the team': { attempt: 1, telegramChatId: TEAM, telegramDocumentMessageId: 4 },
  'handed over': { attempt: 1, channel: 'telegram', fallbackReason: 'aspect ratio' },
}

describe.each([
  ['on', ON],
  ['off', OFF],
])('automation is switched %s', (_name, flag) => {
  test('whatever was begun ends once, by one way', async () => {
    const items: string[] = []
    for (const [n, values] of Object.values(BEGUN).entries()) {
      const { item } = await team.library.plan(`${n}.jpg`, { bytes: await distinctPicture(n), item: values })
      items.push(item.id)
    }
    for (let round = 0; round < 3; round += 1) await ig.tick({ ...flag, MAX_POSTS_PER_RUN: '9' })
    const posted = (await ig.history()).map(({ queueItemId }) => queueItemId)
    const waiting = (await ig.queue()).filter(({ status }) => status === 'awaiting_team').map(({ id }) => id)
    expect([...posted, ...waiting].sort()).toEqual(items.sort())
    expect([posted.length, ig.graph.publishEffects(), cards().length]).toEqual(flag === ON ? [3, 3, 2] : [0, 0, 5])
    expect(ig.violations()).toEqual([])
  })
})

test('off: a story whose container waits goes to the team, and is never published', async () => {
  // As often as one tick reads: ready with the next one.
  ig.graph.set({ inProgressReads: 5 })
  await team.library.plan('a.jpg')
  await ig.tick()
  await ig.pass(60)
  expect((await ig.tick(OFF)).report.delivered).toMatchObject([{ channel: 'telegram' }])
  await ig.pass(60)
  await ig.tick(ON)
  expect([ig.graph.publishEffects(), cards().length, ig.violations()]).toEqual([0, 1, []])
}, 30_000)

test('off: what may be live is still read, and is not sent to anybody', async () => {
  ig.graph.fault({ endpoint: 'media_publish', kind: 'reset', when: 'after' })
  ig.graph.set({ storiesLagSeconds: 60, publishedLagSeconds: 60 })
  await team.library.plan('a.jpg')
  await ig.tick()
  expect((await ig.queue()).map(({ status }) => status)).toEqual(['unconfirmed'])
  await ig.pass(100)
  await ig.tick(OFF)
  expect([(await ig.history()).map(({ status }) => status), cards()]).toEqual([['posted'], []])
})

test('off: a story that was tried before is not handed on, a person is asked', async () => {
  ig.graph.fault({ endpoint: 'media_publish', kind: 'reset', when: 'before' })
  await team.library.plan('a.jpg')
  await ig.tick()
  await ig.pass(310)
  // Read as "nothing was published": ready for the second try, which now never comes.
  await ig.tick(OFF)
  expect(await ig.queue()).toMatchObject([{ status: 'unconfirmed', effect: 'instagram_publish' }])
  expect(team.adminTexts()).toEqual([expect.stringContaining('live on Instagram?')])
  expect(cards()).toEqual([])
  await ig.pass(100_000)
  await ig.tick(OFF)
  expect([ig.graph.calls('media_publish').length, team.adminTexts().length, cards().length]).toEqual([1, 1, 0])
})

describe('the answer to "is it live?"', () => {
  const asked = async () => {
    ig.graph.fault({ endpoint: 'media_publish', kind: 'reset', when: 'before' })
    const { item } = await team.library.plan('a.jpg')
    await ig.tick()
    await team.db.update(postingQueue).set({ instagramSends: 2, reconcileReads: 3, reconcileAt: sql`now()` })
    await ig.pass(400)
    await ig.tick()
    return item
  }

  test.each([
    ['It is live', ['posted'], 0],
    ['Not live: publish again', ['posted'], 1],
  ])(
    'the admin presses "%s"',
    async (button, ends, publishes) => {
      const item = await asked()
      const bot = startStoryline(['bot'], { env: ig.env() })
      const [question] = team.fake.messages(ADMIN)
      const { queryId } = team.fake.press({
        chatId: ADMIN,
        messageId: question?.messageId ?? 0,
        button,
        from: { id: ADMIN, first_name: 'Ad' },
      })
      await team.fake.waitForCalls('editMessageText')
      bot.child.kill('SIGTERM')
      await bot.done
      expect(team.fake.presses().find((press) => press.queryId === queryId)?.answeredAtMs).toBeDefined()
      await ig.pass(60)
      await ig.tick()
      const history = await ig.history()
      expect(history.map(({ status }) => status)).toEqual(ends)
      expect(history[0]?.settledBy).toBe(publishes === 0 ? 'admin' : null)
      expect([history[0]?.queueItemId, ig.graph.publishEffects(), ig.graph.violations()]).toEqual([
        item.id,
        publishes,
        [],
      ])
    },
    30_000,
  )

  test('at the command line; "sent" is no answer to it', async () => {
    const item = await asked()
    const refused = await runStoryline(['confirm', item.id, '--sent'], { env: ig.env() })
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('--posted or --not-posted')])
    const { code } = await runStoryline(['confirm', item.id, '--posted'], { env: ig.env() })
    expect([code, await ig.history()]).toMatchObject([
      0,
      [{ status: 'posted', channel: 'instagram', settledBy: 'operator' }],
    ])
    await ig.tick()
    expect([ig.graph.publishEffects(), ig.hosts.present()]).toEqual([0, []])
  })
})
