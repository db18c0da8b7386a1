import { type Evidence, type Story, sends } from './evidence.ts'
import {
  dayAfter,
  daysOf,
  HOUR_MS,
  isTroubled,
  localInstant,
  localTime,
  MINUTE_MS,
  type Scenario,
  startOf,
} from './scenario.ts'

/**
 * Promises 1 to 4 of SPEC §2, each judged by what is left: rows, the messages that Telegram got, and what people read.
 * Every function answers what is wrong, in words; nothing is right.
 */

/** MISSED_AFTER_MINUTES, SLOT_JITTER_MINUTES, REPOST_TTL_DAYS and SKIP_TTL_DAYS as they are by default. */
const GRACE_MINUTES = 120
const JITTER_MINUTES = 30
const REST_DAYS = { posted: 30, skipped: 14 } as const

/** What was planned and what became of it, without anybody's messages. */
export type Calendar = Pick<Evidence, 'scenario' | 'stories' | 'planned' | 'unlucky' | 'tickMinutes'>

const count = <T>(all: readonly T[], key: (one: T) => string) => {
  const counts = new Map<string, number>()
  for (const one of all) counts.set(key(one), (counts.get(key(one)) ?? 0) + 1)
  return counts
}

/** 1: no card twice, and no original more often than the picture was planned. */
export function judgeTwice({ fake, stories }: Evidence): string[] {
  const cards = count(sends(fake, 'sendPhoto'), ({ params }) => {
    const markup = params.reply_markup
    const text = typeof markup === 'string' ? markup : JSON.stringify(markup)
    return /"posted:([0-9a-f-]+)"/.exec(text)?.[1] ?? `a card without buttons: ${text}`
  })
  const known = new Set(stories.map(({ id }) => id))
  const originals = count(sends(fake, 'sendDocument'), ({ files }) => files[0]?.fileName ?? '')
  const tries = count(stories, ({ file }) => file.split('/').at(-1) ?? '')
  return [
    ...[...cards].flatMap(([id, n]) => (n === 1 ? [] : [`the card of ${id} was sent ${n} times`])),
    ...[...cards.keys()].flatMap((id) => (known.has(id) ? [] : [`a card of nothing: ${id}`])),
    ...[...originals].flatMap(([file, n]) => {
      const planned = tries.get(file) ?? 0
      return n <= planned ? [] : [`the original ${file} was sent ${n} times, but planned ${planned} times`]
    }),
  ]
}

/** 2: everything planned is open or ended once, every slot of every local day exists once. */
export function judgeLost({ scenario, stories, planned }: Calendar): string[] {
  const byId = count(stories, ({ id }) => id)
  const slots = count(stories, ({ slot }) => slot ?? 'by hand')
  const wanted = daysOf(scenario).flatMap((day) =>
    Array.from({ length: scenario.postsPerDay }, (_, i) => `${day}/${i + 1}`),
  )
  const first = localTime(stories[0]?.scheduledFor ?? startOf(scenario), scenario.timeZone)
  // What lay before the first plan of all was nobody's to fill.
  const isWanted = (slot: string) => slot.slice(0, 10) > first.toPlainDate().toString()
  return [
    ...[...planned].flatMap((id) => (byId.get(id) === 1 ? [] : [`${id} is there ${byId.get(id) ?? 0} times`])),
    ...[...byId.keys()].flatMap((id) => (planned.has(id) ? [] : [`${id} was never planned`])),
    ...wanted.flatMap((slot) =>
      slots.get(slot) === 1 || !isWanted(slot) ? [] : [`the slot ${slot} exists ${slots.get(slot) ?? 0} times`],
    ),
    ...[...slots].flatMap(([slot, n]) => (n === 1 ? [] : [`the slot ${slot} exists ${n} times`])),
  ]
}

const TOLD = { posted: '✅ Marked as posted', skipped: '⏭ Skipped' } as const
/** Nothing is said by that yet: on a slow machine the card tells the rest. */
const LATER = 'One moment…'

/** 3: posted or skipped is what exactly one person was told that they did. */
export function judgeLies({ stories, pressed }: Evidence): string[] {
  return stories.flatMap(({ id, end }) => {
    const told = pressed.filter((one) => one.queueItemId === id).map((one) => one.told)
    const later = told.filter((text) => text === LATER).length
    const ended = `${id} ended as ${end?.status ?? 'nothing yet'}`
    const isLie = (['posted', 'skipped'] as const).some((status) => {
      const times = told.filter((text) => text === TOLD[status]).length
      const wanted = end?.status === status ? 1 : 0
      return times > wanted || times + later < wanted
    })
    return [
      ...(isLie ? [`${ended}, but people read: ${told.join(' | ')}`] : []),
      ...((end?.postedAt != null) === (end?.status === 'posted') ? [] : [`${ended}, posted at ${end?.postedAt}`]),
    ]
  })
}

/** 4: in the window of its local day; sent by the next tick, or late within the grace, or never. */
export function judgeTimes(evidence: Calendar): string[] {
  return evidence.stories.flatMap((story) => [...judgeWindow(evidence, story), ...judgeDelivery(evidence, story)])
}

function judgeWindow({ scenario, unlucky }: Calendar, { id, slot, scheduledFor }: Story): string[] {
  // What was in doubt is due anew when somebody has answered.
  if (unlucky.has(id)) return []
  const { timeZone, opens, closes } = scenario
  const day = slot?.slice(0, 10) ?? ''
  const opensAt = localInstant(`${day} ${opens}`, timeZone)
  const isNextDay = closes <= opens || closes === '24:00'
  const closingTime = closes === '24:00' ? '00:00' : closes
  const closesAt = localInstant(`${isNextDay ? dayAfter(day) : day} ${closingTime}`, timeZone)
  const isInside = scheduledFor >= opensAt && scheduledFor < closesAt
  const offset = (at: Date) => localTime(at, timeZone).offset
  // Where the clock is changed, slots may be moved apart by as much.
  const allowed = JITTER_MINUTES + (offset(opensAt) === offset(closesAt) ? 0 : 60)
  const offMinutes = Math.abs(minutesFromNominal(scenario, slot ?? '', scheduledFor))
  return isInside && offMinutes <= allowed ? [] : [`${slot} is at ${localTime(scheduledFor, timeZone)}`]
}

/** By the clock on the wall: slot i of n is at start + i·(end − start)/n. */
function minutesFromNominal({ opens, closes, postsPerDay, timeZone }: Scenario, slot: string, at: Date): number {
  const minutes = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))
  const length = (minutes(closes) - minutes(opens) + 24 * 60) % (24 * 60) || 24 * 60
  const nominal = minutes(opens) + ((Number(slot.slice(11)) - 1) * length) / postsPerDay
  const midnight = localTime(localInstant(`${slot.slice(0, 10)} 00:00`, timeZone), timeZone).toPlainDateTime()
  return midnight.until(localTime(at, timeZone).toPlainDateTime()).total('minutes') - nominal
}

function judgeDelivery(evidence: Calendar, story: Story): string[] {
  const { scenario, unlucky, tickMinutes } = evidence
  const { id, slot, scheduledFor, sentAt, end } = story
  if (unlucky.has(id) || isNearJump(evidence, scheduledFor)) return []
  if (sentAt === null) {
    const isOver = end !== undefined
    if (!isOver) return []
    const isExcused = (end.status === 'missed' || end.status === 'failed') && isTroubled(scheduledFor, scenario)
    return isExcused ? [] : [`${slot} was never sent: ${end.status}, ${end.reason}`]
  }
  const lateMinutes = (sentAt.getTime() - scheduledFor.getTime()) / MINUTE_MS
  if (lateMinutes < 0) return [`${slot} was sent ${-lateMinutes} minutes too early`]
  if (wasOffTooLong(evidence, scheduledFor))
    return [`${slot} was sent ${lateMinutes} minutes late, after the power cut`]
  const allowed = isTroubled(scheduledFor, scenario) ? GRACE_MINUTES + tickMinutes : tickMinutes
  return lateMinutes <= allowed ? [] : [`${slot} was sent ${lateMinutes} minutes late`]
}

function isNearJump({ scenario }: Calendar, at: Date): boolean {
  return isTroubled(at, { outages: [], jumps: scenario.jumps.filter(({ whose }) => whose === 'host') })
}

/** Its grace was over when the power came back. */
function wasOffTooLong({ scenario }: Calendar, at: Date): boolean {
  const overMs = at.getTime() + GRACE_MINUTES * MINUTE_MS
  return scenario.outages.some(({ kind, from, to }) => kind === 'power' && at >= from && overMs < to.getTime())
}

/** What was posted or skipped rests before it is sent again, and so do its copies. */
export function judgeReposts({ stories }: Calendar): string[] {
  const restsUntil = new Map<string, Date>()
  return stories.flatMap(({ hash, slot, sentAt, end }) => {
    const until = restsUntil.get(hash)
    const days = end?.status === 'posted' || end?.status === 'skipped' ? REST_DAYS[end.status] : 0
    if (end && days > 0) restsUntil.set(hash, new Date(end.queueDeletedAt.getTime() + days * 24 * HOUR_MS))
    if (!until || !sentAt || sentAt >= until) return []
    return [`${slot} was sent at ${sentAt.toISOString()}, but its picture rests until ${until.toISOString()}`]
  })
}
