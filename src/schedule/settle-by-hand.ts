import type { Context } from '../context.ts'
import type { Transaction } from '../db/connect.ts'
import { UserError } from '../errors.ts'
import { type HistoryRow, settleIn } from '../history/settle.ts'
import { printable } from '../media/printable.ts'
import { type ByHand, decideByHand, type HandStatus } from './decide-by-hand.ts'
import { fileOf, findQueued, findQueueItem, findSettled, isFileName, type QueuedStory } from './find-queue-item.ts'

/** A story that somebody ended: by this very call, or the same way before. */
export interface EndedByHand {
  id: string
  storyNumber: number | null
  slot: string | null
  scheduledFor: Date
  file: string
  /** It had ended like this before. */
  already: boolean
  /** In Telegram: a tick edits it. */
  hasCard: boolean
}

export interface HandRequest extends ByHand {
  /** As somebody typed it. */
  typed: string
  dryRun: boolean
}

/** What cancel, skip and reject do, and the bot's /reject; throws why it cannot be done. */
export async function settleByHand(
  tx: Transaction,
  { settings }: Pick<Context, 'settings'>,
  { typed, dryRun, ...byHand }: HandRequest,
): Promise<EndedByHand> {
  const queued = await findQueued(tx, typed)
  const settled = queued || isFileName(typed) ? undefined : await findSettled(tx, typed)
  if (settled?.status === byHand.status) return fromHistory(settled, true)
  const story = queued ?? (await findQueueItem({ db: tx, settings }, typed))
  const outcome = decideByHand(story.item, byHand)
  if ('decline' in outcome) throw cannot(byHand.status, story, outcome.decline)
  if (dryRun) return { ...named(story.item), file: story.media.filePath, already: false }

  const result = await settleIn(tx, {
    queueItemId: story.item.id,
    settings,
    decide: ({ item }) => decideByHand(item, byHand),
  })
  switch (result.kind) {
    case 'settled':
      return fromHistory(result.history, false)
    case 'already':
      if (result.history.status === byHand.status) return fromHistory(result.history, true)
      throw cannot(byHand.status, story, `it is settled already: ${result.history.status}`)
    case 'declined':
      throw cannot(byHand.status, story, result.why)
    case 'lost':
    case 'unknown':
      throw cannot(byHand.status, story, 'it changed at the same moment; look again')
    default:
      return result satisfies never
  }
}

type Named = Pick<HistoryRow, 'id' | 'storyNumber' | 'slot' | 'scheduledFor' | 'telegramMessageId'>

function named({ id, storyNumber, slot, scheduledFor, telegramMessageId }: Named) {
  return { id, storyNumber, slot, scheduledFor, hasCard: telegramMessageId !== null }
}

function fromHistory(history: HistoryRow, already: boolean): EndedByHand {
  return { ...named(history), id: history.queueItemId ?? history.id, file: fileOf(history), already }
}

const CODES = { cancelled: 'not_cancellable', skipped: 'not_skippable', rejected: 'not_rejectable' } as const

function cannot(status: HandStatus, { item, media }: QueuedStory, why: string): UserError {
  return new UserError(`Story #${item.storyNumber} (${printable(media.filePath)}) cannot be ${status}: ${why}`, {
    code: CODES[status],
  })
}
