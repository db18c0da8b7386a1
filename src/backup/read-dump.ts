import { UserError } from '../errors.ts'
import { END, insertHead, LENGTH_MARK } from './dump.ts'
import type { Chunks } from './files.ts'
import type { TableFacts } from './manifest.ts'
import { countRows } from './rows.ts'
import { quoteTable } from './tables.ts'

export interface Statement {
  text: string
  /** Set for an `insert`: whose rows, and how many. */
  rows?: { table: string; count: number }
}

/** The statements of a dump, one at a time, without `begin` and `commit`. Throws when it is not whole. */
export async function* readDump(chunks: Chunks): AsyncGenerator<Statement> {
  let rest: Buffer = Buffer.alloc(0)
  let next: Omit<Statement, 'text'> & { bytes: number } = { bytes: 0 }
  let lastLine = ''
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk])
    for (;;) {
      if (next.bytes > 0) {
        if (rest.length < next.bytes) break
        const text = rest.toString('utf8', 0, next.bytes)
        rest = rest.subarray(next.bytes)
        yield next.rows ? { text, rows: next.rows } : { text }
        next = { bytes: 0 }
      }
      const end = rest.indexOf('\n')
      if (end === -1) break
      lastLine = rest.toString('utf8', 0, end + 1)
      rest = rest.subarray(end + 1)
      next = readMark(lastLine)
    }
  }
  if (lastLine !== END || rest.length > 0) throw notWhole()
}

function readMark(line: string): Omit<Statement, 'text'> & { bytes: number } {
  if (!line.startsWith(LENGTH_MARK)) return { bytes: 0 }
  const [, bytes, table, count] = /^(\d+)(?: (".+"\.".+") (\d+))?\n$/.exec(line.slice(LENGTH_MARK.length)) ?? []
  if (bytes === undefined) throw notWhole()
  return { bytes: Number(bytes), ...(table ? { rows: { table, count: Number(count) } } : {}) }
}

/** Names of the tables of which a dump says something else than its manifest: all that can be tried without a database. */
export async function compareDump(chunks: Chunks, tables: readonly TableFacts[]): Promise<string[]> {
  const found = new Map(tables.map((facts) => [quoteTable(facts), { facts, counter: countRows(), count: 0 }]))
  for await (const { text, rows } of readDump(chunks)) {
    if (!rows) continue
    const table = found.get(rows.table)
    const head = table ? insertHead(table.facts) : undefined
    if (!table || head === undefined || !text.startsWith(head)) return [rows.table]
    table.counter.add(text.slice(head.length, -1))
    table.count += rows.count
  }
  const differing = [...found.values()].filter(({ facts, counter, count }) => {
    return counter.facts(count).sha256 !== facts.sha256 || count !== facts.rows
  })
  return differing.map(({ facts }) => facts.name)
}

function notWhole(): UserError {
  return new UserError('The database file of the backup is not whole', {
    code: 'backup_damaged',
    fix: 'Use another backup: `storyline verify-backups --all` says which are good.',
  })
}
