import fc from 'fast-check'
import { expect, it } from 'vitest'
import { findCrop, NO_CROP, type Raster } from '../../src/media/likeness.ts'

const SIZE = { width: 360, height: 640 }

interface Drawing {
  /** Is it brighter along the lower half of its left side? */
  hasBrightEdge?: boolean
}

/** Some shapes, painted as if the given part of the picture, in thousandths, was enlarged to the whole. */
function drawn({ left, right, top, bottom } = NO_CROP, { hasBrightEdge = false }: Drawing = {}): Raster {
  const data = new Uint8Array(SIZE.width * SIZE.height)
  for (let row = 0; row < SIZE.height; row++) {
    for (let column = 0; column < SIZE.width; column++) {
      const x = left / 1000 + ((column + 0.5) / SIZE.width) * (1 - (left + right) / 1000)
      const y = top / 1000 + ((row + 0.5) / SIZE.height) * (1 - (top + bottom) / 1000)
      const disc = (x - 0.3) ** 2 + ((y - 0.7) * 1.5) ** 2 < 0.04
      const box = x > 0.45 && x < 0.9 && y > 0.15 && y < 0.4
      const edge = hasBrightEdge && x < 0.02 && y > 0.5
      data[row * SIZE.width + column] = edge ? 255 : 60 + 50 * x + 50 * y + (disc ? 45 : 0) + (box ? 35 : 0)
    }
  }
  return { data, ...SIZE }
}

it('nothing was cropped off the same picture', () => {
  expect(findCrop(drawn(), drawn())).toEqual(NO_CROP)
})

it('finds what was cropped off each side, to two thousandths', () => {
  const side = fc.integer({ min: 0, max: 25 })
  const one = drawn()
  fc.assert(
    fc.property(fc.record({ left: side, right: side, top: side, bottom: side }), (crop) => {
      const found = findCrop(one, drawn(crop))
      for (const name of ['left', 'right', 'top', 'bottom'] as const) {
        expect(Math.abs(found[name] - crop[name])).toBeLessThanOrEqual(2)
      }
    }),
    { numRuns: 40, seed: 1 },
  )
})

it('what was cropped off at one side does not mislead at the other', () => {
  const crop = { ...NO_CROP, left: 20, bottom: 10 }
  const found = findCrop(drawn(NO_CROP, { hasBrightEdge: true }), drawn(crop, { hasBrightEdge: true }))
  expect(found).toEqual(crop)
})
