import { and, eq, sql } from 'drizzle-orm'
import { resolveAlert } from '../alerts/alerts.ts'
import { AlertSubject } from '../alerts/subjects.ts'
import type { Transaction } from '../db/connect.ts'
import { postingQueue, telegramCards } from '../db/schema.ts'
import type { LockSettings } from '../history/outcome.ts'
import { settleIn } from '../history/settle.ts'
import { UNKNOWN_MESSAGE } from './channels/channel.ts'

type Change = Partial<Record<keyof typeof postingQueue.$inferInsert, unknown>>

const { effect, effectStartedAt, scheduledFor, sentAt, telegramDocumentMessageId } = postingQueue
const dueNow = sql`greatest(${scheduledFor}, now())`

/** Who answered, and what a story that turns out to be live locks. */
export interface Answerer {
  displayName: string
  settings: LockSettings
}

/** The story is live after all: it settles as posted. False: it was not unconfirmed. */
async function markLive(tx: Transaction, queueItemId: string, { displayName, settings }: Answerer): Promise<boolean> {
  const result = await settleIn(tx, {
    queueItemId,
    settings,
    decide: ({ item }) =>
      item.status === 'unconfirmed'
        ? { status: 'posted', reason: null, actor: { kind: 'operator', displayName } }
        : { decline: `it is ${item.status}` },
  })
  return result.kind === 'settled'
}

async function isPublish(tx: Transaction, queueItemId: string): Promise<boolean> {
  const [item] = await tx.select({ effect }).from(postingQueue).where(eq(postingQueue.id, queueItemId))
  return item?.effect === 'instagram_publish'
}

/**
 * The doubtful message is in Telegram after all. A card: the team has it since the call began. Only the original: the
 * card still has to follow. Of a publish: the story is live. False: the item was not unconfirmed.
 */
export async function markSent(tx: Transaction, queueItemId: string, by: Answerer): Promise<boolean> {
  if (await isPublish(tx, queueItemId)) return markLive(tx, queueItemId, by)
  const isCard = sql`${effect} = 'telegram_card'`
  return answer(tx, queueItemId, {
    status: sql`case when ${isCard} then 'awaiting_team' else 'pending' end`,
    sentAt: sql`case when ${isCard} then ${effectStartedAt} else ${sentAt} end`,
    scheduledFor: sql`case when ${isCard} then ${scheduledFor} else ${dueNow} end`,
    telegramDocumentMessageId: sql`case when ${isCard} then ${telegramDocumentMessageId} else ${UNKNOWN_MESSAGE} end`,
  })
}

/**
 * Nothing arrived: due now, or at its own time if that is still to come. An original that had arrived before the doubtful
 * call is not sent again. False: the item was not unconfirmed.
 */
export async function sendAgain(tx: Transaction, queueItemId: string): Promise<boolean> {
  return answer(tx, queueItemId, {
    status: 'pending',
    scheduledFor: dueNow,
    telegramDocumentMessageId: sql`case when ${effect} = 'telegram_card' then ${telegramDocumentMessageId} end`,
    // Of a publish: a new container, and no memory of the call that somebody says did nothing.
    instagramContainerId: null,
    instagramContainerAt: null,
    instagramContainers: 0,
    instagramSends: 0,
    instagramBeforeIds: null,
    instagramSentAt: null,
    reconcileAt: null,
    reconcileReads: 0,
    reconcileAskedAt: null,
  })
}

/** One conditional statement: of two answers, or an answer and a press, the first one counts. */
async function answer(tx: Transaction, queueItemId: string, change: Change): Promise<boolean> {
  const answered = await tx
    .update(postingQueue)
    .set({ ...change, effect: null, effectStartedAt: null, lastError: null } as typeof postingQueue.$inferInsert)
    .where(and(eq(postingQueue.id, queueItemId), eq(postingQueue.status, 'unconfirmed')))
    .returning({ id: postingQueue.id })
  if (answered.length === 0) return false
  await resolveAlert(tx, AlertSubject.unconfirmed(queueItemId))
  // Whoever answered, and wherever: the question in the admin chat loses its buttons.
  await tx
    .update(telegramCards)
    .set({ editDueAt: sql`now()` })
    .where(and(eq(telegramCards.queueItemId, queueItemId), eq(telegramCards.kind, 'question')))
  return true
}
