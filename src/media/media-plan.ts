import type { Content } from './findings.ts'
import type { MediaMetadata, Rejection } from './library.ts'
import type { Skipped } from './scan-folder.ts'

/** Columns that follow from the path and the metadata files. */
export interface Description extends MediaMetadata {
  path: string
  category: string | null
  isSample: boolean
}

export interface Activity {
  isActive: boolean
  problem: string | null
}

export interface Addition {
  kind: 'add'
  path: string
  why: string
  description: Description
  content: Content
  activity: Activity
}

export interface Revision {
  /** `touch`: the same bytes with another mtime; nothing that people would call a change. */
  kind: 'update' | 'move' | 'touch'
  id: string
  path: string
  why: string
  /** Where it was; only with `move`. */
  from: string | null
  description: Description
  /** Null: the bytes were not read. */
  content: Content | null
  /** New bytes are another picture: it was never posted. */
  resetsCounters: boolean
  /** Null: stays as it is. */
  activity: Activity | null
}

export interface Retirement {
  kind: 'retire'
  id: string
  path: string
  why: string
  isSample: boolean
}

export type MediaChange = Addition | Revision | Retirement

interface Warning {
  path: string
  warning: string
}

export interface Duplicate {
  hash: string
  paths: string[]
}

/** What `index-media` would do and why: printed with --dry-run, carried out otherwise. */
export interface MediaPlan {
  changes: MediaChange[]
  unchanged: number
  /** Everything that is refused now, also what was refused before. */
  rejected: Rejection[]
  /** Rejections and ignored metadata files that were not known like this before. */
  newProblems: Rejection[]
  /** Paths whose remembered rejection no longer holds. */
  forgotten: string[]
  skipped: Skipped[]
  warnings: Warning[]
  duplicates: Duplicate[]
  /** Active items of the library before the plan, without samples. */
  librarySize: number
}

export function isRevision(change: MediaChange): change is Revision {
  return change.kind === 'update' || change.kind === 'move' || change.kind === 'touch'
}

export function isAddition(change: MediaChange): change is Addition {
  return change.kind === 'add'
}

export function isRetirement(change: MediaChange): change is Retirement {
  return change.kind === 'retire'
}
