/** What cron(8) makes of a crontab: the one of Debian and Raspberry Pi OS, which others follow. */

export interface CronJob {
  /** The line as it stands there. */
  line: string
  schedule: Schedule
  /** What follows `sh -c`. */
  command: string
  /** What the command reads: all behind the first `%`. */
  stdin: string
  /** Assignments above the line. */
  variables: Readonly<Record<string, string>>
}

/** Sets of numbers; 7 of a weekday is 0. */
interface Schedule {
  minutes: ReadonlySet<number>
  hours: ReadonlySet<number>
  days: ReadonlySet<number>
  months: ReadonlySet<number>
  weekdays: ReadonlySet<number>
  /** Minute or hour begins with `*`: such a job follows the clock, whatever it does. Others run once for every time that they name. */
  isWild: boolean
  /** Day of the month and weekday count both, unless one of them begins with `*`. */
  needsBothDays: boolean
}

export function parseCrontab(text: string): CronJob[] {
  if (!text.endsWith('\n')) throw new Error('cron refuses a crontab whose last line does not end')
  const variables: Record<string, string> = {}
  return text.split('\n').flatMap((whole) => {
    const line = whole.trimStart()
    if (line === '' || line.startsWith('#')) return []
    const assignment = readAssignment(line)
    if (assignment) {
      variables[assignment.name] = assignment.value
      return []
    }
    const [, fields = '', rest] = /^((?:\S+[ \t]+){5})(.+)$/.exec(line) ?? []
    if (rest === undefined) throw new Error(`cron refuses the line: ${line}`)
    const [command = '', ...input] = rest.split(/(?<!\\)%/).map((part) => part.replaceAll('\\%', '%'))
    const stdin = input.length === 0 ? '' : `${input.join('\n')}\n`
    return [
      { line, schedule: readSchedule(fields.trim().split(/[ \t]+/)), command, stdin, variables: { ...variables } },
    ]
  })
}

/** crontab(5): name and value may be in quotes, which are only those around the whole; else the value ends with the line. */
function readAssignment(line: string): { name: string; value: string } | undefined {
  const [, quoted, plain, rest = ''] = /^(?:["']([^"']+)["']|([^\s="'*]+))[ \t]*=[ \t]*(.*?)[ \t]*$/.exec(line) ?? []
  const name = quoted ?? plain
  if (name === undefined) return undefined
  const [, , inside] = /^(["'])(.*)\1$/.exec(rest) ?? []
  return { name, value: inside ?? rest }
}

const RANGES = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const

function readSchedule(fields: readonly string[]): Schedule {
  const [minutes, hours, days, months, weekdays] = RANGES.map((range, at) => readField(fields[at] ?? '', range))
  if (!minutes || !hours || !days || !months || !weekdays) throw new Error('five fields')
  const isStar = fields.map((field) => field.startsWith('*'))
  if (weekdays.has(7)) weekdays.add(0)
  return {
    minutes,
    hours,
    days,
    months,
    weekdays,
    isWild: isStar[0] === true || isStar[1] === true,
    needsBothDays: isStar[2] === true || isStar[4] === true,
  }
}

function readField(field: string, [low, high]: readonly [number, number]): Set<number> {
  const found = new Set<number>()
  for (const part of field.split(',')) {
    const [, star, from, to, step] = /^(?:(\*)|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part) ?? []
    if (star === undefined && from === undefined) throw new Error(`cron refuses the field ${field}`)
    const first = star ? low : Number(from)
    const last = star ? high : Number(to ?? from)
    if (first < low || last > high || first > last || step === '0') throw new Error(`cron refuses the field ${field}`)
    for (let value = first; value <= last; value += Number(step ?? 1)) found.add(value)
  }
  return found
}

const MINUTE_MS = 60_000
/** Longest change of a clock that cron takes for summer time. */
const MAX_JUMP_MINUTES = 180

export interface Firing {
  at: Date
  /** What the clock on the wall shows, in minutes since the epoch as if it were UTC. */
  wallMinute: number
  job: CronJob
}

/**
 * What runs from one instant to another. Clocks put forward: what names a time that was skipped runs at once. Put back: what
 * names a time that comes twice runs the first time only.
 */
export function simulate(jobs: readonly CronJob[], from: Date, to: Date, wallMinuteOf: (at: Date) => number): Firing[] {
  const firings: Firing[] = []
  let virtual = wallMinuteOf(from) - 1
  for (let ms = from.getTime(); ms < to.getTime(); ms += MINUTE_MS) {
    const at = new Date(ms)
    const now = wallMinuteOf(at)
    const run = (wallMinute: number, kinds: { wild: boolean; fixed: boolean }) => {
      for (const job of jobs) {
        const isWanted = job.schedule.isWild ? kinds.wild : kinds.fixed
        if (isWanted && matches(job.schedule, wallMinute)) firings.push({ at, wallMinute, job })
      }
    }
    const jump = now - virtual
    if (Math.abs(jump) > MAX_JUMP_MINUTES) throw new Error('no clock is changed by that much')
    run(now, { wild: true, fixed: jump === 1 })
    if (jump === 1) virtual = now
    for (; virtual < now; virtual += 1) run(virtual + 1, { wild: false, fixed: true })
  }
  return firings
}

function matches(schedule: Schedule, wallMinute: number): boolean {
  const wall = new Date(wallMinute * MINUTE_MS)
  const isDay = schedule.days.has(wall.getUTCDate())
  const isWeekday = schedule.weekdays.has(wall.getUTCDay())
  return (
    schedule.minutes.has(wall.getUTCMinutes()) &&
    schedule.hours.has(wall.getUTCHours()) &&
    schedule.months.has(wall.getUTCMonth() + 1) &&
    (schedule.needsBothDays ? isDay && isWeekday : isDay || isWeekday)
  )
}
