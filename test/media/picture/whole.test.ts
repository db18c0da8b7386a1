import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { provePicture } from '../../../src/media/picture/prove.ts'
import {
  animatedPng,
  animation,
  exifBlock,
  jpegOfSize,
  noiseJpeg,
  pattern,
  png,
  pngChunks,
  webp,
  webpCanvas,
  withFirstSegment,
} from '../../support/pictures.ts'

const story = { width: 108, height: 192 }
const landscape = { width: 40, height: 24 }
const exifPrefix = Buffer.from('Exif\0\0')

const GOOD: [name: string, build: () => Promise<Buffer>][] = [
  ['a plain JPEG', () => pattern(story).jpeg().toBuffer()],
  ['a progressive JPEG', () => pattern(story).jpeg({ progressive: true }).toBuffer()],
  ['a mozjpeg JPEG with optimised scans', () => pattern(story).jpeg({ mozjpeg: true }).toBuffer()],
  ['a grey JPEG', () => pattern(story).greyscale().jpeg().toBuffer()],
  ['a CMYK JPEG', () => pattern(story).toColourspace('cmyk').jpeg().toBuffer()],
  ['a JPEG with an ICC profile', () => pattern(story).withIccProfile('p3').jpeg().toBuffer()],
  ['a noisy JPEG, full of stuffed bytes', () => noiseJpeg({ width: 300, height: 300, seed: 1, quality: 100 })],
  ['a JPEG of one pixel', () => pattern({ width: 1, height: 1 }).jpeg().toBuffer()],
  ['a JPEG of one pixel height', () => pattern({ width: 300, height: 1 }).jpeg().toBuffer()],
  ['a plain PNG', () => pattern(story).png().toBuffer()],
  ['a 16-bit PNG', () => pattern(story).toColourspace('rgb16').png().toBuffer()],
  ['an interlaced PNG', () => pattern(story).png({ progressive: true }).toBuffer()],
  ['a palette PNG', () => pattern(story).png({ palette: true, colours: 8 }).toBuffer()],
  ['a transparent PNG', () => pattern(story).ensureAlpha(0.5).png().toBuffer()],
  ['a PNG of one pixel', () => pattern({ width: 1, height: 1 }).png().toBuffer()],
  ['an animated PNG', () => animatedPng(landscape)],
  ['a lossy WebP', () => pattern(story).webp().toBuffer()],
  ['a lossless WebP', () => pattern(story).webp({ lossless: true }).toBuffer()],
  ['a lossless WebP of odd size', () => pattern({ width: 301, height: 7 }).webp({ lossless: true }).toBuffer()],
  ['a transparent WebP', () => pattern(story).ensureAlpha(0.5).webp().toBuffer()],
  ['a WebP of one pixel', () => pattern({ width: 1, height: 1 }).webp().toBuffer()],
  ['an animated WebP', () => animation(landscape, 'webp')],
  ['a still GIF', () => pattern(story).gif().toBuffer()],
  ['a GIF of one pixel', () => pattern({ width: 1, height: 1 }).gif().toBuffer()],
  ['an animated GIF', () => animation(landscape, 'gif')],
]

describe('a whole picture', () => {
  test.each(GOOD)('%s is whole, with the dimensions that sharp sees', async (_name, build) => {
    const bytes = await build()
    const seen = await sharp(bytes).metadata()
    expect(provePicture(bytes)).toMatchObject({
      kind: 'whole',
      format: seen.format,
      mimeType: `image/${seen.format}`,
      width: seen.autoOrient.width,
      height: seen.autoOrient.height,
      orientation: seen.orientation ?? 1,
    })
  })

  test.each(['jpeg', 'png', 'webp'] as const)('a %s is turned as its EXIF orientation says', async (format) => {
    for (let orientation = 1; orientation <= 8; orientation++) {
      const bytes = await pattern(landscape).withMetadata({ orientation }).toFormat(format).toBuffer()
      const shown = (await sharp(bytes).metadata()).autoOrient
      const upright = orientation < 5
      expect(shown).toEqual({ width: upright ? 40 : 24, height: upright ? 24 : 40 })
      expect(provePicture(bytes)).toMatchObject({ kind: 'whole', format, orientation, ...shown })
    }
  })

  test.each([
    ['II', 3],
    ['MM', 3],
    ['II', 4],
    ['MM', 4],
    ['II', 1],
    ['MM', 1],
  ] as const)('EXIF in byte order %s with field type %i is understood as sharp does', async (byteOrder, type) => {
    const block = Buffer.concat([exifPrefix, exifBlock({ orientation: 6, byteOrder, type })])
    const bytes = withFirstSegment(await pattern(landscape).jpeg().toBuffer(), 0xe1, block)
    expect((await sharp(bytes).metadata()).orientation).toBe(6)
    expect(provePicture(bytes)).toMatchObject({ orientation: 6, width: 24, height: 40 })
  })

  test('the first EXIF block of a JPEG decides, as in sharp', async () => {
    const block = (orientation: number) =>
      Buffer.concat([exifPrefix, exifBlock({ orientation, byteOrder: 'MM', type: 3 })])
    const plain = await pattern(landscape).jpeg().toBuffer()
    const bytes = withFirstSegment(withFirstSegment(plain, 0xe1, block(3)), 0xe1, block(8))
    expect((await sharp(bytes).metadata()).orientation).toBe(8)
    expect(provePicture(bytes)).toMatchObject({ orientation: 8 })
  })

  const exif = exifBlock({ orientation: 6, byteOrder: 'II', type: 3 })
  test.each([
    ['cut off in the middle', exif.subarray(0, 15)],
    [
      'with a directory far outside',
      Buffer.concat([exif.subarray(0, 4), Buffer.from([0xff, 0xff, 0xff, 0xff]), exif.subarray(8)]),
    ],
    ['with an unknown byte order', Buffer.concat([Buffer.from('XX'), exif.subarray(2)])],
    ['with a wrong magic number', Buffer.concat([exif.subarray(0, 2), Buffer.from([43]), exif.subarray(3)])],
    ['with orientation 9', exifBlock({ orientation: 9, byteOrder: 'II', type: 3 })],
    ['with orientation 0', exifBlock({ orientation: 0, byteOrder: 'II', type: 3 })],
    ['with an orientation of a wrong type', exifBlock({ orientation: 6, byteOrder: 'II', type: 2 })],
    ['that is empty', Buffer.alloc(0)],
  ])('EXIF %s is ignored', async (_name, block) => {
    const bytes = withFirstSegment(await pattern(landscape).jpeg().toBuffer(), 0xe1, Buffer.concat([exifPrefix, block]))
    expect(provePicture(bytes)).toMatchObject({ kind: 'whole', orientation: 1, ...landscape })
  })

  test('EXIF cut off after any number of bytes never spoils the picture', () => {
    for (let length = 0; length < exif.length; length++) {
      const block = Buffer.concat([exifPrefix, exif.subarray(0, length)])
      const proof = provePicture(withFirstSegment(jpegOfSize(landscape), 0xe1, block))
      expect(proof).toMatchObject({ kind: 'whole', orientation: length < 22 ? 1 : 6 })
    }
  })

  test('the EXIF of a PNG and of a WebP is understood with and without its prefix', async () => {
    const chunks = pngChunks(await pattern(landscape).png().toBuffer())
    const lossy = await pattern(landscape).webp().toBuffer()
    for (const data of [exif, Buffer.concat([exifPrefix, exif])]) {
      const withExif = png([...chunks.slice(0, 1), { type: 'eXIf', data }, ...chunks.slice(1)])
      expect(provePicture(withExif)).toMatchObject({ orientation: 6, width: 24, height: 40 })
      const vp8 = { type: 'VP8 ', data: lossy.subarray(20) }
      const extended = webp([webpCanvas(landscape, 0x08), vp8, { type: 'EXIF', data }])
      expect(provePicture(extended)).toMatchObject({ orientation: 6, width: 24, height: 40 })
    }
  })

  test('the padding behind a WebP chunk of odd length is skipped', async () => {
    const lossy = await pattern(landscape).webp().toBuffer()
    const odd = { type: 'ICCP', data: Buffer.from([1, 2, 3]) }
    const bytes = webp([webpCanvas(landscape), odd, { type: 'VP8 ', data: lossy.subarray(20) }])
    expect((await sharp(bytes).metadata()).width).toBe(landscape.width)
    expect(provePicture(bytes)).toMatchObject({ kind: 'whole', ...landscape })
  })

  test('the thumbnail inside a JPEG is neither its end nor its size', async () => {
    const thumbnail = await pattern({ width: 4, height: 4 }).jpeg().toBuffer()
    const bytes = withFirstSegment(await pattern(story).jpeg().toBuffer(), 0xe1, thumbnail)
    expect(provePicture(bytes)).toMatchObject({ kind: 'whole', ...story })
    expect(provePicture(bytes.subarray(0, 600))).toMatchObject({ kind: 'broken' })
  })

  test.each([
    ['stuffed bytes', [0xff, 0x00, 7, 0xff, 0x00, 0xff, 0x00]],
    ['restart markers', [1, 0xff, 0xd0, 2, 0xff, 0xd7, 3]],
    ['fill bytes before a restart marker', [1, 0xff, 0xff, 0xff, 0xd3, 2]],
    ['fill bytes before a stuffed byte', [1, 0xff, 0xff, 0x00, 2]],
    ['fill bytes before the end', [1, 0xff, 0xff, 0xff]],
    ['nothing', []],
  ])('JPEG scan data with %s is passed', (_name, scan) => {
    expect(provePicture(jpegOfSize(landscape, scan))).toMatchObject({ kind: 'whole', ...landscape })
  })

  test.each([
    ['jpeg', 1],
    ['png', 1],
    ['webp', 1],
    ['gif', 1],
  ] as const)('a still %s has %i frame', async (format, frames) => {
    const bytes = await pattern(landscape).toFormat(format).toBuffer()
    expect(provePicture(bytes)).toMatchObject({ animated: false, frames })
  })

  test('animations are noticed and their frames counted', async () => {
    const animated = { kind: 'whole', animated: true, frames: 2, ...landscape }
    expect(provePicture(await animation(landscape, 'gif'))).toMatchObject({ format: 'gif', ...animated })
    expect(provePicture(await animation(landscape, 'webp'))).toMatchObject({ format: 'webp', ...animated })
    expect(provePicture(await animatedPng(landscape))).toMatchObject({ format: 'png', ...animated })
  })

  test('a view into a larger buffer is read from its own start', async () => {
    const bytes = await pattern(landscape).png().toBuffer()
    const larger = new Uint8Array(bytes.length + 20).fill(0x41)
    larger.set(bytes, 13)
    expect(provePicture(larger.subarray(13, 13 + bytes.length))).toEqual(provePicture(bytes))
  })
})
