import { defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { inTransaction } from '../db/connect.ts'
import { UserError, usageError } from '../errors.ts'
import { printable } from '../media/printable.ts'
import { askChoice, canAsk } from '../output/ask-person.ts'
import { formatDateTime, isoWithOffset } from '../output/time.ts'
import { loadPause } from '../publish/pause.ts'
import { loadOverdue, type Overdue } from './overdue.ts'
import { resumePosting, WAYS, type Way } from './resume-posting.ts'

interface Options {
  send?: boolean
  replan?: boolean
  drop?: boolean
  dryRun?: boolean
}

export default defineCommand<Options>({
  description: `Ends a pause. Stories whose time went by meanwhile never flood the team:

  --replan   the next free slots, in the old order (the default)
  --send     due now, a few with every tick
  --drop     cancelled; their pictures are free again

In a terminal it asks when there are any and no way was given.

--json: {resumed, how, overdue: [{id, storyNumber, file, scheduledFor}]}, with
the new times; a dry run adds dryRun true.`,
  examples: [
    ['storyline resume', 'go on; what is overdue gets new times'],
    ['storyline resume --send', 'send what is overdue, a few per tick'],
    ['storyline resume --drop --dry-run', 'show what would be cancelled'],
  ],
  needs: 'database',
  recorded: 'always',
  configure: (command) => {
    command
      .option('--send', 'overdue stories are due now')
      .option('--replan', 'overdue stories get the next free slots (default)')
      .option('--drop', 'overdue stories are cancelled')
      .option('--dry-run', 'say what would happen, change nothing')
  },
  run: async (ctx, { options }) => {
    const given = readWay(options)
    if ((await loadPause(ctx.db)) === null) {
      ctx.out.document({ resumed: false, how: null, overdue: [] })
      ctx.out.print('Posting is not paused.')
      return undefined
    }
    const dryRun = options.dryRun ?? false
    const how = given ?? (await chooseWay(ctx))
    const moved = await resume(ctx, how, dryRun)
    report(ctx, { how, moved, dryRun })
    return undefined
  },
})

function readWay(options: Options): Way | undefined {
  const given = WAYS.filter((way) => options[way])
  if (given.length > 1) throw usageError(`--${given.join(' and --')} exclude each other`)
  return given[0]
}

/** How many of the overdue stories a question names. */
const MAX_NAMED = 3

/** Only in a terminal, and only when there is something to choose about. */
async function chooseWay({ db, out }: Context): Promise<Way> {
  const overdue = await inTransaction(db, (tx) => loadOverdue(tx))
  if (overdue.length === 0 || out.json || !canAsk()) return 'replan'
  const isOne = overdue.length === 1
  const [what, whom] = isOne ? ['1 story is', 'it'] : [`${overdue.length} stories are`, 'them']
  const names = overdue.slice(0, MAX_NAMED).map(({ storyNumber, file }) => `#${storyNumber} ${printable(file)}`)
  const more = overdue.length > MAX_NAMED ? `, and ${overdue.length - MAX_NAMED} more` : ''
  return askChoice<Way>(`${what} overdue (${names.join(', ')}${more}). What should become of ${whom}?`, [
    { value: 'replan', name: isOne ? 'the next free slot' : 'the next free slots' },
    { value: 'send', name: 'send now, a few with every tick' },
    { value: 'drop', name: `cancel ${whom}` },
  ])
}

/** One transaction: nobody is sent anything between the end of the pause and the new times. */
async function resume(ctx: Context, how: Way, dryRun: boolean): Promise<Overdue[]> {
  return inTransaction(ctx.db, async (tx) => {
    const moved = await resumePosting(tx, ctx, { how, by: 'operator', dryRun })
    if (moved === null) {
      throw new UserError('Somebody else resumed at the same moment', { code: 'already_resumed' })
    }
    return moved
  })
}

const DONE: Readonly<Record<Way, string>> = { send: 'due now', replan: 'moved to', drop: 'cancelled' }
const WOULD_BE: Readonly<Record<Way, string>> = {
  send: 'would be due now',
  replan: 'would be moved to',
  drop: 'would be cancelled',
}

function report({ out, settings }: Context, { how, moved, dryRun }: { how: Way; moved: Overdue[]; dryRun: boolean }) {
  const { timeZone } = settings
  out.document({
    resumed: !dryRun,
    how,
    overdue: moved.map(({ id, storyNumber, file, scheduledFor }) => {
      return { id, storyNumber, file, scheduledFor: isoWithOffset(scheduledFor, timeZone) }
    }),
    ...(dryRun ? { dryRun } : {}),
  })
  const prefix = dryRun ? 'Dry run: ' : ''
  for (const { storyNumber, file, scheduledFor } of moved) {
    const when = how === 'replan' ? ` ${formatDateTime(scheduledFor, timeZone)}` : ''
    out.print(`${prefix}#${storyNumber} ${printable(file)} ${(dryRun ? WOULD_BE : DONE)[how]}${when}`)
  }
  out.print(dryRun ? 'Dry run: posting would go on.' : 'Posting goes on with the next tick.')
}
