import { and, eq, isNull, ne, sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { countPublished } from '../db/api-limits.ts'
import { inTransaction, persist } from '../db/connect.ts'
import { hostedFiles, postingHistory } from '../db/schema.ts'
import { errorCode } from '../errors.ts'
import { settleIn } from '../history/settle.ts'
import { type InstagramSteps, PublishBusy } from './channels/channel.ts'
import { type Claim, fromNow, LEASE_MARGIN_SECONDS, renewLease, write } from './claim.ts'
import { PERSIST_SECONDS, type Renewal, StopRequested } from './steps.ts'

/** Subject of an account's limits and quota, for all processes. */
export const accountSubject = (accountId: string) => `instagram:${accountId}`

/** The database side of a publish, for the channel: every step is committed before the next call. */
export function instagramSteps(ctx: Context, claim: Claim, accountId: string, renewal: Renewal): InstagramSteps {
  const { db } = ctx
  const { id } = claim.item
  const refuseStopped = () => {
    if (ctx.signal.aborted) throw new StopRequested()
  }
  return {
    begin: async ({ timeoutSeconds }) => {
      refuseStopped()
      await renewLease(db, claim, timeoutSeconds)
      renewal.begin(timeoutSeconds)
    },
    willHost: async (provider, key, { timeoutSeconds }) => {
      refuseStopped()
      await inTransaction(db, async (tx) => {
        await write(tx, id, claim.fence, {
          webHostedPublicId: key,
          webHostedUrl: null,
          leaseUntil: fromNow(timeoutSeconds + LEASE_MARGIN_SECONDS),
        })
        // A picture of this story under another name (it was replaced, or fitted differently) is needed no more.
        const others = and(eq(hostedFiles.queueItemId, id), ne(hostedFiles.key, key))
        await tx.update(hostedFiles).set({ deleteDueAt: sql`now() + interval '24 hours'` }).where(others)
        await tx
          .insert(hostedFiles)
          .values({ provider, key, queueItemId: id })
          .onConflictDoUpdate({
            target: [hostedFiles.provider, hostedFiles.key],
            set: { queueItemId: id, deleteDueAt: null, uploadedAt: null, createdAt: sql`now()` },
          })
      })
      renewal.begin(timeoutSeconds)
    },
    hosted: async (url) => {
      await inTransaction(db, async (tx) => {
        const item = await write(tx, id, claim.fence, { webHostedUrl: url })
        const file = and(eq(hostedFiles.queueItemId, id), eq(hostedFiles.key, item.webHostedPublicId ?? ''))
        await tx.update(hostedFiles).set({ uploadedAt: sql`now()` }).where(file)
      })
    },
    containerMade: async (containerId) => {
      await persist(
        () =>
          write(db, id, claim.fence, {
            instagramAccountId: accountId,
            instagramContainerId: containerId,
            instagramContainerAt: sql`now()`,
            // Safe to repeat: a commit whose answer was lost counts once.
            instagramContainers: sql`instagram_containers + (instagram_container_id is distinct from ${containerId})::int`,
          }),
        PERSIST_SECONDS,
      )
    },
    dropContainer: async ({ rehost }) => {
      await write(db, id, claim.fence, {
        instagramContainerId: null,
        instagramContainerAt: null,
        ...(rehost ? { webHostedUrl: null } : {}),
      })
    },
    intendPublish: async ({ beforeIds, timeoutSeconds }) => {
      refuseStopped()
      // The renewal of the step before would shorten this lease.
      renewal.stop()
      await intendPublish(ctx, claim, { accountId, beforeIds, timeoutSeconds })
      renewal.begin(timeoutSeconds)
    },
    notPublished: async () => {
      renewal.stop()
      await persist(() => takeBack(ctx, claim), PERSIST_SECONDS)
    },
    published: async (mediaId) => {
      renewal.stop()
      await persist(() => settlePublished(ctx, { queueItemId: id, accountId, mediaId }), PERSIST_SECONDS)
    },
  }
}

interface PublishIntent {
  accountId: string
  beforeIds: readonly string[]
  timeoutSeconds: number
}

/** The unique index lets one publish of an account be in flight or in doubt: the second one stops here, before its call. */
async function intendPublish({ db }: Context, claim: Claim, intent: PublishIntent): Promise<void> {
  try {
    await write(db, claim.item.id, claim.fence, {
      effect: 'instagram_publish',
      effectStartedAt: sql`now()`,
      leaseUntil: fromNow(intent.timeoutSeconds + LEASE_MARGIN_SECONDS),
      instagramAccountId: intent.accountId,
      instagramBeforeIds: [...intent.beforeIds],
      instagramSends: sql`instagram_sends + 1`,
      instagramSentAt: sql`now()`,
      reconcileReads: 0,
      reconcileAskedAt: null,
    })
  } catch (error) {
    if (errorCode(error) === '23505') throw new PublishBusy()
    throw error
  }
}

async function takeBack({ db }: Context, claim: Claim): Promise<void> {
  await write(db, claim.item.id, claim.fence, {
    effect: null,
    effectStartedAt: null,
    // Safe to repeat: only the intent that is open is taken back.
    instagramSends: sql`greatest(instagram_sends - (effect is not distinct from 'instagram_publish')::int, 0)`,
  })
}

/**
 * The id of the story proves that it is live: the item settles whatever its state and whoever holds the lease, as with a
 * press. Safe to repeat.
 */
export async function settlePublished(
  { db, settings }: Context,
  story: { queueItemId: string; accountId: string; mediaId: string | null },
): Promise<void> {
  const { queueItemId, accountId, mediaId } = story
  await inTransaction(db, async (tx) => {
    const result = await settleIn(tx, {
      queueItemId,
      settings,
      decide: () => ({
        status: 'posted',
        reason: null,
        actor: { kind: 'storyline' },
        instagram: { mediaId, permalink: null },
      }),
    })
    if (result.kind === 'settled') {
      await countPublished(tx, accountSubject(accountId))
    } else if (result.kind === 'already' && mediaId !== null) {
      // Somebody said so before Instagram did: the id is still worth having.
      const lacksId = and(eq(postingHistory.id, result.history.id), isNull(postingHistory.instagramMediaId))
      await tx.update(postingHistory).set({ instagramMediaId: mediaId }).where(lacksId)
    }
  })
}
