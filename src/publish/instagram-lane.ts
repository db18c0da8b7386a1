import { sql } from 'drizzle-orm'
import { openAlertSummary, resolveAlert } from '../alerts/alerts.ts'
import { AlertSubject } from '../alerts/subjects.ts'
import type { Context } from '../context.ts'
import { heldCalls, knownQuota, rememberQuota } from '../db/api-limits.ts'
import { inTransaction } from '../db/connect.ts'
import { openHost } from '../hosting/open-host.ts'
import { loadInstagramAccess, openGraph } from '../instagram/access.ts'
import { GraphError } from '../instagram/graph.ts'
import { judgeAccount, judgeUsage } from '../instagram/judge.ts'
import { createReader } from '../instagram/reads.ts'
import type { Closure } from './channels/channel.ts'
import { writeClosure } from './deliver.ts'
import { handOverLate } from './hand-over-late.ts'
import { accountSubject } from './instagram-steps.ts'
import type { Lane } from './lane.ts'
import { type OpenInstagram, publishOne, subjectsOf } from './publish-one.ts'
import type { TickResult } from './report.ts'

/** How long a reading of the publishing limit counts: asking too often is a limit of its own (instagram.md §2.1). */
const QUOTA_SECONDS = 60

/** The way to Instagram. Nothing is claimed while it is closed: a story waits without using up its tries. */
export async function openInstagramLane(ctx: Context, result: TickResult): Promise<Lane> {
  let parts: OpenInstagram | undefined
  let hasPublished = false
  let isLimited = false
  const close = async (closure: Closure, { holds = true } = {}): Promise<false> => {
    const subjects = holds ? subjectsOf(parts) : null
    await inTransaction(ctx.db, (tx) => writeClosure(tx, closure, subjects))
    if (closure.kind === 'blocked') result.warnings.push(closure.reason)
    else isLimited = true
    await handOverLate(ctx, closure.reason, result.report)
    return false
  }
  return {
    channel: 'instagram',
    maxItems: (await wasBlocked(ctx)) ? 1 : Number.POSITIVE_INFINITY,
    isOpen: async () => {
      parts ??= await loadParts(ctx, close)
      if (!parts) return false
      const { access } = parts
      const held = await heldCalls(ctx.db, Object.values(subjectsOf(parts)))
      if (held) {
        await handOverLate(ctx, held.reason, result.report)
        isLimited = true
        return false
      }
      const open = await openPublish(ctx, access.accountId)
      // One that is in flight is over in a moment: no reason to give stories away.
      if (open === 'in_doubt') await handOverLate(ctx, 'another story is in doubt', result.report)
      if (open !== null) return false
      return judgeQuota(ctx, parts, close)
    },
    deliver: async (claim) => {
      if (!parts) throw new Error('the lane was not asked whether it is open')
      const delivered = result.report.delivered.length
      const after = await publishOne(ctx, parts, claim, result)
      hasPublished ||= result.report.delivered.length > delivered
      isLimited ||= after.kind === 'closed' && after.blocked === null
      return after
    },
    close: async () => {
      parts?.graph.close()
      // At the end only: a place that became free and is used up again is no news.
      if (hasPublished && !isLimited) await resolveAlert(ctx.db, AlertSubject.instagramLimit)
    },
  }
}

async function wasBlocked({ db }: Context): Promise<boolean> {
  for (const what of ['instagram', 'hosting']) {
    if ((await openAlertSummary(db, AlertSubject.blocked(what))) !== null) return true
  }
  return false
}

type Close = (closure: Closure, options?: { holds: boolean }) => Promise<false>

async function loadParts(ctx: Context, close: Close): Promise<OpenInstagram | undefined> {
  const found = await loadInstagramAccess(ctx)
  if (found.kind === 'incomplete') {
    const { reason, fix } = found
    await close({ kind: 'blocked', what: 'instagram', reason, fix })
    return undefined
  }
  const opened = await openHost(ctx.settings)
  if (opened.kind === 'incomplete') {
    const reason = `${opened.missing.join(', ')} ${opened.missing.length === 1 ? 'is' : 'are'} missing`
    const fix = 'Put what is missing into .env; `storyline help instagram` shows how to get it.'
    await close({ kind: 'blocked', what: 'hosting', reason, fix })
    return undefined
  }
  const { access } = found
  const graph = openGraph(access, { timeoutSeconds: ctx.settings.httpTimeoutSeconds })
  return { access, host: opened.host, graph, reader: createReader(graph, access) }
}

/** A publish of the account is in flight, or it is being read what became of one; null: neither. */
async function openPublish({ db }: Context, accountId: string): Promise<'in_flight' | 'in_doubt' | null> {
  const [row] = await db.execute<{ status: string }>(sql`
      select status from posting_queue
      where instagram_account_id = ${accountId} and effect = 'instagram_publish'
        and (status = 'processing' or (status = 'unconfirmed' and reconcile_asked_at is null))
      limit 1`)
  if (!row) return null
  return row.status === 'processing' ? 'in_flight' : 'in_doubt'
}

/** Also the cheap question whether Instagram answers us at all, before a picture is made and uploaded. */
async function judgeQuota(ctx: Context, { access, graph, reader }: OpenInstagram, close: Close) {
  const subject = accountSubject(access.accountId)
  try {
    const known = await knownQuota(ctx.db, subject, QUOTA_SECONDS)
    const quota = known ?? (await reader.quota())
    if (!known) await rememberQuota(ctx.db, subject, quota)
    const closure = judgeUsage(graph.usage())
    if (closure) return close(closure)
    const { used, total } = quota
    if (used < total) return true
    const reason = `the account's publishing limit is used up (${used} of ${total} in 24 hours)`
    // Read again with the next tick, not waited for: it may be free any minute.
    return close({ kind: 'throttled', what: 'instagram', seconds: null, reason }, { holds: false })
  } catch (error) {
    if (!(error instanceof GraphError)) throw error
    return close(judgeAccount(error.failure))
  }
}
