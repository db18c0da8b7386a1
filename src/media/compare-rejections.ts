import { isInside, type Rejection } from './library.ts'

export interface RejectionFacts {
  /** As `rejected_files` has them, by path. */
  remembered: ReadonlyMap<string, Rejection>
  /** All that are refused or ignored now, metadata files included. */
  current: readonly Rejection[]
  /** Paths of which this scan knows better: accepted pictures, metadata files that can be read, files that are gone. */
  settled: ReadonlySet<string>
  scope: string
}

/** What to remember anew, and what to forget. A rejection is new when the file, or what is wrong with it, changed. */
export function compareRejections({ remembered, current, settled, scope }: RejectionFacts) {
  const newProblems = current.filter((rejection) => !isSame(rejection, remembered.get(rejection.path)))
  const refused = new Set(current.map(({ path }) => path))
  const forgotten = [...remembered.keys()].filter(
    (path) => isInside(path, scope) && !refused.has(path) && settled.has(path),
  )
  return { newProblems, forgotten }
}

function isSame(rejection: Rejection, before: Rejection | undefined): boolean {
  return (
    before?.sizeBytes === rejection.sizeBytes &&
    before.modifiedMs === rejection.modifiedMs &&
    before.reason === rejection.reason
  )
}
