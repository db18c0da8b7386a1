import { defineCommand } from '../command.ts'
import { suggestNext } from '../output/suggest-next.ts'
import { isoWithOffset } from '../output/time.ts'
import { describePause } from '../publish/describe-pause.ts'
import { beginPause, loadPause, type Pause } from '../publish/pause.ts'

interface Options {
  reason?: string
  dryRun?: boolean
}

export default defineCommand<Options>({
  description: `Stops posting until \`storyline resume\`: ticks send nothing and nothing becomes
missed. Cards that are with the team can still be answered, and what became of
a publish in doubt is still read. Pausing twice changes nothing.

--json: {paused, since, by, reason, already}; a dry run adds dryRun true.`,
  examples: [
    ['storyline pause --reason "holidays"', 'nothing is sent from now on'],
    ['storyline resume', 'go on, with new times for what is overdue'],
  ],
  needs: 'database',
  recorded: 'always',
  configure: (command) => {
    command
      .option('--reason <text>', 'why; shown wherever the queue is')
      .option('--dry-run', 'say what would happen, change nothing')
  },
  run: async (ctx, { options }) => {
    const { reason = null, dryRun = false } = options
    const begun = dryRun ? (await loadPause(ctx.db)) === null : await beginPause(ctx.db, 'operator', reason)
    const pause = (await loadPause(ctx.db)) ?? ({ since: ctx.now(), by: 'operator', reason } satisfies Pause)
    const { timeZone } = ctx.settings
    ctx.out.document({
      paused: true,
      since: isoWithOffset(pause.since, timeZone),
      by: pause.by,
      reason: pause.reason,
      already: !begun,
      ...(dryRun ? { dryRun } : {}),
    })
    const lead = begun ? (dryRun ? 'Dry run: would be paused. ' : '') : 'It was paused before. '
    ctx.out.print(`${lead}${describePause(pause, timeZone)}`)
    if (begun && !dryRun) suggestNext(ctx.out, 'Go on with: storyline resume')
    return undefined
  },
})
