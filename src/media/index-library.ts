import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../context.ts'
import { errorCode, UserError } from '../errors.ts'
import type { Progress } from '../output/progress-bar.ts'
import { applyMediaChanges, type RefusedRow } from './apply-changes.ts'
import { createClassifier } from './findings.ts'
import { isInside, type LibraryState, type Reading } from './library.ts'
import { type LibraryFolder, openLibrary } from './library-folder.ts'
import { changeLibrary } from './library-lock.ts'
import { loadKnownMedia } from './load-known.ts'
import { isRetirement, type MediaPlan } from './media-plan.ts'
import { type ReadMetadataFiles, readMetadataFiles } from './metadata-files.ts'
import { readPictures } from './read-pictures.ts'
import { reconcile } from './reconcile.ts'
import { suspectRetirement } from './retire-guard.ts'
import { cancelRetiredSamples, readSampleHashes } from './samples.ts'
import { type Scan, scanFolder } from './scan-folder.ts'

export interface IndexRequest {
  /** Only this folder; relative to `workingDirectory` or the library. */
  folder?: string | undefined
  workingDirectory: string
  dryRun?: boolean
  /** Retire however many files are gone. */
  allowRemoval?: boolean
  /** Told how many files there are to read, then after each of them. */
  progress?: Progress
}

export interface IndexResult {
  plan: MediaPlan
  refused: RefusedRow[]
  /** Stories of samples that left the queue. */
  cancelledSamples: number
  /** A signal came: what was read is stored, the next run goes on. */
  isInterrupted: boolean
}

/** Everything that was seen of the folder, before it is compared. */
interface View {
  library: LibraryFolder
  scan: Scan
  metadata: ReadMetadataFiles
  sampleHashes: Set<string>
  readings: Map<string, Reading>
  isInterrupted: boolean
}

/** Brings the library up to date with its folder. Harmless when repeated, and when two run at once: the last to store sees the other's rows. */
export async function indexLibrary(ctx: Context, request: IndexRequest): Promise<IndexResult> {
  const { mediaBasePath } = ctx.settings
  const library = openLibrary({ mediaBasePath, folder: request.folder, workingDirectory: request.workingDirectory })
  const state = await loadKnownMedia(ctx.db)
  const view = await viewFolder(ctx, library, state, request.progress)
  const planned = planChanges(ctx, view, state)
  if (request.dryRun || isNothing(planned)) {
    checkRetirement(view, planned, request)
    const cancelledSamples = request.dryRun ? 0 : await cancelLeftOvers(ctx, state)
    return { plan: planned, refused: [], cancelledSamples, isInterrupted: view.isInterrupted }
  }
  const { plan, refused } = await changeLibrary(ctx.db, async (tx) => {
    // Planned again from the rows as they are now: another run may have stored its own in the meantime.
    const fresh = planChanges(ctx, view, await loadKnownMedia(tx))
    checkRetirement(view, fresh, request)
    return { plan: fresh, refused: await applyMediaChanges(tx, fresh) }
  })
  const retiresSamples = plan.changes.some((change) => isRetirement(change) && change.isSample)
  const cancelledSamples = retiresSamples ? await cancelRetiredSamples(ctx) : await cancelLeftOvers(ctx, state)
  return { plan, refused, cancelledSamples, isInterrupted: view.isInterrupted }
}

async function cancelLeftOvers(ctx: Context, { known }: LibraryState): Promise<number> {
  return known.some(({ isSample, isActive }) => isSample && !isActive) ? cancelRetiredSamples(ctx) : 0
}

async function viewFolder(
  ctx: Context,
  library: LibraryFolder,
  state: LibraryState,
  progress: Progress | undefined,
): Promise<View> {
  const scan = await scanFolder(library, ctx.signal)
  const classify = createClassifier(state, ctx.now().getTime())
  const files = scan.files.filter((file) => classify(file, undefined).kind === 'unread')
  progress?.start(files.length)
  const onRead = () => progress?.step()
  const reading = readPictures({ root: library.root, files, signal: ctx.signal, onRead })
  const readings = await reading.finally(() => progress?.stop())
  const metadata = await readMetadataFiles(library.root, scan)
  const isInterrupted = scan.isInterrupted || readings.size < files.length
  return { library, scan, metadata, sampleHashes: readSampleHashes(library.root), readings, isInterrupted }
}

function planChanges(ctx: Context, view: View, state: LibraryState): MediaPlan {
  const { scope } = view.library
  const { scan, readings, metadata, sampleHashes, isInterrupted } = view
  const missing = findMissing(view, state)
  const nowMs = ctx.now().getTime()
  return reconcile({ state, scope, scan, readings, metadata, missing, sampleHashes, nowMs, isInterrupted })
}

/** Remembered paths without a file. Each is asked for: a folder that could not be listed proves nothing. */
function findMissing({ library, scan, readings }: View, { known, rejected }: LibraryState): Set<string> {
  const seen = new Set(scan.files.map(({ path }) => path))
  const readHashes = new Set<string | null>()
  for (const reading of readings.values()) if (reading.kind === 'read') readHashes.add(reading.hash)
  // Outside the scope only what may have moved into it.
  const asked = known.filter(({ path, hash }) => isInside(path, library.scope) || readHashes.has(hash))
  const paths = [...asked, ...rejected].map(({ path }) => path).filter((path) => !seen.has(path))
  return new Set(paths.filter((path) => isGone(join(library.root, path))))
}

function isGone(path: string): boolean {
  try {
    return !statSync(path).isFile()
  } catch (error) {
    return ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errorCode(error) ?? '')
  }
}

function isNothing({ changes, newProblems, forgotten }: MediaPlan): boolean {
  return changes.length === 0 && newProblems.length === 0 && forgotten.length === 0
}

function checkRetirement({ library, scan }: View, plan: MediaPlan, { allowRemoval }: IndexRequest): void {
  const retiring = plan.changes.filter((change) => isRetirement(change) && !change.isSample).length
  const isRootEmpty = library.scope === '' && scan.files.length === 0
  const suspicion = suspectRetirement({ retiring, librarySize: plan.librarySize, isRootEmpty })
  if (suspicion === undefined || allowRemoval) return
  throw new UserError(`Nothing was changed: ${suspicion}`, {
    code: 'would_retire',
    fix: `Check that ${library.root} is complete (is its disk mounted?). If the files are meant to be gone, add --allow-removal.`,
  })
}
