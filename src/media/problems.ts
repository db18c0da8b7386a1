/** Why an item is inactive (`media_items.problem`): the fixed phrases, by which the index knows whether it may come back. */

export const FILE_MISSING = 'file is missing'
export const SAMPLE_RETIRED = 'sample retired'

/** What a delivery says of an original that is not what was indexed. */
export const originalProblem = {
  missing: (path: string) => `the file ${path} is missing`,
  unreadable: (path: string, code: string) => `the file ${path} cannot be read (${code})`,
  changed: (path: string) => `${path} changed since it was indexed; run \`storyline index-media\``,
}

/** Ends by itself once the file is there again with the bytes that were indexed. Others belong to the bytes. */
export function isPassingProblem(problem: string | null, path: string): boolean {
  return (
    problem === FILE_MISSING ||
    problem === originalProblem.missing(path) ||
    problem === originalProblem.changed(path) ||
    (problem?.startsWith(originalProblem.unreadable(path, '').slice(0, -1)) ?? false)
  )
}
