import { resolveAlert } from '../alerts/alerts.ts'
import { AlertSubject } from '../alerts/subjects.ts'
import { defineCommand } from '../command.ts'
import { type Database, inTransaction } from '../db/connect.ts'
import { UserError } from '../errors.ts'
import { describeSettled } from '../history/describe-settled.ts'
import type { HistoryRow } from '../history/settle.ts'
import { suggestNext } from '../output/suggest-next.ts'
import { isoWithOffset } from '../output/time.ts'
import { findQueued, findSettled, ID_HELP, nameOf, unknownItem } from './find-queue-item.ts'
import { queueMedia } from './queue-media.ts'
import { addWhenOptions, echoTime, readWhen, type WhenOptions } from './when-options.ts'

interface Options extends WhenOptions {
  force?: boolean
  dryRun?: boolean
}

export default defineCommand<Options>({
  description: `Queues a failed, missed or cancelled story again: a new story of the same
picture, due now unless --at or --in says otherwise. It takes no slot. A
posted, skipped or rejected one needs --force, and so does a picture that is
locked or would repeat itself.

--json: {id, storyNumber, retryOf, mediaItemId, file, scheduledFor, channel};
a dry run has id and storyNumber null and dryRun true.`,
  examples: [
    ['storyline retry 47', 'with the next tick'],
    ['storyline retry 1a2b3c4d --at "2026-11-22 14:30"', 'at a time of the clock in TIMEZONE'],
    ['storyline history --status missed', 'find what can be queued again'],
  ],
  needs: 'database',
  recorded: 'always',
  configure: (command) => {
    command.argument('<id>', `${ID_HELP}, or the id of its history row`)
    addWhenOptions(command)
    command
      .option('--force', 'although it was posted, skipped or rejected, is locked or would repeat itself')
      .option('--dry-run', 'say what would happen, change nothing')
  },
  run: async (ctx, { options, args: [typed = ''] }) => {
    const { timeZone } = ctx.settings
    const now = ctx.now()
    const at = readWhen(options, timeZone, now) ?? now
    const { force = false, dryRun = false } = options
    const history = await findSettled(ctx.db, typed)
    if (!history) throw await notSettled(ctx.db, typed)
    if (!force) refuseEnded(history, timeZone)
    const { inserted, media, channel } = await inTransaction(ctx.db, async (tx) => {
      const request = { mediaItemId: history.mediaItemId, at, force, dryRun, retryOf: history.id }
      const queued = await queueMedia(tx, ctx, request)
      if (!dryRun && history.queueItemId) await resolveAlert(tx, AlertSubject.failed(history.queueItemId))
      return queued
    })
    ctx.out.document({
      id: inserted?.id ?? null,
      storyNumber: inserted?.storyNumber ?? null,
      retryOf: history.id,
      mediaItemId: media.id,
      file: media.filePath,
      scheduledFor: isoWithOffset(at, timeZone),
      channel,
      ...(dryRun ? { dryRun } : {}),
    })
    const what = inserted ? `Queued #${inserted.storyNumber}` : 'Dry run: would queue a new story'
    ctx.out.print(`${what} for ${nameOf(history)}, for ${echoTime(at, timeZone, now)}, channel ${channel}.`)
    if (inserted) suggestNext(ctx.out, 'Next: storyline list-queue')
    return undefined
  },
})

async function notSettled(db: Database, typed: string): Promise<UserError> {
  const queued = await findQueued(db, typed)
  if (!queued) return unknownItem(typed)
  const { storyNumber, status } = queued.item
  return new UserError(`Story #${storyNumber} is still in the queue (${status})`, {
    code: 'not_settled',
    fix: `To send it with the next tick: storyline reschedule ${storyNumber} --now`,
  })
}

/** What a person decided stands, unless somebody insists. */
function refuseEnded(history: HistoryRow, timeZone: string): void {
  switch (history.status) {
    case 'failed':
    case 'missed':
    case 'cancelled':
      return
    case 'posted':
    case 'skipped':
    case 'rejected':
      throw new UserError(`Story ${nameOf(history)} ${describeSettled(history, timeZone)}`, {
        code: 'needs_force',
        fix: 'Queue the picture once more with --force.',
      })
    default:
      history.status satisfies never
  }
}
