import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { packageRoot } from '../../src/package-root.ts'
import { type CronJob, parseCrontab, simulate } from './cron.ts'

const JOBS = parseCrontab(readFileSync(join(packageRoot, 'crontab.example'), 'utf8'))
const find = (name: string) => JOBS.find(({ command }) => command.includes(` ${name} `)) as CronJob
const TICK = find('process-queue')
const DAY_MS = 86_400_000

/** Minutes since the epoch on the wall clock of a zone. */
function wallClock(timeZone: string): (at: Date) => number {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    dateStyle: 'short',
    timeStyle: 'medium',
  })
  const offsets = new Map<number, number>()
  return (at) => {
    const minute = at.getTime() / 60_000
    // Clocks change on the quarter of an hour.
    const quarter = Math.floor(minute / 15)
    const known = offsets.get(quarter) ?? readOffset(format, quarter * 15)
    offsets.set(quarter, known)
    return minute + known
  }
}

function readOffset(format: Intl.DateTimeFormat, minute: number): number {
  const wall = Date.parse(`${format.format(new Date(minute * 60_000)).replace(', ', 'T')}Z`)
  return wall / 60_000 - minute
}

/** Days of 2026 (in UTC) on which the clocks of a zone change, each with the day before and the day after. */
function changes(clock: (at: Date) => number) {
  const days = Array.from({ length: 365 }, (_, day) => Date.UTC(2026, 0, 1) + day * DAY_MS)
  const offset = (ms: number) => clock(new Date(ms)) - ms / 60_000
  return days
    .filter((ms) => offset(ms) !== offset(ms + DAY_MS))
    .map((ms) => ({
      date: new Date(ms).toISOString().slice(0, 10),
      from: new Date(ms - DAY_MS),
      to: new Date(ms + 2 * DAY_MS),
    }))
}

const dayOf = (wallMinute: number) => new Date(wallMinute * 60_000).toISOString().slice(0, 10)
const timeOf = (wallMinute: number) => new Date(wallMinute * 60_000).toISOString().slice(11, 16)

test('on a Sunday every job begins when its line says', () => {
  const clock = wallClock('UTC')
  const fired = simulate(JOBS, new Date('2026-11-22T00:00:00Z'), new Date('2026-11-23T00:00:00Z'), clock)
  const timesOf = (name: string) =>
    fired.filter(({ job }) => job === find(name)).map(({ wallMinute }) => timeOf(wallMinute))
  const counts = JOBS.map((job) => fired.filter((firing) => firing.job === job).length)
  expect(counts).toEqual([288, 96, 24, 1, 1, 1, 1])
  expect(timesOf('process-queue').slice(0, 4)).toEqual(['00:00', '00:05', '00:10', '00:15'])
  expect(timesOf('check-health').slice(0, 5)).toEqual(['00:07', '00:22', '00:37', '00:52', '01:07'])
  expect(timesOf('index-media').slice(0, 2)).toEqual(['00:17', '01:17'])
  for (const [name, time] of [
    ['create-schedule', '05:43'],
    ['backup', '04:13'],
    ['refresh-token', '04:29'],
    ['verify-backups', '04:51'],
  ] as const)
    expect([name, timesOf(name)]).toEqual([name, [time]])
})

test('on every other day of the week the same, but no backup is tried', () => {
  const clock = wallClock('UTC')
  const fired = simulate(JOBS, new Date('2026-11-16T00:00:00Z'), new Date('2026-11-22T00:00:00Z'), clock)
  expect(JOBS.map((job) => fired.filter((firing) => firing.job === job).length)).toEqual([1728, 576, 144, 6, 6, 6, 0])
})

describe.each([
  'Europe/Berlin',
  'Europe/London',
  'Europe/Helsinki',
  'America/New_York',
  'America/Santiago',
  'Africa/Cairo',
  'Asia/Beirut',
  'Australia/Lord_Howe',
  'Atlantic/Azores',
])('when the clocks change in %s', (timeZone) => {
  const clock = wallClock(timeZone)
  const around = changes(clock)

  test('they do so twice a year', () => expect(around).toHaveLength(2))

  test.each(around)('$date: ticks go on every five minutes, and what is daily runs once a day', ({ from, to }) => {
    const fired = simulate(JOBS, from, to, clock)
    const ticks = fired.filter(({ job }) => job === TICK).map(({ at }) => at.getTime() / 60_000)
    expect(new Set(ticks.slice(1).map((minute, at) => minute - (ticks[at] ?? 0)))).toEqual(new Set([5]))
    for (const name of ['create-schedule', 'backup', 'refresh-token']) {
      const days = fired.filter(({ job }) => job === find(name)).map(({ wallMinute }) => dayOf(wallMinute))
      // The first and the last may be cut off.
      expect([...new Set(days)], name).toEqual(days)
      expect(days.length, name).toBeGreaterThanOrEqual(2)
    }
  })

  test.each(around)(
    '$date: no two jobs begin together, unless one comes late because its time was skipped',
    ({ from, to }) => {
      const fired = simulate(JOBS, from, to, clock)
      const onTime = fired.filter(({ at, wallMinute }) => clock(at) === wallMinute)
      const minutes = onTime.map(({ at }) => at.getTime())
      expect(new Set(minutes).size).toBe(minutes.length)
    },
  )
})

describe('what this file knows of cron', () => {
  const parseOne = (line: string) => parseCrontab(`${line}\n`)[0] as CronJob
  test.each([
    [
      'a % that is not escaped ends the command; what follows is its input',
      '* * * * * cat%one%two',
      'cat',
      'one\ntwo\n',
    ],
    ['one that is escaped stays', '* * * * * date +\\%F', 'date +%F', ''],
  ])('%s', (_, line, command, stdin) => expect(parseOne(line)).toMatchObject({ command, stdin }))

  test.each([
    ['A=b c # d', { A: 'b c # d' }],
    ['A = "b c"', { A: 'b c' }],
    ["A='b'c'", { A: "b'c" }],
    ['A=/my $HOME 50% "x"', { A: '/my $HOME 50% "x"' }],
  ])('the assignment %s', (line, variables) => {
    expect(parseCrontab(`${line}\n* * * * * x\n`)[0]).toMatchObject({ variables })
  })

  test.each(['60 * * * * x', '* 24 * * * x', '* * 0 * * x', '*/0 * * * * x', '5-1 * * * * x', '* * * * x'])(
    'refuses %s',
    (line) => expect(() => parseOne(line)).toThrow('cron refuses'),
  )

  test.each(['Europe/Berlin', 'Europe/Helsinki'])(
    'in %s a time that comes twice counts once, one that is skipped at once',
    (zone) => {
      const clock = wallClock(zone)
      const jobs = parseCrontab('30 2 * * * a\n30 3 * * * b\n')
      for (const { from, to, date } of changes(clock)) {
        const fired = simulate(jobs, from, to, clock).filter(({ wallMinute }) => dayOf(wallMinute) === date)
        expect(fired.map(({ job }) => job.command)).toEqual(['a', 'b'])
      }
    },
  )
})
