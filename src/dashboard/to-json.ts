import { isoWithOffset } from '../output/time.ts'
import type { Snapshot } from './snapshot.ts'

/** The snapshot as --json shows it: the same names, times as ISO 8601 with the offset of its zone. */
export function snapshotToJson(snapshot: Snapshot): unknown {
  return withTextTimes(snapshot, snapshot.timeZone)
}

function withTextTimes(value: unknown, timeZone: string): unknown {
  if (value instanceof Date) return isoWithOffset(value, timeZone)
  if (Array.isArray(value)) return value.map((one) => withTextTimes(one, timeZone))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withTextTimes(one, timeZone)]))
}
