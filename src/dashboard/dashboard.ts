import { isatty } from 'node:tty'
import { defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { ExitCode } from '../errors.ts'
import { actionsFor } from './actions-for.ts'
import { loadSnapshot } from './load-snapshot.ts'
import { describeSnapshot } from './plain.ts'
import { createRunAction } from './run-action.ts'
import { snapshotToJson } from './to-json.ts'
import { watchSnapshots } from './watch.ts'

interface Options {
  once?: boolean
}

const STDIN = 0

export default defineCommand<Options>({
  description: `What happens next, what waits for whom, is anything wrong: on one screen that
changes by itself. Keys are shown with ?. What it does, it does with the commands
of the same name. Without a terminal, or with --once, it is one look as plain
text.

--json: {takenAt, timeZone, isDryRun, paused: {by, reason, since} or null,
next, waiting, recent: {entries, total}, library: {active, samples, planned,
runwayDays, categories: [{category, active, free, planned}], locks: [{reason,
count}], problems: {entries, total}}, health: {status, checks: [{name, title,
status, details, fix}], lastTickAt, lastPollAt}}; entries of next and waiting:
{id, storyNumber, file, title, slot, channel, scheduledFor, status, waitsFor, …},
of recent: {id, queueItemId, storyNumber, file, status, reason, endedAt, by, …}.
Exit code 0 whatever is found: \`storyline check-health\` judges.`,
  examples: [
    ['storyline dashboard', 'watch, and act with single keys'],
    ['storyline dashboard --once', 'one look as plain text, also for a screen reader'],
    ['storyline dashboard --json | jq -r ".waiting.entries[].file"', 'what waits for the team, for a script'],
  ],
  needs: 'database',
  handlesSignals: true,
  configure: (command) => {
    command.option('--once', 'one look as plain text, then end')
  },
  run: async (ctx, { options }) => {
    if (options.once || ctx.out.json || !isTerminal(ctx)) await lookOnce(ctx)
    else await watch(ctx)
    return ExitCode.done
  },
})

/** Both ends of one that can move its cursor. */
function isTerminal({ out, env }: Context): boolean {
  return out.columns !== undefined && isatty(STDIN) && env.TERM !== 'dumb'
}

async function lookOnce(ctx: Context): Promise<void> {
  const snapshot = await loadSnapshot(ctx)
  ctx.out.document(snapshotToJson(snapshot))
  for (const line of describeSnapshot(snapshot)) ctx.out.print(line)
}

async function watch(ctx: Context): Promise<void> {
  const source = watchSnapshots(ctx)
  try {
    const { runScreen } = await import('./screen.tsx')
    await runScreen({ ctx, source, runAction: createRunAction(ctx), actionsFor })
  } finally {
    await source.stop()
  }
}
