import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { alerts, apiLimits, postingQueue } from '../../src/db/schema.ts'
import { useInstagram } from '../support/instagram.ts'
import { ADMIN, TEAM } from '../support/team.ts'

const ig = useInstagram()
const { team } = ig

const open = async () =>
  (await team.db.select().from(alerts))
    .filter(({ state }) => state === 'open')
    .map(({ subject }) => subject.replace(/:.*/, ''))
const heldMinutes = async () => {
  const [row] = await team.db
    .select({ minutes: sql<string>`extract(epoch from ${apiLimits.until} - now()) / 60` })
    .from(apiLimits)
  return row ? Math.round(Number(row.minutes)) : null
}

type End = 'retrying' | 'handed over' | 'blocked' | 'held'

const endOf = (found: { handedOver: number; warnings: number; held: number | null }): End | undefined => {
  if (found.handedOver > 0) return 'handed over'
  if (found.warnings > 0) return 'blocked'
  return found.held === null ? undefined : 'held'
}

/** What is nobody's fault, or the account's, uses up no try of the story; what needs somebody is told once. */
const EFFECTS: Readonly<Record<End, { retryCount: number; cards: number; told: number; alert: string[] }>> = {
  retrying: { retryCount: 1, cards: 0, told: 0, alert: [] },
  'handed over': { retryCount: 0, cards: 1, told: 0, alert: [] },
  blocked: { retryCount: 0, cards: 0, told: 1, alert: ['instagram-blocked'] },
  held: { retryCount: 0, cards: 0, told: 1, alert: ['instagram-limit'] },
}

/** The rows of instagram.md §3 as an answer to the creation of a container; minutes that nobody calls. */
const CREATION: readonly [code: number, subcode: number | undefined, end: End, minutes?: number][] = [
  [-1, 2207001, 'retrying'],
  [-1, 2207032, 'retrying'],
  [-2, 2207003, 'retrying'],
  [-2, 2207020, 'retrying'],
  [1, undefined, 'retrying'],
  [2, undefined, 'retrying'],
  [3, undefined, 'blocked'],
  [4, undefined, 'held', 15],
  [4, 2207051, 'held', 60],
  [9, 2207042, 'held', 15],
  [10, undefined, 'blocked'],
  [17, undefined, 'held', 15],
  [24, 2207006, 'retrying'],
  [25, 2207050, 'blocked'],
  [32, undefined, 'held', 15],
  [100, undefined, 'handed over'],
  [100, 33, 'retrying'],
  [100, 2207023, 'handed over'],
  [100, 2207040, 'handed over'],
  [100, 2207018, 'handed over'],
  [102, undefined, 'blocked'],
  [190, undefined, 'blocked'],
  [190, 458, 'blocked'],
  [190, 459, 'blocked'],
  [190, 460, 'blocked'],
  [190, 463, 'blocked'],
  [190, 464, 'blocked'],
  [190, 467, 'blocked'],
  [190, 492, 'blocked'],
  [200, undefined, 'blocked'],
  [299, undefined, 'blocked'],
  [341, undefined, 'held', 15],
  [352, 2207026, 'handed over'],
  [368, undefined, 'held', 24 * 60],
  [506, undefined, 'handed over'],
  [613, undefined, 'held', 15],
  [9004, 2207052, 'retrying'],
  [36000, 2207004, 'handed over'],
  [36001, 2207005, 'handed over'],
  [36003, 2207009, 'handed over'],
  [36004, 2207010, 'handed over'],
  [80002, undefined, 'held', 15],
  [987_654, undefined, 'retrying'],
]

describe('what an error becomes before anything is published', () => {
  test.each(CREATION)(
    '%d/%s: %s',
    async (code, subcode, end, minutes) => {
      ig.graph.fault({
        endpoint: 'media',
        kind: 'error',
        http: 400,
        code,
        ...(subcode ? { subcode } : {}),
        message: 'no',
        times: 3,
      })
      const { item } = await team.library.plan('a.jpg')
      const { report, warnings } = await ig.tick()
      const [row] = await ig.queue()
      const held = await heldMinutes()
      const found = {
        end: endOf({ handedOver: report.handedOver.length, warnings: warnings.length, held }) ?? row?.status,
        minutes: held,
        retryCount: row?.retryCount,
        cards: team.fake.messages(TEAM).filter(({ kind }) => kind === 'photo').length,
        told: team.fake.messages(ADMIN).length,
        alert: await open(),
      }
      expect(found).toEqual({ end, minutes: minutes ?? null, ...EFFECTS[end] })
      expect([row?.id, ig.graph.publishEffects(), ig.violations()]).toEqual([item.id, 0, []])
    },
    30_000,
  )

  test('an address that Meta cannot fetch at first is offered again', async () => {
    ig.graph.fault({
      endpoint: 'media',
      kind: 'error',
      http: 400,
      code: 9004,
      subcode: 2207052,
      message: 'Only photo or video',
    })
    await team.library.plan('a.jpg')
    expect((await ig.tick()).report.delivered).toHaveLength(1)
    expect([ig.graph.calls('media').length, ig.violations()]).toEqual([2, []])
  })

  test('a throttle says how long in its header, as HTTP 400', async () => {
    const business = JSON.stringify({
      '1': [{ type: 'instagram', call_count: 100, estimated_time_to_regain_access: 19 }],
    })
    const headers = { 'X-Business-Use-Case-Usage': business }
    ig.graph.fault({ endpoint: 'media', kind: 'error', http: 400, code: 80002, message: 'too many calls', headers })
    await team.library.plan('a.jpg')
    await ig.tick()
    expect(await heldMinutes()).toBe(19)
    const calls = ig.graph.calls().length
    await ig.tick()
    expect(ig.graph.calls()).toHaveLength(calls)
    await ig.pass(19 * 60)
    expect((await ig.tick()).report.delivered).toHaveLength(1)
    expect([team.adminTexts().length, await open(), ig.violations()]).toEqual([2, [], []])
  })

  test('without a header the waits double, up to two hours', async () => {
    await team.library.plan('a.jpg')
    const waits: (number | null)[] = []
    for (let round = 0; round < 5; round += 1) {
      ig.graph.fault({ endpoint: 'media', kind: 'error', http: 400, code: 80002, message: 'too many calls' })
      await ig.tick()
      const minutes = await heldMinutes()
      waits.push(minutes)
      await ig.pass((minutes ?? 0) * 60 + 1)
    }
    expect(waits).toEqual([15, 30, 60, 120, 120])
    expect(team.adminTexts()).toHaveLength(1)
  })

  test('usage headers are obeyed before the next call', async () => {
    ig.graph.set({
      usage: { business: { '1': [{ type: 'instagram', call_count: 100, estimated_time_to_regain_access: 7 }] } },
    })
    await team.library.plan('a.jpg')
    await ig.tick()
    expect([ig.graph.calls().map(({ endpoint }) => endpoint), await heldMinutes()]).toEqual([
      ['content_publishing_limit'],
      7,
    ])
  })
})

describe('what becomes of a container that will not be ready', () => {
  test.each([
    ['an error of processing', 'error', 600],
    ['an expired one', 'expired', 60],
    ['an error only in words', 'no_status_code', 600],
  ] as const)('%s: another one is made', async (_name, outcome, seconds) => {
    ig.graph.set({ containerOutcomes: [outcome] })
    await team.library.plan('a.jpg')
    await ig.tick()
    await ig.pass(seconds)
    expect((await ig.tick()).report.delivered).toHaveLength(1)
    expect([ig.graph.containers().length, ig.graph.publishEffects(), ig.violations()]).toEqual([2, 1, []])
  })

  test('after three the team gets it', async () => {
    ig.graph.set({ containerOutcomes: ['error', 'error', 'error', 'error'] })
    await team.library.plan('a.jpg')
    for (const seconds of [0, 600, 1200, 1800, 2400]) {
      await ig.pass(seconds)
      await ig.tick()
    }
    expect((await ig.queue()).map(({ status, fallbackReason }) => [status, fallbackReason])).toEqual([
      ['awaiting_team', expect.stringContaining('could not process the picture')],
    ])
    expect([ig.graph.containers().length, ig.graph.publishEffects()]).toEqual([3, 0])
  })

  test('finished, but not ready for publishing: asked again in the same tick', async () => {
    ig.graph.set({ notReadyTimes: 1 })
    await team.library.plan('a.jpg')
    expect((await ig.tick()).report.delivered).toHaveLength(1)
    expect([ig.graph.calls('media_publish').length, ig.violations()]).toEqual([2, []])
  }, 30_000)
})

/** Answers to `media_publish` that prove nothing: whether it was published decides what becomes of the story, not they. */
const DOUBTFUL = [
  { kind: 'error', http: 400, code: 4, subcode: 2207051, message: 'Application request limit reached' },
  { kind: 'error', http: 400, code: 1, message: 'An unknown error has occurred.' },
  { kind: 'error', http: 500, code: 2, message: 'Service temporarily unavailable' },
  { kind: 'error', http: 400, code: 9, subcode: 2207042, message: 'quota' },
  { kind: 'error', http: 400, code: 24, subcode: 2207008, message: 'media builder does not exist' },
  { kind: 'error', http: 400, code: 10, message: 'permission' },
  { kind: 'error', http: 400, code: 25, subcode: 2207050, message: 'restricted' },
  { kind: 'error', http: 400, code: 100, subcode: 33, message: 'Object does not exist' },
  { kind: 'error', http: 400, code: 80002, message: 'too many calls' },
  { kind: 'error', http: 400, code: 368, message: 'blocked' },
  { kind: 'error', http: 400, code: 506, message: 'duplicate' },
  { kind: 'error', http: 400, code: 190, subcode: 463, message: 'expired' },
  { kind: 'error', http: 400, code: 424_242, message: 'new' },
  { kind: 'http', status: 502, body: '<html>bad gateway</html>' },
  { kind: 'http', status: 200, body: '' },
  { kind: 'http', status: 200, body: {} },
  { kind: 'reset' },
  { kind: 'drop' },
] as const
const name = (answer: (typeof DOUBTFUL)[number]) => ('code' in answer ? `${answer.code}` : JSON.stringify(answer))

describe('an answer to media_publish that is no proof', () => {
  test.each(DOUBTFUL.map((answer) => [name(answer), answer] as const))(
    '%s, but it was published: posted',
    async (_name, answer) => {
      ig.graph.fault({ endpoint: 'media_publish', ...answer, when: 'after' })
      const { item } = await team.library.plan('a.jpg')
      const { report } = await ig.tick()
      expect(report.delivered).toMatchObject([{ id: item.id, instagramMediaId: ig.graph.stories()[0]?.id }])
      expect([report.unconfirmed, ig.graph.publishEffects(), ig.violations()]).toEqual([[], 1, []])
      await ig.pass(90_000)
      await ig.tick()
      expect(ig.hosts.present()).toEqual([])
    },
  )

  test.each(DOUBTFUL.filter((answer) => name(answer) !== '368').map((answer) => [name(answer), answer] as const))(
    '%s, and nothing was published: once more, after quiet minutes',
    async (_name, answer) => {
      ig.graph.fault({ endpoint: 'media_publish', ...answer, when: 'before' })
      await team.library.plan('a.jpg')
      const { report } = await ig.tick()
      expect([report.delivered, report.unconfirmed.length, ig.graph.publishEffects()]).toEqual([[], 1, 0])
      await ig.pass(100)
      await ig.tick()
      expect(ig.graph.calls('media_publish')).toHaveLength(1)
      for (let round = 0; round < 4 && ig.graph.publishEffects() === 0; round += 1) {
        await ig.pass(24 * 1800)
        await ig.tick()
        await ig.pass(301)
        await ig.tick()
      }
      expect((await ig.history()).map(({ status }) => status)).toEqual(['posted'])
      expect([ig.graph.publishEffects(), ig.graph.calls('media_publish').length, ig.violations()]).toEqual([1, 2, []])
    },
  )

  test('a second doubt is not tried a third time: the admin chat is asked, once', async () => {
    ig.graph.fault({ endpoint: 'media_publish', kind: 'http', status: 500, body: '', times: 9 })
    const { item } = await team.library.plan('a.jpg')
    for (let round = 0; round < 8; round += 1) {
      await ig.tick()
      await ig.pass(310)
    }
    expect(ig.graph.calls('media_publish')).toHaveLength(2)
    const [question] = team.fake.messages(ADMIN)
    expect(question?.text).toContain('live on Instagram?')
    expect(team.fake.messages(ADMIN)).toHaveLength(1)
    expect(await ig.queue()).toMatchObject([{ id: item.id, status: 'unconfirmed', reconcileAskedAt: expect.any(Date) }])
    expect([await ig.history(), ig.violations()]).toEqual([[], []])
  })

  test('the connection that was never made is no doubt: nothing was published', async () => {
    await team.library.plan('a.jpg')
    ig.graph.fault({
      endpoint: 'media_publish',
      kind: 'error',
      http: 400,
      code: 9007,
      subcode: 2207027,
      message: 'not ready',
      times: 3,
    })
    const { report } = await ig.tick()
    expect(report.retrying).toHaveLength(1)
    expect(await team.db.select({ sends: postingQueue.instagramSends }).from(postingQueue)).toEqual([{ sends: 0 }])
    expect(ig.violations()).toEqual([])
  }, 30_000)
})
