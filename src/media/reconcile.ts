import { compareRejections } from './compare-rejections.ts'
import { type Content, createClassifier, type Finding } from './findings.ts'
import { comparePaths, isInside, type KnownMedia, type LibraryState, type Reading, UNREAD_SIZE } from './library.ts'
import { findDuplicates, libraryAfter, retireSamples } from './library-after.ts'
import type { MediaChange, MediaPlan } from './media-plan.ts'
import type { ReadMetadataFiles } from './metadata-files.ts'
import { type Arrival, pairMoves } from './pair-moves.ts'
import { FILE_MISSING } from './problems.ts'
import { addItem, describe, reviseItem } from './revise.ts'
import type { Scan } from './scan-folder.ts'

export interface LibraryFacts {
  state: LibraryState
  scope: string
  scan: Scan
  /** Of the files that had to be opened. */
  readings: ReadonlyMap<string, Reading>
  metadata: ReadMetadataFiles
  /** Paths of the library, and of remembered rejections, where there certainly is no file any more. */
  missing: ReadonlySet<string>
  /** Content hashes of the pictures that come with Storyline. */
  sampleHashes: ReadonlySet<string>
  nowMs: number
  /** Not everything was read: nothing is retired, and nothing is called moved that may be an exchange. */
  isInterrupted: boolean
}

interface Found {
  path: string
  finding: Finding
}

/** Compares the folder with the library and plans every change, with its reason (SPEC §8). */
export function reconcile(facts: LibraryFacts): MediaPlan {
  const found = classifyAll(facts)
  const knownByPath = new Map(facts.state.known.map((item) => [item.path, item]))
  const remembered = new Map(facts.state.rejected.map((rejection) => [rejection.path, rejection]))
  const moves = findMoves(facts, found, knownByPath)
  const moving = new Set([...moves.values()].map(({ id }) => id))

  const changes: MediaChange[] = []
  let unchanged = 0
  for (const { path, finding } of found) {
    const stays = knownByPath.get(path)
    const item = moves.get(path) ?? (stays && !moving.has(stays.id) ? stays : undefined)
    const change = changeFor({ path, finding, item, facts, remembered: remembered.get(path)?.reason })
    if (change) changes.push(change)
    if (isUnchanged(finding, change)) unchanged++
  }
  changes.push(...retireMissing(facts, moving))
  const after = libraryAfter(facts.state.known, changes)
  if (!facts.isInterrupted) changes.push(...retireSamples(after, changes))
  const rejected = [...facts.scan.rejected, ...found.flatMap(rejectionOf)].sort(byPath)
  return {
    changes,
    unchanged,
    rejected,
    ...compareRejections({
      remembered,
      current: [...rejected, ...facts.metadata.problems],
      settled: settledPaths(facts, found),
      scope: facts.scope,
    }),
    skipped: [...facts.scan.skipped, ...found.flatMap(skippedOf)].sort(byPath),
    warnings: warningsOf(facts, found),
    duplicates: findDuplicates(after),
    librarySize: facts.state.known.filter((item) => item.isActive && !item.isSample).length,
  }
}

function byPath(a: { path: string }, b: { path: string }): number {
  return comparePaths(a.path, b.path)
}

function classifyAll({ state, scan, readings, nowMs, isInterrupted }: LibraryFacts): Found[] {
  const classify = createClassifier(state, nowMs)
  const found = scan.files.map((file) => ({ path: file.path, finding: classify(file, readings.get(file.path)) }))
  return isInterrupted ? leaveUnclear(found, state.known) : found
}

/** Half a view cannot tell a move from a copy, nor a broken file from one that moved: the next run decides. */
function leaveUnclear(found: readonly Found[], known: readonly KnownMedia[]): Found[] {
  const knownPaths = new Set(known.map(({ path }) => path))
  const knownHashes = new Set(known.map(({ hash }) => hash))
  const hashAt = new Map(known.map(({ path, hash }) => [path, hash]))
  return found.map(({ path, finding }) => {
    const isArrival =
      finding.kind === 'whole' && knownHashes.has(finding.content.hash) && hashAt.get(path) !== finding.content.hash
    const isBroken = finding.kind === 'rejected' && knownPaths.has(path)
    return { path, finding: isArrival || isBroken ? { kind: 'unread' } : finding }
  })
}

function findMoves(facts: LibraryFacts, found: readonly Found[], knownByPath: Map<string, KnownMedia>) {
  const arrivals: Arrival[] = []
  const displaced = facts.state.known.filter(({ path }) => facts.missing.has(path))
  for (const { path, finding } of found) {
    const item = knownByPath.get(path)
    if (finding.kind === 'whole' && finding.content.hash !== item?.hash) {
      arrivals.push({ path, hash: finding.content.hash })
      if (item) displaced.push(item)
    } else if (finding.kind === 'rejected' && finding.rejection.sizeBytes !== UNREAD_SIZE && item) displaced.push(item)
  }
  return pairMoves({ arrivals, displaced, knownByPath })
}

interface ChangeFacts {
  path: string
  finding: Finding
  /** The item that this file is, after moves. */
  item: KnownMedia | undefined
  facts: LibraryFacts
  /** Why this path was rejected before. */
  remembered: string | undefined
}

function changeFor({ path, finding, item, facts, remembered }: ChangeFacts): MediaChange | undefined {
  switch (finding.kind) {
    case 'same':
    case 'whole': {
      const content: Content | null = finding.kind === 'whole' ? finding.content : null
      const description = describe(path, item, content?.hash ?? null, facts)
      if (item) return reviseItem({ item, description, content, remembered })
      return content ? addItem(description, content) : undefined
    }
    case 'rejected': {
      if (!item?.isActive) return undefined
      return { kind: 'retire', id: item.id, path, why: finding.rejection.reason, isSample: item.isSample }
    }
    case 'skipped':
    case 'unread':
      return undefined
    default:
      return finding satisfies never
  }
}

function isUnchanged({ kind }: Finding, change: MediaChange | undefined): boolean {
  return (kind === 'same' || kind === 'whole') && (change === undefined || change.kind === 'touch')
}

function retireMissing(facts: LibraryFacts, moving: ReadonlySet<string>): MediaChange[] {
  const { state, scope, missing, isInterrupted } = facts
  if (isInterrupted) return []
  return state.known
    .filter(({ id, path, isActive }) => isActive && isInside(path, scope) && missing.has(path) && !moving.has(id))
    .map(({ id, path, isSample }) => ({ kind: 'retire', id, path, why: FILE_MISSING, isSample }))
}

function settledPaths({ scan, missing }: LibraryFacts, found: readonly Found[]): Set<string> {
  const isAccepted = ({ finding }: Found) => finding.kind === 'whole' || finding.kind === 'same'
  const accepted = found.filter(isAccepted).map(({ path }) => path)
  return new Set([...accepted, ...scan.jsonFiles.map(({ path }) => path), ...missing])
}

function rejectionOf({ finding }: Found) {
  return finding.kind === 'rejected' ? [finding.rejection] : []
}

function skippedOf({ path, finding }: Found) {
  return finding.kind === 'skipped' ? [{ path, reason: finding.reason }] : []
}

function warningsOf({ metadata }: LibraryFacts, found: readonly Found[]) {
  const ofPictures = found.flatMap(({ path, finding }) =>
    finding.kind === 'whole' ? finding.warnings.map((warning) => ({ path, warning })) : [],
  )
  const ofMetadata = metadata.problems.map(({ path, reason }) => ({ path, warning: reason }))
  return [...ofMetadata, ...metadata.doubts, ...ofPictures].sort(byPath)
}
