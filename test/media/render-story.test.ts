import { hash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { provePicture } from '../../src/media/picture/prove.ts'
import { renderStory } from '../../src/media/render-story.ts'
import { animation, noiseJpeg, pattern, pngOfSize, withFirstSegment } from '../support/pictures.ts'
import { type Colour, distance, FITS, jpegSegments, painted, plain, seen, storyOf, turned } from './rendering.ts'

const RED: Colour = [200, 40, 40]
const GREEN: Colour = [40, 160, 60]
const BLUE: Colour = [50, 60, 190]
const WHITE: Colour = [255, 255, 255]
const BLACK: Colour = [0, 0, 0]
const portrait = { width: 300, height: 400 }

/** A phone's picture: turned by EXIF, with a place, an author and a profile in each block that a JPEG has for them. */
async function tattleJpeg(): Promise<Buffer> {
  const jpeg = await pattern(portrait)
    .withExif({ IFD0: { Artist: 'secret-exif' }, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1' } })
    .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">secret-xmp</x:xmpmeta>')
    .withIccProfile('p3')
    .jpeg()
    .toBuffer()
  const withComment = withFirstSegment(jpeg, 0xfe, Buffer.from('secret-comment'))
  return withFirstSegment(withComment, 0xed, Buffer.from('Photoshop 3.0\0secret-iptc'))
}

const ORIGINALS: [name: string, build: () => Promise<Buffer>][] = [
  ['a portrait', () => pattern(portrait).jpeg().toBuffer()],
  ['a landscape', () => pattern({ width: 1920, height: 1080 }).jpeg().toBuffer()],
  ['9:16', () => pattern({ width: 720, height: 1280 }).jpeg().toBuffer()],
  [
    'a phone picture turned by EXIF',
    async () => turned(await pattern({ width: 400, height: 300 }).jpeg().toBuffer(), 6),
  ],
  ['a JPEG full of metadata', tattleJpeg],
  ['a progressive JPEG', () => pattern(portrait).jpeg({ progressive: true }).toBuffer()],
  ['a CMYK JPEG', () => pattern(portrait).toColourspace('cmyk').jpeg().toBuffer()],
  ['a grey JPEG', () => pattern(portrait).greyscale().toColourspace('b-w').jpeg().toBuffer()],
  ['a transparent PNG', () => pattern(portrait).ensureAlpha(0.5).png().toBuffer()],
  ['a palette PNG', () => pattern(portrait).png({ palette: true, colours: 16 }).toBuffer()],
  ['a 16-bit PNG', () => pattern(portrait).toColourspace('rgb16').withIccProfile('p3').png().toBuffer()],
  ['a grey 16-bit PNG', () => pattern(portrait).greyscale().toColourspace('grey16').png().toBuffer()],
  ['an animated GIF', () => animation({ width: 40, height: 30 }, 'gif')],
  ['an animated WebP', () => animation({ width: 40, height: 30 }, 'webp')],
  ['one pixel', () => pattern({ width: 1, height: 1 }).png().toBuffer()],
  ['one pixel of height', () => pattern({ width: 2000, height: 1 }).png().toBuffer()],
  ['one pixel of width', () => pattern({ width: 1, height: 2000 }).jpeg().toBuffer()],
  ['a thread', () => pattern({ width: 300_000, height: 1 }).png().toBuffer()],
  ['a tower', () => pattern({ width: 500, height: 4000 }).jpeg().toBuffer()],
  ['a banner', () => pattern({ width: 8000, height: 300 }).jpeg().toBuffer()],
]

describe.each(ORIGINALS)('the story of %s', (_name, build) => {
  it.each(FITS)('is a baseline JPEG of 1080×1920 without any metadata (%s)', async (fit) => {
    const story = await storyOf(await build(), fit)

    const segments = jpegSegments(story)
    const frame = segments.find(({ code }) => code === 0xc0)?.payload
    // Only quantisation tables, Huffman tables, one baseline frame and its scan: no APPn, no comment.
    expect([0xdb, 0xc4, 0xc0, 0xda]).toEqual(expect.arrayContaining(segments.map(({ code }) => code)))
    expect(frame && [...frame.subarray(0, 6)]).toEqual([8, 1920 >> 8, 1920 & 0xff, 1080 >> 8, 1080 & 0xff, 3])
    expect(story.toString('latin1')).not.toMatch(/secret|Exif|ICC_PROFILE|adobe/i)
    expect(provePicture(story)).toMatchObject({ kind: 'whole', format: 'jpeg', width: 1080, height: 1920 })
    expect(story.length).toBeLessThanOrEqual(8 * 1024 * 1024)
  })
})

it('the JPEG full of metadata is what it says', async () => {
  const original = await tattleJpeg()
  expect(original.toString('latin1')).toMatch(/secret-iptc.*secret-comment.*secret-exif.*secret-xmp.*ICC_PROFILE/s)
})

describe('STORY_FIT', () => {
  /** 1600×900: a red edge of 50 pixels around green, blue in the middle third. Whole, it is 1080×608 or so, from 656 on. */
  const landscape = () =>
    painted(1600, 900, (x, y) => {
      if (x < 50 || x >= 1550 || y < 50 || y >= 850) return RED
      return x > 533 && x < 1067 ? BLUE : GREEN
    })
      .png()
      .toBuffer()

  it('contain shows the whole picture between black bars', async () => {
    const story = await seen(await storyOf(await landscape(), 'contain'))
    for (const y of [0, 400, 650, 1270, 1500, 1919]) expect(distance(story.at(540, y), BLACK)).toBeLessThan(4)
    for (const [x, y] of [
      [5, 670],
      [1075, 670],
      [5, 1250],
      [1075, 1250],
    ] as const) {
      expect(distance(story.at(x, y), RED)).toBeLessThan(8)
    }
    expect(distance(story.at(540, 960), BLUE)).toBeLessThan(8)
    expect(distance(story.at(200, 960), GREEN)).toBeLessThan(8)
  })

  it('blur shows the same whole picture, over its own middle: large, darker and without an edge', async () => {
    const original = await landscape()
    const [story, contained] = [
      await seen(await storyOf(original, 'blur')),
      await seen(await storyOf(original, 'contain')),
    ]
    for (let y = 664; y < 1256; y += 16) {
      for (let x = 8; x < 1080; x += 16) expect(distance(story.at(x, y), contained.at(x, y))).toBeLessThan(12)
    }
    const darkBlue: Colour = [35, 42, 133]
    expect(distance(story.at(540, 400), darkBlue)).toBeLessThan(8)
    expect(distance(story.at(540, 1500), darkBlue)).toBeLessThan(8)
    for (let y = 0; y < 630; y++) expect(distance(story.at(540, y), story.at(540, y + 10))).toBeLessThan(12)
  })

  it('blur leaves nothing readable beside the picture', async () => {
    const stripes = await painted(800, 800, (x) => (Math.floor(x / 20) % 2 === 0 ? BLACK : WHITE))
      .png()
      .toBuffer()
    const story = await seen(await storyOf(stripes, 'blur'))
    // Towards the edges the blur sees nothing but the last stripe.
    const margin = Array.from({ length: 480 }, (_, x) => story.at(300 + x, 200)[0])
    expect(Math.max(...margin) - Math.min(...margin)).toBeLessThan(10)
  })

  it('blur puts light beside light and dark beside dark', async () => {
    const halves = await painted(800, 800, (x) => (x < 400 ? RED : BLUE))
      .png()
      .toBuffer()
    const story = await seen(await storyOf(halves, 'blur'))
    for (const y of [50, 350, 1570, 1870]) {
      expect(distance(story.at(20, y), [140, 28, 28])).toBeLessThan(8)
      expect(distance(story.at(1060, y), [35, 42, 133])).toBeLessThan(8)
    }
  })

  it('blur has no steps, though it was made small', async () => {
    const halves = await painted(800, 800, (x) => (x < 400 ? BLACK : WHITE))
      .png()
      .toBuffer()
    const story = await seen(await storyOf(halves, 'blur'))
    for (let x = 0; x < 1079; x++) expect(distance(story.at(x, 200), story.at(x + 1, 200))).toBeLessThanOrEqual(2)
  })

  it('cover fills the frame and cuts equally at both sides', async () => {
    const thirds = await painted(1600, 900, (x) => (x < 547 ? RED : x < 1053 ? GREEN : BLUE))
      .png()
      .toBuffer()
    const story = await seen(await storyOf(thirds, 'cover'))
    for (const y of [0, 960, 1919])
      for (const x of [2, 540, 1077]) expect(distance(story.at(x, y), GREEN)).toBeLessThan(8)

    const tall = await painted(400, 1600, (_x, y) => (y < 440 ? RED : y < 1160 ? GREEN : BLUE))
      .png()
      .toBuffer()
    const cut = await seen(await storyOf(tall, 'cover'))
    for (const y of [8, 960, 1911]) expect(distance(cut.at(540, y), GREEN)).toBeLessThan(8)
  })

  const SHAPES: [width: number, height: number, fills: boolean][] = [
    [1080, 1920, true],
    [1242, 2208, true],
    [640, 1136, true],
    [1080, 1902, true],
    [1080, 1938, true],
    [1080, 1890, false],
    [1080, 1950, false],
    [1170, 2532, false],
  ]
  it.each(SHAPES)('%i×%i fills the frame whatever the fit: %s', async (width, height, fills) => {
    const original = await plain(width, height, WHITE).png().toBuffer()
    const stories = await Promise.all(FITS.map((fit) => storyOf(original, fit)))
    const contained = await seen(await storyOf(original, 'contain'))
    const corners = [contained.at(0, 0), contained.at(1079, 1919)]
    expect(new Set(stories.map((story) => hash('sha256', story))).size).toBe(fills ? 1 : 3)
    expect(corners).toEqual(fills ? [WHITE, WHITE] : [BLACK, BLACK])
  })

  it('a line of one pixel is still there', async () => {
    const line = await painted(2000, 1, (x) => (x < 1000 ? RED : BLUE))
      .png()
      .toBuffer()
    const story = await seen(await storyOf(line, 'contain'))
    const rows = [958, 959, 960, 961].filter((y) => story.at(200, y)[0] > 80 && story.at(900, y)[2] > 80)
    expect(rows).toEqual([959])
  })

  it('small pictures are enlarged without steps', async () => {
    const ramp = await painted(27, 48, (x) => [x * 9, x * 9, x * 9])
      .png()
      .toBuffer()
    const story = await seen(await storyOf(ramp, 'cover'))
    for (let x = 40; x < 1039; x++)
      expect(Math.abs(story.at(x + 1, 960)[0] - story.at(x, 960)[0])).toBeLessThanOrEqual(3)
    expect(story.at(1060, 960)[0] - story.at(20, 960)[0]).toBeGreaterThan(200)
  })
})

it.each(FITS)('the same original gives the same bytes (%s)', async (fit) => {
  const original = await noiseJpeg({ width: 900, height: 1200, seed: 7 })
  const stories = await Promise.all([1, 2, 3].map(() => storyOf(Buffer.from(original), fit)))
  expect(new Set(stories.map((story) => hash('sha256', story))).size).toBe(1)
})

it('noise of full contrast, the worst there is to encode, stays below 8 MB', async () => {
  let state = 1
  const story = await storyOf(
    await painted(1080, 1920, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return [state >>> 31 && 255, (state >>> 30) & 1 && 255, (state >>> 29) & 1 && 255]
    })
      .png()
      .toBuffer(),
    'cover',
  )
  expect(story.length).toBeLessThan(8 * 1024 * 1024)
  expect(story.length).toBeGreaterThan(2 * 1024 * 1024)
})

describe('a picture that cannot be decoded is broken', () => {
  const CASES: [name: string, build: () => Promise<Buffer>, said: RegExp][] = [
    [
      'cut off',
      async () => (await noiseJpeg({ width: 600, height: 900, seed: 1 })).subarray(0, 20_000),
      /premature end/,
    ],
    ['nonsense inside', async () => pngOfSize({ width: 100, height: 100 }), /png/],
    ['too large', async () => pngOfSize({ width: 10_001, height: 10_000 }), /exceeds pixel limit/],
    ['no picture', async () => Buffer.from('<html>no picture</html>'), /unsupported image format/],
    ['empty', async () => Buffer.alloc(0), /empty/],
  ]
  it.each(CASES)('%s', async (_name, build, said) => {
    const original = await build()
    for (const fit of FITS) {
      const story = await renderStory(original, fit)
      expect(story).toMatchObject({
        kind: 'broken',
        reason: expect.stringMatching(/^the picture cannot be decoded: \S/),
      })
      expect(story).toMatchObject({ reason: expect.stringMatching(said) })
    }
  })
})
