import { type CommandDefinition, defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { inTransaction } from '../db/connect.ts'
import { shortId } from '../db/ids.ts'
import { ExitCode, UserError } from '../errors.ts'
import { printable } from '../media/printable.ts'
import { suggestNext } from '../output/suggest-next.ts'
import { isoWithOffset } from '../output/time.ts'
import type { HandStatus } from './decide-by-hand.ts'
import { ID_HELP } from './find-queue-item.ts'
import { type EndedByHand, settleByHand } from './settle-by-hand.ts'

interface Options {
  reason?: string
  dryRun?: boolean
}

/** What tells the commands apart that end open stories. */
export interface HandCommand {
  verb: 'cancel' | 'skip' | 'reject'
  status: HandStatus
  /** What becomes of the stories and their pictures: the first lines of the help. */
  does: string
  examples: CommandDefinition<Options>['examples']
}

interface Refused {
  /** As it was typed. */
  typed: string
  error: UserError
}

export function handCommand(hand: HandCommand): CommandDefinition<Options> {
  return defineCommand<Options>({
    description: `${hand.does}
A card that is already in Telegram is edited by the next tick. A
story that is being sent right now, or that may have been sent, is left alone.
One id that cannot be ${hand.status} does not stop the others. A mistake can be
taken back: \`storyline undo\`.

--json: {${hand.status}: [{id, storyNumber, slot, scheduledFor, file, already}],
failed: [{id, code, message}]}; a dry run adds dryRun true.
Exit codes: 0 all ${hand.status} (or ${hand.status} before); 3 some; 1 none.`,
    examples: hand.examples,
    needs: 'database',
    recorded: 'always',
    configure: (command) => {
      command
        .argument('<id...>', ID_HELP)
        .option('--reason <text>', 'why; kept in the history and shown on the card')
        .option('--dry-run', 'say what would happen, change nothing')
    },
    run: async (ctx, { options, args }) => {
      const ended: EndedByHand[] = []
      const refused: Refused[] = []
      for (const typed of args) {
        try {
          ended.push(await endOne(ctx, hand, typed, options))
        } catch (error) {
          // One id alone fails like every other command; among several it must not stop the rest.
          if (!(error instanceof UserError) || args.length === 1) throw error
          refused.push({ typed, error })
        }
      }
      report(ctx, hand, { ended, refused, dryRun: options.dryRun ?? false })
      if (refused.length === 0) return ExitCode.done
      return ended.length === 0 ? ExitCode.failed : ExitCode.partly
    },
  })
}

/** A transaction for each: those before one that cannot be ended have ended. */
function endOne(ctx: Context, { status }: HandCommand, typed: string, options: Options): Promise<EndedByHand> {
  const { reason = null, dryRun = false } = options
  const actor = { kind: 'operator', displayName: 'operator' } as const
  return inTransaction(ctx.db, (tx) => settleByHand(tx, ctx, { typed, status, reason, actor, dryRun }))
}

interface Done {
  ended: readonly EndedByHand[]
  refused: readonly Refused[]
  dryRun: boolean
}

function report({ out, settings }: Context, { verb, status }: HandCommand, { ended, refused, dryRun }: Done): void {
  out.document({
    [status]: ended.map(({ id, storyNumber, slot, scheduledFor, file, already }) => {
      return { id, storyNumber, slot, scheduledFor: isoWithOffset(scheduledFor, settings.timeZone), file, already }
    }),
    failed: refused.map(({ typed, error }) => ({ id: typed, code: error.code, message: error.message })),
    ...(dryRun ? { dryRun } : {}),
  })
  const done = `${status[0]?.toUpperCase()}${status.slice(1)}`
  for (const { storyNumber, file, already, hasCard } of ended) {
    const what = already ? `Had been ${status} before:` : dryRun ? `Dry run: would ${verb}` : done
    const card = hasCard && !already ? '; its card in Telegram says so with the next tick' : ''
    out.print(`${what} #${storyNumber} ${printable(file)}${card}`)
  }
  for (const { error } of refused) out.warn(`storyline: ${error.message}${error.fix ? `\n  ${error.fix}` : ''}`)
  const last = ended.findLast(({ already }) => !already)
  if (last && !dryRun) suggestNext(out, `To take it back: storyline undo ${last.storyNumber ?? shortId(last.id)}`)
}
