import { and, asc, desc, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import type { Database } from '../db/connect.ts'
import { mediaItems, postingHistory, postingQueue } from '../db/schema.ts'
import { explainAll } from '../health/explain-wait.ts'
import { loadQueueFacts } from '../health/queue-facts.ts'
import { loadPause } from '../publish/pause.ts'
import type { HealthFacts } from './admin-texts.ts'
import type { NextStory, PastStory, PendingFacts, StatsFacts, WaitingStory } from './texts.ts'

const MAX_ROWS = 20

export async function loadPending(db: Database): Promise<PendingFacts> {
  const pause = await loadPause(db)
  const columns = {
    storyNumber: postingQueue.storyNumber,
    title: mediaItems.title,
    fileName: mediaItems.fileName,
    sentAt: postingQueue.sentAt,
    scheduledFor: postingQueue.scheduledFor,
    chatId: postingQueue.telegramChatId,
    messageId: postingQueue.telegramMessageId,
    status: postingQueue.status,
    total: sql<number>`count(*) over ()`.mapWith(Number),
  }
  const from = () =>
    db.select(columns).from(postingQueue).innerJoin(mediaItems, eq(mediaItems.id, postingQueue.mediaItemId))
  const waiting = await from()
    .where(inArray(postingQueue.status, ['awaiting_team', 'unconfirmed']))
    .orderBy(asc(postingQueue.sentAt))
    .limit(MAX_ROWS)
  const next = await from()
    .where(and(inArray(postingQueue.status, ['pending', 'retrying', 'processing']), eq(mediaItems.isSample, false)))
    .orderBy(asc(postingQueue.scheduledFor))
    .limit(3)
  return {
    pause,
    waiting: waiting satisfies WaitingStory[],
    waitingTotal: waiting[0]?.total ?? 0,
    next: next satisfies NextStory[],
    nextTotal: next[0]?.total ?? 0,
  }
}

export async function loadPosted(db: Database): Promise<PastStory[]> {
  const rows = await db
    .select()
    .from(postingHistory)
    .where(isNull(postingHistory.undoneAt))
    .orderBy(desc(postingHistory.queueDeletedAt))
    .limit(10)
  return rows.map(({ storyNumber, status, settledBy, queueDeletedAt, sentAt, mediaMetadata }) => ({
    storyNumber,
    status,
    by: settledBy,
    at: queueDeletedAt,
    sentAt,
    name: mediaMetadata?.title ?? mediaMetadata?.file.split('/').at(-1) ?? '',
  }))
}

export async function loadStats(db: Database): Promise<StatsFacts> {
  const since = (days: number) =>
    sql`count(*) filter (where ${postingHistory.queueDeletedAt} > now() - make_interval(days => ${days}))`.mapWith(
      Number,
    )
  const byStatus = await db
    .select({ status: postingHistory.status, week: since(7), month: since(30) })
    .from(postingHistory)
    .where(isNull(postingHistory.undoneAt))
    .groupBy(postingHistory.status)
  const people = await db
    .select({ name: postingHistory.settledBy, month: since(30) })
    .from(postingHistory)
    .where(and(eq(postingHistory.status, 'posted'), isNull(postingHistory.undoneAt)))
    .groupBy(postingHistory.settledBy)
    .having(sql`${since(30)} > 0`)
    .orderBy(desc(since(30)))
    .limit(10)
  const [library] = await db
    .select({
      active: sql`count(*)`.mapWith(Number),
      fresh: sql`count(*) filter (where times_posted = 0)`.mapWith(Number),
    })
    .from(mediaItems)
    .where(eq(mediaItems.isActive, true))
  return { byStatus, people, active: library?.active ?? 0, fresh: library?.fresh ?? 0 }
}

/** What `storyline monitor-queue` knows. */
export async function loadHealth(ctx: Pick<Context, 'db' | 'settings'>): Promise<HealthFacts> {
  const queue = await loadQueueFacts(ctx)
  return { queue, waiting: explainAll(queue.overdue, queue.wait) }
}
