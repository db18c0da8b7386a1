/** A typo is at most this many insertions, deletions, replacements and swaps away. */
const MAX_DISTANCE = 3

/** The word that was probably meant; null when none is near. Upper and lower case, `-` and `_` are the same. */
export function didYouMean(typed: string, words: readonly string[]): string | null {
  const wanted = plain(typed)
  if (wanted.length < 2) return null
  const ranked = words
    .map((word) => ({ word, distance: distanceTo(wanted, plain(word)) }))
    .filter(({ word, distance }) => distance <= Math.min(MAX_DISTANCE, Math.floor(plain(word).length / 2)))
    .sort((a, b) => a.distance - b.distance)
  return ranked[0]?.word ?? words.find((word) => plain(word).includes(wanted)) ?? null
}

const plain = (word: string) => word.toLowerCase().replaceAll('-', '_')

/** Optimal string alignment: an edit, or a swap of two neighbours, counts one. */
function distanceTo(from: string, to: string): number {
  let before: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row += 1) {
    const now = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1]
      const isSwap = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      now[column] = Math.min(
        (last[column] ?? 0) + 1,
        (now[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
        isSwap ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    before = last
    last = now
  }
  return last[to.length] ?? 0
}
