import { eq, sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { openAlert, resolveAlert } from '../../src/alerts/alerts.ts'
import { backups, heartbeats, mediaPostingLocks, pauses, postingHistory, postingQueue } from '../../src/db/schema.ts'
import { runTick } from '../../src/publish/tick.ts'
import { makeSchedule } from '../../src/schedule/make-schedule.ts'
import { useHealth } from './health-at-work.ts'

const health = useHealth()
const { team } = health

/** Of the machine that runs the tests nothing is known. */
const except = (names: string[]) => names.filter((name) => name !== 'disk')

describe('the queue', () => {
  it('a story that nobody sends is unhealthy, with the reason', async () => {
    await health.workForAWhile()
    await health.beat('process-queue', 90)
    await team.library.plan('late.jpg', { minutesAgo: 30 })
    const found = await health.check()
    expect(except(found.names('unhealthy'))).toEqual(['last-tick', 'overdue'])
    expect(found.row('overdue')?.details).toMatch(
      /1 story waiting; #2 stories\/late\.jpg since 30 minutes: no run of process-queue has worked for 1 hour/,
    )
  })

  it('while paused it waits on purpose', async () => {
    await health.workForAWhile()
    await team.db.insert(pauses).values({ pausedBy: '@ana', reason: 'holiday' })
    await team.library.plan('late.jpg', { minutesAgo: 400 })
    const found = await health.check()
    expect(except(found.names('unhealthy'))).toEqual([])
    expect(except(found.names('warning'))).toEqual(['pause', 'overdue'])
    expect(found.row('pause')?.details).toContain('@ana')
  })

  it('ticks that run and do nothing while work is due are no success', async () => {
    await health.workForAWhile()
    await team.library.plan('late.jpg', { minutesAgo: 150 })
    expect((await health.check()).row('deliveries')).toMatchObject({
      status: 'unhealthy',
      details: 'no story has gone out yet, although 1 story is due, the first for 2 hours',
    })
  })

  it('after a pause the time that stories were due counts from its end', async () => {
    await health.workForAWhile()
    await team.db.insert(pauses).values({ pausedBy: '@ana', resumedAt: sql`now() - interval '1 hour'` })
    await team.library.plan('late.jpg', { minutesAgo: 400 })
    const { row } = await health.check()
    expect([row('pause')?.status, row('deliveries')?.status]).toEqual(['healthy', 'healthy'])
  })

  it('samples are never sent, so nothing is wrong when they wait', async () => {
    await health.workForAWhile()
    await team.library.plan('sample.jpg', { minutesAgo: 400, media: { isSample: true } })
    const { row } = await health.check()
    expect([row('overdue'), row('deliveries')].map((one) => one?.status)).toEqual(['healthy', 'healthy'])
  })

  it('stories that were missed, one after the other, since the last delivery', async () => {
    await health.workForAWhile()
    for (let n = 0; n < 3; n += 1) await pastStory('missed', { daysAgo: 2 })
    await pastStory('posted', { daysAgo: 1 })
    expect((await health.check()).row('deliveries')?.details).not.toContain('missed')
    for (let n = 0; n < 3; n += 1) await pastStory('missed', { daysAgo: 0 })
    expect((await health.check()).row('deliveries')).toMatchObject({
      ...{ status: 'unhealthy', details: expect.stringMatching(/, and 3 have been missed since$/) },
    })
    await team.db.execute(sql`update posting_history set sent_at = scheduled_for where status = 'missed'`)
    expect((await health.check()).row('deliveries')?.details).not.toContain('missed')
  })

  it('nothing planned for days, although the window was open, is found by what is missing', async () => {
    await health.workForAWhile()
    await team.db.delete(postingQueue)
    await pastStory('posted', { daysAgo: 4 })
    const { row } = await health.check()
    expect(row('plan')?.status).toBe('warning')
    expect(row('deliveries')).toMatchObject({
      status: 'unhealthy',
      details: expect.stringMatching(
        /went out 3 days ago; 1[0-2] slots have passed without one, and nothing is planned/,
      ),
    })
  })

  it('cards and doubts are counted with their age', async () => {
    await health.workForAWhile()
    const sentAt = sql`now() - interval '13 hours'`
    await team.library.plan('card.jpg', { minutesAgo: 780, item: { status: 'awaiting_team', sentAt } as never })
    const effectStartedAt = sql`now() - interval '25 hours'`
    const doubt = { status: 'unconfirmed', effect: 'telegram_card', effectStartedAt } as never
    await team.library.plan('doubt.jpg', { minutesAgo: 1500, item: doubt })
    const { row } = await health.check({ alertOnError: true })
    expect(row('team')).toMatchObject({ status: 'warning', details: '1 card waiting, the oldest for 13 hours' })
    expect(row('unconfirmed')).toMatchObject({ status: 'unhealthy', details: '1 story, the oldest for 1 day' })
    // Whoever sends a story that ends in doubt asks about it at once.
    expect(await health.openSubjects()).toEqual([])
  })

  it('three stories in a row that did not make it', async () => {
    await health.workForAWhile()
    for (const status of ['failed', 'missed', 'failed'] as const) await pastStory(status, { daysAgo: 1 })
    await pastStory('cancelled', { daysAgo: 0 })
    expect((await health.check()).row('failures')).toMatchObject({
      status: 'unhealthy',
      details: 'the last 3 stories all failed or were missed: 2 failed and 1 missed in 7 days; the last: failed it',
    })
    await pastStory('posted', { daysAgo: 0 })
    expect((await health.check()).row('failures')?.status).toBe('warning')
    await team.db.execute(sql`update posting_history set undone_at = now() where status in ('failed', 'missed')`)
    expect((await health.check()).row('failures')?.status).toBe('healthy')
  })
})

describe('heartbeats', () => {
  it('of a real tick are found', async () => {
    await runTick(team.context())
    expect((await health.check()).row('last-tick')).toMatchObject({ status: 'healthy' })
  })

  it('missing ones are unhealthy once something was due', async () => {
    await health.workForAWhile()
    await team.db.delete(heartbeats)
    await pastStory('cancelled', { daysAgo: 1 })
    await team.library.plan('sample.jpg', { minutesAgo: 400, media: { isSample: true } })
    expect((await health.check()).row('last-tick')?.status).toBe('warning')
    await pastStory('posted', { daysAgo: 1 })
    expect((await health.check()).row('last-tick')?.status).toBe('unhealthy')
    expect((await health.check()).row('bot')?.status).toBe('warning')
  })

  it('a bot that no longer listens is unhealthy', async () => {
    await health.workForAWhile()
    await health.beat('bot', 11)
    expect((await health.check()).row('bot')).toMatchObject({ status: 'unhealthy' })
  })
})

describe('content', () => {
  it('lasts as long as create-schedule says', async () => {
    for (let n = 0; n < 14; n += 1) await team.library.add(`a/${n}.jpg`, { category: n < 10 ? 'memes' : 'products' })
    await team.library.plan('a/next.jpg', { minutesAgo: -600, media: { category: 'memes' } })
    const [locked, unlocked] = [await team.library.add('a/locked.jpg'), await team.library.add('a/unlocked.jpg')]
    await team.db.insert(mediaPostingLocks).values([
      { mediaItemId: locked.id, lockReason: 'seasonal', lockedUntil: null },
      { mediaItemId: unlocked.id, lockReason: 'skip', lockedUntil: sql`now()` as never },
    ])
    const { item } = await team.library.plan('a/shown.jpg')
    await team.db.delete(postingQueue).where(eq(postingQueue.id, item.id))
    await team.db.execute(
      sql`update media_items set last_posted_at = now() - interval '29 days' where file_name = 'shown.jpg'`,
    )
    const ctx = { ...team.context(), now: () => new Date() }
    const plan = await makeSchedule(ctx, { days: 1, postsPerDay: 3, seed: 'x', dryRun: true })
    const { row } = await health.check()
    expect(row('runway')?.details).toBe(`about ${plan.runwayDays} days (without category 1, products 4, memes 11)`)
    expect([plan.runwayDays, row('runway')?.status]).toEqual([5, 'warning'])
  })

  it('by category, when a mix says how fast each is used up', async () => {
    for (let n = 0; n < 60; n += 1) await team.library.add(`a/${n}.jpg`, { category: n < 55 ? 'memes' : 'products' })
    await team.library.add('b/1.jpg', { category: 'never' })
    const { row } = await health.check({}, { CATEGORY_MIX: 'memes=50,products=50,never=0' })
    expect(row('runway')).toMatchObject({
      status: 'warning',
      details: expect.stringMatching(
        /about 20 days \(products 5 = 3 days, memes 55 = 36 days\); products will not last 7/,
      ),
    })
  })

  it('less than a day is unhealthy', async () => {
    await team.library.add('a/1.jpg')
    expect((await health.check()).row('runway')).toMatchObject({
      ...{ status: 'unhealthy', details: 'less than a day (without category 1)' },
    })
  })

  it('a media folder that is not mounted', async () => {
    await team.library.add('a/1.jpg')
    const { row } = await health.check({}, { MEDIA_BASE_PATH: '/nonexistent/media' })
    expect(row('media-folder')).toMatchObject({
      status: 'unhealthy',
      details: expect.stringContaining('does not exist'),
    })
  })
})

describe('backups', () => {
  const ago = (days: number) => sql`now() - make_interval(days => ${days})`
  const made = (name: string, daysAgo: number, more: Partial<typeof backups.$inferInsert> = {}) => {
    const about = { name, kind: 'full', location: '/b', sizeBytes: 1, createdAt: ago(daysAgo) as never }
    return team.db.insert(backups).values({ ...about, ...more })
  }

  it('of other things, or that are gone, do not count', async () => {
    await made('a', 0, { kind: 'media' })
    await made('b', 1, { removedAt: ago(0) as never })
    expect((await health.check()).row('backups')).toMatchObject({ status: 'warning', details: 'there is none' })
    await made('c', 1, { kind: 'database' })
    expect((await health.check()).row('backups')?.details).toContain('made 1 day ago; none has passed a trial')
  })

  it('a trial that failed is unhealthy until one succeeds', async () => {
    await made('a', 6, { verifiedAt: ago(5) as never, isGood: true })
    await made('b', 1, { verifiedAt: ago(1) as never, isGood: false, problem: 'a byte is wrong' })
    const { row } = await health.check()
    expect(row('backups')).toMatchObject({ status: 'unhealthy', details: 'b cannot be restored: a byte is wrong' })
    await made('c', 0, { verifiedAt: ago(0) as never, isGood: true })
    expect((await health.check()).row('backups')?.status).toBe('healthy')
  })

  it('only a trial that succeeded counts', async () => {
    await made('a', 10, { verifiedAt: ago(0) as never, isGood: true })
    await made('b', 1, { verifiedAt: ago(1) as never, isGood: false })
    expect((await health.check()).row('backups')).toMatchObject({
      ...{ status: 'warning', details: 'the newest was made 1 day ago, the newest that passed a trial 10 days ago' },
    })
  })
})

it('lists alerts that are open, without its own', async () => {
  await openAlert(team.db, { subject: 'instagram-token', severity: 'warning', summary: 'The token ends' })
  await openAlert(team.db, { subject: 'instagram-limit', severity: 'warning', summary: 'Over' })
  await resolveAlert(team.db, 'instagram-limit')
  await openAlert(team.db, { subject: 'health:disk', severity: 'critical', summary: 'Full' })
  const { row } = await health.check({ offline: true })
  expect(row('open-alerts')).toMatchObject({
    ...{ status: 'warning', details: expect.stringMatching(/^The token ends \(since [^()]*\)$/) },
  })
})

let ends = 0

/** A story of the past, with how it ended. */
async function pastStory(status: 'posted' | 'failed' | 'missed' | 'cancelled', { daysAgo }: { daysAgo: number }) {
  ends += 1
  const media = await team.library.add(`past/${ends}.jpg`)
  const at = sql`now() - make_interval(days => ${daysAgo}, secs => ${-ends})`
  await team.db.insert(postingHistory).values({
    ...{ mediaItemId: media.id, status, success: status === 'posted', reason: `${status} it`, createdAt: at },
    ...{ queueCreatedAt: at, queueDeletedAt: at, scheduledFor: at, postedAt: status === 'posted' ? at : null },
  } as never)
}
