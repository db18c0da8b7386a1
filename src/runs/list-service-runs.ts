import { hostname } from 'node:os'
import { Option } from 'commander'
import { and, desc, eq, gte, sql } from 'drizzle-orm'
import { defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { isProcessAlive } from '../db/embedded/processes.ts'
import { shortId } from '../db/ids.ts'
import { serviceRuns } from '../db/schema.ts'
import { usageError } from '../errors.ts'
import { printable } from '../media/printable.ts'
import { formatNear } from '../output/near-time.ts'
import { formatTable } from '../output/table.ts'
import { isoWithOffset } from '../output/time.ts'
import { judgeRun, type RunState } from './judge-run.ts'

interface Options {
  service?: string
  status?: RunState
  since?: number
  limit: number
}

type Run = typeof serviceRuns.$inferSelect

export default defineCommand<Options>({
  description: `The ledger: every run of a command that changed something, newest first. Ticks
that found nothing to do are not in it. A run whose process died is shown as
died, not as running for ever. Rows are kept for 90 days.

--json: {runs: [{id, service, status, triggeredBy, startedAt, completedAt,
durationMs, params, result, error}]}.`,
  examples: [
    ['storyline list-service-runs', 'the last 20'],
    ['storyline list-service-runs --service process-queue --status failed', 'what went wrong with ticks'],
    ['storyline list-service-runs --since 7 --limit 100 --json', 'a week, for a script'],
  ],
  needs: 'database',
  configure: (command) => {
    command
      .option('--service <command>', 'only runs of this command')
      .addOption(new Option('--status <state>', 'only these').choices(['running', 'completed', 'failed', 'died']))
      .option('--since <days>', 'only of the last so many days', days)
      .option('--limit <n>', 'how many at most', count, 20)
  },
  run: async (ctx, { options }) => {
    const runs = await Promise.all(
      (await load(ctx, options)).map(async (run) => ({ run, state: await stateOf(ctx, run) })),
    )
    const shown = runs
      .filter(({ state }) => options.status === undefined || state === options.status)
      .slice(0, options.limit)
    const { timeZone } = ctx.settings
    ctx.out.document({ runs: shown.map(({ run, state }) => toJson(run, state, timeZone)) })
    if (shown.length === 0) ctx.out.print('No run fits.')
    else
      ctx.out.print(
        formatTable(
          ctx.out,
          ['Id', 'Command', 'Status', 'Took', `Started (${timeZone})`, 'By', 'Result'],
          shown.map(({ run, state }) => toRow(run, state, (at) => formatNear(at, ctx.now(), timeZone))),
        ),
      )
    return undefined
  },
})

const days = (raw: string) => wholeNumber('--since', raw)
const count = (raw: string) => wholeNumber('--limit', raw)

function wholeNumber(name: string, raw: string): number {
  if (/^[1-9]\d{0,3}$/.test(raw)) return Number(raw)
  throw usageError(`${name} is "${raw}"; expected a whole number from 1 to 9999`)
}

/** What died is stored as running: it is told apart afterwards. */
async function load({ db }: Context, { service, since, status, limit }: Options): Promise<Run[]> {
  const stored = status === 'died' ? 'running' : status
  return db
    .select()
    .from(serviceRuns)
    .where(
      and(
        service === undefined ? undefined : eq(serviceRuns.serviceName, service),
        stored === undefined ? undefined : eq(serviceRuns.status, stored),
        since === undefined ? undefined : gte(serviceRuns.startedAt, sql`now() - make_interval(days => ${since})`),
      ),
    )
    .orderBy(desc(serviceRuns.startedAt))
    .limit(stored === 'running' ? 1000 : limit)
}

async function stateOf({ now }: Context, run: Run): Promise<RunState> {
  const { host, identity } = (run.metadata ?? {}) as { host?: string; identity?: string | null }
  const isHere = host === hostname() && typeof identity === 'string'
  const isAlive = isHere && run.status === 'running' ? await isProcessAlive(identity) : null
  return judgeRun({ status: run.status, serviceName: run.serviceName, startedAt: run.startedAt, isAlive, now: now() })
}

function toJson(run: Run, state: RunState, timeZone: string) {
  const { id, serviceName, triggeredBy, startedAt, completedAt, durationMs, inputParams, resultSummary, errorMessage } =
    run
  return {
    id,
    service: serviceName,
    status: state,
    triggeredBy,
    startedAt: isoWithOffset(startedAt, timeZone),
    completedAt: completedAt === null ? null : isoWithOffset(completedAt, timeZone),
    durationMs,
    params: inputParams,
    result: resultSummary,
    error: errorMessage,
  }
}

const MARKS: Readonly<Record<RunState, string>> = {
  completed: '✓ completed',
  failed: '✗ failed',
  running: '… running',
  died: '✗ died',
}

function toRow(run: Run, state: RunState, near: (at: Date) => string): string[] {
  const { id, serviceName, durationMs, startedAt, triggeredBy, errorMessage, resultSummary } = run
  const took =
    durationMs === null ? '' : durationMs < 10_000 ? `${durationMs} ms` : `${Math.round(durationMs / 1000)} s`
  const result = errorMessage ?? describeResult(resultSummary)
  return [shortId(id), serviceName, MARKS[state], took, near(startedAt), triggeredBy, printable(result)]
}

function describeResult(result: unknown): string {
  if (typeof result !== 'object' || result === null) return ''
  const said = Object.entries(result).filter(
    ([key, value]) => key !== 'exitCode' && typeof value === 'number' && value > 0,
  )
  const code = (result as { exitCode?: number }).exitCode ?? 0
  return [...said.map(([key, value]) => `${key} ${value}`), ...(code === 0 ? [] : [`exit ${code}`])].join(', ')
}
