import type { Proof } from './picture/proof.ts'

/** What the parts of `index-media` tell each other. Paths are relative to MEDIA_BASE_PATH and `/`-separated. */

/** A file as its folder lists it; size and mtime are what tells a changed file from an unchanged one. */
export interface FoundFile {
  path: string
  sizeBytes: number
  /** mtime in whole milliseconds since the epoch. */
  modifiedMs: number
}

/** mtime as the library keeps it: PostgreSQL and JavaScript both keep milliseconds exactly, nothing finer. */
export function wholeMilliseconds(mtimeMs: number): number {
  return Math.round(mtimeMs)
}

/** What happened when a file was opened. */
export type Reading =
  /** `hash` is null when the file is too large to be accepted and only its head was read. */
  | { kind: 'read'; file: FoundFile; hash: string | null; proof: Proof }
  /** Size or mtime moved while it was read. */
  | { kind: 'changing' }
  /** It disappeared after its folder was listed. */
  | { kind: 'gone' }
  /** `code` is the system's (`EACCES`, `EIO`). */
  | { kind: 'unreadable'; file: FoundFile; code: string }

export interface MediaMetadata {
  title: string | null
  linkUrl: string | null
  caption: string | null
  tags: string[]
  requiresInteraction: boolean
  customMetadata: Record<string, unknown> | null
}

/** A row of `media_items`, as far as indexing asks for it. */
export interface KnownMedia extends MediaMetadata {
  id: string
  path: string
  sizeBytes: number
  modifiedMs: number | null
  hash: string
  isActive: boolean
  problem: string | null
  isSample: boolean
  category: string | null
  editedFields: readonly string[]
}

/** A file that was refused, as `rejected_files` remembers it. */
export interface Rejection extends FoundFile {
  reason: string
}

/** Size of a rejection whose file could not be opened: equal to no real size, so that every run tries again. */
export const UNREAD_SIZE = -1

export interface LibraryState {
  known: readonly KnownMedia[]
  rejected: readonly Rejection[]
}

export function fileNameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Empty for a file that lies directly in the library. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

/** First folder under `stories/`; null for files elsewhere (SPEC §5). */
export function categoryOf(path: string): string | null {
  const [root, category, ...rest] = path.split('/')
  return root === 'stories' && category !== undefined && rest.length > 0 ? category : null
}

/** Whether `path` is the folder `scope` or lies below it; the empty scope is the whole library. */
export function isInside(path: string, scope: string): boolean {
  return scope === '' || path === scope || path.startsWith(`${scope}/`)
}

/** Ordering of paths that no locale changes. */
export function comparePaths(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** A name that was typed and the same name in a file may differ in how accents are composed. */
export function spellings(name: string): string[] {
  return [...new Set([name, name.normalize('NFC'), name.normalize('NFD')])]
}
