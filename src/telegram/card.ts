import type { HistoryStatus } from '../db/schema.ts'
import { formatClock, formatDateTime, formatDuration } from '../output/time.ts'
import { cleanLine, cleanLink, cleanText, cutText, escapeHtml } from './html.ts'

/** Longest caption in UTF-16 units after entity parsing: safe under both ways of counting (telegram.md §1). */
export const MAX_CAPTION = 1024

export interface CardStory {
  queueItemId: string
  storyNumber: number
  /** File name, shown when there is no title. */
  fileName: string
  title: string | null
  linkUrl: string | null
  caption: string | null
  tags: readonly string[]
  scheduledFor: Date
}

export type CardState =
  /** `fallbackReason`: why it did not publish itself, when it could have. */
  | { kind: 'pending'; fallbackReason?: string | null }
  /** One of two cards of a story that waits: the other one has the buttons. */
  | { kind: 'elsewhere' }
  /** It needs nobody: only shown by a dry run. */
  | { kind: 'automatic' }
  | { kind: 'settled'; status: HistoryStatus; by: string | null; at: Date; sentAt: Date | null; reason: string | null }

interface Part {
  /** Plain text before the value, trusted. */
  label: string
  value: string
  /** The value may be cut down to this many units when the card is too long. */
  shrinksTo?: number
  /** Wraps the escaped value. */
  tag?: 'b' | 'code'
}

const RULE = '─────────────────────'

/** The caption of a card as HTML: what the plan shows in "Telegram Message Flow Example", never over the limit. */
export function renderCard(story: CardStory, state: CardState, timeZone: string): string {
  return fitCaption([
    ...storyParts(story, timeZone),
    ...stateParts(state, timeZone),
    line('Queue ID: ', shortOf(story)),
  ])
}

function storyParts(story: CardStory, timeZone: string): (Part | string)[] {
  const title = cleanLine(story.title ?? '') || cleanLine(story.fileName) || 'Untitled'
  const link = cleanLink(story.linkUrl ?? '')
  const tags = story.tags.map(cleanLine).filter(Boolean).join(', ')
  const caption = cleanText(story.caption ?? '')
  return [
    line(`📸 STORY #`, String(story.storyNumber), 'b'),
    RULE,
    { label: '📌 Title: ', value: title, shrinksTo: 120 },
    ...(link ? [{ label: '🔗 Link: ', value: link, shrinksTo: 300, tag: 'code' as const }] : []),
    ...(tags ? [{ label: '🏷 Tags: ', value: tags, shrinksTo: 80 }] : []),
    ...(caption ? [{ label: '💬 Caption: ', value: caption, shrinksTo: 40 }] : []),
    `🕒 Scheduled: ${formatDateTime(story.scheduledFor, timeZone)}`,
  ]
}

function stateParts(state: CardState, timeZone: string): (Part | string)[] {
  if (state.kind === 'elsewhere') return ['', 'Status: ⏳ PENDING, on the other card of this story']
  if (state.kind === 'automatic') return ['', 'Status: 🤖 PUBLISHES ITSELF on Instagram']
  if (state.kind === 'pending') {
    const why = cleanLine(state.fallbackReason ?? '')
    return [
      '',
      ...(why ? [{ label: '⚠️ Not published automatically: ', value: why, shrinksTo: 100 }] : []),
      '👉 Save the file above, post it to Instagram, then press Mark Posted',
      '',
      'Status: ⏳ PENDING',
    ]
  }
  const { status, at, sentAt } = state
  const by = cleanLine(state.by ?? '')
  const reason = cleanLine(state.reason ?? '')
  const shown = STATUS_LINES[status]
  const took = sentAt && by ? [`📊 Took: ${formatDuration(at.getTime() - sentAt.getTime())}`] : []
  return [
    '',
    `Status: ${shown.icon} ${status.toUpperCase()}`,
    ...(by ? [{ label: `👤 ${shown.verb} by: `, value: by, shrinksTo: 60 }] : []),
    `🕒 ${shown.verb} at: ${formatClock(at, timeZone)}`,
    ...took,
    ...(reason ? [{ label: 'ℹ️ ', value: reason, shrinksTo: 100 }] : []),
    '',
  ]
}

const STATUS_LINES: Readonly<Record<HistoryStatus, { icon: string; verb: string }>> = {
  posted: { icon: '✅', verb: 'Posted' },
  skipped: { icon: '⏭', verb: 'Skipped' },
  rejected: { icon: '🚫', verb: 'Rejected' },
  failed: { icon: '❌', verb: 'Failed' },
  missed: { icon: '⌛', verb: 'Missed' },
  cancelled: { icon: '🗑', verb: 'Cancelled' },
}

function line(label: string, value: string, tag?: Part['tag']): Part {
  return tag ? { label, value, tag } : { label, value }
}

function shortOf(story: CardStory): string {
  return story.queueItemId.slice(0, 8)
}

/** Cuts values, the most expendable (last, smallest floor) first, until the visible text fits. */
function fitCaption(parts: readonly (Part | string)[]): string {
  const all = parts.map((part) => (typeof part === 'string' ? part : { ...part }))
  const length = () => all.reduce((sum, part) => sum + visible(part).length + 1, -1)
  const byFloor = all.filter((part) => typeof part !== 'string' && part.shrinksTo !== undefined) as Required<Part>[]
  for (const part of byFloor.sort((one, other) => one.shrinksTo - other.shrinksTo)) {
    const excess = length() - MAX_CAPTION
    if (excess <= 0) break
    part.value = cutText(part.value, Math.max(part.shrinksTo, part.value.length - excess))
  }
  return all.map(toHtml).join('\n')
}

function visible(part: Part | string): string {
  return typeof part === 'string' ? part : part.label + part.value
}

function toHtml(part: Part | string): string {
  if (typeof part === 'string') return escapeHtml(part)
  const value = escapeHtml(part.value)
  return escapeHtml(part.label) + (part.tag ? `<${part.tag}>${value}</${part.tag}>` : value)
}
