import { rememberOf } from './remember.ts'
import type { Entry, LibraryFacts, Snapshot } from './snapshot.ts'

/** What the five panels list. Pure. */

export const PANELS = ['next', 'waiting', 'recent', 'library', 'health'] as const
export type Panel = (typeof PANELS)[number]

type Category = LibraryFacts['categories'][number]
type Lock = LibraryFacts['locks'][number]

/** What the library panel shows besides pictures with problems. */
export type Fact = { kind: 'category'; category: Category } | { kind: 'lock'; lock: Lock }

export interface Item {
  /** Stays the same while the lists change around it. */
  id: string
  /** Null: a fact, with which nothing can be done. */
  entry: Entry | null
  fact: Fact | null
}

const HEALTH_ORDER = ['unhealthy', 'warning', 'healthy'] as const

/** Everything in a panel, in its order. */
export function allItems(panel: Panel, snapshot: Snapshot): readonly Item[] {
  return listItems(panel, snapshot, '')
}

function findItems(panel: Panel, snapshot: Snapshot): Item[] {
  switch (panel) {
    case 'library':
      return libraryItems(snapshot.library)
    case 'health': {
      const { checks } = snapshot.health
      return HEALTH_ORDER.flatMap((status) => checks.filter((check) => check.status === status).map(toItem))
    }
    default:
      return snapshot[panel].entries.map(toItem)
  }
}

const toItem = (entry: Entry): Item => ({ id: entryId(entry), entry, fact: null })
const factItem = (id: string, fact: Fact): Item => ({ id, entry: null, fact })

function libraryItems(library: LibraryFacts): Item[] {
  return [
    ...library.categories.map((category) => factItem(`category ${category.category}`, { kind: 'category', category })),
    ...library.locks.map((lock) => factItem(`lock ${lock.reason}`, { kind: 'lock', lock })),
    ...library.problems.entries.map(toItem),
  ]
}

function entryId(entry: Entry): string {
  switch (entry.kind) {
    case 'check':
      return entry.name
    case 'problem':
      return `${entry.mediaItemId} ${entry.file}`
    default:
      return entry.id
  }
}

/** By panel and filter. */
const listsOf = rememberOf((_: Snapshot) => new Map<string, readonly Item[]>())

/** What fits a filter: every word of it stands somewhere in the item, in any case. */
export function listItems(panel: Panel, snapshot: Snapshot, filter: string): readonly Item[] {
  const lists = listsOf(snapshot)
  const key = `${panel} ${filter}`
  const known = lists.get(key)
  if (known) return known
  const items = findItems(panel, snapshot)
  const words = filter.toLowerCase().split(' ').filter(Boolean)
  const fitting = words.length === 0 ? items : items.filter((item) => fits(item, words))
  lists.set(key, fitting)
  return fitting
}

function fits(item: Item, words: readonly string[]): boolean {
  const text = searchText(item).toLowerCase()
  return words.every((word) => text.includes(word))
}

function searchText({ entry, fact }: Item): string {
  if (fact?.kind === 'category') return fact.category.category ?? 'without a category'
  if (fact?.kind === 'lock') return `locked ${lockWords(fact.lock.reason)}`
  if (entry === null) return ''
  switch (entry.kind) {
    case 'check':
      return `${entry.title} ${entry.status} ${entry.details}`
    case 'problem':
      return `${entry.file} ${entry.problem}`
    case 'settled':
      return `${storyText(entry)} ${entry.status} ${entry.by ?? ''} ${entry.reason ?? ''}`
    default:
      return `${storyText(entry)} ${entry.status.replace('_', ' ')} ${entry.waitsFor ?? ''}`
  }
}

type StoryEntry = Exclude<Entry, { kind: 'check' | 'problem' }>

function storyText({ storyNumber, file, title, tags, category, channel }: StoryEntry): string {
  return [`#${storyNumber}`, file, title, ...tags, category, channel].join(' ')
}

/** `recent_post` → `recent post`. */
export const lockWords = (reason: string): string => reason.replaceAll('_', ' ')

/** Where a story stands now: it moves from panel to panel, and its history row has an id of its own. */
export function findStory(snapshot: Snapshot, id: string): { panel: Panel; id: string } | null {
  if (snapshot.next.entries.some((entry) => entry.id === id)) return { panel: 'next', id }
  if (snapshot.waiting.entries.some((entry) => entry.id === id)) return { panel: 'waiting', id }
  const settled = snapshot.recent.entries.find((entry) => entry.id === id || entry.queueItemId === id)
  return settled ? { panel: 'recent', id: settled.id } : null
}
