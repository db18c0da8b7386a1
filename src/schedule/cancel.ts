import { defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { shortId } from '../db/ids.ts'
import { ExitCode, UserError } from '../errors.ts'
import type { Outcome } from '../history/outcome.ts'
import { type HistoryRow, type QueueItem, settle } from '../history/settle.ts'
import { printable } from '../media/printable.ts'
import { isoWithOffset } from '../output/time.ts'
import { fileOf, findQueued, findQueueItem, findSettled, ID_HELP, type QueuedStory } from './find-queue-item.ts'

interface Options {
  reason?: string
  dryRun?: boolean
}

interface Cancelled {
  id: string
  storyNumber: number | null
  slot: string | null
  scheduledFor: Date
  file: string
  /** Somebody had cancelled it before. */
  already: boolean
}

interface Refused {
  /** As it was typed. */
  typed: string
  error: UserError
}

export default defineCommand<Options>({
  description: `Takes stories out of the queue. Their pictures stay free (no lock) and their
slots too. A card that is already in Telegram is edited by the next tick. A
story that is being sent right now, or that may have been sent, is left alone.
One id that cannot be cancelled does not stop the others.

--json: {cancelled: [{id, storyNumber, slot, scheduledFor, file, already}],
failed: [{id, code, message}]}; a dry run adds dryRun true.
Exit codes: 0 all cancelled (or cancelled before); 3 some; 1 none.`,
  examples: [
    ['storyline cancel 47 --reason "sold out"', 'by the number on the card'],
    ['storyline cancel 1a2b3c4d 5e6f7a8b --dry-run', 'look at what would go'],
  ],
  needs: 'database',
  recorded: 'always',
  configure: (command) => {
    command
      .argument('<id...>', ID_HELP)
      .option('--reason <text>', 'why; kept in the history and shown on the card')
      .option('--dry-run', 'say what would happen, change nothing')
  },
  run: async (ctx, { options, args }) => {
    const cancelled: Cancelled[] = []
    const refused: Refused[] = []
    for (const typed of args) {
      try {
        cancelled.push(await cancelOne(ctx, typed, options))
      } catch (error) {
        // One id alone fails like every other command; among several it must not stop the rest.
        if (!(error instanceof UserError) || args.length === 1) throw error
        refused.push({ typed, error })
      }
    }
    report(ctx, cancelled, refused, options.dryRun ?? false)
    if (refused.length === 0) return ExitCode.done
    return cancelled.length === 0 ? ExitCode.failed : ExitCode.partly
  },
})

async function cancelOne(ctx: Context, typed: string, { reason, dryRun }: Options): Promise<Cancelled> {
  const queued = await findQueued(ctx.db, typed)
  const settled = queued ? undefined : await findSettled(ctx.db, typed)
  if (settled?.status === 'cancelled') return fromHistory(settled)
  const story = queued ?? (await findQueueItem(ctx, typed))
  const outcome = decideCancel(story.item, reason ?? null)
  if ('decline' in outcome) throw cannotCancel(story, outcome.decline)
  if (dryRun) return { ...story.item, file: story.media.filePath, already: false }
  return settleCancelled(ctx, story, reason ?? null)
}

async function settleCancelled(ctx: Context, story: QueuedStory, reason: string | null): Promise<Cancelled> {
  const result = await settle(ctx.db, {
    queueItemId: story.item.id,
    settings: ctx.settings,
    decide: ({ item }) => decideCancel(item, reason),
  })
  switch (result.kind) {
    case 'settled':
      return { ...fromHistory(result.history), already: false }
    case 'already':
      if (result.history.status === 'cancelled') return fromHistory(result.history)
      throw cannotCancel(story, `it is settled already: ${result.history.status}`)
    case 'declined':
      throw cannotCancel(story, result.why)
    case 'lost':
    case 'unknown':
      throw cannotCancel(story, 'it changed at the same moment; look again')
    default:
      return result satisfies never
  }
}

const MAY_BE_LIVE = 'its publishing was tried before and it may be live; the next tick finds out, or asks you'

/** A run that has begun no outside call notices at its next write that the item is gone, and stops. */
function decideCancel(item: QueueItem, reason: string | null): Outcome | { decline: string } {
  if (item.status === 'processing' && item.effect !== null) return { decline: 'it is being sent right now' }
  if (item.instagramSends > 0 && item.status !== 'unconfirmed') return { decline: MAY_BE_LIVE }
  if (item.status === 'unconfirmed') {
    return { decline: `it may have been sent; say first what happened: storyline confirm ${shortId(item.id)}` }
  }
  return { status: 'cancelled', reason, actor: { kind: 'operator', displayName: 'operator' } }
}

function fromHistory(history: HistoryRow): Cancelled {
  const { storyNumber, slot, scheduledFor } = history
  return {
    id: history.queueItemId ?? history.id,
    storyNumber,
    slot,
    scheduledFor,
    file: fileOf(history),
    already: true,
  }
}

function cannotCancel({ item, media }: QueuedStory, why: string): UserError {
  return new UserError(`Story #${item.storyNumber} (${printable(media.filePath)}) cannot be cancelled: ${why}`, {
    code: 'not_cancellable',
  })
}

function report(
  { out, settings }: Context,
  cancelled: readonly Cancelled[],
  refused: readonly Refused[],
  dryRun: boolean,
): void {
  out.document({
    cancelled: cancelled.map(({ id, storyNumber, slot, scheduledFor, file, already }) => {
      return { id, storyNumber, slot, scheduledFor: isoWithOffset(scheduledFor, settings.timeZone), file, already }
    }),
    failed: refused.map(({ typed, error }) => ({ id: typed, code: error.code, message: error.message })),
    ...(dryRun ? { dryRun } : {}),
  })
  for (const { storyNumber, file, already } of cancelled) {
    const what = already ? 'Had been cancelled before:' : dryRun ? 'Dry run: would cancel' : 'Cancelled'
    out.print(`${what} #${storyNumber} ${printable(file)}`)
  }
  for (const { error } of refused) out.warn(`storyline: ${error.message}${error.fix ? `\n  ${error.fix}` : ''}`)
}
