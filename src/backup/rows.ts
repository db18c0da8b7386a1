import { createHash } from 'node:crypto'
import { sql } from 'drizzle-orm'
import type { Transaction } from '../db/connect.ts'
import type { TableFacts } from './manifest.ts'
import { quoteName, quoteTable, type TableShape } from './tables.ts'

/** Few enough to keep the memory low that a row of every kind may take. */
const ROWS_PER_FETCH = 200
/** Stands between two rows, in the dump and under the hash. */
export const ROW_SEPARATOR = ',\n'

/** How values are spelled must not depend on a server's settings: the same row is the same text everywhere. */
export const SPELLING: Readonly<Record<string, string>> = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  extra_float_digits: '1',
  bytea_output: 'hex',
  standard_conforming_strings: 'on',
  // A name of a table means the one that the migrations make.
  search_path: 'public',
}

/** For long work: a server may be told to end what takes too long, and a lock that is not had must not hang for ever. */
const PATIENCE: Readonly<Record<string, string>> = {
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  lock_timeout: '10s',
}

/** Until the transaction ends, so that a pooling proxy can live with it. */
export async function prepareTransaction(tx: Transaction): Promise<void> {
  for (const [name, value] of Object.entries({ ...SPELLING, ...PATIENCE })) {
    await tx.execute(sql`select set_config(${name}, ${value}, true)`)
  }
}

/** All rows as they stand in an `insert`, in the order of the key, some at a time. */
export async function* readRows(tx: Transaction, table: TableShape): AsyncGenerator<string[]> {
  await tx.execute(sql.raw(`declare storyline_rows no scroll cursor for ${selectRows(table)}`))
  for (;;) {
    const rows = await tx.execute<{ line: string }>(sql.raw(`fetch ${ROWS_PER_FETCH} from storyline_rows`))
    if (rows.length > 0) yield rows.map(({ line }) => line)
    if (rows.length < ROWS_PER_FETCH) break
  }
  await tx.execute(sql.raw('close storyline_rows'))
}

/** Literals of the server's own making: what it says of a value is what it reads again. */
function selectRows(table: TableShape): string {
  const values = table.columns.map((column) => `quote_nullable(${quoteName(column)}::text)`)
  // By text in byte order, because collations differ between servers.
  const order = table.key.map((column) => `${quoteName(column)}::text collate "C"`)
  return `select '(' || ${values.join(" || ',' || ")} || ')' as line from ${quoteTable(table)} order by ${order.join(', ')}`
}

export interface RowCounter {
  add(rows: string): void
  /** `count`: how many rows these were. */
  facts(count: number): Pick<TableFacts, 'rows' | 'sha256'>
}

/** Hashes rows as they stand in a dump, wherever it was cut into statements. */
export function countRows(): RowCounter {
  const hash = createHash('sha256')
  let isFirst = true
  return {
    add: (rows) => {
      hash.update(isFirst ? rows : ROW_SEPARATOR + rows)
      isFirst = false
    },
    facts: (rows) => ({ rows, sha256: hash.digest('hex') }),
  }
}

/** What a table holds now. */
export async function measureTable(tx: Transaction, table: TableShape): Promise<TableFacts> {
  const counter = countRows()
  let count = 0
  for await (const rows of readRows(tx, table)) {
    counter.add(rows.join(ROW_SEPARATOR))
    count += rows.length
  }
  return { schema: table.schema, name: table.name, columns: table.columns, key: table.key, ...counter.facts(count) }
}
