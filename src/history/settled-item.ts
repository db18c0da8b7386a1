import type { MediaSnapshot, SettledItem } from '../db/schema.ts'
import type { MediaItem, QueueItem } from './settle.ts'

/** What an undo needs of a queue row that goes, beside what the history row says. */
export function rememberItem(item: QueueItem): SettledItem {
  const { status, attempt, maxRetries, nextRetryAt, lastError, fallbackReason } = item
  const { telegramDocumentMessageId, effect, effectStartedAt, instagramSends } = item
  return {
    ...{ status, attempt, maxRetries, lastError, fallbackReason, telegramDocumentMessageId, effect, instagramSends },
    nextRetryAt: nextRetryAt?.toISOString() ?? null,
    effectStartedAt: effectStartedAt?.toISOString() ?? null,
  }
}

/** What was shown, however the picture and its texts change later. */
export function rememberMedia(media: MediaItem): MediaSnapshot {
  return {
    file: media.filePath,
    file_hash: media.fileHash,
    title: media.title,
    link_url: media.linkUrl,
    caption: media.caption,
    tags: media.tags,
    category: media.category,
    custom_metadata: media.customMetadata,
  }
}
