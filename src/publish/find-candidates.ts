import { inArray } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { postingHistory } from '../db/schema.ts'
import { fetchPicture } from '../instagram/fetch-picture.ts'
import type { LiveStory } from '../instagram/reads.ts'
import type { Candidate } from '../instagram/reconcile.ts'
import { readOriginal } from '../media/read-original.ts'
import { hostedKey, OriginalUnusable } from './channels/channel.ts'
import type { Doubtful } from './doubtful.ts'

/** Clocks differ a little; a story that is much older cannot be ours. */
const EARLIER_MS = 120_000
/** More than these are not fetched: a reading must not outlive its claim. */
const MAX_COMPARED = 8
const FETCH_SECONDS = 10

export interface Found {
  candidates: Candidate[]
  /** Live stories that are certainly not ours: there before, of another item, of another kind, or showing something else. */
  knownIds: string[]
}

/** Live stories that could be the one whose publishing is in doubt. */
export async function findCandidates(ctx: Context, doubtful: Doubtful, live: readonly LiveStory[]): Promise<Found> {
  const { instagramBeforeIds: before, instagramSentAt: sentAt } = doubtful.item
  const fresh = live.filter(({ id, mediaType, publishedAt }) => {
    if (before !== null) return !before.includes(id) && isPicture(mediaType)
    // Without the list of before only the time can tell, as far as clocks agree.
    const isOld = publishedAt !== null && sentAt !== null && publishedAt.getTime() < sentAt.getTime() - EARLIER_MS
    return isPicture(mediaType) && !isOld
  })
  const unbound = await withoutBound(ctx, fresh)
  const ours = unbound.length === 0 ? null : await renderOurs(ctx, doubtful)
  const candidates: Candidate[] = []
  for (const [n, story] of unbound.entries()) {
    const isAlike = n < MAX_COMPARED ? await compare(ctx, ours, story) : null
    candidates.push({ id: story.id, isAlike })
  }
  const possible = new Set(candidates.filter(({ isAlike }) => isAlike !== false).map(({ id }) => id))
  return { candidates, knownIds: live.map(({ id }) => id).filter((id) => !possible.has(id)) }
}

const isPicture = (mediaType: string | null) => mediaType === null || mediaType === 'IMAGE'

async function withoutBound({ db }: Context, stories: readonly LiveStory[]): Promise<LiveStory[]> {
  if (stories.length === 0) return []
  const ids = stories.map(({ id }) => id)
  const bound = await db
    .select({ id: postingHistory.instagramMediaId })
    .from(postingHistory)
    .where(inArray(postingHistory.instagramMediaId, ids))
  return stories.filter(({ id }) => !bound.some((one) => one.id === id))
}

/** Null: it would not be the picture that was hosted (the file or STORY_FIT changed); then nothing can be compared. */
async function renderOurs(ctx: Context, { item, media }: Doubtful): Promise<Buffer | null> {
  try {
    const original = await readOriginal(ctx.settings.mediaBasePath, media)
    const { renderStory } = await import('../media/render-story.ts')
    const rendered = await renderStory(original, ctx.settings.storyFit)
    if (rendered.kind !== 'ok') return null
    return hostedKey(item.id, rendered.bytes) === item.webHostedPublicId ? rendered.bytes : null
  } catch (error) {
    if (error instanceof OriginalUnusable) return null
    throw error
  }
}

async function compare(ctx: Context, ours: Buffer | null, { mediaUrl }: LiveStory): Promise<boolean | null> {
  if (ours === null || mediaUrl === null) return null
  const theirs = await fetchPicture(mediaUrl, {
    timeoutSeconds: Math.min(FETCH_SECONDS, ctx.settings.httpTimeoutSeconds),
  })
  if (theirs === null) return null
  const { looksAlike } = await import('../media/render-likeness.ts')
  return looksAlike(ours, theirs)
}
