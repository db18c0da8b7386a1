import { allItems, type Panel } from '../lists.ts'
import type { Snapshot } from '../snapshot.ts'

/** What an empty panel says: what to do next, like the commands do. Pure. */
export function emptyWords(panel: Panel, snapshot: Snapshot, filter: string): string {
  const total = allItems(panel, snapshot).length
  if (filter !== '' && total > 0)
    return `Nothing fits; without the filter there ${total === 1 ? 'is 1' : `are ${total}`} (Esc).`
  switch (panel) {
    case 'next':
      return snapshot.library.active === 0
        ? 'Nothing is planned, and the library is empty. Next: storyline index-media'
        : 'Nothing is planned. Next: storyline create-schedule'
    case 'waiting':
      return 'Nothing waits for anybody.'
    case 'recent':
      return 'Nothing has gone out yet. What is due does: storyline process-queue'
    case 'library':
      return 'The library is empty. Next: storyline index-media'
    case 'health':
      return 'Nothing was checked. Next: storyline check-health'
    default:
      return panel satisfies never
  }
}
