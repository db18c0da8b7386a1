import type { Content } from './content.ts'
import type { Pool, Waiting } from './media-pool.ts'

export interface ShortageFacts {
  pool: Pool
  now: Date
  timeZone: string
  /** Stories in the queue and posted ones. */
  planned: ReadonlyArray<{ at: Date }>
  avoidRepostDays: number
  repostTtlDays: number
}

const MS_PER_DAY = 86_400_000

/** Why this picture was next: `never posted`, `last posted 45 days ago, posted 2 times`. */
export function describeChoice({ timesPosted, lastPostedMs }: Content, now: Date): string {
  const times = `posted ${counted(timesPosted, 'time')}`
  if (lastPostedMs === null) return timesPosted === 0 ? 'never posted' : times
  const days = Math.floor((now.getTime() - lastPostedMs) / MS_PER_DAY)
  return `last posted ${days < 1 ? 'less than a day' : counted(days, 'day')} ago, ${times}`
}

/**
 * Says why nothing is left for a slot, after `chosen` slots were filled: `no picture is free: 12 locked until 3 Jan 2027, 5 already planned`.
 * Remembers its last answer, because a long plan over an empty library asks the same thing a thousand times.
 */
export function createShortageReport(facts: ShortageFacts): (chosen: number) => string {
  const { waiting } = facts.pool
  const ahead = facts.planned.filter(({ at }) => at > facts.now).length
  let localDate: Intl.DateTimeFormat | undefined
  let asked = ''
  let answer = ''
  return (chosen) => {
    const question = `${chosen} ${waiting.length} ${waiting[0]?.untilMs}`
    if (question === asked) return answer
    // Costly to make: only when something is missing, and once.
    localDate ??= new Intl.DateTimeFormat('en-GB', { timeZone: facts.timeZone, dateStyle: 'medium' })
    answer = describeShortage(facts, ahead + chosen, localDate)
    asked = question
    return answer
  }
}

function describeShortage(facts: ShortageFacts, ahead: number, localDate: Intl.DateTimeFormat): string {
  const { pool } = facts
  const locked = pool.waiting.filter(({ obstacle }) => obstacle === 'locked')
  const tooClose = pool.waiting.length - locked.length
  const days = Math.max(facts.avoidRepostDays, facts.repostTtlDays)
  const parts = [
    ...describeLocked(locked, localDate),
    ...(pool.lockedForEver > 0 ? [`${pool.lockedForEver} locked for ever`] : []),
    ...(tooClose > 0 ? [`${tooClose} less than ${counted(days, 'day')} from another story of the same picture`] : []),
    ...(ahead > 0 ? [`${ahead} already planned`] : []),
    ...(pool.unwanted > 0 ? [`${pool.unwanted} in a category with a share of 0 %`] : []),
  ]
  return parts.length === 0
    ? 'no picture is free: the library has no active one'
    : `no picture is free: ${parts.join(', ')}`
}

/** `locked` is sorted, soonest first. */
function describeLocked(locked: readonly Waiting[], localDate: Intl.DateTimeFormat): string[] {
  const first = locked[0]
  if (!first) return []
  const orLater = locked.at(-1)?.untilMs === first.untilMs ? '' : ' or later'
  return [`${locked.length} locked until ${localDate.format(first.untilMs)}${orLater}`]
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
