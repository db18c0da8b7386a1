import { inArray } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { postingHistory } from '../db/schema.ts'
import { fetchPicture } from '../instagram/fetch-picture.ts'
import type { LiveStory } from '../instagram/reads.ts'
import type { Candidate } from '../instagram/reconcile.ts'
import { readOriginal } from '../media/read-original.ts'
import { OriginalUnusable } from './channels/channel.ts'
import type { Doubtful } from './doubtful.ts'

/** Clocks differ a little; a story that is much older cannot be ours. */
const EARLIER_SECONDS = 120

/** Live stories that could be the one whose publishing is in doubt: new, of its time and kind, and of no other item. */
export async function findCandidates(
  ctx: Context,
  doubtful: Doubtful,
  live: readonly LiveStory[],
): Promise<Candidate[]> {
  const { instagramBeforeIds: before, instagramSentAt: sentAt } = doubtful.item
  const fresh = live.filter(({ id, mediaType, publishedAt }) => {
    if (before?.includes(id) || (mediaType !== null && mediaType !== 'IMAGE')) return false
    if (publishedAt === null || sentAt === null) return true
    return publishedAt.getTime() >= sentAt.getTime() - EARLIER_SECONDS * 1000
  })
  const unbound = await withoutBound(ctx, fresh)
  if (unbound.length === 0) return []
  const ours = await renderOurs(ctx, doubtful)
  const candidates: Candidate[] = []
  for (const story of unbound) candidates.push({ id: story.id, isAlike: await compare(ctx, ours, story) })
  return candidates
}

async function withoutBound({ db }: Context, stories: readonly LiveStory[]): Promise<LiveStory[]> {
  if (stories.length === 0) return []
  const ids = stories.map(({ id }) => id)
  const bound = await db
    .select({ id: postingHistory.instagramMediaId })
    .from(postingHistory)
    .where(inArray(postingHistory.instagramMediaId, ids))
  return stories.filter(({ id }) => !bound.some((one) => one.id === id))
}

/** Null: the original is not what it was; then nothing can be compared. */
async function renderOurs(ctx: Context, { media }: Doubtful): Promise<Buffer | null> {
  try {
    const original = await readOriginal(ctx.settings.mediaBasePath, media)
    const { renderStory } = await import('../media/render-story.ts')
    const rendered = await renderStory(original, ctx.settings.storyFit)
    return rendered.kind === 'ok' ? rendered.bytes : null
  } catch (error) {
    if (error instanceof OriginalUnusable) return null
    throw error
  }
}

async function compare(ctx: Context, ours: Buffer | null, { mediaUrl }: LiveStory): Promise<boolean | null> {
  if (ours === null || mediaUrl === null) return null
  const theirs = await fetchPicture(mediaUrl, { timeoutSeconds: ctx.settings.httpTimeoutSeconds })
  if (theirs === null) return null
  const { looksAlike } = await import('../media/render-likeness.ts')
  return looksAlike(ours, theirs)
}
