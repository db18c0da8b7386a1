import { lockFor } from '../../src/history/outcome.ts'
import type { MediaItem, QueueItem } from '../../src/history/settle.ts'
import { judgeFailure } from '../../src/publish/channels/telegram.ts'
import { decideNext } from '../../src/publish/next.ts'
import { routeItem } from '../../src/publish/route.ts'
import { decideLate } from '../../src/publish/sweep.ts'
import { chooseMedia } from '../../src/schedule/choose-media.ts'
import type { Candidate } from '../../src/schedule/content.ts'
import { planSlots } from '../../src/schedule/slots.ts'
import type { TelegramFailure } from '../../src/telegram/failure.ts'
import type { Story } from './evidence.ts'
import { dailyAt, drawLots, endOf, HOUR_MS, isDuring, type Lot, MINUTE_MS, type Scenario, startOf } from './scenario.ts'

type Open = Pick<
  QueueItem,
  'id' | 'storyNumber' | 'slot' | 'scheduledFor' | 'retryCount' | 'sentAt' | 'nextRetryAt' | 'lastError'
> & { status: 'pending' | 'retrying' | 'awaiting_team'; media: Candidate & { file: string }; actAt: number; verb: Verb }
type Verb = 'posted' | 'skipped' | 'forgotten'
type End = NonNullable<Story['end']>

const SETTINGS = {
  ...{ missedAfterMinutes: 120, teamResponseHours: 24, repostTtlDays: 30, skipTtlDays: 14, maxPostsPerRun: 3 },
  ...{ avoidRepostDays: 7, jitterMinutes: 30 },
}
const MAX_RETRIES = 3

/** How each kind of trouble looks to a send. */
const FAILURES: Record<'telegram' | 'removed', TelegramFailure> = {
  telegram: { kind: 'not_sent', reason: 'The request could not be sent (ECONNREFUSED)' },
  removed: {
    ...{ kind: 'refused', errorCode: 403, description: 'Forbidden: bot was kicked', what: 'forbidden' },
    reason: 'Telegram refused: Forbidden: bot was kicked (403)',
  },
}

export interface DecidedYear {
  stories: Story[]
  planned: Set<string>
  shortfalls: string[]
  /** The most that one tick sent. */
  largestTick: number
  /** Cards sent, by item. */
  cards: Map<string, number>
  ticks: number
}

interface World {
  scenario: Scenario
  lot: Lot
  media: (Candidate & { file: string; locks: Map<string, Date | null> })[]
  queue: Open[]
  year: DecidedYear
}

/** Called after the tick of every five minutes that the machine is on. */
export type Watch = (moment: { at: Date; machine: Date; database: Date; blocked: boolean; isTicking: boolean }) => void

/**
 * Every tick of a year, with the decisions as they are and lists in place of the tables: what is due, and that one item
 * is claimed after the other, is said here again in a few lines.
 */
export function decideYear(scenario: Scenario, watch: Watch): DecidedYear {
  const year: DecidedYear = {
    ...{ stories: [], planned: new Set(), shortfalls: [], largestTick: 0, cards: new Map(), ticks: 0 },
  }
  const planning = dailyAt(scenario, '03:40')
  const world: World = { scenario, lot: drawLots(scenario.seed), media: library(scenario), queue: [], year }
  const end = endOf(scenario).getTime()
  for (let ms = startOf(scenario).getTime(); ms < end; ms += 5 * MINUTE_MS) {
    const at = new Date(ms)
    const trouble = scenario.outages.find((outage) => isDuring(at, outage))?.kind
    if (trouble === 'power') continue
    const jump = scenario.jumps.find((one) => isDuring(at, one))
    const machine = new Date(ms + (jump?.byHours ?? 0) * HOUR_MS)
    const database = jump?.whose === 'host' ? machine : at
    const isTicking = trouble !== 'database'
    let blocked = false
    if (isTicking) {
      if (planning.has(machine.getTime())) planAhead(world, machine)
      if (trouble === undefined) press(world, database)
      blocked = tick(world, database, trouble)
    }
    watch({ at, machine, database, blocked, isTicking })
  }
  const open = world.queue.map((item): Story => storyOf(item, undefined))
  year.stories = [...year.stories, ...open].sort((a, b) => a.scheduledFor.getTime() - b.scheduledFor.getTime())
  return year
}

function library({ pictures }: Scenario): World['media'] {
  return Array.from({ length: pictures }, (_, n) => ({
    ...{ id: `picture ${n}`, file: `stories/${n}.jpg`, category: ['memes', 'products', 'people'][n % 3] ?? null },
    // Every tenth is a copy of the one before.
    ...{ fileHash: `content ${n % 10 === 9 ? n - 1 : n}`, tags: n % 4 === 0 ? ['summer'] : [] },
    ...{ timesPosted: 0, lastPostedAt: null, lockedUntil: null, locks: new Map() },
  }))
}

function planAhead({ scenario, lot, media, queue, year }: World, now: Date): void {
  const { timeZone, postsPerDay, opens, closes } = scenario
  const minutes = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))
  const { jitterMinutes, avoidRepostDays, repostTtlDays } = SETTINGS
  const slots = planSlots({
    ...{ now, days: 7, timeZone, postsPerDay, jitterMinutes, random: lot.random },
    ...{ windowStartMinutes: minutes(opens), windowEndMinutes: minutes(closes) },
    taken: [...queue, ...year.stories].map(({ slot, scheduledFor }) => ({ slot, at: scheduledFor })),
  })
  const shown = (hash: string) => media.find(({ fileHash }) => fileHash === hash)
  const past = year.stories.flatMap(({ hash, end }) => {
    const { category = null, tags = [] } = shown(hash) ?? {}
    return end?.postedAt ? [{ at: end.postedAt, fileHash: hash, category, tags }] : []
  })
  const waiting = queue.map(({ scheduledFor, media: { fileHash, category, tags } }) => {
    return { at: scheduledFor, fileHash, category, tags }
  })
  const plan = chooseMedia({
    ...{ now, timeZone, slots, avoidRepostDays, repostTtlDays, categoryMix: null, postsPerDay, random: lot.random },
    planned: [...past, ...waiting],
    candidates: media.filter(({ id }) => !queue.some((item) => item.media.id === id)),
  })
  year.shortfalls.push(...plan.shortfalls.map(({ slot, reason }) => `${slot}: ${reason}`))
  for (const { slot, mediaId } of plan.chosen) {
    const chosen = media.find(({ id }) => id === mediaId)
    if (!chosen) throw new Error(`chosen, but not in the library: ${mediaId}`)
    const storyNumber = year.planned.size + 1
    year.planned.add(`item ${storyNumber}`)
    queue.push({
      ...{ id: `item ${storyNumber}`, storyNumber, slot: slot.slot, scheduledFor: slot.at, media: chosen },
      ...{ status: 'pending', retryCount: 0, sentAt: null, nextRetryAt: null, lastError: null },
      ...{ actAt: 0, verb: 'forgotten' },
    })
  }
  queue.sort((a, b) => a.scheduledFor.getTime() - b.scheduledFor.getTime())
}

function storyOf({ id, slot, scheduledFor, sentAt, storyNumber, media }: Open, end: End | undefined): Story {
  return { id, slot, scheduledFor, sentAt, storyNumber, file: media.file, hash: media.fileHash, end }
}

function settle({ queue, year, media }: World, item: Open, now: Date, end: Pick<End, 'status' | 'reason'>): void {
  queue.splice(queue.indexOf(item), 1)
  year.stories.push(storyOf(item, { ...end, queueDeletedAt: now, postedAt: end.status === 'posted' ? now : null }))
  const lock = lockFor(end.status, now, SETTINGS)
  for (const one of media.filter(({ id }) => id === item.media.id)) {
    if (lock) one.locks.set(lock.reason, lock.lockedUntil)
    if (end.status === 'posted') Object.assign(one, { timesPosted: one.timesPosted + 1, lastPostedAt: now })
  }
  // A lock is one of all copies.
  const copies = media.filter(({ fileHash }) => fileHash === item.media.fileHash)
  const ends = copies.flatMap(({ locks }) => [...locks.values()].map((until) => until?.getTime() ?? 8.64e15))
  for (const copy of copies) copy.lockedUntil = ends.length > 0 ? new Date(Math.max(...ends)) : null
}

function press(world: World, now: Date): void {
  const ready = world.queue.filter(({ status, actAt }) => status === 'awaiting_team' && actAt <= now.getTime())
  for (const item of ready) {
    if (item.verb !== 'forgotten') settle(world, item, now, { status: item.verb, reason: null })
  }
}

/** True: Telegram was found closed. */
function tick(world: World, now: Date, trouble: 'telegram' | 'removed' | 'database' | undefined): boolean {
  const { queue, year } = world
  year.ticks += 1
  for (const item of [...queue]) {
    const late = decideLate({ item: item as unknown as QueueItem, now, reopenedAt: null }, SETTINGS)
    if (late) settle(world, item, now, late)
  }
  const due = queue.filter(({ status, scheduledFor, nextRetryAt }) => {
    return (status === 'pending' && scheduledFor <= now) || (status === 'retrying' && nextRetryAt && nextRetryAt <= now)
  })
  let sent = 0
  for (const item of due.slice(0, SETTINGS.maxPostsPerRun)) {
    const isOpen = deliver(world, item, now, trouble === 'telegram' || trouble === 'removed' ? trouble : undefined)
    if (!isOpen) return true
    sent += item.sentAt === null ? 0 : 1
  }
  year.largestTick = Math.max(year.largestTick, sent)
  return false
}

/** False: no other one has to be tried. */
function deliver(world: World, item: Open, now: Date, trouble: 'telegram' | 'removed' | undefined): boolean {
  const { lot, year } = world
  const requiresInteraction = (item.media as unknown as MediaItem).requiresInteraction ?? false
  if (routeItem({ enableInstagramApi: false, requiresInteraction }) !== 'telegram') throw new Error('a wrong way out')
  if (trouble === undefined) {
    year.cards.set(item.id, (year.cards.get(item.id) ?? 0) + 1)
    const actAt = now.getTime() + lot.random() * (lot.chance(0.7) ? 2 : 30) * HOUR_MS
    const verb = lot.chance(0.08) ? 'forgotten' : lot.chance(0.15) ? 'skipped' : 'posted'
    Object.assign(item, { status: 'awaiting_team', sentAt: now, lastError: null, actAt, verb })
    return true
  }
  const end = judgeFailure(FAILURES[trouble], -1)
  if (end.kind === 'awaiting_team' || end.kind === 'posted') throw new Error('a failure that delivered')
  const next = decideNext(end, {
    ...{ scheduledFor: item.scheduledFor, retryCount: item.retryCount, maxRetries: MAX_RETRIES, now },
    ...{ graceMinutes: SETTINGS.missedAfterMinutes, random: lot.random, canHandOver: false, mayBeLive: false },
  })
  if (next.kind === 'retry') {
    const { at: nextRetryAt, retryCount, reason: lastError } = next
    Object.assign(item, { status: 'retrying', nextRetryAt, retryCount, lastError })
  } else if (next.kind === 'fail') settle(world, item, now, { status: 'failed', reason: next.reason })
  else if (next.kind === 'release') Object.assign(item, { status: 'pending', lastError: next.reason })
  else throw new Error(`nothing of this kind was to be decided: ${next.kind}`)
  return next.kind !== 'release'
}
