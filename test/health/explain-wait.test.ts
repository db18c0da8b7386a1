import { describe, expect, it } from 'vitest'
import { overdue } from '../../src/health/checks/overdue.ts'
import {
  explainAll,
  explainWait,
  isStuck,
  type OverdueItem,
  type WaitFacts,
  type WaitReason,
} from '../../src/health/explain-wait.ts'

const NOW = new Date('2026-11-21T08:00:00Z')
const later = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000)

const item: OverdueItem = {
  ...{
    id: '0',
    storyNumber: 7,
    file: 'stories/a.jpg',
    status: 'pending',
    scheduledFor: later(-20),
    channel: 'telegram',
  },
  ...{ lateSeconds: 20 * 60, nextRetryAt: null, leaseSeconds: null, leaseOwner: null, lastError: null },
}
const claimed = { status: 'processing', leaseOwner: 'owner-of-it' } as const
const facts: WaitFacts = {
  ...{ now: NOW, timeZone: 'UTC', isDryRun: false, maxPostsPerRun: 3, missedAfterMinutes: 120 },
  ...{ isTelegramSetUp: true, paused: null },
  ...{ tickSeconds: 60, closed: { telegram: null, instagram: null }, limits: { telegram: null, instagram: null } },
}
const paused = { by: '@ana', reason: 'holiday', since: later(-60) }
const held = { telegram: { until: later(30), reason: 'Telegram asks to wait' }, instagram: null }
const kicked = (seconds: number) => ({ telegram: { summary: 'kicked', seconds }, instagram: null })
const noTick = { tickSeconds: 15 * 60 + 1 }
const tooLate = { lateSeconds: 120 * 60 + 1 }

type Case = [
  name: string,
  item: Partial<OverdueItem>,
  facts: Partial<WaitFacts>,
  place: number,
  kind: WaitReason['kind'],
  mends: WaitReason['mends'],
  text: RegExp,
]

const CASES: Case[] = [
  ['a pause comes before all', claimed, { paused, ...noTick }, 0, 'paused', 'by_choice', /@ana since .*: holiday/],
  [
    'too late, no tick',
    tooLate,
    noTick,
    0,
    'no_tick',
    'not',
    /15 minutes; it is more than 120 .* missed with the next tick/,
  ],
  ['too late, a tick to come', tooLate, {}, 9, 'next_tick', 'itself', /come before it;.*; it is more than 120/],
  ['too late in a pause', tooLate, { paused }, 0, 'paused', 'by_choice', /Nothing is sent\.$/],
  ['too late, but tried', { ...tooLate, status: 'retrying' }, noTick, 0, 'no_tick', 'not', /15 minutes$/],
  ['late, not too late', { lateSeconds: 120 * 60 }, noTick, 0, 'no_tick', 'not', /15 minutes$/],
  ['a dry run', {}, { isDryRun: true, ...noTick }, 0, 'dry_run', 'by_choice', /DRY_RUN_MODE/],
  ['a run that sends it', { ...claimed, leaseSeconds: 9 }, noTick, 0, 'sending', 'itself', /owner-of/],
  ['its run died', { ...claimed, leaseSeconds: -9 }, {}, 0, 'next_tick', 'itself', /takes it back/],
  ['its run died and no other came', { ...claimed, leaseSeconds: -9 }, noTick, 0, 'no_tick', 'not', /15 minutes/],
  [
    'a try to come',
    { status: 'retrying', nextRetryAt: later(5), lastError: 'reset' },
    {},
    0,
    'retry',
    'itself',
    /08:05: reset/,
  ],
  [
    'a try that did not come',
    { status: 'retrying', nextRetryAt: later(-5) },
    noTick,
    0,
    'no_tick',
    'not',
    /15 minutes/,
  ],
  ['no token', {}, { isTelegramSetUp: false }, 0, 'not_set_up', 'not', /not set up/],
  ['no token, but Instagram', { channel: 'instagram' }, { isTelegramSetUp: false }, 0, 'unknown', 'not', /ticks run/],
  ['closed, as the last tick found', {}, { closed: kicked(60), ...noTick }, 0, 'blocked', 'not', /kicked/],
  ['closed, and ticks run', {}, { closed: kicked(9999) }, 0, 'blocked', 'not', /kicked/],
  ['closed once, and nobody tries', {}, { closed: kicked(9999), ...noTick }, 0, 'no_tick', 'not', /15 minutes/],
  ['the other is closed', { channel: 'instagram' }, { closed: kicked(60) }, 0, 'unknown', 'not', /ticks run/],
  ['a limit', {}, { limits: held }, 0, 'limit', 'itself', /asks to wait \(until 08:30/],
  ['no tick ever', {}, { tickSeconds: null }, 0, 'no_tick', 'not', /never run/],
  ['a tick just in time', { lateSeconds: 60 }, { tickSeconds: 15 * 60 }, 0, 'next_tick', 'itself', /next tick/],
  ['just due', { lateSeconds: 15 * 60 }, {}, 2, 'next_tick', 'itself', /next tick takes it/],
  ['a row of others', {}, {}, 3, 'next_tick', 'itself', /^3 stories come before it; a tick sends 3/],
  ['its turn, but not sent', {}, {}, 2, 'unknown', 'not', /none has sent it/],
  ['its turn, and an error', { lastError: 'no picture' }, {}, 0, 'unknown', 'not', /no picture/],
]

describe('why a story waits', () => {
  it.each(CASES)('%s', (_, change, more, place, kind, mends, text) => {
    expect(explainWait({ ...item, ...change }, place, { ...facts, ...more })).toEqual({
      ...{ kind, mends },
      text: expect.stringMatching(text),
    })
  })
})

describe('what is stuck', () => {
  const stuck = (change: Partial<OverdueItem>, more: Partial<WaitFacts>) =>
    explainAll([{ ...item, ...change }], { ...facts, ...more }).map(isStuck)

  it.each<[string, Partial<OverdueItem>, Partial<WaitFacts>, boolean]>([
    ['nobody sends it', {}, noTick, true],
    ['not for long', { lateSeconds: 15 * 60 }, noTick, false],
    ['it mends itself', {}, { limits: held }, false],
    ['somebody paused', {}, { paused, ...noTick }, false],
  ])('%s', (_, change, more, expected) => {
    expect(stuck(change, more)).toEqual([expected])
  })

  it('of many, the place in the row counts', () => {
    const row = explainAll([item, { ...item, id: '1' }, { ...item, id: '2' }, { ...item, id: '3' }], facts)
    expect(row.map(isStuck)).toEqual([true, true, true, false])
  })
})

describe('the check of due stories', () => {
  const judge = (items: Partial<OverdueItem>[], more: Partial<WaitFacts> = {}) =>
    overdue.judge({
      waiting: explainAll(
        items.map((change) => ({ ...item, ...change })),
        { ...facts, ...more },
      ),
      count: items.length,
    })

  it.each<[string, Partial<OverdueItem>[], Partial<WaitFacts>, string, RegExp]>([
    ['none', [], {}, 'healthy', /nothing is overdue/],
    ['one that the next tick takes', [{ lateSeconds: 200 }], {}, 'healthy', /3 minutes: the next tick/],
    [
      'late while paused',
      [{}],
      { paused },
      'warning',
      /1 story waiting; #7 stories\/a\.jpg since 20 minutes: Paused by @ana/,
    ],
    ['late, and nobody sends', [{}], noTick, 'unhealthy', /no run of process-queue/],
    [
      'the stuck one behind one that is being retried is named',
      [{ status: 'retrying', nextRetryAt: later(5) }, { storyNumber: 8 }],
      {},
      'unhealthy',
      /2 stories waiting; #8/,
    ],
  ])('%s', (_, items, more, status, details) => {
    expect(judge(items, more)).toMatchObject({ status, details: expect.stringMatching(details) })
  })
})
