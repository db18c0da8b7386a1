import type { ChannelName, HistoryStatus } from '../../db/schema.ts'
import type { Health } from '../../health/check.ts'
import { CALENDAR_MARKS } from '../../schedule/calendar-grid.ts'
import type { Tone } from '../line.ts'
import type { Planned, Settled, Waiting } from '../snapshot.ts'
import { lasting } from '../times.ts'

/** Signs and words for states; no colour says anything that they do not. */

interface Mark {
  text: string
  tone: Tone | undefined
}

export const HEALTH_MARKS: Readonly<Record<Health, Mark>> = {
  healthy: { text: '✓ healthy', tone: 'good' },
  warning: { text: '! warning', tone: 'warn' },
  unhealthy: { text: '✗ unhealthy', tone: 'bad' },
}

export const CALENDAR_TONES = {
  good: 'good',
  bad: 'bad',
  wait: 'warn',
  plan: undefined,
  faint: 'faint',
} as const satisfies Record<(typeof CALENDAR_MARKS)['free']['tone'], Tone | undefined>

/** `✓ posted`, as in the week. */
export function endedMark(status: HistoryStatus): Mark {
  const { mark, label, tone } = CALENDAR_MARKS[status]
  return { text: `${mark} ${label}`, tone: CALENDAR_TONES[tone] }
}

export function waitingMark({ status, isBeingRead }: Waiting): Mark {
  if (isBeingRead) return { text: '… being read', tone: 'faint' }
  if (status === 'unconfirmed') return { text: '? in doubt', tone: 'bad' }
  return { text: '● with team', tone: 'warn' }
}

/** `◆ instagram` publishes itself, `◇ telegram` goes to the team; short: `◆ IG`. */
export function channelText(channel: ChannelName, isShort: boolean): string {
  const sign = CALENDAR_MARKS[channel === 'instagram' ? 'automatic' : 'manual'].mark
  const short = { instagram: 'IG', telegram: 'TG' }[channel]
  return `${sign} ${isShort ? short : channel}`
}

/** Which way a story goes out: `~ sample` goes none. */
export function wayText({ isSample, channel }: Planned, isShort: boolean): string {
  if (!isSample) return channelText(channel, isShort)
  return isShort ? CALENDAR_MARKS.sample.mark : `${CALENDAR_MARKS.sample.mark} sample`
}

export function storyName(storyNumber: number | null): string {
  return storyNumber === null ? '' : `#${storyNumber}`
}

/** What keeps it from being just a time: null when nothing does. */
export function plannedState({ status, isSample, waitsFor, attempt }: Planned): Mark | null {
  if (status === 'processing') return { text: 'being sent', tone: 'accent' }
  if (status === 'retrying') return { text: `try ${attempt + 1}`, tone: 'warn' }
  return waitsFor === null || isSample ? null : { text: waitsFor, tone: 'warn' }
}

/** `@sarah in 4 min`; by Storyline itself: the reason. */
export function whoAndHowFast({ by, tookSeconds, reason }: Settled): string {
  const fast = tookSeconds === null ? '' : ` in ${lasting(new Date(0), new Date(tookSeconds * 1000))}`
  return by === null ? (reason ?? 'by itself') : `${by}${fast}`
}
