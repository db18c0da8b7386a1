import type { Health } from '../health/check.ts'
import { describeQueue, judgeQueue } from '../health/describe-queue.ts'
import { isStuck, type Waiting } from '../health/explain-wait.ts'
import type { QueueFacts } from '../health/queue-facts.ts'
import { counted, duration } from '../health/words.ts'
import type { Undone } from '../history/undo-story.ts'
import { fileNameOf } from '../media/library.ts'
import { formatDateTime } from '../output/time.ts'
import type { Overdue } from '../schedule/overdue.ts'
import type { EndedByHand } from '../schedule/settle-by-hand.ts'
import { cleanLine, cutText, escapeHtml } from '../telegram/html.ts'

/** Replies to admins' commands: HTML, far below Telegram's 4096 characters. */

const MAX_LISTED = 15
const MAX_NAME = 60
const MAX_WHY = 120
const MARKS: Readonly<Record<Health, string>> = { healthy: '✅', warning: '⏸', unhealthy: '🚨' }

export interface HealthFacts {
  queue: QueueFacts
  waiting: readonly Waiting[]
}

/** What `storyline monitor-queue` says, in short. */
export function renderHealth({ queue, waiting }: HealthFacts, timeZone: string): string {
  const stuck = waiting.filter(isStuck)
  const { tickSeconds } = queue.wait
  const { status, text } = judgeQueue(queue, stuck.length)
  const head = `${MARKS[status]} <b>${text}</b>`
  const reasons = stuck
    .slice(0, MAX_LISTED)
    .map(({ item, reason }) => `• #${item.storyNumber}: ${cutText(cleanLine(reason.text), MAX_WHY)}`)
  const lines = [
    ...reasons,
    `Last tick: ${tickSeconds === null ? 'never' : `${duration(tickSeconds)} ago`}`,
    ...describeQueue(queue, timeZone),
  ]
  return [head, ...lines.map(escapeHtml)].join('\n')
}

export function renderResumed(moved: readonly Overdue[], timeZone: string): string {
  const lines = moved.slice(0, MAX_LISTED).map(({ storyNumber, file, scheduledFor }) => {
    return `• #${storyNumber} ${nameOf(file)} – ${formatDateTime(scheduledFor, timeZone)}`
  })
  const more = moved.length > MAX_LISTED ? [`and ${moved.length - MAX_LISTED} more: /pending`] : []
  const what =
    moved.length === 0 ? 'Nothing is overdue.' : `${counted(moved.length, 'story', 'stories')} got the next free slots:`
  return [`▶️ Posting goes on with the next tick. ${what}`, ...lines, ...more].join('\n')
}

export function renderEnded({ storyNumber, file, already }: EndedByHand): string {
  const what = `#${storyNumber} ${nameOf(file)}`
  if (already) return `🚫 ${what} had been rejected before.`
  return `🚫 Rejected ${what}: its picture is never chosen again. A mistake? /undo ${storyNumber}`
}

export function renderUndone(undone: Undone, timeZone: string): string {
  const { storyNumber, status, mediaMetadata, undoneAt, settlement } = undone.history
  const what = `#${storyNumber} ${nameOf(mediaMetadata?.file ?? '')}`
  if (undone.kind === 'already') {
    const when = undoneAt ? ` on ${formatDateTime(undoneAt, timeZone)}` : ''
    const who = settlement.undoneBy ? ` by ${escapeHtml(cutText(cleanLine(settlement.undoneBy), MAX_NAME))}` : ''
    return `↩️ ${what} was undone before${when}${who}.`
  }
  const notes = undone.plan.notes.map((note) => `• ${escapeHtml(note)}`)
  return [`↩️ Undone: ${what} is no longer ${status}.`, ...notes].join('\n')
}

function nameOf(file: string): string {
  return escapeHtml(cutText(cleanLine(fileNameOf(file)), MAX_NAME))
}
