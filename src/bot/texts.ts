import type { HistoryStatus, QueueStatus } from '../db/schema.ts'
import { formatDateTime, formatDuration } from '../output/time.ts'
import { describePause } from '../publish/describe-pause.ts'
import type { Pause } from '../publish/pause.ts'
import { cleanLine, cutText, escapeHtml } from '../telegram/html.ts'

/** Replies to commands: pure, HTML, far below Telegram's 4096 characters (20 rows of at most 150). */

export interface WaitingStory {
  storyNumber: number
  title: string | null
  fileName: string
  sentAt: Date | null
  chatId: number | null
  messageId: number | null
  status: QueueStatus
}

export interface NextStory {
  storyNumber: number
  title: string | null
  fileName: string
  scheduledFor: Date
}

export interface PendingFacts {
  /** Posting is stopped. */
  pause: Pause | null
  waiting: WaitingStory[]
  waitingTotal: number
  next: NextStory[]
  nextTotal: number
}

const MAX_NAME = 60
const MAX_PERSON = 40

function nameOf({ title, fileName }: { title: string | null; fileName: string }): string {
  return escapeHtml(cutText(cleanLine(title ?? '') || cleanLine(fileName) || 'Untitled', MAX_NAME))
}

export function renderPending(facts: PendingFacts, now: Date, timeZone: string): string {
  const waiting = facts.waiting.map(
    (story) => `• ${linkTo(story, `#${story.storyNumber} ${nameOf(story)}`)} – ${waits(story, now)}`,
  )
  const next = facts.next.map(
    (story) => `• #${story.storyNumber} ${nameOf(story)} – ${formatDateTime(story.scheduledFor, timeZone)}`,
  )
  return [
    ...(facts.pause ? [`⏸ ${escapeHtml(describePause(facts.pause, timeZone))}`, ''] : []),
    facts.waitingTotal === 0 ? '✅ Nothing waits for the team.' : `<b>Waiting for the team: ${facts.waitingTotal}</b>`,
    ...waiting,
    '',
    facts.nextTotal === 0
      ? 'Nothing is planned: the operator should run create-schedule.'
      : `<b>Next of ${facts.nextTotal} planned</b>`,
    ...next,
  ].join('\n')
}

function waits({ status, sentAt }: WaitingStory, now: Date): string {
  if (status === 'unconfirmed' || sentAt === null) return 'unsure whether its card arrived'
  return `for ${formatDuration(now.getTime() - sentAt.getTime())}`
}

/** Messages of supergroups and channels have a link that their members can open; others do not. */
function linkTo({ chatId, messageId }: WaitingStory, html: string): string {
  const internal = /^-100(\d+)$/.exec(String(chatId))?.[1]
  return internal && messageId ? `<a href="https://t.me/c/${internal}/${messageId}">${html}</a>` : html
}

export interface PastStory {
  storyNumber: number | null
  status: HistoryStatus
  by: string | null
  at: Date
  sentAt: Date | null
  name: string
}

const ICONS: Readonly<Record<HistoryStatus, string>> = {
  posted: '✅',
  skipped: '⏭',
  rejected: '🚫',
  failed: '❌',
  missed: '⌛',
  cancelled: '🗑',
}

export function renderPosted(stories: readonly PastStory[], timeZone: string): string {
  if (stories.length === 0) return 'Nothing has been posted yet.'
  const lines = stories.map(({ storyNumber, status, by, at, name }) => {
    const person = escapeHtml(cutText(cleanLine(by ?? ''), MAX_PERSON))
    const story = [storyNumber === null ? '' : `#${storyNumber}`, nameOf({ title: null, fileName: name })]
    const what = `${status}${person ? ` by ${person}` : ''}, ${formatDateTime(at, timeZone)}`
    return `${ICONS[status]} ${story.filter(Boolean).join(' ')} – ${what}`
  })
  return ['<b>Last stories</b>', ...lines].join('\n')
}

export interface StatsFacts {
  byStatus: { status: HistoryStatus; week: number; month: number }[]
  people: { name: string | null; month: number }[]
  active: number
  fresh: number
}

export function renderStats({ byStatus, people, active, fresh }: StatsFacts): string {
  const lines = byStatus.map(
    ({ status, week, month }) => `${ICONS[status]} ${status}: ${week} in 7 days, ${month} in 30 days`,
  )
  const team = people.map(
    ({ name, month }) =>
      `👤 ${escapeHtml(cutText(name === null ? 'Storyline' : cleanLine(name) || 'somebody', MAX_PERSON))}: ${month} in 30 days`,
  )
  return [
    '<b>Numbers</b>',
    ...(lines.length > 0 ? lines : ['Nothing has been posted yet.']),
    ...(team.length > 0 ? ['', ...team] : []),
    '',
    `🖼 ${active} pictures in the library, ${fresh} never posted`,
  ].join('\n')
}
