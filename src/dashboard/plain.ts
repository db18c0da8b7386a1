import { counted, duration } from '../health/words.ts'
import { printable } from '../media/printable.ts'
import { formatMoment } from '../output/near-time.ts'
import { formatDateTime, formatRelative } from '../output/time.ts'
import { describePause } from '../publish/describe-pause.ts'
import type { CategoryFacts, HealthRow, LibraryFacts, Listed, Planned, Settled, Snapshot, Waiting } from './snapshot.ts'

/** So many of each list; the rest is counted. */
const MAX_LINES = 20

/** The five parts as lines that can be read aloud: no frames, no colours, one thing a line. */
export function describeSnapshot(snapshot: Snapshot): string[] {
  const { takenAt, timeZone, paused, isDryRun } = snapshot
  const parts = [
    describeNext(snapshot),
    describeWaiting(snapshot),
    describeRecent(snapshot),
    describeLibrary(snapshot.library),
    describeHealth(snapshot),
  ]
  return [
    `Storyline at ${formatDateTime(takenAt, timeZone)}`,
    ...(paused ? [printable(describePause(paused, timeZone))] : []),
    ...(isDryRun ? ['DRY_RUN_MODE is true: nothing is sent.'] : []),
    ...parts.flatMap((lines) => ['', ...lines]),
  ]
}

function list<T>(title: string, { entries, total }: Listed<T>, none: string, describe: (entry: T) => string): string[] {
  const lines = entries.slice(0, MAX_LINES).map((entry) => `  ${describe(entry)}`)
  const rest = total - lines.length
  return [`${title}: ${total === 0 ? none : total}`, ...lines, ...(rest > 0 ? [`  and ${rest} more`] : [])]
}

function describeNext({ next, takenAt, timeZone }: Snapshot): string[] {
  return list('Next', next, 'nothing is planned. `storyline create-schedule` plans more.', (story: Planned) => {
    const { status, channel, scheduledFor, waitsFor, isSample } = story
    const at = formatMoment(scheduledFor, takenAt, timeZone)
    const isPlain = status === 'pending'
    return say(nameOf(story), at, channel, isPlain ? null : status, isSample ? 'sample' : null, waits(waitsFor))
  })
}

function describeWaiting({ waiting, takenAt, timeZone }: Snapshot): string[] {
  return list('Waiting', waiting, 'nothing waits for anybody', (story: Waiting) => {
    const { status, since, missedAt, waitsFor, lastError } = story
    const end = missedAt && `missed ${formatRelative(missedAt, takenAt)}, at ${formatDateTime(missedAt, timeZone)}`
    const age = `since ${formatDateTime(since, timeZone)}`
    return say(nameOf(story), status, age, waits(waitsFor), end, status === 'unconfirmed' ? lastError : null)
  })
}

function describeRecent({ recent, timeZone }: Snapshot): string[] {
  return list('Recent', recent, 'no story has ended yet', (story: Settled) => {
    const { status, by, endedAt, reason, tookSeconds, permalink } = story
    const who = by === null ? null : `by ${by}`
    const took = tookSeconds === null ? null : `${duration(tookSeconds)} after its card`
    return say(nameOf(story), status, who, formatDateTime(endedAt, timeZone), took, reason, permalink)
  })
}

function describeLibrary({
  active,
  samples,
  planned,
  runwayDays,
  categories,
  locks,
  problems,
}: LibraryFacts): string[] {
  const lasts = runwayDays === null ? null : `lasts about ${counted(runwayDays, 'day')}`
  return [
    `Library: ${say(counted(active, 'active picture'), samples > 0 ? counted(samples, 'sample') : null, `${planned} in the queue`, lasts)}`,
    ...categories.map(describeCategory),
    ...locks.map(({ reason, count }) => `  Locked, ${reason}: ${count}`),
    ...(problems.total === 0
      ? []
      : list('Pictures that are not used', problems, '', ({ file, problem }) => say(file, problem))),
  ]
}

function describeCategory({ category, active, free, planned }: CategoryFacts): string {
  return `  ${say(category ?? 'without category', `${active} active`, `${free} free`, `${planned} planned`)}`
}

function describeHealth({ health, takenAt }: Snapshot): string[] {
  const { status, checks, lastTickAt, lastPollAt } = health
  const ago = (at: Date | null) => (at === null ? 'never' : formatRelative(at, takenAt))
  const bad = checks.filter((check) => check.status !== 'healthy')
  return [
    `Health: ${status}, ${bad.length === 0 ? 'all' : checks.length - bad.length} of ${counted(checks.length, 'check')} healthy`,
    `  Last tick: ${ago(lastTickAt)}. Last word from Telegram to the bot: ${ago(lastPollAt)}.`,
    ...bad.flatMap(describeCheck),
  ]
}

function describeCheck({ status, title, details, fix }: HealthRow): string[] {
  return [
    `  ${status}: ${title}: ${printable(details)}`,
    ...(fix === null ? [] : [`    What to do: ${printable(fix)}`]),
  ]
}

/** `#47 stories/mug.jpg "Mug"`. */
function nameOf({ storyNumber, file, title }: Planned | Waiting | Settled): string {
  return `${storyNumber === null ? '' : `#${storyNumber} `}${file}${title === null ? '' : ` "${title}"`}`
}

const waits = (waitsFor: string | null) => waitsFor && `waits for: ${waitsFor}`

/** What there is to say, with commas; made of other people's texts. */
function say(...parts: (string | null)[]): string {
  return printable(parts.filter((part) => part !== null).join(', '))
}
