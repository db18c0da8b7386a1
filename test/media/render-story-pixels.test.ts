import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { animation } from '../support/pictures.ts'
import {
  type Colour,
  distance,
  FITS,
  jpegSegments,
  linearGreyProfile,
  painted,
  plain,
  seen,
  storyOf,
  turned,
  withProfile,
} from './rendering.ts'

const RED: Colour = [200, 40, 40]
const GREEN: Colour = [40, 160, 60]
const BLUE: Colour = [50, 60, 190]
const YELLOW: Colour = [220, 200, 60]
const WHITE: Colour = [255, 255, 255]

describe('EXIF orientation', () => {
  const upright = { width: 90, height: 160 }
  const quarter = (x: number, y: number): Colour => {
    if (y < upright.height / 2) return x < upright.width / 2 ? RED : GREEN
    return x < upright.width / 2 ? BLUE : YELLOW
  }
  const [right, bottom] = [upright.width - 1, upright.height - 1]
  /** Where the stored pixel belongs in the upright picture (TIFF 6, tag 274). */
  const STORED: Record<number, (x: number, y: number) => [x: number, y: number]> = {
    1: (x, y) => [x, y],
    2: (x, y) => [right - x, y],
    3: (x, y) => [right - x, bottom - y],
    4: (x, y) => [x, bottom - y],
    5: (x, y) => [y, x],
    6: (x, y) => [right - y, x],
    7: (x, y) => [right - y, bottom - x],
    8: (x, y) => [y, bottom - x],
  }

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('%i is applied to the pixels', async (orientation) => {
    const isLying = orientation > 4
    const [width, height] = isLying ? [upright.height, upright.width] : [upright.width, upright.height]
    const stored = painted(width, height, (x, y) => quarter(...(STORED[orientation]?.(x, y) ?? [0, 0])))
    const original = turned(await stored.jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer(), orientation)

    for (const fit of FITS) {
      const story = await seen(await storyOf(original, fit))
      expect(distance(story.at(100, 100), RED)).toBeLessThan(8)
      expect(distance(story.at(980, 100), GREEN)).toBeLessThan(8)
      expect(distance(story.at(100, 1820), BLUE)).toBeLessThan(8)
      expect(distance(story.at(980, 1820), YELLOW)).toBeLessThan(8)
    }
  })
})

describe('colour', () => {
  const orange: Colour = [200, 100, 50]
  const beige: Colour = [200, 170, 150]
  const frame = { width: 90, height: 160 }
  const solid = (colour: Colour) => plain(frame.width, frame.height, colour)

  const WIDE: [name: string, build: () => Promise<Buffer>][] = [
    ['JPEG', () => solid(orange).withIccProfile('p3').jpeg({ quality: 100 }).toBuffer()],
    ['PNG', () => solid(orange).withIccProfile('p3').png().toBuffer()],
    ['16-bit PNG', () => solid(orange).toColourspace('rgb16').withIccProfile('p3').png().toBuffer()],
    ['WebP', () => solid(orange).withIccProfile('p3').webp({ lossless: true }).toBuffer()],
  ]
  it.each(WIDE)('of a Display P3 %s is converted to sRGB', async (_name, build) => {
    const original = await build()
    expect(distance((await seen(original)).at(45, 80), [187, 106, 62])).toBeLessThan(3)
    expect(distance((await seen(await storyOf(original, 'blur'))).at(540, 960), orange)).toBeLessThan(4)
  })

  it('of a 16-bit PNG without a profile stays what it is', async () => {
    const original = await solid(orange).toColourspace('rgb16').png().toBuffer()
    expect(distance((await seen(await storyOf(original, 'blur'))).at(540, 960), orange)).toBeLessThan(3)
  })

  it.each([true, false])(
    'of an inverted CMYK JPEG as Adobe writes it is right (with its profile: %s)',
    async (isTagged) => {
      const untagged = solid(beige).toColourspace('cmyk')
      const original = await (isTagged ? untagged.withIccProfile('cmyk') : untagged).jpeg({ quality: 100 }).toBuffer()
      expect(jpegSegments(original).some(({ code, payload }) => code === 0xee && payload.includes('Adobe'))).toBe(true)
      expect(await sharp(original).metadata()).toMatchObject({ space: 'cmyk', channels: 4, hasProfile: isTagged })
      expect(distance((await seen(await storyOf(original, 'blur'))).at(540, 960), beige)).toBeLessThan(8)
    },
  )

  it.each(['b-w', 'grey16'])('of a grey picture (%s) follows its profile', async (space) => {
    const grey = await solid([128, 128, 128]).toColourspace(space).png().toBuffer()
    const middle = async (original: Buffer) => (await seen(await storyOf(original, 'blur'))).at(540, 960)
    expect(distance(await middle(grey), [128, 128, 128])).toBeLessThan(3)
    expect(distance(await middle(withProfile(grey, linearGreyProfile())), [188, 188, 188])).toBeLessThan(3)
  })

  it('of the first frame is taken from an animation', async () => {
    for (const format of ['gif', 'webp'] as const) {
      const story = await seen(await storyOf(await animation({ width: 90, height: 160 }, format), 'cover'))
      expect(distance(story.at(540, 960), [0xaa, 0x44, 0])).toBeLessThan(8)
    }
  })

  it('of a palette is kept', async () => {
    const original = await solid(orange).png({ palette: true }).toBuffer()
    expect(await sharp(original).metadata()).toMatchObject({ isPalette: true })
    expect(distance((await seen(await storyOf(original, 'cover'))).at(540, 960), orange)).toBeLessThan(3)
  })
})

describe('transparency', () => {
  it.each(FITS)('is white (%s), also under what is half transparent', async (fit) => {
    const logo = await plain(900, 900, RED, 0)
      .composite([{ input: await plain(300, 300, [255, 0, 0], 0.5).png().toBuffer() }])
      .png()
      .toBuffer()
    const story = await seen(await storyOf(logo, fit))
    expect(distance(story.at(540, 960), [255, 127, 127])).toBeLessThan(4)
    expect(distance(story.at(60, 960), WHITE)).toBeLessThan(4)
  })

  it('is white in the backdrop as well, as if the picture never had been transparent', async () => {
    const transparent = await plain(900, 900, RED, 0).png().toBuffer()
    const white = await plain(900, 900, WHITE).png().toBuffer()
    expect(await storyOf(transparent, 'blur')).toEqual(await storyOf(white, 'blur'))
    expect(distance((await seen(await storyOf(transparent, 'blur'))).at(540, 100), [178, 178, 178])).toBeLessThan(4)
  })
})
