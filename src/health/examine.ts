import type { Context } from '../context.ts'
import type { Database } from '../db/connect.ts'
import { type AnyCheck, type Bench, type Examined, unhealthy, type Verdict } from './check.ts'
import type { OpenedDoor } from './door.ts'
import { loadQueueFacts, type QueueFacts } from './queue-facts.ts'
import { describeTrouble } from './trouble.ts'

/** Longest time of a check: a Telegram or Meta that hangs must not hang the command. */
export const CHECK_SECONDS = 15

/**
 * All at once, each with an end: the slowest one decides how long it takes. In the order of the list; never throws.
 * `queue`: for who has read its facts already.
 */
export function examineAll(
  checks: readonly AnyCheck[],
  base: { ctx: Context; opened: Omit<OpenedDoor, 'close'>; queue?: () => Promise<QueueFacts> },
  { withinSeconds = CHECK_SECONDS } = {},
): Promise<Examined[]> {
  const bench = openBench(base)
  return Promise.all(
    checks.map(async ({ examine, ...check }) => {
      const absent = describeAbsence(check, base.opened)
      const verdict = absent ?? (await examineWithin(withinSeconds, (signal) => examine(bench(signal))))
      return { check, verdict }
    }),
  )
}

/** What it needs is not there; null: it is. */
function describeAbsence({ needs }: Pick<AnyCheck, 'needs'>, { door }: Pick<OpenedDoor, 'door'>): Verdict | null {
  if (needs === 'settings' || door.kind === 'open') return null
  if (door.kind === 'closed') return unhealthy('not checked: it needs the database')
  return needs === 'server' ? null : unhealthy('not checked: the schema of the database is not that of this version')
}

/** A bench for every check, each with its own signal. */
function openBench({ ctx, opened, queue: known }: Parameters<typeof examineAll>[1]): (signal: AbortSignal) => Bench {
  const { door, settings, problems: configProblems } = opened
  const { now, random, out, env, beginRun } = ctx
  const db = () => {
    if (opened.db) return opened.db
    throw new Error('this check was declared to need no database, but used one')
  }
  let facts: Promise<QueueFacts> | undefined
  const load = async () => {
    facts ??= loadQueueFacts({ db: db(), settings })
    return facts
  }
  const queue = known ?? load
  return (signal) => ({
    ...{ settings, now, random, out, env, beginRun, signal, door, configProblems, queue },
    get db(): Database {
      return db()
    },
  })
}

/** What cannot be measured is not well (lessons J7). */
async function examineWithin(seconds: number, examine: (signal: AbortSignal) => Promise<Verdict>): Promise<Verdict> {
  const over = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Verdict>((resolve) => {
    timer = setTimeout(() => resolve(unhealthy(`could not be checked: no answer within ${seconds} s`)), seconds * 1000)
  })
  try {
    return await Promise.race([examine(over.signal), late])
  } catch (error) {
    const { reason, fix } = describeTrouble(error)
    return unhealthy(`could not be checked: ${reason}`, fix)
  } finally {
    clearTimeout(timer)
    over.abort()
  }
}
