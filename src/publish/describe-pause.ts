import { formatDateTime } from '../output/time.ts'
import type { Pause } from './pause.ts'

/** One sentence for every screen that shows the queue. */
export function describePause({ since, by, reason }: Pause, timeZone: string): string {
  return `Paused by ${by} since ${formatDateTime(since, timeZone)}${reason ? `: ${reason}` : ''}. Nothing is sent.`
}
