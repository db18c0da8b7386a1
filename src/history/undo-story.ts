import type { Context } from '../context.ts'
import type { Transaction } from '../db/connect.ts'
import { UserError } from '../errors.ts'
import { findQueued, findSettled, findUndone, nameOf, unknownItem } from '../schedule/find-queue-item.ts'
import type { HistoryRow } from './settle.ts'
import { type UndoResult, undoSettlement } from './undo-settlement.ts'

export interface UndoWish {
  /** As somebody typed it: story number, queue id or history id. */
  typed: string
  /** A new time for a story that has no card; null: as it was planned. */
  at: Date | null
  /** Who takes it back, as people are shown. */
  by: string
  dryRun: boolean
}

export type Undone = Exclude<UndoResult, { kind: 'refused' }>

/** What the command and the bot's /undo do; throws why it cannot be done. Repeated, it finds it done and changes nothing. */
export async function undoStory(
  tx: Transaction,
  { settings }: Pick<Context, 'settings'>,
  wish: UndoWish,
): Promise<Undone> {
  const history = await findSettled(tx, wish.typed)
  if (!history) return { kind: 'already', history: await findUndoneBefore(tx, wish.typed) }
  const { missedAfterMinutes: graceMinutes, timeZone } = settings
  const result = await undoSettlement(tx, { ...wish, historyId: history.id, graceMinutes, timeZone })
  if (result.kind !== 'refused') return result
  const { code, why, fix } = result
  throw new UserError(`Story ${nameOf(history)} cannot be undone: ${why}`, { code, ...(fix ? { fix } : {}) })
}

async function findUndoneBefore(tx: Transaction, typed: string): Promise<HistoryRow> {
  const undone = await findUndone(tx, typed)
  if (undone) return undone
  const queued = await findQueued(tx, typed)
  if (!queued) throw unknownItem(typed)
  const { storyNumber, status } = queued.item
  throw new UserError(`Story #${storyNumber} is still open (${status}): there is nothing to undo`, {
    code: 'not_settled',
  })
}
