import { query } from './bench.ts'

/** Names of the databases in which backups of this very database are tried: other tests on the server have theirs. */
export async function scratchDatabases(url: string): Promise<string[]> {
  const rows = await query(
    url,
    `select datname as name from pg_database
      where datname like 'storyline\\_verify\\_' || (select oid from pg_database where datname = current_database()) || '\\_%'`,
  )
  return rows.map(({ name }) => String(name))
}
