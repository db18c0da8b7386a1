import { eq, isNull, sql } from 'drizzle-orm'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { loadStats } from '../../src/bot/facts.ts'
import { applyPress } from '../../src/bot/press.ts'
import { inTransaction } from '../../src/db/connect.ts'
import {
  type HistoryStatus,
  mediaItems,
  mediaPostingLocks,
  postingHistory,
  postingQueue,
  telegramCards,
  users,
} from '../../src/db/schema.ts'
import type { UserError } from '../../src/errors.ts'
import type { Outcome } from '../../src/history/outcome.ts'
import { settle } from '../../src/history/settle.ts'
import { undoStory } from '../../src/history/undo-story.ts'
import { runTick } from '../../src/publish/tick.ts'
import { queueMedia } from '../../src/schedule/queue-media.ts'
import { settleByHand } from '../../src/schedule/settle-by-hand.ts'
import { createTelegramClient } from '../../src/telegram/client.ts'
import { runStoryline } from '../support/cli.ts'
import { TEAM, useTeam } from '../support/team.ts'

const SARAH = { id: 501, username: 'sarah', first_name: 'Sarah' }
// Races and whole processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 })

const team = useTeam([{ id: TEAM, members: { [SARAH.id]: 'member' } }, { id: 77 }])

const undo = (typed: string, { at = null, dryRun = false }: { at?: Date | null; dryRun?: boolean } = {}) =>
  inTransaction(team.db, (tx) => undoStory(tx, team.context(), { typed, at, by: 'operator', dryRun }))

const codeOf = (promise: Promise<unknown>) => promise.then(() => null).catch((error: UserError) => error.code)

async function end(queueItemId: string, status: HistoryStatus, actor: Outcome['actor'] = BY_OPERATOR) {
  const error = status === 'failed' ? { error: 'no route' } : {}
  return settle(team.db, {
    queueItemId,
    settings: team.context().settings,
    decide: () => ({ status, reason: 'test', actor, ...error }),
  })
}

const BY_OPERATOR = { kind: 'operator', displayName: 'operator' } as const

/** Everything that settling may touch, but for when rows were written last. */
async function everything() {
  const rows = async (table: string, leftOut: string) =>
    team.db.execute(sql.raw(`select to_jsonb(t) - '{${leftOut}}'::text[] as row from ${table} t order by t.id`))
  return {
    media: await rows('media_items', 'updated_at'),
    locks: await rows('media_posting_locks', ''),
    users: await rows('users', 'updated_at,last_seen_at'),
    queue: await rows('posting_queue', 'updated_at'),
    history: await team.db.execute(sql`select id from posting_history where undone_at is null`),
  }
}

/** Milliseconds, as every time that Storyline reads is. */
const STARTED_MS = Date.now()
const inMinutes = (minutes: number) => new Date(STARTED_MS + minutes * 60_000)

const STATES = {
  pending: { status: 'pending', scheduledFor: inMinutes(60), slot: '2026-11-21/2', attempt: 2, lastError: 'busy' },
  due: { status: 'pending', scheduledFor: inMinutes(-5), telegramDocumentMessageId: 12, telegramChatId: TEAM },
  retrying: { status: 'retrying', scheduledFor: inMinutes(-5), nextRetryAt: inMinutes(5), retryCount: 2, attempt: 2 },
  awaiting_team: {
    ...{ status: 'awaiting_team', scheduledFor: inMinutes(-90), sentAt: inMinutes(-89), attempt: 1 },
    ...{ telegramChatId: TEAM, telegramMessageId: 7, telegramDocumentMessageId: 6, fallbackReason: 'too long' },
  },
  unconfirmed: {
    ...{ status: 'unconfirmed', scheduledFor: inMinutes(-90), attempt: 1, lastError: 'the reply was lost' },
    ...{ effect: 'telegram_card', effectStartedAt: inMinutes(-80), telegramDocumentMessageId: 6 },
  },
} as const satisfies Record<string, Partial<typeof postingQueue.$inferInsert>>

const UNDOABLE = ['posted', 'skipped', 'rejected', 'cancelled', 'missed'] as const
const REASON = { posted: 'recent_post', skipped: 'skip', rejected: 'rejected', cancelled: null, missed: null } as const

const LOCKED_UNTIL = { ended: inMinutes(-60), shorter: inMinutes(60), longer: inMinutes(999_999), 'for ever': null }

const CASES = fc.record({
  status: fc.constantFrom(...UNDOABLE),
  state: fc.constantFrom(...(Object.keys(STATES) as (keyof typeof STATES)[])),
  person: fc.constantFrom('user', 'operator', 'storyline'),
  lock: fc.constantFrom('none', ...(Object.keys(LOCKED_UNTIL) as (keyof typeof LOCKED_UNTIL)[])),
  posts: fc.nat(3),
})
type Case = typeof CASES extends fc.Arbitrary<infer T> ? T : never

/** A story in that state, a picture that was shown and locked before, and somebody who posted before. */
async function prepare({ status, state, lock, posts }: Case, number: number) {
  const values = STATES[state]
  const { item, media } = await team.library.plan(`${number}.jpg`, {
    media: { timesPosted: posts, lastPostedAt: posts > 0 ? inMinutes(-9999) : null },
    item: { ...values, slot: 'slot' in values ? `2026-11-21/${number}` : null, createdAt: inMinutes(-9999) },
  })
  const [user] = await team.db
    .insert(users)
    .values({ telegramUserId: 9000 + number, totalPosts: posts })
    .returning()
  const userId = user?.id ?? ''
  const lockReason = REASON[status]
  if (lock !== 'none' && lockReason) {
    const was = { lockedUntil: LOCKED_UNTIL[lock], lockedAt: inMinutes(-500), createdByUserId: userId }
    await team.db.insert(mediaPostingLocks).values({ mediaItemId: media.id, lockReason, ...was })
  }
  return { itemId: item.id, userId }
}

function actorOf(person: Case['person'], userId: string): Outcome['actor'] {
  if (person === 'user') return { kind: 'user', userId, username: null, displayName: 'Ana' }
  return person === 'operator' ? BY_OPERATOR : { kind: 'storyline' }
}

describe('settling and undoing leaves everything as it was', () => {
  test('whatever the outcome, the state before, the locks and counts that were there', async () => {
    let number = 0
    await fc.assert(
      fc.asyncProperty(CASES, async (one) => {
        number += 1
        const { itemId, userId } = await prepare(one, number)
        const before = await everything()
        await end(itemId, one.status, actorOf(one.person, userId))
        expect(await everything()).not.toEqual(before)
        expect((await undo(itemId)).kind).toBe('undone')
        expect(await everything()).toEqual(before)
      }),
      {
        numRuns: 25,
        examples: [[{ status: 'posted', state: 'awaiting_team', person: 'user', lock: 'shorter', posts: 2 }]],
      },
    )
  })

  test.each([
    ['the first one first', [0, 1]],
    ['the second one first', [1, 0]],
  ])('two stories of one picture, undone %s', async (_, order) => {
    const media = await team.library.add('a.jpg')
    const before = await everything()
    const ids: string[] = []
    for (const _ of [1, 2]) {
      const [item] = await team.db
        .insert(postingQueue)
        .values({ mediaItemId: media.id, scheduledFor: inMinutes(60) })
        .returning()
      if (!item) throw new Error('no row')
      await end(item.id, 'posted')
      ids.push(item.id)
    }
    for (const n of order) {
      await undo(ids[n] ?? '')
      await inTransaction(team.db, (tx) =>
        settleByHand(tx, team.context(), {
          ...{ typed: ids[n] ?? '', status: 'cancelled', reason: null, actor: BY_OPERATOR, dryRun: false },
        }),
      )
    }
    const after = await everything()
    expect([after.media, after.locks]).toEqual([before.media, before.locks])
  })

  test('what somebody changed since stays, and is said', async () => {
    const { item, media } = await team.library.plan('a.jpg', { minutesAgo: -60 })
    await end(item.id, 'posted')
    const until = inMinutes(99_999)
    await team.db.update(mediaPostingLocks).set({ lockedUntil: until })
    await team.db.update(mediaItems).set({ lastPostedAt: inMinutes(1), timesPosted: 5 })
    const undone = await undo(item.id)
    const notes = undone.kind === 'undone' ? undone.plan.notes.join('\n') : ''
    expect(notes).toContain('recent_post of its picture was changed since, and stays')
    expect(notes).toContain('posted again since')
    expect(await team.db.select().from(mediaPostingLocks)).toMatchObject([{ lockedUntil: until }])
    expect(await team.db.select().from(mediaItems).where(eq(mediaItems.id, media.id))).toMatchObject([
      { timesPosted: 4, lastPostedAt: inMinutes(1) },
    ])
  })

  test('a hold that somebody put on the picture, or on a copy of it, is said: it does not stop what is planned', async () => {
    const notesOf = async (id: string) => {
      const undone = await undo(id, { dryRun: true })
      return undone.kind === 'undone' ? undone.plan.notes.slice(1) : []
    }
    const { item, media } = await team.library.plan('a.jpg', { minutesAgo: -60 })
    const copy = await team.library.add('b.jpg', { fileHash: media.fileHash } as never)
    await end(item.id, 'rejected')
    expect(await notesOf(item.id)).toEqual([])
    const until = new Date('2099-12-25T00:00:00Z')
    await team.db.insert(mediaPostingLocks).values([
      { mediaItemId: copy.id, lockReason: 'seasonal', lockedUntil: until },
      { mediaItemId: media.id, lockReason: 'manual_hold', lockedUntil: inMinutes(-5) },
    ])
    expect(await notesOf(item.id)).toEqual([
      expect.stringMatching(/^its picture is held until Dec 25, 2099.* \(seasonal\): the story goes out all the same/),
    ])
  })

  test('by its picture the last story is meant, and a second time none before it', async () => {
    const { item, media } = await team.library.plan('a.jpg', { minutesAgo: -60 })
    await team.db.execute(sql`
      insert into posting_history (media_item_id, queue_item_id, story_number, queue_created_at, queue_deleted_at, scheduled_for, status, success, posted_at)
      values (${media.id}, gen_random_uuid(), 900, now() - interval '60 days', now() - interval '50 days', now(), 'posted', true, now() - interval '50 days')`)
    await end(item.id, 'skipped')
    expect(await undo(media.filePath)).toMatchObject({ kind: 'undone', history: { queueItemId: item.id } })
    expect(await undo(media.fileName)).toMatchObject({ kind: 'already', history: { queueItemId: item.id } })
    const twin = await team.library.plan('other/a.jpg', { minutesAgo: -60 })
    await end(twin.item.id, 'posted')
    await expect(undo('a.jpg')).rejects.toMatchObject({ code: 'ambiguous_id' })
    expect(await undo(twin.media.filePath)).toMatchObject({ history: { queueItemId: twin.item.id } })
    const open = sql`undone_at is null`
    expect(await team.db.$count(postingHistory, open)).toBe(1)
  })

  test('a lock that was made again with the same end is somebody else’s', async () => {
    const { item, media } = await team.library.plan('a.jpg', { minutesAgo: -60 })
    await end(item.id, 'rejected')
    await team.db.update(mediaPostingLocks).set({ lockedAt: inMinutes(3) })
    await undo(item.id)
    expect(await team.db.select().from(mediaPostingLocks)).toMatchObject([
      { mediaItemId: media.id, lockReason: 'rejected' },
    ])
  })
})

const photo = () => team.fake.messages(TEAM).find(({ kind }) => kind === 'photo')
const tick = () => runTick(team.context())
let updateId = 1_000

function press(queueItemId: string, messageId: number, verb = 'posted') {
  updateId += 1
  const client = createTelegramClient({ token: team.fake.token, apiRoot: team.fake.url })
  const deps = { ctx: team.context(), client, inBackground: () => {} }
  const chat = { id: TEAM, type: 'supergroup' as const }
  const data = `${verb}:${queueItemId}`
  return applyPress(deps, { updateId, data, from: SARAH, chat, messageId }).finally(() => client.close())
}

async function sendCard() {
  const { item } = await team.library.plan('a.jpg', { media: { title: 'Monday', linkUrl: 'https://shop.example/m' } })
  await tick()
  const sent = photo()
  if (!sent) throw new Error('no card')
  return { item, sent: { ...sent } }
}

describe('a card in Telegram', () => {
  test('gets its text and buttons back, and a press on it settles the story again', async () => {
    const { item, sent } = await sendCard()
    const [open] = await team.db.select().from(postingQueue)
    await press(item.id, sent.messageId)
    await tick()
    expect(photo()).toMatchObject({ keyboard: [], text: expect.stringContaining('POSTED') })

    await undo('#1')
    await tick()
    expect(photo()).toMatchObject({ text: sent.text, keyboard: sent.keyboard })
    const [again] = await team.db.select().from(postingQueue)
    expect(again).toEqual({ ...open, updatedAt: again?.updatedAt })

    expect((await press(item.id, sent.messageId, 'skip')).text).toBe('⏭ Skipped')
    await tick()
    expect(photo()).toMatchObject({ keyboard: [], text: expect.stringContaining('SKIPPED') })
    const rows = await team.db.select().from(postingHistory).orderBy(postingHistory.createdAt)
    expect(rows.map(({ status, undoneAt }) => [status, undoneAt === null])).toEqual([
      ['posted', false],
      ['skipped', true],
    ])
    expect(rows[1]?.sentAt).toEqual(open?.sentAt)
    expect(team.fake.violations()).toEqual([])
  })

  test('is with the team since the undo, wherever that is told', async () => {
    const { item } = await team.library.plan('a.jpg')
    await tick()
    await press(item.id, photo()?.messageId ?? 0)
    await team.db.execute(sql`update posting_history set sent_at = sent_at - interval '20 hours'`)
    await undo(item.id)
    const [open] = await team.db.select().from(postingQueue)
    expect(Date.now() - (open?.sentAt?.getTime() ?? 0)).toBeGreaterThan(20 * 3_600_000)
    const run = (...args: string[]) => runStoryline(args, { env: team.env() })
    expect((await run('list-queue')).stdout).toMatch(/\tthe team, asked (\d+ seconds? ago|now)\t/)
    expect(JSON.parse((await run('monitor-queue', '--json')).stdout).cards.oldestSeconds).toBeLessThan(3600)
    expect((await run('dashboard', '--once')).stdout).toMatch(/the team, asked (\d+ seconds? ago|now)/)
    expect((await run('show-media', 'a.jpg')).stdout).toMatch(/ posted by @sarah; undone .*\)\n/)
    expect(JSON.parse((await run('show-media', '#1', '--json')).stdout).history).toEqual([])
  })

  test('that nobody knew of when its story was settled is known now', async () => {
    const { item } = await team.library.plan('a.jpg')
    team.fake.fault({ kind: 'drop', when: 'after', method: 'sendPhoto' })
    await tick()
    await press(item.id, photo()?.messageId ?? 0)
    await undo(item.id)
    const [open] = await team.db.select().from(postingQueue)
    expect(open).toMatchObject({ status: 'awaiting_team', telegramMessageId: photo()?.messageId, effect: null })
    await tick()
    expect(photo()?.keyboard).toHaveLength(1)
  })

  test('of two cards only one has buttons again', async () => {
    const { item } = await team.library.plan('a.jpg')
    team.fake.fault({ kind: 'drop', when: 'after', method: 'sendPhoto' })
    await tick()
    await runStoryline(['confirm', item.id, '--not-posted'], { env: team.env() })
    await tick()
    const photos = () => team.fake.messages(TEAM).filter(({ kind }) => kind === 'photo')
    await press(item.id, photos()[0]?.messageId ?? 0)
    await tick()
    await undo(item.id)
    await tick()
    expect(photos().map(({ keyboard }) => keyboard.length)).toEqual([1, 0])
    expect(photos()[1]?.text).toContain('on the other card of this story')
  })

  test('whose hours were over has them again, and still says when it was sent', async () => {
    const { item } = await sendCard()
    await team.db.execute(sql`update posting_queue set sent_at = now() - interval '30 hours'`)
    expect((await tick()).report.missed).toHaveLength(1)
    await undo(item.id)
    expect((await tick()).report.missed).toEqual([])
    const [open] = await team.db.execute<{ hours: number }>(
      sql`select extract(epoch from now() - sent_at)::int / 3600 as hours from posting_queue where status = 'awaiting_team'`,
    )
    expect(open?.hours).toBe(30)
    await team.db.execute(sql`update posting_history set undone_at = now() - interval '25 hours'`)
    expect((await tick()).report.missed).toHaveLength(1)
  })
})

describe('a story without a card', () => {
  test('goes on where it was: the next tick sends it once', async () => {
    const { item } = await team.library.plan('a.jpg', { minutesAgo: 5 })
    await end(item.id, 'cancelled')
    await undo(item.id)
    expect((await tick()).report.delivered).toHaveLength(1)
    expect(team.fake.duplicateSends()).toEqual([])
  })

  test('that would be missed at once needs a time', async () => {
    const { item } = await team.library.plan('a.jpg', { minutesAgo: 300 })
    await end(item.id, 'cancelled')
    expect(await codeOf(undo(item.id))).toBe('too_late')
    await undo(item.id, { at: inMinutes(0) })
    expect((await tick()).report).toMatchObject({ claimed: 1, missed: [] })
  })

  test('but not while posting is paused, nor a sample', async () => {
    const { item } = await team.library.plan('a.jpg', { minutesAgo: 300, media: { isSample: true } })
    await end(item.id, 'cancelled')
    expect((await undo(item.id)).kind).toBe('undone')
    const { item: other } = await team.library.plan('b.jpg', { minutesAgo: 300 })
    await end(other.id, 'cancelled')
    await team.db.execute(sql`insert into pauses (paused_by) values ('Ana')`)
    expect((await undo(other.id)).kind).toBe('undone')
  })

  test('whose slot was filled meanwhile takes none, and says so', async () => {
    const { item } = await team.library.plan('a.jpg', { minutesAgo: -60, item: { slot: '2026-11-21/1' } })
    await end(item.id, 'cancelled')
    await team.library.plan('b.jpg', { minutesAgo: -60, item: { slot: '2026-11-21/1' } })
    const undone = await undo(item.id)
    expect(undone).toMatchObject({
      plan: { item: { slot: null }, notes: [expect.stringContaining('slot'), expect.anything()] },
    })
  })

  test('that was unconfirmed is asked about again', async () => {
    const { item } = await team.library.plan('a.jpg', { item: STATES.unconfirmed })
    await end(item.id, 'posted')
    await undo(item.id)
    await tick()
    expect(team.adminTexts().join('\n')).toContain('Was story #1 sent?')
  })
})

describe('what cannot be undone', () => {
  const past = { minutesAgo: -60 }
  const REFUSALS: Record<string, [code: string, prepare: () => Promise<string>]> = {
    'a story on Instagram': [
      'story_live',
      async () => {
        const { item } = await team.library.plan('a.jpg', { ...past, item: { channel: 'instagram' } })
        await end(item.id, 'posted')
        return item.id
      },
    ],
    'one whose id on Instagram came later': [
      'story_live',
      async () => {
        const { item } = await team.library.plan('a.jpg', past)
        await end(item.id, 'posted')
        await team.db.update(postingHistory).set({ instagramMediaId: '17' })
        return item.id
      },
    ],
    'a failed story': [
      'story_failed',
      async () => {
        const { item } = await team.library.plan('a.jpg', past)
        await end(item.id, 'failed', { kind: 'storyline' })
        return item.id
      },
    ],
    'one whose picture is in the queue again': [
      'already_queued',
      async () => {
        const { item, media } = await team.library.plan('a.jpg', past)
        await end(item.id, 'cancelled')
        await team.db.insert(postingQueue).values({ mediaItemId: media.id, scheduledFor: inMinutes(90) })
        return item.id
      },
    ],
    'one that was repeated and posted': [
      'story_repeated',
      async () => {
        const { item, media } = await team.library.plan('a.jpg', past)
        await end(item.id, 'cancelled')
        const [ended] = await team.db.select().from(postingHistory)
        const repeat = { mediaItemId: media.id, scheduledFor: inMinutes(90), retryOf: ended?.id ?? null }
        const [again] = await team.db.insert(postingQueue).values(repeat).returning()
        await end(again?.id ?? '', 'posted')
        return item.id
      },
    ],
    'one whose picture is gone': [
      'media_inactive',
      async () => {
        const { item } = await team.library.plan('a.jpg', past)
        await end(item.id, 'posted')
        await team.db.update(mediaItems).set({ isActive: false, problem: 'file is missing' })
        return item.id
      },
    ],
    'one whose file shows something else now': [
      'media_changed',
      async () => {
        const { item } = await team.library.plan('a.jpg', past)
        await end(item.id, 'posted')
        await team.db.update(mediaItems).set({ fileHash: 'f'.repeat(64) })
        return item.id
      },
    ],
    'one that is open': ['not_settled', async () => (await team.library.plan('a.jpg', past)).item.id],
    'one that nobody knows': ['unknown_item', async () => '#4711'],
  }

  test.each(Object.keys(REFUSALS))('%s', async (name) => {
    const [code, prepare] = REFUSALS[name] ?? ['', async () => '']
    const id = await prepare()
    const before = await everything()
    expect(await codeOf(undo(id))).toBe(code)
    expect(await everything()).toEqual(before)
  })

  test('a time for a story whose card is with the team', async () => {
    const { item } = await team.library.plan('a.jpg', { item: STATES.awaiting_team })
    await end(item.id, 'posted')
    expect(await codeOf(undo(item.id, { at: inMinutes(5) }))).toBe('time_not_possible')
  })
})

describe('at the same moment', () => {
  /** One open row or one end that stands, never both and never none. */
  async function expectOnePlace(queueItemId: string) {
    const open = await team.db.$count(postingQueue, eq(postingQueue.id, queueItemId))
    const rows = await team.db.select().from(postingHistory).where(eq(postingHistory.queueItemId, queueItemId))
    expect(open + rows.filter(({ undoneAt }) => undoneAt === null).length).toBe(1)
    return { open }
  }

  test('a press and an undo: one of them is first, and nothing is counted twice', async () => {
    const { item, sent } = await sendCard()
    await press(item.id, sent.messageId)
    for (let round = 0; round < 6; round += 1) {
      const [, ...answers] = await Promise.all([
        undo(item.id),
        press(item.id, sent.messageId),
        press(item.id, sent.messageId, 'skip'),
      ])
      for (const { text } of answers) expect(text).toMatch(/^(✅ Marked as posted|⏭ Skipped|Already )/)
      const { open } = await expectOnePlace(item.id)
      if (open === 1) await press(item.id, sent.messageId)
      const standing = await team.db.select().from(postingHistory).where(isNull(postingHistory.undoneAt))
      const posted = standing.filter(({ status }) => status === 'posted').length
      expect(await team.db.select().from(mediaItems)).toMatchObject([{ timesPosted: posted }])
      expect(await team.db.select().from(users)).toMatchObject([{ totalPosts: posted }])
      expect(await team.db.$count(mediaPostingLocks)).toBe(1)
    }
  })

  test('eight undos: one does it, the others find it done', async () => {
    const { item } = await team.library.plan('a.jpg', { minutesAgo: -60, media: { timesPosted: 3 } })
    await end(item.id, 'posted')
    const results = await Promise.all(Array.from({ length: 8 }, () => undo(item.id)))
    expect(results.map(({ kind }) => kind).sort()).toEqual([...Array(7).fill('already'), 'undone'])
    expect(await team.db.select().from(mediaItems)).toMatchObject([{ timesPosted: 3 }])
  })

  test('an undo and a retry: the picture is in the queue once', async () => {
    for (let round = 0; round < 6; round += 1) {
      const { item, media } = await team.library.plan(`${round}.jpg`, { minutesAgo: -60 })
      await end(item.id, 'cancelled')
      const [ended] = await team.db.select().from(postingHistory).where(eq(postingHistory.queueItemId, item.id))
      const retry = inTransaction(team.db, (tx) =>
        queueMedia(tx, team.context(), {
          ...{ mediaItemId: media.id, at: inMinutes(90), force: true, dryRun: false, retryOf: ended?.id ?? '' },
        }),
      )
      const codes = await Promise.all([codeOf(undo(item.id)), codeOf(retry)])
      expect(codes.filter((code) => code === 'already_queued')).toHaveLength(1)
      expect(await team.db.$count(postingQueue, eq(postingQueue.mediaItemId, media.id))).toBe(1)
    }
  })

  test('an edit that comes late does not leave a card without its buttons', async () => {
    const { item, sent } = await sendCard()
    await press(item.id, sent.messageId)
    const hold = team.fake.hold('editMessageCaption', 'before')
    const slow = tick()
    await hold.reached
    await undo(item.id)
    await tick()
    expect(photo()?.keyboard).toHaveLength(2)
    hold.release()
    await slow
    await tick()
    expect(photo()).toMatchObject({ text: sent.text, keyboard: sent.keyboard })
  })
})

describe('storyline undo', () => {
  const run = async (args: readonly string[]) => runStoryline(args, { env: team.env() })

  test('says what it did; twice is no failure and changes nothing; the history shows it on request', async () => {
    const { item } = await team.library.plan('a.jpg', { minutesAgo: -60 })
    await end(item.id, 'posted')
    const dry = await run(['undo', '1', '--dry-run', '--json'])
    expect(JSON.parse(dry.stdout)).toMatchObject({ was: 'posted', status: 'pending', already: false, dryRun: true })
    expect(await team.db.$count(postingQueue)).toBe(0)

    const ran = await run(['undo', '1'])
    expect([ran.code, ran.stdout]).toEqual([0, expect.stringContaining('#1 (stories/a.jpg) is no longer posted')])
    const before = await everything()
    const again = await run(['undo', '1', '--json'])
    expect([again.code, JSON.parse(again.stdout)]).toMatchObject([0, { already: true, by: 'operator', status: null }])
    expect(await everything()).toEqual(before)

    expect(JSON.parse((await run(['history', '--json'])).stdout)).toEqual({ items: [] })
    const { items } = JSON.parse((await run(['history', '--undone', '--json'])).stdout)
    expect(items).toMatchObject([{ status: 'posted', undoneBy: 'operator', undoneAt: expect.any(String) }])
    expect((await run(['history', '--undone'])).stdout).toMatch(/by operator/)
  })

  test('by the id of the history row, and with a new time', async () => {
    const { item } = await team.library.plan('a.jpg', { minutesAgo: 300, item: { slot: '2026-11-21/1' } })
    await end(item.id, 'skipped')
    const [row] = await team.db.select().from(postingHistory)
    expect(await run(['undo', row?.id ?? '', '--in', '2h', '--now'])).toMatchObject({ code: 2 })
    expect(await run(['undo', row?.id ?? '', '--in', '2h'])).toMatchObject({ code: 0 })
    const [open] = await team.db.select().from(postingQueue)
    expect(open).toMatchObject({ id: item.id, storyNumber: item.storyNumber, slot: '2026-11-21/1', status: 'pending' })
    expect(open?.scheduledFor.getTime()).toBeGreaterThan(Date.now() + 100 * 60_000)
  })
})

test('nothing that counts posts counts what was undone', async () => {
  const { item, sent } = await sendCard()
  await press(item.id, sent.messageId)
  await undo(item.id)
  const stats = await loadStats(team.db)
  expect([stats.byStatus, stats.people, stats.fresh]).toEqual([[], [], 1])
  expect(await team.db.execute(sql`select total_posts, successful_posts from v_user_stats`)).toMatchObject([
    { total_posts: 0, successful_posts: 0 },
  ])
  const { stdout } = await runStoryline(['user-stats', '--username', 'sarah', '--json'], { env: team.env() })
  expect(stdout).not.toMatch(/"posted": ?[1-9]/)
  expect(await team.db.$count(telegramCards)).toBe(1)
})
