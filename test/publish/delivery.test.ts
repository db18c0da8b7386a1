import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { openDatabase } from '../../src/db/connect.ts'
import { alerts, apiLimits, mediaItems, mediaPostingLocks, postingHistory, postingQueue } from '../../src/db/schema.ts'
import { exitCodeOf } from '../../src/publish/process-queue.ts'
import { runTick } from '../../src/publish/tick.ts'
import type { Fault } from '../support/fake-telegram.ts'
import { pattern } from '../support/pictures.ts'
import { ADMIN, TEAM, useTeam } from '../support/team.ts'

const team = useTeam()

const tick = (env?: Record<string, string>) =>
  runTick(team.context({ HTTP_TIMEOUT_SECONDS: '1', TIMEZONE: 'Europe/Berlin', ...env }))
const queue = () => team.db.select().from(postingQueue)
const history = () => team.db.select().from(postingHistory)

test('a due story reaches the team as the untouched original and then its card', async () => {
  const { item, media } = await team.library.plan('memes/monday.jpg', {
    media: { title: 'Monday <b>', linkUrl: 'https://shop.example/m', tags: ['meme', 'coffee'], caption: 'Ugh & so on' },
  })
  const { report } = await tick()
  expect(report).toMatchObject({ claimed: 1, delivered: [{ id: item.id, channel: 'telegram' }], retrying: [] })
  const [document, card] = team.fake.messages(TEAM)
  expect(document).toMatchObject({
    kind: 'document',
    keyboard: [],
    file: { fileName: 'monday.jpg', sha256: media.fileHash },
  })
  expect(card).toMatchObject({ kind: 'photo', replyTo: document?.messageId })
  expect(card?.text).toContain('📌 Title: Monday <b>')
  expect(card?.text).toContain('🏷 Tags: meme, coffee')
  expect(card?.text).toContain('Status: ⏳ PENDING')
  expect(card?.keyboard.flat().map(({ text }) => text)).toEqual(['📋 Copy Link', '✅ Mark Posted', '⏭ Skip'])
  expect(card?.keyboard.flat()[0]?.copy_text).toEqual({ text: 'https://shop.example/m' })
  expect(await queue()).toMatchObject([
    {
      status: 'awaiting_team',
      telegramChatId: TEAM,
      telegramMessageId: card?.messageId,
      effect: null,
      leaseOwner: null,
    },
  ])
  expect(team.fake.violations()).toEqual([])
})

test('a delivered story is never sent again by later ticks', async () => {
  await team.library.plan('a.jpg')
  await tick()
  await tick()
  await tick()
  expect(team.fake.calls('sendPhoto')).toHaveLength(1)
  expect(team.fake.calls('sendDocument')).toHaveLength(1)
})

test('after an outage at most MAX_POSTS_PER_RUN stories go out per tick, the oldest first', async () => {
  for (const minutesAgo of [10, 50, 30, 20, 40]) await team.library.plan(`m${minutesAgo}.jpg`, { minutesAgo })
  await tick({ MAX_POSTS_PER_RUN: '2' })
  expect(team.fake.calls('sendDocument')).toHaveLength(2)
  await tick({ MAX_POSTS_PER_RUN: '2' })
  await tick({ MAX_POSTS_PER_RUN: '2' })
  const names = team.fake.messages(TEAM).flatMap(({ file }) => (file?.kind === 'document' ? [file.fileName] : []))
  expect(names).toEqual(['m50.jpg', 'm40.jpg', 'm30.jpg', 'm20.jpg', 'm10.jpg'])
})

interface Expected {
  status: string | null
  exit: number
  /** Beginning of what the admin chat reads. */
  alert?: string
}

const UPLOADS = ['sendDocument', 'sendPhoto'] as const

/** SPEC §10's table, for the document and for the card alike. */
const ANSWERS: readonly (readonly [name: string, fault: Fault, expected: Expected])[] = [
  ['500', { kind: 'error', error_code: 500, description: 'Internal Server Error' }, { status: 'retrying', exit: 0 }],
  [
    '400',
    { kind: 'error', error_code: 400, description: 'Bad Request: IMAGE_PROCESS_FAILED' },
    { status: null, exit: 3, alert: '🚨 Story #1 (stories/a.jpg) failed' },
  ],
  ['a hang', { kind: 'hang', when: 'after' }, { status: 'unconfirmed', exit: 3, alert: '⚠️ Was story #1 sent?' }],
  ['a reset', { kind: 'reset', when: 'after' }, { status: 'unconfirmed', exit: 3, alert: '⚠️ Was story #1 sent?' }],
  [
    'a closed connection',
    { kind: 'drop', when: 'after' },
    { status: 'unconfirmed', exit: 3, alert: '⚠️ Was story #1 sent?' },
  ],
  ['half an answer', { kind: 'cut' }, { status: 'unconfirmed', exit: 3, alert: '⚠️ Was story #1 sent?' }],
  [
    'an HTML page',
    { kind: 'http', status: 502, body: '<h1>Bad Gateway</h1>' },
    { status: 'unconfirmed', exit: 3, alert: '⚠️ Was story #1 sent?' },
  ],
  [
    'malformed JSON',
    { kind: 'http', status: 200, body: '{"ok":tru' },
    { status: 'unconfirmed', exit: 3, alert: '⚠️ Was story #1 sent?' },
  ],
]

for (const method of UPLOADS) {
  test.each(ANSWERS)(`${method} answered by %s leads to the documented state`, async (_name, fault, expected) => {
    await team.library.plan('a.jpg')
    team.fake.fault({ ...fault, method })
    const result = await tick()
    expect((await queue()).map(({ status }) => status)).toEqual(expected.status === null ? [] : [expected.status])
    expect((await history()).map(({ status }) => status)).toEqual(expected.status === null ? ['failed'] : [])
    expect(exitCodeOf(result)).toBe(expected.exit)
    if (expected.alert) expect(team.adminTexts()).toEqual([expect.stringContaining(expected.alert)])
    else expect(team.adminTexts()).toEqual([])
    expect(team.fake.violations()).toEqual([])
  })
}

test('an upload that breaks in the middle was not sent: tried again', async () => {
  const picture = await pattern({ width: 90, height: 160 }).jpeg().toBuffer()
  // Far more than the socket buffers take: the break comes before the file is handed over.
  await team.library.plan('a.jpg', { bytes: Buffer.concat([picture, Buffer.alloc(30_000_000)]) })
  team.fake.fault({ kind: 'drop_reading', bytes: 100, method: 'sendDocument' })
  await tick()
  expect(await queue()).toMatchObject([{ status: 'retrying', retryCount: 1, effect: null }])
})

test('a server that cannot be reached was not asked: tried again', async () => {
  await team.library.plan('a.jpg')
  await tick({ TELEGRAM_API_ROOT: 'http://127.0.0.1:1' })
  expect(await queue()).toMatchObject([{ status: 'retrying', lastError: expect.any(String), effect: null }])
})

test('a final failure leaves the picture free and one history row with the reason', async () => {
  const { media } = await team.library.plan('a.jpg')
  team.fake.fault({
    kind: 'error',
    error_code: 400,
    description: 'Bad Request: PHOTO_INVALID_DIMENSIONS',
    method: 'sendPhoto',
  })
  await tick()
  expect(await history()).toMatchObject([
    { status: 'failed', success: false, postedAt: null, reason: expect.stringContaining('PHOTO_INVALID') },
  ])
  expect(await team.db.select().from(mediaPostingLocks)).toEqual([])
  expect(await team.db.select().from(mediaItems)).toMatchObject([{ id: media.id, isActive: true, timesPosted: 0 }])
})

test('retries back off, keep what is done and end as failed after max_retries, with one alert', async () => {
  await team.library.plan('a.jpg')
  team.fake.fault({
    kind: 'error',
    error_code: 503,
    description: 'Service Unavailable',
    method: 'sendPhoto',
    times: 10,
  })
  for (let round = 1; round <= 3; round += 1) {
    await tick()
    const [item] = await queue()
    expect(item).toMatchObject({ status: 'retrying', retryCount: round })
    const waitMinutes = ((item?.nextRetryAt?.getTime() ?? 0) - Date.now()) / 60_000
    expect(waitMinutes).toBeGreaterThan(5 * 2 ** (round - 1) * 0.75)
    expect(waitMinutes).toBeLessThan(5 * 2 ** (round - 1) * 1.25)
    await tick() // not due yet: nothing happens
    await team.db.update(postingQueue).set({ nextRetryAt: sql`now()` })
  }
  const result = await tick()
  expect(result.report.failed).toMatchObject([{ reason: expect.stringContaining('gave up after 4 tries') }])
  expect(team.fake.calls('sendDocument')).toHaveLength(1)
  expect(team.fake.calls('sendPhoto')).toHaveLength(4)
  expect(await queue()).toEqual([])
  expect(team.adminTexts()).toHaveLength(1)
  await tick()
  expect(team.adminTexts()).toHaveLength(1)
})

test('a 429 holds the chat for every process until retry_after, and costs the story no try', async () => {
  await team.library.plan('a.jpg')
  await team.library.plan('b.jpg')
  team.fake.fault({
    kind: 'error',
    error_code: 429,
    description: 'Too Many Requests: retry after 30',
    parameters: { retry_after: 30 },
    method: 'sendDocument',
  })
  const { report } = await tick()
  expect(report).toMatchObject({ claimed: 1, delivered: [], retrying: [{ reason: expect.stringContaining('wait') }] })
  const other = openDatabase(team.url)
  await runTick({ ...team.context(), db: other.db })
  await other.close()
  expect(team.fake.calls('sendDocument')).toHaveLength(1)
  expect(team.fake.earlyCalls()).toEqual([])
  expect((await queue()).map(({ retryCount }) => retryCount)).toEqual([0, 0])

  await team.db.delete(apiLimits)
  await team.db.update(postingQueue).set({ nextRetryAt: sql`now()` }).where(sql`status = 'retrying'`)
  await tick()
  expect((await queue()).map(({ status }) => status)).toEqual(['awaiting_team', 'awaiting_team'])
})

test('a wait beyond the grace ends the story as failed instead of sending it hours late', async () => {
  await team.library.plan('a.jpg', { minutesAgo: 119 })
  team.fake.fault({
    kind: 'error',
    error_code: 429,
    description: 'Too Many Requests',
    parameters: { retry_after: 600 },
    method: 'sendDocument',
  })
  const result = await tick()
  expect(result.report.failed).toMatchObject([{ reason: expect.stringContaining('more than 120 minutes late') }])
  expect(await queue()).toEqual([])
})

test.each([
  ['the bot was removed', { error_code: 403, description: 'Forbidden: bot was kicked from the supergroup chat' }],
  ['the token is wrong', { error_code: 401, description: 'Unauthorized' }],
  ['the chat is unknown', { error_code: 400, description: 'Bad Request: chat not found' }],
])(
  '%s: the channel is blocked, one alert, one item tried per tick, and "resolved" when it works again',
  async (_name, refusal) => {
    await team.library.plan('a.jpg', { minutesAgo: 3 })
    await team.library.plan('b.jpg', { minutesAgo: 2 })
    team.fake.fault({ kind: 'error', ...refusal, method: ['sendDocument'], times: 3 })
    for (let round = 0; round < 3; round += 1) {
      const result = await tick()
      expect(exitCodeOf(result)).toBe(1)
      expect(result.report).toMatchObject({ claimed: 1, released: [expect.any(String)] })
      expect((await queue()).map(({ status, retryCount }) => [status, retryCount])).toEqual([
        ['pending', 0],
        ['pending', 0],
      ])
    }
    expect(team.adminTexts()).toEqual([expect.stringContaining('No story can be sent')])

    expect(exitCodeOf(await tick())).toBe(0)
    expect(team.adminTexts()).toEqual([expect.anything(), expect.stringContaining('Resolved')])
    await tick()
    expect((await queue()).map(({ status }) => status)).toEqual(['awaiting_team', 'awaiting_team'])
  },
)

test('a group that became a supergroup: its new id is kept and the call repeated once', async () => {
  const next = -1001000000999
  team.fake.setChat({ id: next })
  team.fake.setChat({ id: TEAM, migrateTo: next })
  await team.library.plan('a.jpg')
  await team.library.plan('b.jpg')
  await tick()
  expect(team.fake.messages(next).map(({ kind }) => kind)).toEqual(['document', 'photo', 'document', 'photo'])
  expect((await queue()).map(({ telegramChatId }) => telegramChatId)).toEqual([next, next])
  // Asked once under the old id, never again.
  expect(team.fake.calls('sendDocument')).toHaveLength(3)
})

test('too late after an outage: missed, by name, in one message', async () => {
  for (const name of ['a.jpg', 'b.jpg', 'c.jpg']) await team.library.plan(name, { minutesAgo: 300 })
  const result = await tick()
  expect(result.report.missed).toHaveLength(3)
  expect(exitCodeOf(result)).toBe(3)
  expect(team.fake.calls('sendDocument')).toHaveLength(0)
  expect(team.adminTexts()).toHaveLength(1)
  for (const name of ['a.jpg', 'b.jpg', 'c.jpg']) expect(team.adminTexts()[0]).toContain(name)
  expect((await history()).map(({ status, postedAt }) => [status, postedAt])).toEqual(Array(3).fill(['missed', null]))
})

test('a card that nobody pressed within TEAM_RESPONSE_HOURS of being sent is closed as missed and edited', async () => {
  await team.library.plan('a.jpg', { minutesAgo: 60 * 24 * 10, item: { maxRetries: 3 } })
  await team.db.update(postingQueue).set({ scheduledFor: sql`now()` })
  await tick()
  // Scheduled ten days ago, sent an hour ago: the clock starts with the sending.
  await team.db
    .update(postingQueue)
    .set({ scheduledFor: sql`now() - interval '10 days'`, sentAt: sql`now() - interval '23 hours'` })
  await tick()
  expect(await history()).toEqual([])
  await team.db.update(postingQueue).set({ sentAt: sql`now() - interval '25 hours'` })
  const result = await tick()
  expect(result.report.missed).toMatchObject([{ reason: 'nobody acted within 24 hours' }])
  const card = team.fake.messages(TEAM)[1]
  expect(card?.text).toContain('Status: ⌛ MISSED')
  expect(card?.text).toContain('nobody acted within 24 hours')
  expect(card?.keyboard).toEqual([])
  expect(team.adminTexts()).toEqual([expect.stringContaining('no answer from the team')])
})

test('a lease that ran out without an open call goes back into the queue and continues where it was', async () => {
  const { item } = await team.library.plan('a.jpg', {
    item: {
      status: 'processing',
      leaseOwner: 'dead',
      leaseUntil: new Date(0),
      attempt: 1,
      telegramDocumentMessageId: null,
    },
  })
  const result = await tick()
  expect(result.report.delivered).toMatchObject([{ id: item.id }])
  expect(await queue()).toMatchObject([{ status: 'awaiting_team', attempt: 2 }])
})

test('a lease that ran out with an open call is asked about once and never sent again by itself', async () => {
  const { item } = await team.library.plan('a.jpg', {
    minutesAgo: 500,
    item: {
      status: 'processing',
      leaseOwner: 'dead',
      leaseUntil: new Date(0),
      attempt: 1,
      effect: 'telegram_card',
      effectStartedAt: new Date(0),
    },
  })
  for (let round = 0; round < 3; round += 1) await tick()
  expect(await queue()).toMatchObject([{ id: item.id, status: 'unconfirmed', effect: 'telegram_card' }])
  expect(team.fake.calls('sendPhoto')).toHaveLength(0)
  expect(team.fake.messages(ADMIN)).toHaveLength(1)
  expect(
    team.fake
      .messages(ADMIN)[0]
      ?.keyboard.flat()
      .map(({ text }) => text),
  ).toEqual(['✅ It was sent', '🔁 Send again'])
})

test('a picture that changed since it was indexed waits for the index instead of being sent half-copied', async () => {
  const { media } = await team.library.plan('a.jpg')
  await team.db.update(mediaItems).set({ fileHash: 'f'.repeat(64) })
  const { report } = await tick()
  expect(report.retrying).toMatchObject([
    { reason: expect.stringContaining(`${media.filePath} changed since it was indexed`) },
  ])
  expect(team.fake.calls('sendDocument')).toHaveLength(0)
})

test('samples are never delivered and never missed', async () => {
  await team.library.plan('sample.jpg', { minutesAgo: 1000, media: { isSample: true } })
  await team.library.plan('sample2.jpg', { minutesAgo: 1, media: { isSample: true } })
  const { report } = await tick()
  expect(report).toMatchObject({ claimed: 0, missed: [] })
  expect((await queue()).map(({ status }) => status)).toEqual(['pending', 'pending'])
})

test('nothing to do writes nothing but the heartbeat', async () => {
  await team.library.plan('later.jpg', { minutesAgo: -60 })
  await tick()
  const counters = sql`select relname, n_tup_ins + n_tup_upd + n_tup_del as writes from pg_stat_xact_user_tables where n_tup_ins + n_tup_upd + n_tup_del > 0`
  // A connection of its own: the counters are those of one session.
  const fresh = openDatabase(team.url)
  const written = await fresh.db.transaction(async (tx) => {
    await runTick({ ...team.context(), db: tx as unknown as typeof team.db })
    return [...(await tx.execute<{ relname: string }>(counters))].map(({ relname }) => relname)
  })
  await fresh.close()
  expect(written).toEqual(['heartbeats'])
  expect(team.fake.calls()).toEqual([])
})

test('without a token a due story is refused with what is missing, and an idle tick is no error', async () => {
  const bare = () => team.context({ TELEGRAM_BOT_TOKEN: '', TELEGRAM_CHANNEL_ID: '' })
  expect((await runTick(bare())).report.claimed).toBe(0)
  await team.library.plan('a.jpg')
  await expect(runTick(bare())).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringContaining('TELEGRAM_BOT_TOKEN'),
  })
  expect((await queue()).map(({ status }) => status)).toEqual(['pending'])
})

test('an alert that could not be sent is sent by a later tick, once', async () => {
  await team.library.plan('a.jpg', { minutesAgo: 300 })
  team.fake.fault({ kind: 'error', error_code: 500, description: 'down', method: 'sendMessage' })
  await tick()
  expect(team.adminTexts()).toEqual([])
  await team.db.update(alerts).set({ noticeLeaseUntil: sql`now() - interval '1 second'` })
  await tick()
  await tick()
  expect(team.adminTexts()).toHaveLength(1)
})
