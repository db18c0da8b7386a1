import type { Command } from 'commander'
import { usageError } from '../errors.ts'
import { formatDateTime, formatRelative } from '../output/time.ts'
import { optionValue } from './option-value.ts'
import { duration, resolveWhen, type When, when } from './parse-when.ts'

export interface WhenOptions {
  at?: When
  /** Milliseconds. */
  in?: number
  now?: boolean
}

/** `--at`, `--in` and `--now`, the same in every command that takes a time. */
export function addWhenOptions(command: Command): void {
  command
    .option('--at <time>', 'local time in TIMEZONE: "2026-11-22 14:30", "tomorrow 14:30", "14:30"', optionValue(when))
    .option('--in <span>', 'from now: 30m, 2h, 1h30m, 3d', optionValue(duration))
    .option('--now', 'due now: with the next tick')
}

/** The one time that was given; undefined when none was. A past one is refused, judged as it was typed. */
export function readWhen(options: WhenOptions, timeZone: string, now: Date): Date | undefined {
  const { at, in: spanMs } = options
  const given = (['at', 'in', 'now'] as const).filter((name) => options[name] !== undefined)
  if (given.length > 1) throw usageError(`--${given.join(' and --')} exclude each other`)
  if (options.now) return now
  if (spanMs !== undefined) return new Date(now.getTime() + spanMs)
  if (at === undefined) return undefined
  const wanted = resolveWhen(at, timeZone, now)
  if (wanted >= now) return wanted
  const meant = formatDateTime(wanted, timeZone)
  throw usageError(
    `--at is "${at.typed}", which is past: ${meant} was ${formatRelative(wanted, now)}`,
    'Give a time to come, or --now.',
  )
}

/** `Nov 22, 2026, 2:30 PM GMT+1 (2026-11-22 13:30 UTC, in 5 hours)`: what a typed time came to. */
export function echoTime(at: Date, timeZone: string, now: Date): string {
  const utc = at.toISOString().slice(0, 16).replace('T', ' ')
  return `${formatDateTime(at, timeZone)} (${utc} UTC, ${formatRelative(at, now)})`
}
