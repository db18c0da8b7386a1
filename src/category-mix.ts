/** Wanted share of each category in percent, adding up to 100. A category with 0 is never chosen. */
export type CategoryMix = ReadonlyMap<string, number>

export type ParsedCategoryMix = { kind: 'ok'; mix: CategoryMix } | { kind: 'error'; reason: string }

/** How far the shares may miss 100 % together: `33.3` three times is meant as thirds. */
const SUM_TOLERANCE_PERCENT = 0.1

/** Reads `CATEGORY_MIX`, as `memes=60,products=40`. Spaces around names and numbers do not matter; the largest share takes up the rounding. */
export function parseCategoryMix(text: string): ParsedCategoryMix {
  const mix = new Map<string, number>()
  for (const part of text.split(',')) {
    const cut = part.lastIndexOf('=')
    if (cut < 0) return wrong(`"${part.trim()}" is not of the form name=percent`)
    const name = part.slice(0, cut).trim()
    const share = part.slice(cut + 1).trim()
    if (name === '') return wrong(`"${part.trim()}" names no category`)
    if (mix.has(name)) return wrong(`"${name}" appears twice`)
    if (!/^(\d+\.?\d*|\.\d+)$/.test(share))
      return wrong(`the share of "${name}" is "${share}", not a number from 0 to 100`)
    mix.set(name, Number(share))
  }
  return addUpTo100(mix)
}

function addUpTo100(mix: Map<string, number>): ParsedCategoryMix {
  const sum = roundPercent([...mix.values()].reduce((total, share) => total + share, 0))
  if (roundPercent(Math.abs(100 - sum)) > SUM_TOLERANCE_PERCENT) return wrong(`the shares add up to ${sum}, not to 100`)
  const [largest] = [...mix].sort(([, a], [, b]) => b - a)
  if (largest) mix.set(largest[0], roundPercent(largest[1] + 100 - sum))
  return { kind: 'ok', mix }
}

function wrong(reason: string): ParsedCategoryMix {
  return { kind: 'error', reason }
}

/** Without the noise of binary fractions (99.89999999999999). */
export function roundPercent(value: number): number {
  return Math.round(value * 1e6) / 1e6
}
