import type { LockReason, MediaSnapshot } from '../db/schema.ts'
import { formatDateTime } from '../output/time.ts'
import type { HistoryRow, MediaItem } from './settle.ts'

/** What an undo looks at; `now` is the database's clock. */
export interface UndoFacts {
  history: HistoryRow
  media: Pick<MediaItem, 'isActive' | 'problem' | 'isSample' | 'fileHash' | 'lastPostedAt'>
  /** The same picture in the queue again. */
  queued: { storyNumber: number } | null
  /** A repeat of this story that was posted. */
  repeated: { storyNumber: number | null } | null
  /** Another story holds its slot. */
  isSlotTaken: boolean
  /** The picture's lock of the reason that the settling made; null: there is none now. */
  lock: { lockedUntil: Date | null; lockedAt: Date } | null
  /** What people said of the picture, and what holds now; `until` null: for ever. */
  holds: readonly { reason: LockReason; until: Date | null }[]
  /** A card of it that is known, whatever the history row says. */
  card: { chatId: number; messageId: number; at: Date } | null
  isPaused: boolean
  now: Date
}

export interface UndoRule {
  /** A time that somebody gave; null: as it was planned. */
  at: Date | null
  /** MISSED_AFTER_MINUTES. */
  graceMinutes: number
  timeZone: string
}

/** Why it stays as it is, and what to do instead. */
export interface UndoRefusal {
  kind: 'refused'
  /** For scripts. */
  code: string
  why: string
  fix: string | null
}

export const refuse = (code: string, why: string, fix: string | null = null): UndoRefusal => {
  return { kind: 'refused', code, why, fix }
}

/** Ends that are no mistake of a person, or that cannot be taken back. */
export function refuseEnd({ history, repeated }: UndoFacts): UndoRefusal | null {
  const { status, channel, instagramMediaId, settlement, storyNumber } = history
  const isOnInstagram = instagramMediaId !== null || (status === 'posted' && channel === 'instagram')
  if (isOnInstagram || (settlement.item?.instagramSends ?? 0) > 0) {
    return refuse(
      'story_live',
      'Storyline published it on Instagram: it is live, and stays recorded',
      `Delete it in the Instagram app if it must go; to show the picture once more: storyline retry ${storyNumber} --force`,
    )
  }
  if (status === 'failed') {
    return refuse('story_failed', 'nobody chose its end', `To send it after all: storyline retry ${storyNumber}`)
  }
  if (repeated) {
    const { storyNumber: other } = repeated
    return refuse(
      'story_repeated',
      `it was queued once more, and #${other} was posted`,
      `If that was the mistake: storyline undo ${other}`,
    )
  }
  return null
}

/** Its picture is elsewhere, gone, or another one. */
export function refusePicture({ history, media, queued }: UndoFacts): UndoRefusal | null {
  if (queued) {
    const { storyNumber } = queued
    return refuse(
      'already_queued',
      `its picture is in the queue again, as #${storyNumber}`,
      `Go on with that story, or take it out first: storyline cancel ${storyNumber}`,
    )
  }
  if (!media.isActive) {
    if (media.isSample) return refuse('media_inactive', 'it is a sample story, and the samples have retired')
    return refuse(
      'media_inactive',
      `its picture has left the library (${media.problem ?? 'its file is gone'})`,
      'Put the file back, run `storyline index-media`, then try again.',
    )
  }
  if (isAnotherPicture(history.mediaMetadata, media.fileHash)) {
    return refuse(
      'media_changed',
      'another picture has taken the place of its file since',
      'To show the new one: storyline add-to-queue',
    )
  }
  return null
}

function isAnotherPicture(shown: MediaSnapshot | null, fileHash: string): boolean {
  return shown !== null && shown.file_hash !== fileHash
}

/** A story whose time went by would be closed again by the next tick, but for samples and while posting is paused. */
export function refuseLate({ history, media, isPaused, now }: UndoFacts, rule: UndoRule): UndoRefusal | null {
  const { scheduledFor } = history
  const isTooLate = now.getTime() - scheduledFor.getTime() > rule.graceMinutes * 60_000
  if (rule.at !== null || !isTooLate || isPaused || media.isSample) return null
  return refuse(
    'too_late',
    `it was planned for ${formatDateTime(scheduledFor, rule.timeZone)}, and would be missed at once`,
    'Give it a time: --now, --in 2h or --at "2026-11-22 14:30".',
  )
}
