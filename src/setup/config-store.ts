import { desc, eq, sql } from 'drizzle-orm'
import { explainDatabaseError, inTransaction, type Transaction } from '../db/connect.ts'
import { config, configChanges } from '../db/schema.ts'
import type { Output } from '../output/output.ts'
import { recordOwnRun } from '../runs/record-own-run.ts'
import { configuredDatabaseUrl, type resolveSettings, settingsError } from '../settings.ts'
import { type CheckedDatabase, openChecked } from '../with-context.ts'

/** What environment and `.env` say, mistakes and all. */
export type LenientSettings = ReturnType<typeof resolveSettings>

/** Nobody reads more. */
const MAX_CHANGES = 200

const DATABASE_SETTINGS = /^(DATABASE_URL|DB_[A-Z]+)(_FILE)?$/

/** Rows of the table `config`, whatever stands in them. An embedded database that does not exist yet has none. */
export async function readConfig(lenient: LenientSettings, out: Output): Promise<Record<string, string>> {
  if (await isDatabaseAbsent(lenient)) return {}
  return withDatabase(lenient, out, async (opened) => opened.config)
}

export interface ConfigChange {
  key: string
  /** Null removes the row. */
  value: string | null
  /** Who, as people are shown. */
  changedBy: string
}

/** Changes one row and records it, in one transaction; the same value again is no change. */
export async function storeConfig(lenient: LenientSettings, out: Output, change: ConfigChange): Promise<void> {
  await withDatabase(lenient, out, async ({ db, where }) => {
    try {
      const run = { command: 'config', params: { args: [change.value === null ? 'unset' : 'set', change.key] } }
      await recordOwnRun(db, out, run, () => inTransaction(db, (tx) => storeIn(tx, change)))
    } catch (error) {
      throw explainDatabaseError(error, where)
    }
  })
}

/** Any constant that no other lock uses: two changes of a row that does not exist yet take turns. */
const CONFIG_LOCK = 7_402_002

async function storeIn(tx: Transaction, { key, value, changedBy }: ConfigChange): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${CONFIG_LOCK})`)
  const [row] = await tx.select({ value: config.value }).from(config).where(eq(config.key, key))
  const oldValue = row?.value ?? null
  if (oldValue === value) return
  if (value === null) await tx.delete(config).where(eq(config.key, key))
  else await tx.insert(config).values({ key, value }).onConflictDoUpdate({ target: config.key, set: { value } })
  await tx.insert(configChanges).values({ key, oldValue, newValue: value, changedBy })
}

/** As they were recorded, newest first. */
export async function readChanges(lenient: LenientSettings, out: Output) {
  if (await isDatabaseAbsent(lenient)) return []
  return withDatabase(lenient, out, ({ db }) =>
    db.select().from(configChanges).orderBy(desc(configChanges.changedAt), desc(configChanges.id)).limit(MAX_CHANGES),
  )
}

async function isDatabaseAbsent({ settings, problems }: LenientSettings): Promise<boolean> {
  refuseUnknownDatabase(problems)
  if (configuredDatabaseUrl(settings) !== undefined) return false
  const { embeddedStatus } = await import('../db/embedded/control.ts')
  return (await embeddedStatus({ home: settings.home })).state === 'absent'
}

/** Without what is wrong there it would be another database. */
function refuseUnknownDatabase(problems: LenientSettings['problems']): void {
  const wrong = problems.filter(({ name }) => DATABASE_SETTINGS.test(name))
  if (wrong.length > 0) throw settingsError(wrong)
}

async function withDatabase<T>(
  { settings, problems }: LenientSettings,
  out: Output,
  job: (opened: CheckedDatabase) => Promise<T>,
): Promise<T> {
  refuseUnknownDatabase(problems)
  const opened = await openChecked(settings, out, { connections: 1, migrates: false })
  return job(opened).finally(opened.close)
}
