import { counted } from '../../health/words.ts'
import { cells, type Line, padLine, type Span, span, type Tone } from '../line.ts'
import { type Fact, lockWords } from '../lists.ts'
import type { CategoryFacts, LibraryFacts } from '../snapshot.ts'
import type { Look } from './rows.ts'

/** Rows of the library panel. */

function runwayWords({ runwayDays }: LibraryFacts): string {
  return runwayDays === null ? 'how long it lasts is not known yet' : `lasts ${counted(runwayDays, 'day')}`
}

function sizeWords({ active, samples, planned }: LibraryFacts): string {
  const which = samples > 0 ? ` (${samples === active ? 'samples only' : `${samples} of them samples`})` : ''
  return `${counted(active, 'picture')}${which}, ${planned} in the queue`
}

export function librarySummary(library: LibraryFacts): { text: string; tone: Tone | undefined } {
  const { runwayDays } = library
  const isShort = runwayDays !== null && runwayDays < SHORT_RUNWAY_DAYS
  return { text: `${sizeWords(library)}; ${runwayWords(library)}`, tone: isShort ? 'warn' : undefined }
}

/** Days of content below which the runway is shown as trouble. */
const SHORT_RUNWAY_DAYS = 7
const MIN_BAR_COLUMNS = 8
const MAX_BAR_COLUMNS = 30
const NUMBERS_COLUMNS = 30

export function factRow(fact: Fact, look: Look): Line {
  switch (fact.kind) {
    case 'category':
      return categoryRow(fact.category, look)
    case 'lock':
      return padLine(
        [span('locked    ', 'faint'), span(`${fact.lock.count} ${lockWords(fact.lock.reason)}`)],
        look.width,
      )
    default:
      return fact satisfies never
  }
}

export const categoryName = (category: string | null): string => category ?? '(no category)'

/** Full: free to be chosen; half: planned already; empty: locked or resting. */
function categoryRow({ category, active, free, planned }: CategoryFacts, { width }: Look): Line {
  const nameColumns = Math.min(18, Math.floor(width / 4))
  const barColumns = Math.max(MIN_BAR_COLUMNS, Math.min(MAX_BAR_COLUMNS, width - nameColumns - NUMBERS_COLUMNS - 2 * 2))
  const name = cells([{ text: categoryName(category) }], nameColumns)
  const numbers = `${free} free of ${active}, ${planned} planned`
  return padLine([...name, span('  '), ...bar({ active, free, planned }, barColumns), span(`  ${numbers}`)], width)
}

function bar({ active, free, planned }: Pick<CategoryFacts, 'active' | 'free' | 'planned'>, columns: number): Span[] {
  const part = (count: number) => (active === 0 ? 0 : Math.round((Math.min(count, active) / active) * columns))
  const full = part(free)
  const half = Math.min(part(planned), columns - full)
  return [
    span('█'.repeat(full), 'good'),
    span('▒'.repeat(half), 'accent'),
    span('░'.repeat(columns - full - half), 'faint'),
  ].filter(({ text }) => text !== '')
}
