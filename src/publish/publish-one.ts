import { sql } from 'drizzle-orm'
import { resolveAlert } from '../alerts/alerts.ts'
import { AlertSubject } from '../alerts/subjects.ts'
import type { Context } from '../context.ts'
import { forgetLimits } from '../db/api-limits.ts'
import { findSettlement } from '../history/settle.ts'
import type { Host } from '../hosting/hosting.ts'
import type { InstagramAccess } from '../instagram/access.ts'
import type { GraphClient } from '../instagram/graph.ts'
import { judgeUsage } from '../instagram/judge.ts'
import type { InstagramReader } from '../instagram/reads.ts'
import type { InstagramDelivery } from './channels/channel.ts'
import { createInstagramChannel } from './channels/instagram.ts'
import { type Claim, writeTarget } from './claim.ts'
import { type AfterDelivery, deliverClaim, storyOf } from './deliver.ts'
import { accountSubject, instagramSteps } from './instagram-steps.ts'
import { rememberPermalink } from './permalink.ts'
import type { TickResult } from './report.ts'

export interface OpenInstagram {
  access: InstagramAccess
  host: Host
  graph: GraphClient
  reader: InstagramReader
}

/** Subjects of `api_limits`; undefined parts: nothing is known of the account yet, and nothing can be limited. */
export function subjectsOf(parts: Pick<OpenInstagram, 'access' | 'host'> | undefined) {
  return { instagram: accountSubject(parts?.access.accountId ?? ''), hosting: `host:${parts?.host.name ?? ''}` }
}

/** Publishes one claimed story, as far as this tick gets. */
export async function publishOne(
  ctx: Context,
  parts: OpenInstagram,
  claim: Claim,
  result: TickResult,
): Promise<AfterDelivery> {
  const { access, host, graph, reader } = parts
  const { accountId } = access
  const { report } = result
  const { id, storyNumber } = claim.item
  const { storyFit: fit, httpTimeoutSeconds: timeoutSeconds } = ctx.settings
  const channel = createInstagramChannel({ accountId, graph, reader, host, fit, timeoutSeconds })
  const subjects = subjectsOf(parts)
  let usedHost = false
  const delivered = async (instagramMediaId: string | null) => {
    const isAllowed = judgeUsage(graph.usage()) === null
    const permalink = isAllowed ? await rememberPermalink(ctx, reader, id) : null
    report.delivered.push({ id, channel: 'instagram', instagramMediaId, permalink })
  }
  const after = await deliverClaim(ctx, {
    claim,
    report,
    canHandOver: canHandOver(ctx),
    limitSubjects: subjects,
    deliver: async (renewal) => {
      const delivery = await deliveryOf(ctx, claim, accountId)
      const why = await whyAsk(ctx, claim, accountId)
      if (why !== null) return { kind: 'unconfirmed', reason: why, reconcile: false }
      usedHost = delivery.containerId === null
      await writeTarget(ctx.db, claim, targetOf(claim, accountId))
      return channel.deliver(delivery, instagramSteps(ctx, claim, accountId, renewal))
    },
    onDelivered: async (end) => {
      await delivered(end.kind === 'posted' ? end.mediaId : null)
      await forgetLimits(ctx.db, [subjects.instagram, subjects.hosting])
      await resolveAlert(ctx.db, AlertSubject.blocked('instagram'))
      if (usedHost) await resolveAlert(ctx.db, AlertSubject.blocked('hosting'))
      await resolveAlert(ctx.db, AlertSubject.missed, { isEvent: true })
    },
    onLost: async () => {
      const settled = await findSettlement(ctx.db, id)
      if (settled?.instagramMediaId) await delivered(settled.instagramMediaId)
      else ctx.out.warn(`storyline: story #${storyNumber} was taken over by another run; nothing more was done to it`)
    },
  })
  if (after.kind === 'closed' && after.blocked !== null) result.warnings.push(after.blocked)
  return after
}

function canHandOver({ settings }: Context): boolean {
  return settings.telegramBotToken !== undefined && settings.telegramChannelId !== undefined
}

/** Why a story that was tried before is not tried again; null: it may be. */
async function whyAsk(ctx: Context, claim: Claim, accountId: string): Promise<string | null> {
  const { instagramSends, instagramAccountId } = claim.item
  if (instagramSends === 0) return null
  if (instagramAccountId !== accountId) return 'it was tried on another account than the one that is set up now'
  return (await isTooLate(ctx, claim)) ? 'it got too late to publish it again' : null
}

/** What belongs to another account is of no use for this one, now and later. */
function targetOf({ item }: Claim, accountId: string) {
  const own = { channel: 'instagram', instagramAccountId: accountId } as const
  if (item.instagramAccountId === null || item.instagramAccountId === accountId) return own
  const forgotten = { instagramContainerId: null, instagramContainerAt: null, instagramBeforeIds: null }
  return { ...own, ...forgotten, instagramContainers: 0 }
}

async function isTooLate(ctx: Context, { item }: Claim): Promise<boolean> {
  const [row] = await ctx.db.execute<{ late: boolean }>(sql`
    select ${item.scheduledFor.toISOString()}::timestamptz < now() - make_interval(mins => ${ctx.settings.missedAfterMinutes}) as late`)
  return row?.late === true
}

/** What earlier runs completed for this very account; a container of another one is of no use. */
async function deliveryOf(ctx: Context, claim: Claim, accountId: string): Promise<InstagramDelivery> {
  const { item } = claim
  const isSame = item.instagramAccountId === accountId
  const { containerAgeSeconds, provider } = await loadProgress(ctx, item.id)
  const { webHostedPublicId: key, webHostedUrl: url } = item
  return {
    ...storyOf(ctx, claim),
    containerId: isSame ? item.instagramContainerId : null,
    containerAgeSeconds: isSame ? containerAgeSeconds : null,
    containers: isSame ? item.instagramContainers : 0,
    sends: item.instagramSends,
    beforeIds: isSame ? item.instagramBeforeIds : null,
    hosted: key !== null && provider !== null ? { provider, key, url } : null,
  }
}

async function loadProgress({ db }: Context, queueItemId: string) {
  const [row] = await db.execute<{ age: string | null; provider: Host['name'] | null }>(sql`
    select extract(epoch from now() - q.instagram_container_at) as age, f.provider
    from posting_queue q
    left join hosted_files f on f.queue_item_id = q.id and f.key = q.web_hosted_public_id and f.delete_due_at is null
    where q.id = ${queueItemId} limit 1`)
  return { containerAgeSeconds: row?.age == null ? null : Number(row.age), provider: row?.provider ?? null }
}
