/** Where the planner gets its chance from: a number from 0 (included) to 1 (excluded). */
export type Random = () => number

/** Spreads `text` over 32 bits (MurmurHash3's mixing): the same text and salt always give the same number. */
export function hashText(text: string, salt: number): number {
  let hash = salt | 0
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0xcc9e2d51)
    hash = (hash << 13) | (hash >>> 19)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** A repeatable random source (sfc32): the same seed gives the same numbers on every machine. Never for secrets. */
export function seededRandom(seed: string): Random {
  let a = hashText(seed, 1)
  let b = hashText(seed, 2)
  let c = hashText(seed, 3)
  let counter = 1
  const next = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return (sum >>> 0) / 2 ** 32
  }
  // sfc32 needs a few rounds before two similar seeds stop resembling each other.
  for (let round = 0; round < 15; round++) next()
  return next
}
