/** When a job runs, in the machine's own time. */
interface JobTimes {
  /** `every`: at 0, 5, 10 … when it is 5. `at`: minutes of the hour. */
  minutes: { every: number } | { at: readonly number[] }
  /** Null: every hour. */
  hour: number | null
  /** 0 is Sunday; null: every day. */
  weekday: number | null
}

export interface Job {
  command: string
  args: readonly string[]
  /** What it is good for, in one line. */
  does: string
  times: JobTimes
}

/**
 * Everything that must happen by itself. No two jobs begin in the same minute and none beside a tick: a Pi has enough to do
 * then. Daily ones keep out of the hours in which clocks are changed.
 */
export const JOBS: readonly Job[] = [
  {
    command: 'process-queue',
    args: [],
    does: 'One tick: sends what is due.',
    times: { minutes: { every: 5 }, hour: null, weekday: null },
  },
  {
    command: 'check-health',
    args: ['--alert-on-error'],
    does: 'Looks after everything; the admin chat hears of what changes.',
    times: { minutes: { at: [7, 22, 37, 52] }, hour: null, weekday: null },
  },
  {
    command: 'index-media',
    args: [],
    does: 'New, changed and removed pictures.',
    times: { minutes: { at: [17] }, hour: null, weekday: null },
  },
  {
    command: 'create-schedule',
    args: ['--days', '7'],
    does: 'Keeps a week planned.',
    times: { minutes: { at: [43] }, hour: 5, weekday: null },
  },
  {
    command: 'refresh-token',
    args: [],
    does: "Instagram's token, renewed in time.",
    times: { minutes: { at: [29] }, hour: 4, weekday: null },
  },
  {
    command: 'backup',
    args: [],
    does: 'Database, media and settings, into BACKUP_DIR.',
    times: { minutes: { at: [13] }, hour: 4, weekday: null },
  },
  {
    command: 'verify-backups',
    args: [],
    does: 'Restores the newest backup on trial.',
    times: { minutes: { at: [51] }, hour: 4, weekday: 0 },
  },
]

/** What follows `storyline`; with --quiet only trouble is said. */
export function commandLine({ command, args }: Job): string {
  return [command, ...args, '--quiet'].join(' ')
}

/** The five fields of crontab(5). */
export function toCron({ times: { minutes, hour, weekday } }: Job): string {
  const minute = 'every' in minutes ? `*/${minutes.every}` : minutes.at.join(',')
  return `${minute} ${hour ?? '*'} * * ${weekday ?? '*'}`
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** The same as a calendar event of systemd.time(7). */
export function toCalendar({ times: { minutes, hour, weekday } }: Job): string {
  const minute = 'every' in minutes ? `0/${minutes.every}` : minutes.at.join(',')
  return `${weekday === null ? '' : `${WEEKDAYS[weekday]} `}*-*-* ${hour ?? '*'}:${minute}:00`
}
