import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { looksAlike } from '../../src/media/render-likeness.ts'
import { packageRoot } from '../../src/package-root.ts'
import { noiseJpeg, pattern } from '../support/pictures.ts'
import { plain, storyOf } from './rendering.ts'

const sample = async (path: string) => storyOf(await readFile(join(packageRoot, 'media/stories', path)), 'blur')

interface Brand {
  price?: string
  product?: string
  ink?: string
  paper?: string
}

/** Seven-segment digits need no font: which of top, upper left, upper right, middle, lower left, lower right, bottom are lit. */
const SEGMENTS: Readonly<Record<string, string>> = { '1': '0010010', '3': '1011011', '8': '1111111', '9': '1111011' }
const BARS = ['8,0,44,14', '0,6,14,40', '46,6,14,40', '8,43,44,14', '0,53,14,40', '46,53,14,40', '8,86,44,14']

function digit(sign: string, left: number): string {
  const lit = BARS.filter((_, i) => SEGMENTS[sign]?.[i] === '1').map((bar) => bar.split(','))
  const bars = lit.map(([x, y, width, height]) => `<rect x="${x}" y="${y}" width="${width}" height="${height}"/>`)
  return `<g fill="#fff" transform="translate(${left} 430)">${bars.join('')}</g>`
}

const MUG = '<rect x="340" y="600" width="400" height="400" rx="60"/>'
const BOWL = '<ellipse cx="540" cy="800" rx="240" ry="190"/>'

/** A product card as a shop makes them by the dozen; the digits of its price are 100 pixels high. */
function card({ price = '18', product = MUG, ink = '#2f49e0', paper = '#8cdcc2' }: Brand = {}): Promise<Buffer> {
  const lines = [1330, 1450, 1500].map(
    (y, i) => `<rect x="90" y="${y}" width="${700 - i * 120}" height="${i ? 24 : 80}"/>`,
  )
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1080" height="1920"><rect width="1080" height="1920" fill="${paper}"/>
    <circle cx="540" cy="800" r="380" fill="#ffc53a"/><g fill="${ink}">${product}</g><g fill="#1a1438">${lines.join('')}</g>
    <circle cx="880" cy="480" r="120" fill="#ff5a4f"/>${digit(price[0] ?? '', 810)}${digit(price[1] ?? '', 890)}</svg>`
  return sharp(Buffer.from(svg)).jpeg({ quality: 90 }).toBuffer()
}

const STORIES: [name: string, build: () => Promise<Buffer>][] = [
  ['a product', () => sample('products/crane-mug.jpg')],
  ['a meme full of text', () => sample('memes/monday-still-loading.jpg')],
  ['a poll', () => sample('polls/what-to-fold-next.png')],
  ['a drawn card', () => card()],
  [
    'a landscape over its own blur',
    async () => storyOf(await pattern({ width: 160, height: 90 }).png().toBuffer(), 'blur'),
  ],
  ['noise', () => noiseJpeg({ width: 1080, height: 1920, seed: 1 })],
  ['one colour', () => plain(1080, 1920, [90, 120, 200]).jpeg().toBuffer()],
  ['a blank page', () => plain(1080, 1920, [255, 255, 255]).jpeg().toBuffer()],
]

describe.each(STORIES)('%s is recognised', (_name, build) => {
  let story: Buffer
  beforeAll(async () => {
    story = await build()
  })

  const SERVED: [how: string, serve: (story: Sharp) => Sharp][] = [
    ['as it was sent', (story) => story.jpeg({ quality: 100 })],
    ['at quality 50', (story) => story.jpeg({ quality: 50 })],
    ['at 720×1280 and quality 75', (story) => story.resize(720, 1280).jpeg({ quality: 75 })],
    ['at 640×1136 and quality 50', (story) => story.resize(640, 1136, { fit: 'fill' }).jpeg({ quality: 50 })],
    ['at 640×1136 and quality 95', (story) => story.resize(640, 1136, { fit: 'fill' }).jpeg({ quality: 95 })],
    ['as WebP', (story) => story.resize(720, 1280).webp({ quality: 70 })],
    ['a little brighter', (story) => story.linear(1.02, 2).jpeg({ quality: 75 })],
    ['without 2 % of the left side', (story) => story.extract({ left: 22, top: 0, width: 1058, height: 1920 }).jpeg()],
    ['without 2 % of the bottom', (story) => story.extract({ left: 0, top: 0, width: 1080, height: 1882 }).jpeg()],
    ['without 1 % all around', (story) => story.extract({ left: 11, top: 19, width: 1058, height: 1882 }).jpeg()],
  ]
  it.each(SERVED)('%s', async (_how, serve) => {
    expect(await looksAlike(story, await serve(sharp(story)).toBuffer())).toBe(true)
  })

  it('cropped, made smaller and encoded twice', async () => {
    const cropped = await sharp(story)
      .extract({ left: 0, top: 25, width: 1066, height: 1895 })
      .jpeg({ quality: 80 })
      .toBuffer()
    const served = await sharp(cropped).resize(720, 1280, { fit: 'fill' }).jpeg({ quality: 60 }).toBuffer()
    expect(await looksAlike(story, served)).toBe(true)
  })
})

const served = (story: Buffer) => sharp(story).resize(720, 1280).jpeg({ quality: 60 }).toBuffer()

describe('a card is told from one of the same look', () => {
  const OTHERS: [name: string, other: Brand][] = [
    ['with another digit in its price', { price: '13' }],
    ['with one stroke more in its price', { price: '19' }],
    ['with another product', { product: BOWL }],
    ['with the product moved a little', { product: MUG.replace('340', '370') }],
    ['with the product in another colour', { ink: '#c0306a' }],
    ['on another background', { paper: '#8ccfdc' }],
  ]
  it.each(OTHERS)('%s', async (_name, other) => {
    const [one, another] = [await card(), await card(other)]
    expect(await looksAlike(one, await served(another))).toBe(false)
    expect(await looksAlike(another, await served(one))).toBe(false)
  })
})

describe('a story is told from', () => {
  it('every other sample', async () => {
    const paths = ['crane-mug.jpg', 'night-press-beans.jpg', 'fold-sip-repeat-tote.jpg', 'slow-sunrise-print.jpg']
    const stories = await Promise.all(paths.map((path) => sample(`products/${path}`)))
    for (const one of stories) {
      for (const other of stories) expect(await looksAlike(one, await served(other))).toBe(one === other)
    }
  })

  it('itself with a sticker on it', async () => {
    const story = await sample('products/crane-mug.jpg')
    const sticker = await plain(400, 110, [255, 255, 255]).png().toBuffer()
    expect(
      await looksAlike(
        story,
        await sharp(story)
          .composite([{ input: sticker, left: 340, top: 1600 }])
          .jpeg()
          .toBuffer(),
      ),
    ).toBe(false)
  })

  it('itself turned, mirrored, without colours or cropped by more', async () => {
    const story = await sample('products/crane-mug.jpg')
    const others = [sharp(story).rotate(180), sharp(story).flop(), sharp(story).greyscale()]
    const closer = sharp(story).extract({ left: 54, top: 96, width: 972, height: 1728 })
    for (const other of [...others, closer]) expect(await looksAlike(story, await other.jpeg().toBuffer())).toBe(false)
  })

  it('other noise and a blank picture', async () => {
    const noise = await noiseJpeg({ width: 1080, height: 1920, seed: 1 })
    expect(await looksAlike(noise, await noiseJpeg({ width: 1080, height: 1920, seed: 2 }))).toBe(false)
    expect(await looksAlike(noise, await plain(1080, 1920, [127, 127, 127]).jpeg().toBuffer())).toBe(false)
  })

  it('other noise of the same tint', async () => {
    const [one, other] = await Promise.all([1, 2].map((seed) => noiseJpeg({ width: 1080, height: 1920, seed })))
    const tinted = (noise = Buffer.alloc(0)) => sharp(noise).linear([1, 1, 1], [-40, 0, 40]).jpeg().toBuffer()
    expect(await looksAlike(await tinted(one), await served(await tinted(one)))).toBe(true)
    expect(await looksAlike(await tinted(one), await tinted(other))).toBe(false)
  })

  it('another colour', async () => {
    const blank = (level: number) => plain(1080, 1920, [level, level, level]).jpeg().toBuffer()
    expect(await looksAlike(await blank(128), await blank(138))).toBe(false)
  })
})

describe('what cannot be decoded', () => {
  it('is not what was uploaded', async () => {
    const story = await card()
    const notPictures = [Buffer.alloc(0), Buffer.from('<html>gone</html>'), story.subarray(0, story.length / 2)]
    for (const other of notPictures) expect(await looksAlike(story, other)).toBe(false)
  })

  it('cannot have been uploaded', async () => {
    await expect(looksAlike(Buffer.from('no picture'), await card())).rejects.toThrow('unsupported image format')
  })
})
