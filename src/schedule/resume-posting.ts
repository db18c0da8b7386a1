import type { Context } from '../context.ts'
import type { Transaction } from '../db/connect.ts'
import { endPause } from '../publish/pause.ts'
import { lockPlanning } from './insert-queue-items.ts'
import { dropOverdue, loadOverdue, type Overdue, replanOverdue, sendOverdue } from './overdue.ts'

/** What becomes of stories whose time went by. */
export const WAYS = ['send', 'replan', 'drop'] as const
export type Way = (typeof WAYS)[number]

const MOVES = { send: sendOverdue, replan: replanOverdue, drop: dropOverdue }

export interface ResumeRequest {
  how: Way
  /** As people are shown. */
  by: string
  dryRun: boolean
}

/** Ends the pause and moves what is overdue; answers it with its new times. Null: there is no pause (any more). */
export async function resumePosting(
  tx: Transaction,
  ctx: Context,
  { how, by, dryRun }: ResumeRequest,
): Promise<Overdue[] | null> {
  if (!dryRun) await lockPlanning(tx)
  const overdue = await loadOverdue(tx)
  if (!dryRun && !(await endPause(tx, by, how))) return null
  return MOVES[how](ctx, tx, overdue, dryRun)
}
