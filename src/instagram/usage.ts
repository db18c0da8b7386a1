import type { IncomingHttpHeaders } from 'node:http'
import type { GraphUsage } from './graph.ts'

const PERCENTAGES = ['call_count', 'total_time', 'total_cputime'] as const
const SECONDS_PER_MINUTE = 60

type Entry = Readonly<Record<string, unknown>>

const isEntry = (value: unknown): value is Entry => typeof value === 'object' && value !== null && !Array.isArray(value)

function readHeader(header: string | string[] | undefined): Entry {
  try {
    const value: unknown = typeof header === 'string' ? JSON.parse(header) : null
    return isEntry(value) ? value : {}
  } catch {
    return {} // Advice only: a header that cannot be read must not cost the answer.
  }
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0

const highest = (values: readonly unknown[]): number | null => {
  const counts = values.filter(isCount)
  return counts.length === 0 ? null : Math.max(...counts)
}

/** What the headers say about limits (instagram.md §2.2), the worst of everything that can be read. */
export function readUsage(headers: IncomingHttpHeaders): GraphUsage {
  const app = readHeader(headers['x-app-usage'])
  const businesses = Object.values(readHeader(headers['x-business-use-case-usage'])).flat().filter(isEntry)
  const percent = highest([app, ...businesses].flatMap((entry) => PERCENTAGES.map((name) => entry[name])))
  const minutes = highest(businesses.map((entry) => entry.estimated_time_to_regain_access))
  return { percent, regainSeconds: minutes ? minutes * SECONDS_PER_MINUTE : null }
}
