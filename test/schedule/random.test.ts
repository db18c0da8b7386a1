import { describe, expect, it } from 'vitest'
import { hashText, seededRandom } from '../../src/schedule/random.ts'

const draws = (seed: string, count: number) => {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => random())
}

describe('a seeded random source', () => {
  it('repeats itself for the same seed and for no other', () => {
    expect(draws('a', 20)).toEqual(draws('a', 20))
    expect(draws('a', 20)).not.toEqual(draws('b', 20))
    expect(draws('', 20)).not.toEqual(draws('0', 20))
  })

  it('stays the same from release to release, so that a noted seed keeps its meaning', () => {
    expect(draws('storyline', 3)).toEqual([0.3947673316579312, 0.34111459786072373, 0.7261729163583368])
  })

  it('spreads evenly from 0 to 1, whatever the seed', () => {
    for (const seed of ['1', '2', 'a long seed with spaces']) {
      const tenths = Array<number>(10).fill(0)
      for (const number of draws(seed, 20_000)) {
        const tenth = Math.floor(number * 10)
        tenths[tenth] = (tenths[tenth] ?? 0) + 1
      }
      expect(tenths).toHaveLength(10)
      expect(Math.min(...tenths)).toBeGreaterThan(1800)
      expect(Math.max(...tenths)).toBeLessThan(2200)
    }
  })

  it('does not start alike for seeds that are alike', () => {
    const first = Array.from({ length: 1000 }, (_, i) => draws(`${i}`, 1)[0] ?? 0)
    expect(new Set(first).size).toBe(1000)
    const mean = first.reduce((sum, number) => sum + number, 0) / 1000
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.05)
  })
})

describe('hashing a text', () => {
  it('depends on the text and on the salt', () => {
    expect(hashText('a', 1)).toBe(hashText('a', 1))
    expect(hashText('a', 1)).not.toBe(hashText('b', 1))
    expect(hashText('a', 1)).not.toBe(hashText('a', 2))
  })
})
