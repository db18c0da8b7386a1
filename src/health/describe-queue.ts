import { QUEUE_STATUSES } from '../db/schema.ts'
import { printable } from '../media/printable.ts'
import { formatMoment } from '../output/near-time.ts'
import { describePause } from '../publish/describe-pause.ts'
import type { Health } from './check.ts'
import type { QueueFacts } from './queue-facts.ts'
import { counted, duration, isAre } from './words.ts'

/** How it is in one line; a queue that somebody holds back on purpose is not stuck, but nobody shall believe that it moves. */
export function judgeQueue({ overdueCount, wait }: QueueFacts, stuck: number): { status: Health; text: string } {
  const overdue = `${overdueCount} overdue`
  if (stuck > 0) return { status: 'unhealthy', text: `Stuck: ${counted(stuck, 'story', 'stories')} of ${overdue}` }
  if (wait.paused) return { status: 'warning', text: `Paused, nothing is sent: ${overdue}` }
  if (wait.isDryRun) return { status: 'warning', text: `DRY_RUN_MODE, nothing is sent: ${overdue}` }
  return { status: 'healthy', text: `The queue moves: ${overdue}` }
}

/** The queue in a few lines, for a terminal and for the admin chat. */
export function describeQueue(
  { counts, samples, next, cards, unconfirmed, wait, now }: QueueFacts,
  timeZone: string,
): string[] {
  const parts = QUEUE_STATUSES.filter((status) => counts[status] > 0).map((status) => `${counts[status]} ${status}`)
  const list = parts.length > 0 ? parts.join(', ') : 'empty'
  return [
    `Queue: ${list}${samples > 0 ? `, ${counted(samples, 'sample')} (never sent)` : ''}`,
    ...(wait.paused ? [describePause(wait.paused, timeZone)] : []),
    ...(cards.oldestSeconds === null
      ? []
      : [`With the team: ${counted(cards.count, 'card')}, the oldest for ${duration(cards.oldestSeconds)}`]),
    ...(unconfirmed.oldestSeconds === null
      ? []
      : [`Unconfirmed: ${unconfirmed.count} ${isAre(unconfirmed.count)} waiting for \`storyline confirm\``]),
    next
      ? `Next: #${next.storyNumber} ${printable(next.file)}, ${formatMoment(next.at, now, timeZone)}`
      : 'Next: nothing is planned. `storyline create-schedule` plans more.',
  ]
}
