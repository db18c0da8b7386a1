import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Pixels } from '../../src/media/render-decode.ts'
import {
  drawThumbnail,
  type PictureSource,
  renderThumbnail,
  renderThumbnailPng,
} from '../../src/media/render-thumbnail.ts'
import { animation, jpegOfSize, pattern, pngOfSize } from '../support/pictures.ts'
import { type Colour, distance, painted, plain, seen, turned } from './rendering.ts'

const RED: Colour = [250, 10, 10]
const BLUE: Colour = [10, 10, 250]
const BOX = { width: 20, height: 40 }

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'storyline-thumbnails-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function pixelsOf(source: PictureSource, box = BOX): Promise<Pixels> {
  const rendered = await renderThumbnail(source, box)
  if (rendered.kind === 'broken') throw new Error(rendered.problem)
  return rendered.thumbnail
}

function at({ data, width }: Pixels, x: number, y: number): Colour {
  const from = (y * width + x) * 3
  return [data[from] ?? -1, data[from + 1] ?? -1, data[from + 2] ?? -1]
}

const near = (colour: Colour, wanted: Colour) => distance(colour, wanted) <= 12

describe('the pixels', () => {
  it.each([
    ['a story', 1080, 1920, 20, 36],
    ['a wide picture', 1600, 400, 20, 5],
    ['a tall one', 100, 2000, 2, 40],
    ['one pixel, enlarged', 1, 1, 20, 20],
    ['a line', 2000, 1, 20, 1],
    ['an upright line', 1, 2000, 1, 40],
  ])('%s fits into the box in its own proportions', async (_, width, height, expectedWidth, expectedHeight) => {
    const picture = await pixelsOf(await plain(width, height, RED).png().toBuffer())
    expect([picture.width, picture.height]).toEqual([expectedWidth, expectedHeight])
    expect(picture.data).toHaveLength(picture.width * picture.height * 3)
    expect(near(at(picture, 0, 0), RED)).toBe(true)
  })

  it('stand upright, as EXIF says', async () => {
    // Lies on its left side: red on the left is the top once it is turned by 90° clockwise, so blue is below.
    const lying = await painted(400, 200, (x) => (x < 200 ? RED : BLUE))
      .jpeg({ quality: 95 })
      .toBuffer()
    const picture = await pixelsOf(turned(lying, 6))
    expect([picture.width, picture.height]).toEqual([20, 40])
    expect([at(picture, 10, 3), at(picture, 10, 36)].map((colour, i) => near(colour, i === 0 ? RED : BLUE))).toEqual([
      true,
      true,
    ])
  })

  it('are white where the picture is transparent', async () => {
    const clear = await plain(90, 160, RED, 0).png().toBuffer()
    expect(at(await pixelsOf(clear), 10, 10)).toEqual([255, 255, 255])
    const half = await plain(90, 160, [0, 0, 0], 0.5).webp({ lossless: true }).toBuffer()
    expect(near(at(await pixelsOf(half), 10, 10), [127, 127, 127])).toBe(true)
  })

  it('are sRGB whatever the picture is in: CMYK, grey, 16 bits, a palette', async () => {
    const cmyk = await plain(200, 200, RED).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer()
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk')
    const [r, g, b] = at(await pixelsOf(cmyk), 10, 10)
    expect(r - Math.max(g, b)).toBeGreaterThan(120)
    const grey = await plain(200, 200, [90, 90, 90]).greyscale().jpeg().toBuffer()
    expect(near(at(await pixelsOf(grey), 10, 10), [90, 90, 90])).toBe(true)
    const deep = await plain(200, 200, [90, 90, 90]).toColourspace('rgb16').png().toBuffer()
    expect((await sharp(deep).metadata()).depth).toBe('ushort')
    expect(near(at(await pixelsOf(deep), 10, 10), [90, 90, 90])).toBe(true)
    const palette = await plain(200, 200, RED).png({ palette: true }).toBuffer()
    expect(near(at(await pixelsOf(palette), 10, 10), RED)).toBe(true)
  })

  it('are the first frame of an animation', async () => {
    const picture = await pixelsOf(await animation({ width: 90, height: 160 }, 'gif'))
    expect([picture.width, picture.height]).toEqual([20, 36])
    expect(near(at(picture, 10, 10), [0xaa, 0x44, 0])).toBe(true)
  })

  it('come from a file as well', async () => {
    const path = join(folder, 'ünïcode "red" <1>.png')
    writeFileSync(path, await plain(90, 160, RED).png().toBuffer())
    expect(near(at(await pixelsOf(path), 10, 10), RED)).toBe(true)
  })
})

describe('lines for a terminal', () => {
  it.each(['truecolor', '256', 'none'] as const)('fit into columns and rows (%s)', async (colour) => {
    const bytes = await pattern({ width: 90, height: 160 }).png().toBuffer()
    const drawn = await drawThumbnail(bytes, { columns: 30, rows: 8, colour })
    if ('problem' in drawn) throw new Error(drawn.problem)
    expect(drawn.lines).toHaveLength(8)
    expect(drawn.columns).toBe(9)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences that are looked for
    for (const line of drawn.lines) expect(line.replace(/\x1b\[[\d;]+m/g, '')).toHaveLength(9)
  })

  it('show red as red', async () => {
    const bytes = await plain(90, 160, [255, 0, 0]).png().toBuffer()
    const drawn = await drawThumbnail(bytes, { columns: 2, rows: 1, colour: 'truecolor' })
    expect(drawn).toEqual({ lines: ['\x1b[38;2;255;0;0;48;2;255;0;0m▀\x1b[0m'], columns: 1 })
  })

  it('are at least one cell, even when nothing was asked for', async () => {
    const bytes = await plain(90, 160, RED).png().toBuffer()
    expect(await drawThumbnail(bytes, { columns: 0, rows: 0, colour: 'none' })).toMatchObject({ columns: 1 })
  })
})

it('a PNG for terminals has the size that it says', async () => {
  const rendered = await renderThumbnailPng(await plain(1080, 1920, RED).jpeg().toBuffer(), { width: 240, height: 480 })
  if (rendered.kind === 'broken') throw new Error(rendered.problem)
  const { png, width, height } = rendered.thumbnail
  expect([width, height]).toEqual([240, 427])
  const decoded = await seen(png)
  expect([decoded.width, decoded.height, (await sharp(png).metadata()).format]).toEqual([240, 427, 'png'])
  expect(near(decoded.at(100, 100), RED)).toBe(true)
})

describe('a picture that cannot be shown is told in a sentence, never thrown', () => {
  const problemOf = async (source: PictureSource) => {
    const drawn = await drawThumbnail(source, { columns: 20, rows: 10, colour: 'none' })
    const png = await renderThumbnailPng(source, BOX)
    expect(png.kind).toBe('broken')
    return 'problem' in drawn ? drawn.problem : 'it was drawn'
  }

  it('no picture at all, and nothing', async () => {
    expect(await problemOf(Buffer.from('this is a text'))).toMatch(/^the picture cannot be decoded: /)
    expect(await problemOf(Buffer.alloc(0))).toMatch(/^the picture cannot be decoded: /)
  })

  it('a cut, a damaged and an empty one', async () => {
    const whole = await pattern({ width: 900, height: 1600 }).png().toBuffer()
    expect(await problemOf(whole.subarray(0, whole.length / 2))).toMatch(/^the picture cannot be decoded: /)
    expect(await problemOf(jpegOfSize({ width: 100, height: 100 }))).toMatch(/^the picture cannot be decoded: /)
  })

  it('one of more pixels than are ever decoded', async () => {
    expect(await problemOf(pngOfSize({ width: 60_000, height: 60_000 }))).toMatch(/pixel/)
  })

  it('files that are missing, folders, pipes, files of 60 MB', async () => {
    expect(await problemOf(join(folder, 'gone.jpg'))).toBe('the file gone.jpg is missing')
    expect(await problemOf(join(folder, 'no folder', 'gone.jpg'))).toBe('the file gone.jpg is missing')
    expect(await problemOf(`${folder}`)).toMatch(/^storyline-thumbnails-\w+ is not a file$/)
    const pipe = join(folder, 'pipe.jpg')
    execFileSync('sh', ['-c', 'mkfifo "$0"', pipe])
    expect(await problemOf(pipe)).toBe('pipe.jpg is not a file')
    const large = join(folder, 'large.jpg')
    writeFileSync(large, '')
    truncateSync(large, 60 * 1024 * 1024)
    expect(await problemOf(large)).toBe('the file large.jpg is too large to be shown')
  })

  it('names that a terminal would obey are made harmless', async () => {
    expect(await problemOf(join(folder, 'a\x1b[31m\nb.jpg'))).toBe('the file a\\u{1b}[31m\\nb.jpg is missing')
    expect(await problemOf(join(folder, `${'x'.repeat(300)}.jpg`))).toMatch(/cannot be read \(ENAMETOOLONG\)$/)
  })
})
