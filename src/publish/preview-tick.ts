import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Context } from '../context.ts'
import { type ChannelName, mediaItems, postingQueue } from '../db/schema.ts'
import { reopenedAt } from '../history/reopened.ts'
import type { MediaItem, QueueItem } from '../history/settle.ts'
import { cardKeyboard, type InlineKeyboard, NO_BUTTONS } from '../telegram/buttons.ts'
import { renderCard } from '../telegram/card.ts'
import { loadPause } from './pause.ts'
import { emptyReport, type TickReport } from './report.ts'
import { routeItem } from './route.ts'
import { decideLate } from './sweep.ts'

interface PreviewedStory {
  item: QueueItem
  media: MediaItem
  /** HTML caption of the card. */
  caption: string
  keyboard: InlineKeyboard
}

export interface TickPreview {
  report: TickReport
  stories: PreviewedStory[]
}

/**
 * What a tick at `at` (default: the database's now) would do, samples included; changes nothing. Steps that only the
 * outside world can answer are taken as successful.
 */
export async function previewTick(ctx: Context, { at }: { at?: Date } = {}): Promise<TickPreview> {
  const report = emptyReport()
  if ((await loadPause(ctx.db)) !== null) return { report, stories: [] }
  const rows = await loadUpTo(ctx, at)
  const stories: PreviewedStory[] = []
  for (const { item, media, ...when } of rows) {
    const late = decideLate({ item, ...when }, ctx.settings)
    if (late) {
      const list = late.status === 'failed' ? report.failed : report.missed
      list.push({ id: item.id, reason: late.reason ?? '' })
    } else if (item.status !== 'awaiting_team' && stories.length < ctx.settings.maxPostsPerRun) {
      const { enableInstagramApi } = ctx.settings
      const channel = routeItem({ ...item, enableInstagramApi, requiresInteraction: media.requiresInteraction })
      stories.push(previewStory(ctx, item, media, channel))
      report.delivered.push({ id: item.id, channel })
    }
  }
  report.claimed = stories.length
  return { report, stories }
}

async function loadUpTo({ db }: Context, at: Date | undefined) {
  const now = at ? sql`${at.toISOString()}::timestamptz` : sql`now()`
  return db
    .select({
      item: postingQueue,
      media: mediaItems,
      now: sql`${now}`.mapWith(postingQueue.createdAt),
      reopenedAt: sql<Date | null>`${reopenedAt}`.mapWith(postingQueue.createdAt),
    })
    .from(postingQueue)
    .innerJoin(mediaItems, eq(mediaItems.id, postingQueue.mediaItemId))
    .where(
      and(
        inArray(postingQueue.status, ['pending', 'retrying', 'awaiting_team']),
        sql`coalesce(${postingQueue.nextRetryAt}, ${postingQueue.scheduledFor}) <= ${now}`,
      ),
    )
    .orderBy(postingQueue.scheduledFor, postingQueue.id)
    .limit(1000)
}

function previewStory({ settings }: Context, item: QueueItem, media: MediaItem, channel: ChannelName): PreviewedStory {
  const { storyNumber, scheduledFor, fallbackReason } = item
  const isAutomatic = channel === 'instagram'
  const { fileName, title, linkUrl, caption, tags } = media
  const story = { queueItemId: item.id, storyNumber, fileName, title, linkUrl, caption, tags, scheduledFor }
  return {
    item,
    media,
    caption: renderCard(
      story,
      isAutomatic ? { kind: 'automatic' } : { kind: 'pending', fallbackReason },
      settings.timeZone,
    ),
    keyboard: isAutomatic ? NO_BUTTONS : cardKeyboard(item.id, linkUrl),
  }
}
