import { defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { inTransaction } from '../db/connect.ts'
import { formatDateTime, isoWithOffset } from '../output/time.ts'
import { fileOf, ID_HELP, nameOf } from '../schedule/find-queue-item.ts'
import { addWhenOptions, readWhen, type WhenOptions } from '../schedule/when-options.ts'
import { type Undone, undoStory } from './undo-story.ts'

interface Options extends WhenOptions {
  dryRun?: boolean
}

export default defineCommand<Options>({
  description: `Takes back how a story ended, when that was a mistake: posted, skipped, rejected,
cancelled or missed. Lock and counters are as they were before, and the story goes
on: one whose card is in Telegram waits for the team again, for TEAM_RESPONSE_HOURS
from now, and its card gets its buttons back with the next tick; any other waits
for its time. One that would be missed at once needs a time: --now, --in or --at.
The history keeps the line: \`storyline history --undone\`.

What Storyline published on Instagram cannot be undone, nor a failed story, nor one
whose picture is in the queue again or has left the library.

--json: {id, historyId, storyNumber, file, was, status, scheduledFor, undoneAt, by,
already, notes}; status and scheduledFor are null when it was undone before; a dry
run adds dryRun true.`,
  examples: [
    ['storyline undo 47', 'somebody pressed Mark Posted by mistake'],
    ['storyline undo 47 --dry-run', 'what would change, and what would not'],
    ['storyline undo 1a2b3c4d --now', 'cancelled by mistake yesterday: send it with the next tick'],
  ],
  needs: 'database',
  recorded: 'always',
  configure: (command) => {
    command.argument('<id>', `${ID_HELP}, or the id of its history row`)
    addWhenOptions(command)
    command.option('--dry-run', 'say what would happen, change nothing')
  },
  run: async (ctx, { options, args: [typed = ''] }) => {
    const { dryRun = false } = options
    const at = readWhen(options, ctx.settings.timeZone, ctx.now()) ?? null
    const undone = await inTransaction(ctx.db, (tx) => undoStory(tx, ctx, { typed, at, by: 'operator', dryRun }))
    report(ctx, undone, dryRun)
    return undefined
  },
})

function report({ out, settings }: Context, undone: Undone, dryRun: boolean): void {
  const { timeZone } = settings
  const { history } = undone
  const { item, notes } = undone.kind === 'undone' ? undone.plan : { item: null, notes: [] }
  const undoneAt = undone.kind === 'undone' ? undone.undoneAt : (history.undoneAt ?? history.queueDeletedAt)
  const by = undone.kind === 'undone' ? 'operator' : (history.settlement.undoneBy ?? null)
  out.document({
    id: history.queueItemId,
    historyId: history.id,
    storyNumber: history.storyNumber,
    file: fileOf(history),
    was: history.status,
    status: item?.status ?? null,
    scheduledFor: item ? isoWithOffset(item.scheduledFor, timeZone) : null,
    undoneAt: isoWithOffset(undoneAt, timeZone),
    by,
    already: undone.kind === 'already',
    notes,
    ...(dryRun ? { dryRun } : {}),
  })
  const name = nameOf(history)
  if (undone.kind === 'already') {
    out.print(`${name} was undone before, on ${formatDateTime(undoneAt, timeZone)}${by ? ` by ${by}` : ''}.`)
    return
  }
  out.print(`${dryRun ? 'Dry run: would undo' : 'Undone'}: ${name} is no longer ${history.status}.`)
  for (const note of notes) out.print(`  ${note}`)
}
