import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import type { Transaction } from '../db/connect.ts'
import { packageRoot } from '../package-root.ts'
import { type Chunks, encode } from './files.ts'
import type { TableFacts } from './manifest.ts'
import { countRows, prepareTransaction, ROW_SEPARATOR, readRows, SPELLING } from './rows.ts'
import { ownTables, quoteName, quoteTable, type TableShape } from './tables.ts'

/** Longest `insert`, in characters, unless a single fetch has more. */
const MAX_INSERT_CHARS = 512 * 1024

export interface DumpFacts {
  /** Complete when the text was read to its end. */
  tables: TableFacts[]
  /** Journal time of the newest applied migration. */
  schema: number
  server: string
}

export interface Dump {
  /** The file in pieces; to be read inside the transaction. */
  text: Chunks
  facts: DumpFacts
}

/**
 * The database as plain SQL that any client restores into an empty database: the migrations that were applied, the rows, the
 * sequences; one transaction. Before each statement stands how long it is, for `readDump`. The transaction must be
 * `repeatable read`: everything is of one moment.
 */
export async function dumpDatabase(tx: Transaction, title: string): Promise<Dump> {
  await prepareTransaction(tx)
  const [server] = await tx.execute<{ version: string; applied: string }>(sql`
    select current_setting('server_version') as version,
           (select max(created_at)::text from drizzle.__drizzle_migrations) as applied`)
  const facts: DumpFacts = { tables: [], schema: Number(server?.applied), server: server?.version ?? 'unknown' }
  return { text: encode(write(tx, title, facts)), facts }
}

async function* write(tx: Transaction, title: string, facts: DumpFacts): AsyncGenerator<string> {
  yield head(title)
  for (const statement of schemaStatements(facts.schema)) yield measured(statement)
  for (const table of ownTables()) yield* writeTable(tx, table, facts)
  // After the rows: a number that was given out meanwhile is skipped, none comes twice.
  for (const statement of await sequenceStatements(tx)) yield measured(statement)
  yield END
}

function head(title: string): string {
  const settings = Object.entries(SPELLING).map(([name, value]) => `set local ${name} = '${value}';`)
  return [
    `-- ${title}`,
    '-- Into an empty database: storyline restore, or',
    '--   gunzip -c database.sql.gz | psql --set ON_ERROR_STOP=1 <url>',
    '-- "--: n" says that the next statement has n bytes; storyline restore reads it so.',
    '',
    'begin;',
    "set local client_encoding = 'UTF8';",
    ...settings,
    '',
    '',
  ].join('\n')
}

export const END = 'commit;\n'
/** Before a statement: its length in bytes, and for rows the table and how many they are. */
export const LENGTH_MARK = '--: '

function measured(statement: string, about = ''): string {
  return `${LENGTH_MARK}${Buffer.byteLength(statement)}${about}\n${statement}\n\n`
}

/** What db/migrate.ts would run on an empty database, as far as this one was migrated. */
function schemaStatements(applied: number): string[] {
  const migrations = readMigrationFiles({ migrationsFolder: join(packageRoot, 'drizzle') })
  const statements = migrations
    .filter(({ folderMillis }) => folderMillis <= applied)
    .flatMap((migration) => migration.sql)
  return [
    'create schema if not exists drizzle;',
    'create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint);',
    ...statements.map((statement) => `${statement.trim().replace(/;$/, '')};`),
  ]
}

async function* writeTable(tx: Transaction, table: TableShape, facts: DumpFacts): AsyncGenerator<string> {
  const counter = countRows()
  let total = 0
  for await (const rows of readRows(tx, table)) {
    for (const part of cutRows(rows)) {
      const text = part.join(ROW_SEPARATOR)
      counter.add(text)
      total += part.length
      yield measured(`${insertHead(table)}${text};`, ` ${quoteTable(table)} ${part.length}`)
    }
  }
  facts.tables.push({ ...table, ...counter.facts(total) })
}

export function insertHead(table: Pick<TableShape, 'schema' | 'name' | 'columns'>): string {
  return `insert into ${quoteTable(table)} (${table.columns.map(quoteName).join(', ')}) values\n`
}

function* cutRows(rows: readonly string[]): Generator<string[]> {
  let part: string[] = []
  let chars = 0
  for (const row of rows) {
    if (part.length > 0 && chars + row.length > MAX_INSERT_CHARS) {
      yield part
      part = []
      chars = 0
    }
    part.push(row)
    chars += row.length
  }
  yield part
}

interface Sequence extends Record<string, unknown> {
  name: string
}

/** `serial` and `identity` columns of our tables. */
async function sequenceStatements(tx: Transaction): Promise<string[]> {
  const names = ownTables().map(quoteTable)
  const sequences = await tx.execute<Sequence>(sql`
    select quote_ident(space.nspname) || '.' || quote_ident(class.relname) as name
      from pg_class class
      join pg_namespace space on space.oid = class.relnamespace
      join pg_depend owned on owned.objid = class.oid and owned.classid = 'pg_class'::regclass
                          and owned.refclassid = 'pg_class'::regclass and owned.deptype in ('a', 'i')
     where class.relkind = 'S' and owned.refobjid = any (${`{${names.map((name) => JSON.stringify(name)).join(',')}}`}::regclass[])
     order by 1`)
  const statements: string[] = []
  for (const { name } of sequences) {
    const [value] = await tx.execute<{ last: string; called: boolean }>(
      sql.raw(`select last_value::text as last, is_called as called from ${name}`),
    )
    if (value) statements.push(`select setval('${name.replaceAll("'", "''")}', ${value.last}, ${value.called});`)
  }
  return statements
}
