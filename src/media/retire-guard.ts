/** A scan that retires more than this share of the library, and more files than the count, stops (SPEC §8). */
const MAX_RETIRED_SHARE = 0.2
const MAX_RETIRED_FILES = 10

export interface RetirementFacts {
  /** Active items that would become inactive; samples do not count. */
  retiring: number
  /** Active items of the whole library, without samples. */
  librarySize: number
  /** No picture at all was found, and all of the library was looked at. */
  isRootEmpty: boolean
}

/** Why this scan looks like a lost disk rather than like tidying up; undefined: it does not. */
export function suspectRetirement({ retiring, librarySize, isRootEmpty }: RetirementFacts): string | undefined {
  if (retiring === 0) return undefined
  if (isRootEmpty) return `the media folder holds no picture, but the library has ${count(librarySize)}`
  if (retiring <= MAX_RETIRED_FILES || retiring <= librarySize * MAX_RETIRED_SHARE) return undefined
  return `${retiring} of ${count(librarySize)} would be retired because their files are gone or broken`
}

function count(files: number): string {
  return `${files} picture${files === 1 ? '' : 's'}`
}
