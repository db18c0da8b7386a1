import journal from '../../drizzle/meta/_journal.json' with { type: 'json' }

const entries: readonly { when: number; tag: string }[] = journal.entries

/** Journal time (ms since 1970) of the newest migration that this code knows; Drizzle records it in its table. */
export const KNOWN_SCHEMA = Math.max(...entries.map((entry) => entry.when))

export type SchemaState = { kind: 'current' } | { kind: 'older'; missing: number } | { kind: 'newer' }

/** `applied`: journal time of the newest applied migration, or null for an empty database. */
export function judgeSchema(applied: number | null): SchemaState {
  if (applied === KNOWN_SCHEMA) return { kind: 'current' }
  if (applied !== null && applied > KNOWN_SCHEMA) return { kind: 'newer' }
  return { kind: 'older', missing: entries.filter((entry) => entry.when > (applied ?? 0)).length }
}
