import { and, eq, inArray } from 'drizzle-orm'
import { defineCommand } from '../command.ts'
import type { Database } from '../db/connect.ts'
import { shortId } from '../db/ids.ts'
import { postingQueue, type QueueStatus } from '../db/schema.ts'
import { UserError, usageError } from '../errors.ts'
import type { QueueItem } from '../history/settle.ts'
import { printable } from '../media/printable.ts'
import { suggestNext } from '../output/suggest-next.ts'
import { formatDateTime, isoWithOffset } from '../output/time.ts'
import { findQueueItem, ID_HELP } from './find-queue-item.ts'
import { findStandstill } from './find-standstill.ts'
import { addWhenOptions, echoTime, readWhen, type WhenOptions } from './when-options.ts'

interface Options extends WhenOptions {
  dryRun?: boolean
}

export default defineCommand<Options>({
  description: `Moves a planned story to another time. It keeps the name of its slot, so the
slot is not filled a second time. A story that waits for a retry starts
afresh: pending, with all its tries. One that is being sent, is with the team
or is unconfirmed cannot be moved.

--json: {id, storyNumber, file, slot, status, scheduledFor, was}; a dry run
adds dryRun true.`,
  examples: [
    ['storyline reschedule 47 --at "2026-11-22 14:30"', 'to a time of the clock in TIMEZONE'],
    ['storyline reschedule 1a2b3c4d --in 2h', 'two hours from now'],
    ['storyline reschedule 47 --now', 'with the next tick'],
  ],
  needs: 'database',
  recorded: 'always',
  configure: (command) => {
    command.argument('<id>', ID_HELP)
    addWhenOptions(command)
    command.option('--dry-run', 'say what would happen, change nothing')
  },
  run: async (ctx, { options, args: [typed = ''] }) => {
    const { timeZone } = ctx.settings
    const now = ctx.now()
    const at = readWhen(options, timeZone, now)
    if (at === undefined) throw usageError('A new time is missing', 'Add --at "2026-11-22 14:30", --in 2h or --now.')
    const { item, media } = await findQueueItem(ctx, typed)
    refuseUnmovable(item, item.status)
    const standstill = await findStandstill(ctx, at <= now)
    if (!options.dryRun) await move(ctx.db, item, at)
    ctx.out.document({
      id: item.id,
      storyNumber: item.storyNumber,
      file: media.filePath,
      slot: item.slot,
      status: 'pending',
      scheduledFor: isoWithOffset(at, timeZone),
      was: isoWithOffset(item.scheduledFor, timeZone),
      ...(options.dryRun ? { dryRun: true } : {}),
    })
    const moved = options.dryRun ? 'Dry run: would move' : 'Moved'
    const from = formatDateTime(item.scheduledFor, timeZone)
    ctx.out.print(
      `${moved} #${item.storyNumber} ${printable(media.filePath)} from ${from} to ${echoTime(at, timeZone, now)}.`,
    )
    if (standstill) ctx.out.warn(standstill)
    if (!options.dryRun) suggestNext(ctx.out, 'Next: storyline list-queue --calendar')
    return undefined
  },
})

const MOVABLE: readonly QueueStatus[] = ['pending', 'retrying']

/** One conditional statement: a tick that takes the item meanwhile wins, and is told of. */
async function move(db: Database, item: QueueItem, scheduledFor: Date): Promise<void> {
  const moved = await db
    .update(postingQueue)
    .set({ scheduledFor, status: 'pending', nextRetryAt: null, retryCount: 0 })
    .where(
      and(eq(postingQueue.id, item.id), inArray(postingQueue.status, [...MOVABLE]), eq(postingQueue.instagramSends, 0)),
    )
    .returning({ id: postingQueue.id })
  if (moved.length > 0) return
  const [current] = await db
    .select({ status: postingQueue.status })
    .from(postingQueue)
    .where(eq(postingQueue.id, item.id))
  refuseUnmovable(item, current?.status ?? 'processing')
  if (item.instagramSends > 0) throw cannotMove(item, 'its publishing was tried before and it may be live')
  throw cannotMove(item, 'it changed at the same moment; look again')
}

function refuseUnmovable(item: QueueItem, status: QueueStatus): void {
  switch (status) {
    case 'pending':
    case 'retrying':
      return
    case 'processing':
      throw cannotMove(item, 'it is being sent right now')
    case 'awaiting_team':
      throw cannotMove(
        item,
        'its card is already with the team in Telegram',
        `To take it back: storyline cancel ${item.storyNumber}`,
      )
    case 'unconfirmed':
      throw cannotMove(item, 'it may have been sent', `Say first what happened: storyline confirm ${shortId(item.id)}`)
    default:
      status satisfies never
  }
}

function cannotMove({ storyNumber }: QueueItem, why: string, fix?: string): UserError {
  return new UserError(`Story #${storyNumber} cannot be moved: ${why}`, {
    code: 'not_movable',
    ...(fix ? { fix } : {}),
  })
}
