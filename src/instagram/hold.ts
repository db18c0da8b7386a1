import type { Context } from '../context.ts'
import { type Held, heldCalls, holdCalls } from '../db/api-limits.ts'
import { formatDuration } from '../output/time.ts'
import type { GraphError } from './graph.ts'

/** Where a limit of Meta on this account is written, for all processes. */
const subjectOf = (accountId: string) => `instagram:${accountId}`

/** Meta asked us to wait with calls for this account; null: it may be called. */
export function heldAccount({ db }: Pick<Context, 'db'>, accountId: string): Promise<Held | null> {
  return heldCalls(db, [subjectOf(accountId)])
}

/** `Meta wants no calls for 20 minutes: …`. */
export function describeHold({ seconds, reason }: Held): string {
  return `Meta wants no calls for ${formatDuration(Math.ceil(seconds) * 1000)}: ${reason}`
}

/** When the answer is a limit, nobody calls until it is over; everything else is left to the caller. */
export async function obeyLimit({ db }: Pick<Context, 'db'>, accountId: string, { failure }: GraphError) {
  if (failure.kind !== 'refused' || failure.refusal.class !== 'wait') return
  const { reason, refusal } = failure
  await holdCalls(db, { subject: subjectOf(accountId), seconds: refusal.waitSeconds, reason })
}
