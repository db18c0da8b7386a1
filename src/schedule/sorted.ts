/** Index of the first element above the wanted place in a sorted list; `isAbove` is false for a prefix, then true. */
export function firstIndexWhere<T>(sorted: readonly T[], isAbove: (element: T) => boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const element = sorted[middle]
    if (element !== undefined && isAbove(element)) high = middle
    else low = middle + 1
  }
  return low
}
