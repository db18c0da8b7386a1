import { Temporal } from 'temporal-polyfill'
import type { ChannelName, HistoryStatus, QueueStatus } from '../db/schema.ts'
import { crossesMidnight, openWindow, type PostingWindow } from './slot-window.ts'
import { planSlots, type TakenSlot } from './slots.ts'

/** What a place of the calendar holds, in the order of a legend. */
export const CALENDAR_STATES = [
  'automatic',
  'manual',
  'sample',
  'paused',
  'sending',
  'with_team',
  'unconfirmed',
  'posted',
  'skipped',
  'rejected',
  'failed',
  'missed',
  'cancelled',
  'moved',
  'free',
] as const
export type CalendarState = (typeof CALENDAR_STATES)[number]

export interface CalendarSlot {
  /** `2026-11-21/2`; null for a story made by hand. */
  slot: string | null
  /** When it is or was planned for; of a free slot, and of one whose story moved: the slot's time before jitter. */
  at: Date
  state: CalendarState
  /** All three null where the slot is free; where its story moved: that story's, which stands at its own time as well. */
  storyNumber: number | null
  file: string | null
  channel: ChannelName | null
}

export interface CalendarDay {
  /** Local date, `YYYY-MM-DD`: the day whose window holds the slots, some of which may lie after midnight. */
  date: string
  isToday: boolean
  /** In the order of time. */
  slots: CalendarSlot[]
}

/** A row of the queue, or one of the history that is not undone. */
export interface CalendarStory {
  slot: string | null
  at: Date
  status: QueueStatus | HistoryStatus
  /** Of a story that waits: the way out that is open to it now. */
  channel: ChannelName | null
  storyNumber: number | null
  file: string
  isSample: boolean
}

export interface CalendarFacts {
  now: Date
  /** First local day, `YYYY-MM-DD`. It may lie in the past. */
  from: string
  /** How many local days, the first included. */
  days: number
  window: PostingWindow
  /** All whose slot or time lies near these days: what lies outside is left out, but keeps its neighbours' slots taken. */
  stories: readonly CalendarStory[]
  isPaused: boolean
}

/**
 * The days asked for with what really exists, whatever the settings were when it was planned, and the slots that
 * `create-schedule` would fill now. When the window that opened the day before is still open, that day comes first.
 */
export function buildCalendar(facts: CalendarFacts): CalendarDay[] {
  const today = localDay(facts.now, facts.window.timeZone)
  const free = freeSlots(facts)
  const shown = [
    ...free,
    ...movedSlots(facts),
    ...withoutReplaced(facts.stories, free).map((story) => toSlot(story, facts)),
  ]
  const byDay = new Map<string, CalendarSlot[]>()
  for (const slot of shown) {
    const date = dayOf(slot.at, facts.window)
    byDay.set(date, [...(byDay.get(date) ?? []), slot])
  }
  return datesOf(facts, today, byDay).map((date) => {
    const slots = (byDay.get(date) ?? []).sort((a, b) => a.at.getTime() - b.at.getTime())
    return { date, isToday: date === today.toString(), slots }
  })
}

function localDay(at: Date, timeZone: string): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone).toPlainDate()
}

function datesOf({ from, days, window, now }: CalendarFacts, today: Temporal.PlainDate, byDay: Map<string, unknown>) {
  const first = Temporal.PlainDate.from(from)
  const dates = Array.from({ length: days }, (_, i) => first.add({ days: i }).toString())
  const yesterday = today.subtract({ days: 1 }).toString()
  const isStillOpen = dayOf(now, window) === yesterday
  return first.equals(today) && isStillOpen && byDay.has(yesterday) ? [yesterday, ...dates] : dates
}

/** The day whose window holds this moment: after midnight it may still be that of the day before. */
function dayOf(at: Date, window: PostingWindow): string {
  const date = localDay(at, window.timeZone)
  if (!crossesMidnight(window)) return date.toString()
  const before = date.subtract({ days: 1 })
  return (at.getTime() < (openWindow(before, window)?.closesAtMs ?? 0) ? before : date).toString()
}

/** Without jitter: chance moves a slot within its room, it never decides whether there is one. */
function freeSlots({ now, from, days, window, stories }: CalendarFacts): CalendarSlot[] {
  const taken: TakenSlot[] = stories.filter(({ status }) => status !== 'cancelled')
  const planned = planSlots({ ...window, now, from, days, jitterMinutes: 0, random: () => 0, taken })
  return planned.map(({ slot, at }) => ({
    slot,
    at,
    state: 'free',
    storyNumber: null,
    file: null,
    channel: null,
  }))
}

/**
 * Slots that look free and are not: nothing stands within half an interval of their time, but a story that stands elsewhere holds their
 * name. On a day that is over only when that story went to another day: its times may have been others under the settings of then.
 */
function movedSlots({ now, from, days, window, stories }: CalendarFacts): CalendarSlot[] {
  const standing = stories.filter(({ status }) => status !== 'cancelled')
  const holders = new Map(standing.map((story) => [story.slot, story]))
  const today = dayOf(now, window)
  const empty = planSlots({
    ...window,
    // Before everything: what was moved away is missed after its time as well.
    now: new Date(0),
    from: Temporal.PlainDate.from(from).subtract({ days: 1 }).toString(),
    days: days + 1,
    jitterMinutes: 0,
    random: () => 0,
    taken: standing.map(({ at }) => ({ slot: null, at })),
  })
  return empty.flatMap(({ slot, date, at }) => {
    const story = holders.get(slot)
    if (story === undefined || (date < today && dayOf(story.at, window) === date)) return []
    const { storyNumber, file, channel } = story
    return [{ slot, at, state: 'moved' as const, storyNumber, file, channel }]
  })
}

/** A cancelled story gave its slot back: it is shown only where nothing else stands for that slot. */
function withoutReplaced(stories: readonly CalendarStory[], free: readonly CalendarSlot[]): CalendarStory[] {
  const shown = new Set(free.map(({ slot }) => slot))
  for (const { status, slot } of stories) if (status !== 'cancelled') shown.add(slot)
  const byNumber = stories.toSorted((a, b) => (b.storyNumber ?? 0) - (a.storyNumber ?? 0))
  return byNumber.filter(({ status, slot }) => {
    if (status !== 'cancelled' || slot === null) return true
    const isReplaced = shown.has(slot)
    shown.add(slot)
    return !isReplaced
  })
}

function toSlot(story: CalendarStory, facts: CalendarFacts): CalendarSlot {
  const { slot, at, storyNumber, file, channel } = story
  return { slot, at, state: stateOf(story, facts), storyNumber, file, channel }
}

function stateOf({ status, channel, isSample, at }: CalendarStory, { isPaused, now }: CalendarFacts): CalendarState {
  switch (status) {
    case 'pending':
    case 'retrying':
      if (isSample) return 'sample'
      if (isPaused && at <= now) return 'paused'
      return channel === 'instagram' ? 'automatic' : 'manual'
    case 'processing':
      return 'sending'
    case 'awaiting_team':
      return 'with_team'
    default:
      return status
  }
}
