import { type CategoryMix, roundPercent } from '../category-mix.ts'

/** A category with its place in the mix before the next story is chosen. */
export interface MixNeed {
  category: string
  share: number
  /** Stories it lacks for its share, the next one counted in. */
  deficit: number
  /** The same in percent of all stories. */
  behindPercent: number
}

/** Categories with a share, farthest behind it first. `counts` are the stories that exist; `isRepeat` breaks ties between equals. */
export function rankByDeficit(
  mix: CategoryMix,
  counts: ReadonlyMap<string, number>,
  isRepeat: (category: string) => boolean,
): MixNeed[] {
  const shares = [...mix].filter(([, share]) => share > 0)
  const total = shares.reduce((sum, [category]) => sum + (counts.get(category) ?? 0), 0) + 1
  const needs = shares.map(([category, share]) => {
    const deficit = roundPercent((share / 100) * total - (counts.get(category) ?? 0))
    return { category, share, deficit, behindPercent: (100 * deficit) / total }
  })
  return needs.sort(
    (a, b) =>
      b.deficit - a.deficit ||
      Number(isRepeat(a.category)) - Number(isRepeat(b.category)) ||
      b.share - a.share ||
      (a.category < b.category ? -1 : 1),
  )
}
