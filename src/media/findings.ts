import { judgePicture } from './judge-picture.ts'
import {
  type FoundFile,
  fileNameOf,
  type KnownMedia,
  type LibraryState,
  type Reading,
  type Rejection,
  UNREAD_SIZE,
} from './library.ts'
import { originalProblem } from './problems.ts'

/** A broken file that is younger than this, in milliseconds, is probably still being copied (SPEC §8). */
const COPYING_MS = 10_000
const STILL_COPYING = 'still being copied; the next run looks again'

/** The facts of a file that was read and found good. */
export interface Content {
  hash: string
  sizeBytes: number
  modifiedMs: number
  mimeType: string
  /** Pixels as displayed. */
  width: number
  height: number
}

export type Finding =
  /** Size and mtime are those of the library: not read. */
  | { kind: 'same'; known: KnownMedia }
  | { kind: 'whole'; content: Content; warnings: string[] }
  | { kind: 'rejected'; rejection: Rejection }
  | { kind: 'skipped'; reason: string }
  /** Has to be read before anything can be said. */
  | { kind: 'unread' }

export type Classify = (file: FoundFile, reading: Reading | undefined) => Finding

/** What each file is, seen from what the library remembers; asked twice, before and after reading. */
export function createClassifier({ known, rejected }: LibraryState, nowMs: number): Classify {
  const knownByPath = new Map(known.map((item) => [item.path, item]))
  const rejectedByPath = new Map(rejected.map((rejection) => [rejection.path, rejection]))
  return (file, reading) => {
    if (reading) return judgeReading(file, reading, nowMs)
    const item = knownByPath.get(file.path)
    if (item && isSameFile(item, file)) return { kind: 'same', known: item }
    const rejection = rejectedByPath.get(file.path)
    const isRemembered = rejection?.sizeBytes === file.sizeBytes && rejection.modifiedMs === file.modifiedMs
    return rejection && isRemembered ? { kind: 'rejected', rejection } : { kind: 'unread' }
  }
}

function isSameFile(item: KnownMedia, file: FoundFile): boolean {
  // A delivery found other bytes under the same size and mtime: only reading can tell.
  if (item.problem === originalProblem.changed(item.path)) return false
  return item.sizeBytes === file.sizeBytes && item.modifiedMs === file.modifiedMs
}

function judgeReading({ path }: FoundFile, reading: Reading, nowMs: number): Finding {
  switch (reading.kind) {
    case 'gone':
      return { kind: 'skipped', reason: 'disappeared while the folder was scanned' }
    case 'changing':
      return { kind: 'skipped', reason: STILL_COPYING }
    case 'unreadable': {
      const reason = `cannot be read (${reading.code})`
      return { kind: 'rejected', rejection: { ...reading.file, sizeBytes: UNREAD_SIZE, reason } }
    }
    case 'read':
      return judgeBytes(path, reading, nowMs)
    default:
      return reading satisfies never
  }
}

function judgeBytes(path: string, reading: Extract<Reading, { kind: 'read' }>, nowMs: number): Finding {
  const { file, hash, proof } = reading
  const isYoung = Math.abs(nowMs - file.modifiedMs) < COPYING_MS
  if (proof.kind !== 'whole' && isYoung) return { kind: 'skipped', reason: STILL_COPYING }
  const verdict = judgePicture({ proof, sizeBytes: file.sizeBytes, fileName: fileNameOf(path) })
  if (verdict.kind === 'rejected') return { kind: 'rejected', rejection: { ...file, reason: verdict.reason } }
  // Without a hash only the head was read; such a file is too large and was rejected above.
  if (hash === null) return { kind: 'skipped', reason: STILL_COPYING }
  const { width, height, mimeType, warnings } = verdict
  const { sizeBytes, modifiedMs } = file
  return { kind: 'whole', content: { hash, sizeBytes, modifiedMs, mimeType, width, height }, warnings }
}
