import type { Secret } from '../secret.ts'
import type { Page } from './tokens.ts'

/** A Page through which stories can be published. */
export interface UsablePage extends Page {
  token: Secret
  account: { id: string; username: string | null }
}

export type PageChoice =
  | { kind: 'found'; page: UsablePage }
  /** Several would do: somebody has to choose. */
  | { kind: 'ask'; pages: UsablePage[] }
  | { kind: 'refused'; reason: string; fix: string }

/** Either lets a person publish through the Page (instagram.md §1.1). */
const PUBLISHING_TASKS = ['CREATE_CONTENT', 'MANAGE']

/** `@shop (17841405793187219), Page "Shop"`. */
export function describePage({ name, account }: Page): string {
  const id = account?.id ?? 'no Instagram account'
  return `${account?.username ? `@${account.username} (${id})` : id}, Page "${name}"`
}

/** Whether stories can be published through the Page; null: they can. */
function judgePage(page: Page): string | null {
  if (page.account === null) return 'no Instagram account is linked to it'
  if (!page.tasks.some((task) => PUBLISHING_TASKS.includes(task))) {
    return `you may not create content there (your tasks: ${page.tasks.join(', ') || 'none'})`
  }
  return page.token === null ? 'Meta gave no token for it' : null
}

const GRANT = 'Make the token again and tick the Page and its Instagram account when Meta asks which ones.'

/** The Page of an account that is known already, by its id or its username. */
export function findPage(pages: readonly Page[], wanted: string): Exclude<PageChoice, { kind: 'ask' }> {
  const name = wanted.replace(/^@/, '').toLowerCase()
  const matching = pages.filter(({ account }) => account?.id === wanted || account?.username?.toLowerCase() === name)
  const usable = matching.find(isUsable)
  if (usable) return { kind: 'found', page: usable }
  const [first] = matching
  if (first)
    return { kind: 'refused', reason: `Page "${first.name}" cannot be used: ${judgePage(first)}`, fix: fixFor(first) }
  const seen = pages.filter(({ account }) => account !== null).map(describePage)
  return {
    kind: 'refused',
    reason: `The token reaches no Instagram account ${wanted}`,
    fix: seen.length > 0 ? `It reaches: ${seen.join('; ')}.` : GRANT,
  }
}

/** Which Page to connect; `wanted`: id or username of its account, null: whatever there is. */
export function choosePage(pages: readonly Page[], wanted: string | null): PageChoice {
  if (wanted !== null) return findPage(pages, wanted)
  const usable = pages.filter(isUsable)
  const [only, another] = usable
  if (another) return { kind: 'ask', pages: usable }
  if (only) return { kind: 'found', page: only }
  if (pages.length === 0) return { kind: 'refused', reason: 'The token reaches no Facebook Page', fix: GRANT }
  const reasons = pages.map((page) => `Page "${page.name}": ${judgePage(page)}`)
  const [first] = pages
  return { kind: 'refused', reason: `No Page can be used. ${reasons.join('; ')}`, fix: first ? fixFor(first) : GRANT }
}

function isUsable(page: Page): page is UsablePage {
  return judgePage(page) === null
}

function fixFor(page: Page): string {
  if (page.account === null)
    return 'Link the Instagram account to the Page, in the settings of the Page, then try again.'
  if (page.token === null) return GRANT
  return 'Get a role with the task CREATE_CONTENT or MANAGE on the Page, then try again.'
}
