const MAX_TEXT = 200
const MAX_KEYS = 30

/** A result small enough to be kept: texts cut, lists counted, two levels deep. */
export function summarise(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.every(isSmall) && value.length <= 5 ? value : value.length
  if (typeof value !== 'object' || value === null) return value ?? null
  if (depth >= 2) return Object.keys(value).length
  const entries = Object.entries(value).filter(([, item]) => item !== undefined && typeof item !== 'function')
  return Object.fromEntries(entries.slice(0, MAX_KEYS).map(([key, item]) => [key, summarise(item, depth + 1)]))
}

function isSmall(item: unknown): boolean {
  return typeof item === 'number' || typeof item === 'boolean' || (typeof item === 'string' && item.length <= MAX_TEXT)
}
