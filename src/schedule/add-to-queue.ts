import { defineCommand } from '../command.ts'
import { inTransaction } from '../db/connect.ts'
import { findMedia } from '../media/find-media.ts'
import { printable } from '../media/printable.ts'
import { suggestNext } from '../output/suggest-next.ts'
import { isoWithOffset } from '../output/time.ts'
import { findStandstill } from './find-standstill.ts'
import { queueMedia } from './queue-media.ts'
import { addWhenOptions, echoTime, readWhen, type WhenOptions } from './when-options.ts'

interface Options extends WhenOptions {
  force?: boolean
  dryRun?: boolean
}

export default defineCommand<Options>({
  description: `Plans one picture by hand, due now unless --at or --in says otherwise. It
takes no slot of the schedule, but create-schedule keeps its distance from it.
A picture that is locked, or whose content is planned or was posted within
AVOID_REPOST_DAYS, is refused unless --force; one that is already in the queue
always is.

--json: {id, storyNumber, mediaItemId, file, scheduledFor, channel}; a dry run
has id and storyNumber null and dryRun true.`,
  examples: [
    ['storyline add-to-queue stories/memes/cat.jpg', 'hand it out with the next tick'],
    ['storyline add-to-queue cat.jpg --at "2026-11-22 14:30"', 'at a time of the clock in TIMEZONE'],
    ['storyline add-to-queue 1a2b3c4d --in 2h --force', 'in two hours, although it is locked'],
  ],
  needs: 'database',
  recorded: 'always',
  configure: (command) => {
    command.argument('<media>', 'path, file name or id of a picture in the library')
    addWhenOptions(command)
    command
      .option('--force', 'although it is locked or would repeat itself')
      .option('--dry-run', 'say what would happen, change nothing')
  },
  run: async (ctx, { options, args: [typed = ''] }) => {
    const { timeZone } = ctx.settings
    const now = ctx.now()
    const at = readWhen(options, timeZone, now) ?? now
    const found = await findMedia(ctx, typed)
    const { dryRun = false, force = false } = options
    const standstill = await findStandstill(ctx, at <= now)
    const { inserted, media, channel } = await inTransaction(ctx.db, (tx) =>
      queueMedia(tx, ctx, { mediaItemId: found.id, at, force, dryRun }),
    )
    ctx.out.document({
      id: inserted?.id ?? null,
      storyNumber: inserted?.storyNumber ?? null,
      mediaItemId: media.id,
      file: media.filePath,
      scheduledFor: isoWithOffset(at, timeZone),
      channel,
      ...(dryRun ? { dryRun } : {}),
    })
    const what = inserted ? `Queued #${inserted.storyNumber}` : 'Dry run: would queue'
    ctx.out.print(`${what} ${printable(media.filePath)} for ${echoTime(at, timeZone, now)}, channel ${channel}.`)
    if (media.isSample) ctx.out.note('It is a sample: only a dry run of process-queue shows it, it is never sent.')
    if (standstill && !media.isSample) ctx.out.warn(standstill)
    if (inserted) suggestNext(ctx.out, 'Next: storyline list-queue')
    return undefined
  },
})
