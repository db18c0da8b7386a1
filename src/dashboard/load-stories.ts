import { join } from 'node:path'
import type { Context } from '../context.ts'
import type { Examined } from '../health/check.ts'
import { CHECKS } from '../health/checks/index.ts'
import { examineAll } from '../health/examine.ts'
import { explainWait, type OverdueItem, type WaitFacts } from '../health/explain-wait.ts'
import { loadQueueFacts } from '../health/queue-facts.ts'
import { routeItem } from '../publish/route.ts'
import { describeWait, type WaitingEntry } from '../schedule/waits-for.ts'
import type { Settings } from '../settings.ts'
import type { Ground } from './ground.ts'
import type { Planned, Settled, Snapshot, Waiting } from './snapshot.ts'
import { type QueueRow, type SettledRow, STORIES, type StoriesRow, type WaitingRow } from './stories-query.ts'

/** The half of a snapshot that changes with every story. */
export interface StoriesLook extends Pick<Snapshot, 'takenAt' | 'paused' | 'next' | 'waiting' | 'recent'> {
  lastTickAt: Date | null
  lastPollAt: Date | null
  /** Of `EVERY_TIME`. */
  examined: readonly Examined[]
}

/** Checks that ask nothing but small tables, of what can change within a minute. */
export const EVERY_TIME: readonly string[] = [
  'pause',
  'last-tick',
  'bot',
  'overdue',
  'team',
  'unconfirmed',
  'failures',
  'plan',
  'open-alerts',
]

const CHECKS_EVERY_TIME = CHECKS.filter(({ name }) => EVERY_TIME.includes(name))

/** Lists and reasons are of one moment, and so are the checks that count the same stories. */
export async function loadStories(ctx: Context, ground: Ground): Promise<StoriesLook> {
  const { settings } = ground
  const { row, facts } = await ground.db.transaction(
    async (tx) => {
      const [[row], facts] = await Promise.all([tx.execute<StoriesRow>(STORIES), loadQueueFacts({ db: tx, settings })])
      if (!row) throw new Error('select answered no row')
      return { row, facts }
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  )
  const queue = async () => facts
  const examined = await examineAll(CHECKS_EVERY_TIME, { ctx, opened: ground, queue })
  return { ...readRow(row, facts.wait, settings), examined }
}

function readRow(row: StoriesRow, wait: WaitFacts, settings: Settings): Omit<StoriesLook, 'examined'> {
  const { paused, beats, nextTotal, waitingTotal, recentTotal } = row
  return {
    takenAt: wait.now,
    paused: paused && { ...paused, since: new Date(paused.since) },
    next: { entries: toPlanned(row.next, wait, settings), total: nextTotal },
    waiting: { entries: row.waiting.map((one) => toWaiting(one, wait, settings)), total: waitingTotal },
    recent: { entries: row.recent.map((one) => toSettled(one, settings)), total: recentTotal },
    lastTickAt: toDate(beats['process-queue'] ?? null),
    lastPollAt: toDate(beats.bot ?? null),
  }
}

/** In the order of time, so that each knows how many come before it. */
function toPlanned(rows: readonly QueueRow[], wait: WaitFacts, settings: Settings): Planned[] {
  let place = 0
  return rows.map((row) => {
    const { attempt } = row
    const item = toItem(row, settings)
    const isOverdue = row.lateSeconds >= 0 && !row.isSample
    const waitsFor = isOverdue ? explainOverdue(item, place, wait) : explainPlanned(item, wait)
    if (isOverdue) place += 1
    return { kind: 'planned', ...toStory(row, settings), ...{ attempt, nextRetryAt: item.nextRetryAt, waitsFor } }
  })
}

type Item = OverdueItem & WaitingEntry

/** A run that has it says where it is; of a pause that came later nothing has to be said. */
function explainOverdue(item: Item, place: number, wait: WaitFacts): string {
  const isBeingSent = item.leaseSeconds !== null && item.leaseSeconds > 0
  return isBeingSent ? describeWait(item, surroundings(wait)) : explainWait(item, place, wait).text
}

/** Null: nothing but its time. */
function explainPlanned(item: Item, wait: WaitFacts): string | null {
  return item.status === 'pending' && !item.isSample ? null : describeWait(item, surroundings(wait))
}

const surroundings = ({ now, timeZone, paused, missedAfterMinutes }: WaitFacts) => {
  return { now, timeZone, isPaused: paused !== null, missedAfterMinutes }
}

function toWaiting(row: WaitingRow, wait: WaitFacts, settings: Settings): Waiting {
  const { isBeingRead, status } = row
  const since = new Date(row.since)
  const teamMs = settings.teamResponseHours * 3_600_000
  return {
    kind: 'waiting',
    ...toStory(row, settings),
    waitsFor: describeWait({ ...toItem(row, settings), teamSince: since }, surroundings(wait)),
    since,
    missedAt: status === 'awaiting_team' ? new Date(since.getTime() + teamMs) : null,
    isBeingRead,
  }
}

function toStory(
  row: QueueRow,
  settings: Settings,
): Omit<Waiting, 'kind' | 'waitsFor' | 'since' | 'missedAt' | 'isBeingRead'> {
  const { id, storyNumber, slot, status, isSample, lastError } = row
  const scheduledFor = new Date(row.scheduledFor)
  return {
    ...{ id, storyNumber, slot, status, isSample, lastError, scheduledFor },
    channel: channelOf(row, settings),
    ...toPicture(row, row.file, settings),
  }
}

function toItem(row: QueueRow, settings: Settings): Item {
  const { id, storyNumber, file, status, lateSeconds, leaseSeconds, leaseOwner, lastError, isSample, isBeingRead } = row
  return {
    ...{ id, storyNumber, file, status, lateSeconds, leaseSeconds, leaseOwner, lastError, isSample, isBeingRead },
    channel: channelOf(row, settings),
    scheduledFor: new Date(row.scheduledFor),
    nextRetryAt: toDate(row.nextRetryAt),
    teamSince: null,
  }
}

/** What still waits for its turn takes the way that is open now, whatever was set when it was planned. */
function channelOf(row: QueueRow, { enableInstagramApi }: Settings) {
  const isOpen = row.status === 'pending' || row.status === 'retrying'
  return isOpen ? routeItem({ ...row, enableInstagramApi }) : row.queuedChannel
}

function toSettled(row: SettledRow, settings: Settings): Settled {
  const { id, queueItemId, storyNumber, slot, channel, status, reason, by, sentAt, permalink } = row
  const endedAt = new Date(row.endedAt)
  const wasPressed = sentAt !== null && by !== null
  return {
    kind: 'settled',
    ...{ id, queueItemId, storyNumber, slot, channel, status, reason, endedAt, by, permalink },
    scheduledFor: new Date(row.scheduledFor),
    tookSeconds: wasPressed ? Math.max(0, Math.round((endedAt.getTime() - new Date(sentAt).getTime()) / 1000)) : null,
    ...toPicture(row, row.currentFile, settings),
  }
}

/** `currentFile`: where it lies now, below MEDIA_BASE_PATH. */
function toPicture(row: QueueRow | SettledRow, currentFile: string, { mediaBasePath }: Settings) {
  const { mediaItemId, file, title, linkUrl, tags, category } = row
  return { mediaItemId, file, path: join(mediaBasePath, currentFile), title, linkUrl, tags, category }
}

const toDate = (text: string | null) => (text === null ? null : new Date(text))
