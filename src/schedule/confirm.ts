import { resolveAlert } from '../alerts/alerts.ts'
import { AlertSubject } from '../alerts/subjects.ts'
import { defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { inTransaction } from '../db/connect.ts'
import type { QueueStatus } from '../db/schema.ts'
import { UserError, usageError } from '../errors.ts'
import { settleIn } from '../history/settle.ts'
import { printable } from '../media/printable.ts'
import { markSent, sendAgain } from '../publish/answer-unconfirmed.ts'
import { findQueueItem, ID_HELP, type QueuedStory } from './find-queue-item.ts'

interface Options {
  posted?: boolean
  notPosted?: boolean
  sent?: boolean
  dryRun?: boolean
}

type Answer = 'posted' | 'not-posted' | 'sent'

export default defineCommand<Options>({
  description: `Says what happened to an unconfirmed story: one whose sending was cut off, so
that Storyline cannot know whether it arrived and will not try again by
itself. Look into the team's chat, or for a story that was to publish itself
at the account's stories, then give exactly one answer. --posted also settles a
story that waits for the team: somebody posted it, but nobody pressed the button.

--json: {id, storyNumber, file, answer, status}; a dry run adds dryRun true.`,
  examples: [
    ['storyline confirm 47 --sent', 'the card is in Telegram; the team still has to post it'],
    ['storyline confirm 47 --not-posted', 'nothing arrived, nothing is live: send it again with the next tick'],
    ['storyline confirm 1a2b3c4d --posted', 'it is live on Instagram: record it as posted'],
    ['storyline confirm 47 --posted --dry-run', 'look at what would be recorded'],
  ],
  needs: 'database',
  recorded: 'always',
  configure: (command) => {
    command
      .argument('<id>', ID_HELP)
      .option('--posted', 'the story was posted')
      .option('--not-posted', 'nothing arrived: back into the queue, due now')
      .option('--sent', 'the message in doubt is in Telegram: it is not sent again')
      .option('--dry-run', 'say what would happen, change nothing')
  },
  run: async (ctx, { options, args: [typed = ''] }) => {
    const answer = readAnswer(options)
    const story = await findQueueItem(ctx, typed)
    refuseConfirmed(story, answer)
    refuseSent(story, answer)
    if (!options.dryRun && !(await carryOut(ctx, story, answer))) throw notUnconfirmed(story, 'was answered meanwhile')
    const { status, told } = resultOf(story, answer)
    const { id, storyNumber } = story.item
    const file = story.media.filePath
    ctx.out.document({ id, storyNumber, file, answer, status, ...(options.dryRun ? { dryRun: true } : {}) })
    ctx.out.print(`${options.dryRun ? 'Dry run: ' : ''}#${storyNumber} ${printable(file)} ${told}`)
    return undefined
  },
})

const RESULTS: Readonly<Record<Answer, { status: QueueStatus | 'posted'; told: string }>> = {
  posted: { status: 'posted', told: 'is recorded as posted.' },
  'not-posted': { status: 'pending', told: 'is back in the queue; the next tick sends it.' },
  sent: { status: 'awaiting_team', told: 'is with the team now.' },
}

/** Of an original in doubt that did arrive, the card still has to follow. */
function resultOf({ item }: QueuedStory, answer: Answer) {
  if (answer !== 'sent' || item.effect !== 'telegram_document') return RESULTS[answer]
  return { status: 'pending', told: 'has its original in the chat; the card follows with the next tick.' } as const
}

function readAnswer({ posted, notPosted, sent }: Options): Answer {
  const given: Answer[] = [
    ...(posted ? (['posted'] as const) : []),
    ...(notPosted ? (['not-posted'] as const) : []),
    ...(sent ? (['sent'] as const) : []),
  ]
  const [answer] = given
  if (answer && given.length === 1) return answer
  throw usageError(
    given.length === 0 ? 'An answer is missing' : `--${given.join(' and --')} exclude each other`,
    'Give exactly one of --posted, --not-posted and --sent.',
  )
}

function refuseConfirmed(story: QueuedStory, answer: Answer): void {
  const { status, storyNumber } = story.item
  if (status === 'unconfirmed' || (status === 'awaiting_team' && answer === 'posted')) return
  if (status !== 'awaiting_team') throw notUnconfirmed(story, `is ${status}`)
  throw notUnconfirmed(
    story,
    'is with the team',
    `Its card arrived. If it was posted: storyline confirm ${storyNumber} --posted; to take it back: storyline cancel ${storyNumber}`,
  )
}

/** A story that was to publish itself is live or not: there is no message that could have been sent. */
function refuseSent({ item }: QueuedStory, answer: Answer): void {
  if (answer !== 'sent' || item.effect !== 'instagram_publish') return
  throw usageError(
    `Story #${item.storyNumber} was being published on Instagram: it is live, or it is not`,
    'Look at the account, then give --posted or --not-posted.',
  )
}

function notUnconfirmed({ item, media }: QueuedStory, how: string, fix?: string): UserError {
  const message = `Story #${item.storyNumber} (${printable(media.filePath)}) ${how}: there is nothing to confirm`
  return new UserError(message, { code: 'not_unconfirmed', ...(fix ? { fix } : {}) })
}

/** False: somebody answered before. */
async function carryOut(ctx: Context, { item: { id } }: QueuedStory, answer: Answer): Promise<boolean> {
  switch (answer) {
    case 'posted':
      return settlePosted(ctx, id)
    case 'not-posted':
      return inTransaction(ctx.db, (tx) => sendAgain(tx, id))
    case 'sent':
      return inTransaction(ctx.db, (tx) => markSent(tx, id, { displayName: 'operator', settings: ctx.settings }))
    default:
      return answer satisfies never
  }
}

async function settlePosted({ db, settings }: Context, queueItemId: string): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const result = await settleIn(tx, {
      queueItemId,
      settings,
      decide: ({ item }) =>
        item.status === 'unconfirmed' || item.status === 'awaiting_team'
          ? { status: 'posted', reason: null, actor: { kind: 'operator', displayName: 'operator' } }
          : { decline: `it is ${item.status}` },
    })
    if (result.kind !== 'settled') return false
    await resolveAlert(tx, AlertSubject.unconfirmed(queueItemId))
    return true
  })
}
