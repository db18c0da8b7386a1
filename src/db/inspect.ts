import { sql } from 'drizzle-orm'
import type { Database } from './connect.ts'
import { readApplied } from './connect.ts'
import { judgeSchema } from './schema-version.ts'

export interface SchemaReport {
  state: 'current' | 'older' | 'newer'
  /** Migrations that this version would apply. */
  missing: number
  serverVersion: string
}

/** What the server is and how its schema stands to this code; throws only when it cannot be asked. */
export async function inspectSchema(db: Database): Promise<SchemaReport> {
  const [row] = await db.execute<{ version: string }>(sql`select current_setting('server_version') as version`)
  const state = judgeSchema(await readApplied(db))
  const missing = state.kind === 'older' ? state.missing : 0
  return { state: state.kind, missing, serverVersion: row?.version ?? 'unknown' }
}
