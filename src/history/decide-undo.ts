import type { postingQueue, QueueStatus, SettledItem, Settlement } from '../db/schema.ts'
import { formatDateTime } from '../output/time.ts'
import {
  refuse,
  refuseEnd,
  refuseLate,
  refusePicture,
  type UndoFacts,
  type UndoRefusal,
  type UndoRule,
} from './refuse-undo.ts'

export interface UndoPlan {
  kind: 'undo'
  /** The queue row that is there again, under its old id. */
  item: typeof postingQueue.$inferInsert & { id: string; status: QueueStatus; scheduledFor: Date }
  /** `restore`: as it was before the settling; `keep`: there is none, or somebody changed it since. */
  lock: 'restore' | 'keep'
  lastPostedAt: 'restore' | 'keep'
  /** What is not as it was, and what comes next, for people. */
  notes: string[]
}

/** Takes back how a story ended, or says why not. The story goes on where it was: with its card, or waiting for its time. */
export function decideUndo(facts: UndoFacts, rule: UndoRule): UndoPlan | UndoRefusal {
  const refusal = refuseEnd(facts) ?? refusePicture(facts)
  if (refusal) return refusal
  const place = findPlace(facts)
  if (rule.at !== null && !isWaiting(place.status)) {
    const why = place.status === 'awaiting_team' ? 'its card is with the team' : 'it may have been sent'
    return refuse('time_not_possible', `${why}: it has no time to come`, 'Leave out --at, --in and --now.')
  }
  const late = isWaiting(place.status) ? refuseLate(facts, rule) : null
  if (late) return late

  const notes: string[] = []
  const lock = decideLock(facts, notes)
  const lastPostedAt = decideLastPosted(facts, notes)
  const slot = facts.isSlotTaken ? null : facts.history.slot
  if (facts.isSlotTaken) notes.push(`its slot ${facts.history.slot} was given to another story: it takes none`)
  const item = { ...commonColumns(facts), ...place, slot, ...newTime(place.status, rule) }
  notes.push(whatNext(item, facts, rule))
  if (isWaiting(item.status)) notes.push(...holdNotes(facts, lock, rule))
  return { kind: 'undo', item, lock, lastPostedAt, notes }
}

const isWaiting = (status: QueueStatus) => status === 'pending' || status === 'retrying'

type Place = Pick<
  UndoPlan['item'],
  | 'status'
  | 'sentAt'
  | 'telegramChatId'
  | 'telegramMessageId'
  | 'nextRetryAt'
  | 'lastError'
  | 'effect'
  | 'effectStartedAt'
  | 'retryCount'
>

/** Where work goes on: a card in Telegram proves itself, whatever was known when somebody pressed it. */
function findPlace({ history, card }: UndoFacts): Place {
  const { telegramChatId, telegramMessageId, sentAt, retryCount } = history
  const was = history.settlement.item
  const none = { nextRetryAt: null, lastError: was?.lastError ?? null, effect: null, effectStartedAt: null, retryCount }
  const place = { ...none, telegramChatId, telegramMessageId, sentAt }
  const hadCard = was ? was.status === 'awaiting_team' : sentAt !== null
  if (telegramMessageId !== null || card !== null || hadCard) {
    return {
      ...place,
      status: 'awaiting_team',
      telegramChatId: telegramMessageId === null ? (card?.chatId ?? telegramChatId) : telegramChatId,
      telegramMessageId: telegramMessageId ?? card?.messageId ?? null,
      sentAt: sentAt ?? card?.at ?? history.queueDeletedAt,
    }
  }
  if (was?.status === 'unconfirmed') {
    return { ...place, status: 'unconfirmed', effect: was.effect, effectStartedAt: toDate(was.effectStartedAt) }
  }
  const nextRetryAt = was?.status === 'retrying' ? toDate(was.nextRetryAt) : null
  return nextRetryAt ? { ...place, status: 'retrying', nextRetryAt } : { ...place, status: 'pending' }
}

const toDate = (text: string | null): Date | null => (text === null ? null : new Date(text))

/** A container and a hosted picture are left behind: they were released with the row. */
function commonColumns({ history }: UndoFacts) {
  const { mediaItemId, scheduledFor, queueCreatedAt: createdAt, retryOf } = history
  // Every settling writes both; a row without them came from elsewhere, and gets new ones.
  const id = history.queueItemId ?? history.id
  const number = history.storyNumber === null ? {} : { storyNumber: history.storyNumber }
  const was: Partial<SettledItem> = history.settlement.item ?? {}
  const { maxRetries, fallbackReason = null, telegramDocumentMessageId = null } = was
  return {
    ...{ id, ...number, mediaItemId, scheduledFor, createdAt, retryOf },
    channel: history.channel ?? 'telegram',
    // A press is only taken for what was sent once.
    attempt: was.attempt ?? (history.sentAt === null ? 0 : 1),
    ...(maxRetries === undefined ? {} : { maxRetries }),
    ...{ fallbackReason, telegramDocumentMessageId },
  }
}

/** As `reschedule` does: afresh, with all its tries. */
function newTime(status: QueueStatus, { at }: UndoRule) {
  if (at === null || !isWaiting(status)) return {}
  return { status: 'pending' as const, scheduledFor: at, nextRetryAt: null, retryCount: 0 }
}

/** Restored only while it is what the settling made it. */
function decideLock({ history, lock: now }: UndoFacts, notes: string[]): UndoPlan['lock'] {
  const made = history.settlement.lock
  if (!made) return 'keep'
  if (now !== null && isAsMade(now, made.to)) return 'restore'
  notes.push(
    now === null
      ? `its lock ${made.reason} was removed since`
      : `the lock ${made.reason} of its picture was changed since, and stays`,
  )
  return 'keep'
}

/** A lock is about choosing: it does not stop what is planned, and somebody may think that it does. */
function holdNotes({ holds, history }: UndoFacts, lock: UndoPlan['lock'], { timeZone }: UndoRule): string[] {
  const goes = lock === 'restore' ? history.settlement.lock : null
  return holds
    .filter(({ reason, until }) => reason !== goes?.reason || (until?.toISOString() ?? null) !== goes.to.lockedUntil)
    .map(({ reason, until }) => {
      const end = until === null ? 'for ever' : `until ${formatDateTime(until, timeZone)}`
      return `its picture is held ${end} (${reason}): the story goes out all the same, unless you cancel it`
    })
}

function isAsMade(now: NonNullable<UndoFacts['lock']>, made: NonNullable<Settlement['lock']>['to']): boolean {
  const hasSameEnd = (now.lockedUntil?.toISOString() ?? null) === made.lockedUntil
  return hasSameEnd && (made.lockedAt === undefined || made.lockedAt === now.lockedAt.toISOString())
}

function decideLastPosted({ history, media }: UndoFacts, notes: string[]): UndoPlan['lastPostedAt'] {
  const made = history.settlement.lastPostedAt
  if (!made) return 'keep'
  if (media.lastPostedAt?.toISOString() === made.to) return 'restore'
  notes.push('the picture was posted again since: when it was last posted stays')
  return 'keep'
}

/** Less than a tick takes to come; two clocks may differ by that. */
const SOON_MS = 60_000

function whatNext(item: UndoPlan['item'], { media, isPaused, now }: UndoFacts, { timeZone }: UndoRule): string {
  if (item.status === 'awaiting_team')
    return 'it waits for the team again, and its card gets its buttons back with the next tick'
  if (item.status === 'unconfirmed') return 'it is unconfirmed again: say what happened with `storyline confirm`'
  if (media.isSample) return 'it is planned again; samples are never sent'
  if (isPaused) return 'it is planned again; posting is paused'
  const due = item.nextRetryAt ?? item.scheduledFor
  return due.getTime() - now.getTime() < SOON_MS
    ? 'the next tick sends it'
    : `it is planned for ${formatDateTime(due, timeZone)}`
}
