import { hostname } from 'node:os'
import { eq, sql } from 'drizzle-orm'
import { type Database, persist } from '../db/connect.ts'
import { identifyProcess, ownPid } from '../db/embedded/processes.ts'
import { serviceRuns } from '../db/schema.ts'
import type { CommandRun, RunEnd } from './command-run.ts'
import { summarise } from './summarise.ts'

/** How long a run is remembered. */
const KEPT_DAYS = 90
const PERSIST_SECONDS = 10

/** One row of the ledger, from its begin on: a run that dies leaves it as it is. */
export async function beginRun(db: Database, run: CommandRun): Promise<string> {
  const { command, triggeredBy, params, host, identity } = run
  await db.delete(serviceRuns).where(sql`${serviceRuns.startedAt} < now() - make_interval(days => ${KEPT_DAYS})`)
  const [row] = await db
    .insert(serviceRuns)
    .values({
      serviceName: command,
      methodName: 'run',
      triggeredBy,
      inputParams: summarise(params),
      metadata: { host, identity },
    })
    .returning({ id: serviceRuns.id })
  if (!row) throw new Error('insert into service_runs returned no row')
  return row.id
}

/** Safe to repeat; the command's own result stands whatever becomes of this. */
export async function endRun(db: Database, id: string, end: RunEnd): Promise<void> {
  const { exitCode, durationMs, result, error } = end
  const success = error === null && exitCode === 0
  const write = () =>
    db
      .update(serviceRuns)
      .set({
        completedAt: sql`now()`,
        durationMs,
        status: error === null ? 'completed' : 'failed',
        success,
        resultSummary: { exitCode, ...(summarise(result) as Record<string, unknown>) },
        errorMessage: error?.message ?? null,
        errorType: error?.code ?? null,
        stackTrace: error?.stack ?? null,
      })
      .where(eq(serviceRuns.id, id))
  await persist(write, PERSIST_SECONDS)
}

/** Which process this is, so that a run that died can be told from one that goes on. */
export async function describeProcess(): Promise<{ host: string; identity: string | null }> {
  return { host: hostname(), identity: (await identifyProcess(ownPid()).catch(() => undefined)) ?? null }
}
