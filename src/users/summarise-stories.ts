import { Temporal } from 'temporal-polyfill'
import type { HistoryStatus } from '../db/schema.ts'

/** A story that somebody settled and that was not undone. */
export interface SettledStory {
  status: HistoryStatus
  /** Null unless posted. */
  postedAt: Date | null
  sentAt: Date | null
  /** As the picture had them then. */
  tags: readonly string[]
}

export interface StorySummary {
  settled: number
  posted: number
  /** Posted of all that were settled, in percent with one decimal; null: nothing was settled. */
  successPercent: number | null
  /** How the others ended, most frequent first. */
  others: { status: HistoryStatus; stories: number }[]
  /** Posted since Monday, and since the first of the month, in `timeZone`. */
  thisWeek: { since: Date; posts: number }
  thisMonth: { since: Date; posts: number }
  /** Of posted stories, most frequent first. */
  tags: { tag: string; posts: number }[]
  /** Hours of the local day, 0 to 23, in which something was posted, most frequent first. */
  hours: { hour: number; posts: number }[]
  /** From the card's arrival to the press; null: no posted story has both times. */
  medianMsToPost: number | null
}

export function summariseStories(
  stories: readonly SettledStory[],
  { now, timeZone }: { now: Date; timeZone: string },
): StorySummary {
  const posted = stories.flatMap((story) => (story.postedAt ? [{ ...story, postedAt: story.postedAt }] : []))
  const since = (start: Date) => ({ since: start, posts: posted.filter(({ postedAt }) => postedAt >= start).length })
  const hourOf = localHour(timeZone)
  const waits = posted.flatMap(({ postedAt, sentAt }) => (sentAt ? [postedAt.getTime() - sentAt.getTime()] : []))
  return {
    settled: stories.length,
    posted: posted.length,
    successPercent: stories.length === 0 ? null : Math.round((1000 * posted.length) / stories.length) / 10,
    others: rank(stories.map(({ status }) => status).filter((status) => status !== 'posted')).map(
      ([status, count]) => ({ status, stories: count }),
    ),
    thisWeek: since(startOf(now, timeZone, (today) => today.subtract({ days: today.dayOfWeek - 1 }))),
    thisMonth: since(startOf(now, timeZone, (today) => today.with({ day: 1 }))),
    tags: rank(posted.flatMap(({ tags }) => [...new Set(tags)])).map(([tag, posts]) => ({ tag, posts })),
    hours: rank(posted.map(({ postedAt }) => hourOf(postedAt))).map(([hour, posts]) => ({ hour, posts })),
    medianMsToPost: median(waits),
  }
}

/** The first valid moment of a local day. */
function startOf(now: Date, timeZone: string, day: (today: Temporal.PlainDate) => Temporal.PlainDate): Date {
  const today = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(timeZone).toPlainDate()
  return new Date(day(today).toZonedDateTime(timeZone).epochMilliseconds)
}

/** Computed here and not by PostgreSQL, which may know other names of zones. */
function localHour(timeZone: string): (at: Date) => number {
  const formatter = new Intl.DateTimeFormat('en-US', { timeZone, hour: '2-digit', hourCycle: 'h23' })
  return (at) => Number(formatter.format(at))
}

/** Each value with how often it occurs: most frequent first, equals in their own order. */
function rank<T extends string | number>(values: readonly T[]): [T, number][] {
  const counts = new Map<T, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1))
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]]
  return low === undefined || high === undefined ? null : (low + high) / 2
}
