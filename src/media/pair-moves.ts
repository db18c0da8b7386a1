import { comparePaths, fileNameOf, type KnownMedia } from './library.ts'

/** A file whose bytes are new at its path. */
export interface Arrival {
  path: string
  hash: string
}

export interface MoveFacts {
  arrivals: readonly Arrival[]
  /** Items whose bytes are no longer at their path. */
  displaced: readonly KnownMedia[]
  /** Every item of the library by its path. */
  knownByPath: ReadonlyMap<string, KnownMedia>
}

/**
 * Which item moved to which path: same bytes, and the old place does not hold them any more. Of several equal ones those
 * with the same file name are paired first, then in the order of the paths. A path that another item keeps is no target:
 * identity is the path, so that item is updated instead. Exchanges and chains of moves are found.
 */
export function pairMoves(facts: MoveFacts): Map<string, KnownMedia> {
  const moves = new Map<string, KnownMedia>()
  const free = groupByHash(facts.displaced)
  const isOccupied = ({ path }: Arrival) => Number(facts.knownByPath.has(path))
  const arrivals = [...facts.arrivals].sort((a, b) => isOccupied(a) - isOccupied(b) || comparePaths(a.path, b.path))
  for (const isMatch of [sameFileName, anyFileName]) {
    for (const arrival of arrivals) {
      const items = free.get(arrival.hash)
      const at = moves.has(arrival.path) ? -1 : (items?.findIndex((item) => isMatch(item, arrival)) ?? -1)
      const [item] = at === -1 ? [] : (items?.splice(at, 1) ?? [])
      if (item) moves.set(arrival.path, item)
    }
  }
  dropBlocked(moves, facts.knownByPath)
  return moves
}

function sameFileName(item: KnownMedia, { path }: Arrival): boolean {
  return fileNameOf(item.path) === fileNameOf(path)
}

function anyFileName(): boolean {
  return true
}

function groupByHash(items: readonly KnownMedia[]): Map<string, KnownMedia[]> {
  const groups = new Map<string, KnownMedia[]>()
  // Active ones first: a file that was lost long ago is the less likely origin.
  const sorted = [...items].sort((a, b) => Number(b.isActive) - Number(a.isActive) || comparePaths(a.path, b.path))
  for (const item of sorted) {
    const group = groups.get(item.hash)
    if (group) group.push(item)
    else groups.set(item.hash, [item])
  }
  return groups
}

/** A move that is given up may block the next one of its chain, so this goes on until nothing changes. */
function dropBlocked(moves: Map<string, KnownMedia>, knownByPath: ReadonlyMap<string, KnownMedia>): void {
  const moving = new Set([...moves.values()].map(({ id }) => id))
  let hasChanged = true
  while (hasChanged) {
    hasChanged = false
    for (const [path, item] of moves) {
      const occupant = knownByPath.get(path)
      if (!occupant || moving.has(occupant.id)) continue
      moves.delete(path)
      moving.delete(item.id)
      hasChanged = true
    }
  }
}
