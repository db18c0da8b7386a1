import { comparePaths, type KnownMedia } from './library.ts'
import type { Duplicate, MediaChange } from './media-plan.ts'
import { SAMPLE_RETIRED } from './problems.ts'

/** One line of the library as it will be. */
export interface After {
  id: string | null
  path: string
  hash: string
  isActive: boolean
  isSample: boolean
}

export function libraryAfter(known: readonly KnownMedia[], changes: readonly MediaChange[]): After[] {
  const after = new Map<string, After>(known.map((item) => [item.id, { ...item }]))
  const added: After[] = []
  for (const change of changes) {
    if (change.kind === 'add') {
      const { description, content, activity, path } = change
      added.push({ id: null, path, hash: content.hash, isSample: description.isSample, isActive: activity.isActive })
      continue
    }
    const item = after.get(change.id)
    if (!item) continue
    if (change.kind === 'retire') item.isActive = false
    else {
      item.path = change.path
      item.hash = change.content?.hash ?? item.hash
      item.isActive = change.activity?.isActive ?? item.isActive
      item.isSample = change.description.isSample
    }
  }
  return [...after.values(), ...added]
}

/** With the first own picture the samples have done their work; new ones then arrive retired. */
export function retireSamples(after: After[], changes: readonly MediaChange[]): MediaChange[] {
  if (!after.some(({ isActive, isSample }) => isActive && !isSample)) return []
  for (const change of changes) {
    if (change.kind === 'add' && change.description.isSample) {
      change.activity = { isActive: false, problem: SAMPLE_RETIRED }
    }
  }
  const samples = after.filter(({ isActive, isSample }) => isActive && isSample)
  for (const sample of samples) sample.isActive = false
  return samples.flatMap(({ id, path }) =>
    id === null ? [] : [{ kind: 'retire' as const, id, path, why: SAMPLE_RETIRED, isSample: true }],
  )
}

/** Equal bytes at several active paths: both are kept, and locked together (SPEC §8). */
export function findDuplicates(after: readonly After[]): Duplicate[] {
  const groups = new Map<string, string[]>()
  for (const { hash, path, isActive } of after) {
    if (isActive) groups.set(hash, [...(groups.get(hash) ?? []), path])
  }
  return [...groups]
    .filter(([, paths]) => paths.length > 1)
    .map(([hash, paths]) => ({ hash, paths: paths.sort(comparePaths) }))
    .sort((a, b) => comparePaths(a.paths[0] ?? '', b.paths[0] ?? ''))
}
