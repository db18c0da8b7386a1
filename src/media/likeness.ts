/** One byte per pixel and channel, row by row. */
export interface Raster {
  data: Uint8Array
  width: number
  height: number
}

/** What is missing at each side of a picture, in thousandths of its width or height. */
export interface Crop {
  left: number
  right: number
  top: number
  bottom: number
}

export const NO_CROP: Crop = { left: 0, right: 0, top: 0, bottom: 0 }

/** In thousandths, at one side. */
const MAX_CROP = 25

/** In pixels of `areAlike`'s pictures; at 144×256 about the size of a digit in a price, 60 pixels of 1080. */
const WINDOW = 8

/**
 * The limits, in levels of 0 to 255, measured on the samples and on drawn, noisy and blank pictures. The same picture at
 * quality 50 and 640×1136, or cropped by 2 % which was undone: window ≤ 8.7, mean ≤ 4.9, correlation ≥ 0.46. The same
 * layout with one digit of an 80 pixel price changed: window ≥ 22; with another background: mean 10; noise and other
 * noise: correlation ≤ 0.01.
 */
const MAX_WINDOW_DIFFERENCE = 14
const MAX_MEAN_DIFFERENCE = 6
const MIN_CORRELATION = 0.3
/** Standard deviation up to which a picture counts as one colour: what re-encoding leaves of it correlates with nothing. */
const FLAT = 1

/** Whether two small colour pictures, 3 bytes each pixel and equally large, show the same: as a whole, in every window, in their pattern. */
export function areAlike(one: Raster, other: Raster): boolean {
  const { mean, correlation, contrast } = compareAll(one.data, other.data)
  const hasSamePattern = contrast < FLAT || correlation >= MIN_CORRELATION
  return mean <= MAX_MEAN_DIFFERENCE && hasSamePattern && worstWindow(one, other) <= MAX_WINDOW_DIFFERENCE
}

/** Each colour around its own mean: that all pixels are bluish is no pattern. */
function compareAll(one: Uint8Array, other: Uint8Array) {
  const channels = [0, 1, 2].map((channel) => compareChannel(one, other, channel))
  const total = (name: keyof (typeof channels)[number]) => channels.reduce((sum, channel) => sum + channel[name], 0)
  const [variance, varianceOther] = [total('variance'), total('varianceOther')]
  return {
    mean: total('difference') / 3,
    contrast: Math.sqrt(Math.max(variance, varianceOther) / 3),
    // Rounding leaves traces of a variance in one colour: against less than 1 nothing correlates.
    correlation: total('covariance') / Math.sqrt(Math.max(variance * varianceOther, 1)),
  }
}

function compareChannel(one: Uint8Array, other: Uint8Array, channel: number) {
  const count = one.length / 3
  let [sum, sumOther, squares, squaresOther, products, differences] = [0, 0, 0, 0, 0, 0]
  for (let i = channel; i < one.length; i += 3) {
    const [a, b] = [one[i] ?? 0, other[i] ?? 0]
    sum += a
    sumOther += b
    squares += a * a
    squaresOther += b * b
    products += a * b
    differences += Math.abs(a - b)
  }
  return {
    difference: differences / count,
    variance: squares / count - (sum / count) ** 2,
    varianceOther: squaresOther / count - (sumOther / count) ** 2,
    covariance: products / count - (sum / count) * (sumOther / count),
  }
}

/** The largest mean difference of a window; they overlap by half, so that nothing is divided between two of them. */
function worstWindow(one: Raster, other: Raster): number {
  let worst = 0
  for (let top = 0; top + WINDOW <= one.height; top += WINDOW / 2) {
    for (let left = 0; left + WINDOW <= one.width; left += WINDOW / 2) {
      worst = Math.max(worst, windowDifference(one, other, left, top))
    }
  }
  return worst
}

function windowDifference(one: Raster, other: Raster, left: number, top: number): number {
  let sum = 0
  for (let y = top; y < top + WINDOW; y++) {
    const from = (y * one.width + left) * 3
    for (let i = from; i < from + WINDOW * 3; i++) sum += Math.abs((one.data[i] ?? 0) - (other.data[i] ?? 0))
  }
  return sum / (WINDOW * WINDOW * 3)
}

/**
 * Which part of `one`, enlarged to the whole, `other` is most likely: two grey pictures of equal size. Compares the
 * brightness of rows and columns only; the second round knows what the first one found along the other side.
 */
export function findCrop(one: Raster, other: Raster): Crop {
  const all = { start: 0, end: 0 }
  let [rows, columns] = [all, all]
  for (let round = 0; round < 2; round++) {
    rows = bestCut(rowMeans(one, columns), rowMeans(other, all))
    columns = bestCut(columnMeans(one, rows), columnMeans(other, all))
  }
  return { left: columns.start, right: columns.end, top: rows.start, bottom: rows.end }
}

/** In thousandths, as in `Crop`. */
interface Cut {
  start: number
  end: number
}

function rowMeans({ data, width, height }: Raster, columns: Cut): Float64Array {
  const [from, to] = bounds(columns, width)
  return Float64Array.from({ length: height }, (_, row) => {
    let sum = 0
    for (let column = from; column < to; column++) sum += data[row * width + column] ?? 0
    return sum / (to - from)
  })
}

function columnMeans({ data, width, height }: Raster, rows: Cut): Float64Array {
  const [from, to] = bounds(rows, height)
  return Float64Array.from({ length: width }, (_, column) => {
    let sum = 0
    for (let row = from; row < to; row++) sum += data[row * width + column] ?? 0
    return sum / (to - from)
  })
}

function bounds({ start, end }: Cut, length: number): [from: number, to: number] {
  return [Math.round((start * length) / 1000), length - Math.round((end * length) / 1000)]
}

function bestCut(one: Float64Array, other: Float64Array): Cut {
  let best = { start: 0, end: 0, difference: Number.POSITIVE_INFINITY }
  for (let start = 0; start <= MAX_CROP; start++) {
    for (let end = 0; end <= MAX_CROP; end++) {
      const difference = differenceOfPart(one, other, { start, end }, best.difference)
      if (difference < best.difference) best = { start, end, difference }
    }
  }
  return { start: best.start, end: best.end }
}

/** Between `other` and the part of `one`, stretched to its length; stops counting at `limit`. */
function differenceOfPart(one: Float64Array, other: Float64Array, { start, end }: Cut, limit: number): number {
  const last = one.length - 1
  const from = (start * one.length) / 1000
  const step = 1 - (start + end) / 1000
  let difference = 0
  for (let i = 0; i <= last && difference < limit; i++) {
    const at = Math.min(last, Math.max(0, from + step * (i + 0.5) - 0.5))
    const left = Math.floor(at)
    const [a, b] = [one[left] ?? 0, one[Math.min(last, left + 1)] ?? 0]
    difference += Math.abs(a + (b - a) * (at - left) - (other[i] ?? 0))
  }
  return difference
}
