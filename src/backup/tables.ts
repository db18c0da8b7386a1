import { is } from 'drizzle-orm'
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core'
import * as schema from '../db/schema.ts'
import type { TableFacts } from './manifest.ts'

/** What has to be known of a table to write its rows down and to compare them. */
export type TableShape = Pick<TableFacts, 'schema' | 'name' | 'columns' | 'key'>

/** Where Drizzle notes which migrations were applied (see db/migrate.ts). */
const MIGRATIONS: TableShape = {
  schema: 'drizzle',
  name: '__drizzle_migrations',
  columns: ['id', 'hash', 'created_at'],
  key: ['id'],
}

/** What the migrations make besides tables: dropped before and after them. */
export const VIEWS: readonly string[] = ['v_user_stats']
const FUNCTIONS = ['update_updated_at_column', 'notify_storyline']

interface Described extends TableShape {
  /** Names of the tables that its foreign keys point to. */
  references: readonly string[]
}

/** Every table of Storyline, those that others point to first. */
export function ownTables(): TableShape[] {
  const tables = Object.values<unknown>(schema).filter((value): value is PgTable => is(value, PgTable))
  return [MIGRATIONS, ...orderByReferences(tables.map(describe))]
}

function describe(table: PgTable): Described {
  const { name, columns, primaryKeys, foreignKeys } = getTableConfig(table)
  const single = columns.filter(({ primary }) => primary)
  const key = [...single, ...primaryKeys.flatMap((primaryKey) => primaryKey.columns)]
  return {
    schema: 'public',
    name,
    columns: columns.map((column) => column.name),
    key: key.map((column) => column.name),
    references: foreignKeys.map((foreignKey) => getTableConfig(foreignKey.reference().foreignTable).name),
  }
}

/** A table comes after those that it points to; otherwise the order stays. */
function orderByReferences<T extends { name: string; references: readonly string[] }>(
  tables: readonly T[],
): Omit<T, 'references'>[] {
  const ordered: T[] = []
  const waiting = [...tables]
  const isThere = (name: string) => ordered.some((table) => table.name === name)
  while (waiting.length > 0) {
    const next = waiting.findIndex(({ references }) => references.every(isThere))
    if (next === -1) throw new Error(`tables point to each other: ${waiting.map(({ name }) => name).join(', ')}`)
    ordered.push(...waiting.splice(next, 1))
  }
  return ordered.map(({ references: _, ...table }) => table)
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

export function quoteTable({ schema, name }: { schema: string; name: string }): string {
  return `${quoteName(schema)}.${quoteName(name)}`
}

/** Statements that take everything of Storyline's away, and nothing else: what others built on it stops them. */
export function dropStatements(tables: readonly { schema: string; name: string }[]): string[] {
  const names = new Set([...ownTables(), ...tables].map(quoteTable))
  return [
    ...VIEWS.map((name) => `drop view if exists public.${quoteName(name)}`),
    `drop table if exists ${[...names].join(', ')}`,
    ...FUNCTIONS.map((name) => `drop function if exists public.${quoteName(name)}()`),
  ]
}
