import type { HistoryStatus } from '../db/schema.ts'
import { formatDateTime } from '../output/time.ts'
import type { HistoryRow } from './settle.ts'

const ENDED: Readonly<Record<HistoryStatus, string>> = {
  posted: 'was posted',
  skipped: 'was skipped',
  rejected: 'was rejected',
  failed: 'failed',
  missed: 'was missed',
  cancelled: 'was cancelled',
}

/** `was posted by @sarah on Jan 3, 2026, 2:30 PM GMT+1`. */
export function describeSettled(history: HistoryRow, timeZone: string): string {
  const by = history.settledBy === null ? '' : ` by ${history.settledBy}`
  const why = history.settledBy === null && history.reason ? ` (${history.reason})` : ''
  const at = formatDateTime(history.postedAt ?? history.queueDeletedAt, timeZone)
  return `${ENDED[history.status]}${by} on ${at}${why}`
}
