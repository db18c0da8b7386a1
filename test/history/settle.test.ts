import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { mediaItems, mediaPostingLocks, postingHistory, postingQueue } from '../../src/db/schema.ts'
import { type SettleRequest, settle } from '../../src/history/settle.ts'
import { claimDue, LeaseLost, postpone } from '../../src/publish/claim.ts'
import { useTeam } from '../support/team.ts'

const team = useTeam()

const asPosted = (queueItemId: string): SettleRequest => ({
  queueItemId,
  settings: team.context().settings,
  decide: () => ({ status: 'posted', reason: null, actor: { kind: 'storyline' } }),
})

/** All connections of the pool, so that what follows really runs at once. */
const openConnections = () => Promise.all(Array.from({ length: 8 }, () => team.db.execute(sql`select pg_sleep(0.05)`)))

test('sixteen at once on eight connections: one settles, the others are told how it ended', async () => {
  const { item } = await team.library.plan('a.jpg')
  await openConnections()
  const results = await Promise.all(Array.from({ length: 16 }, () => settle(team.db, asPosted(item.id))))
  expect(results.map(({ kind }) => kind).sort()).toEqual([...Array(15).fill('already'), 'settled'])
  expect(await team.db.select().from(postingHistory)).toHaveLength(1)
  expect(await team.db.select().from(mediaPostingLocks)).toHaveLength(1)
  expect(await team.db.select().from(mediaItems)).toMatchObject([{ timesPosted: 1 }])
})

test('settling remembers what it changed, so that an undo can be exact', async () => {
  const before = new Date('2026-01-02T03:04:05Z')
  const { item, media } = await team.library.plan('a.jpg', { media: { timesPosted: 4, lastPostedAt: before } })
  const later = new Date('2099-01-01T00:00:00Z')
  await team.db
    .insert(mediaPostingLocks)
    .values({ mediaItemId: media.id, lockReason: 'recent_post', lockedUntil: later })
  await settle(team.db, asPosted(item.id))
  const [row] = await team.db.select().from(postingHistory)
  expect(row?.settlement).toMatchObject({
    timesPosted: { from: 4, to: 5 },
    lastPostedAt: { from: before.toISOString() },
    // The later end wins: posting never shortens a lock.
    lock: {
      reason: 'recent_post',
      from: { lockedUntil: later.toISOString() },
      to: { lockedUntil: later.toISOString() },
    },
  })
})

test('an older claim of the same run cannot write any more: the attempt fences', async () => {
  await team.library.plan('a.jpg')
  const claim = () =>
    claimDue(team.db, {
      leaseOwner: 'run',
      leaseSeconds: 60,
      except: [],
      lanes: ['telegram'],
      enableInstagramApi: false,
    })
  const first = await claim()
  await team.db.update(postingQueue).set({ status: 'pending', leaseOwner: null, leaseUntil: null })
  const second = await claim()
  if (!first || !second) throw new Error('nothing was claimed')
  const later = { at: new Date(), retryCount: 1, reason: 'late' }
  await expect(postpone(team.db, first, later)).rejects.toThrow(LeaseLost)
  expect(await settle(team.db, { ...asPosted(first.item.id), fence: first.fence })).toEqual({ kind: 'lost' })
  await postpone(team.db, second, later)
  expect(await team.db.select().from(postingQueue)).toMatchObject([{ status: 'retrying', attempt: 2 }])
})
