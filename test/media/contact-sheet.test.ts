import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test } from 'vitest'
import { mediaItems } from '../../src/db/schema.ts'
import listMedia from '../../src/media/list-media.ts'
import { renderSheet } from '../../src/media/render-contact-sheet.ts'
import { layOutContactSheet, MAX_SHEET_PICTURES, type SheetItem } from '../../src/media/sheet-layout.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Bench, bench, createFolder, emptyDatabase, run } from './library.ts'
import { type Colour, distance, painted, plain, type Seen, turned } from './rendering.ts'

const RED: Colour = [250, 10, 10]
const GREEN: Colour = [10, 200, 10]
const BLUE: Colour = [10, 10, 250]

let database: TestDatabase
let library: Bench
/** Where sheets go. */
let desk: string

beforeAll(async () => {
  database = await createTestDatabase()
})
beforeEach(() => {
  library = bench(database, createFolder())
  desk = realpathSync(mkdtempSync(join(tmpdir(), 'storyline-sheets-')))
})
afterEach(async () => {
  library.folder.remove()
  rmSync(desk, { recursive: true, force: true })
  await emptyDatabase(database)
})
afterAll(() => database.drop())

const jpeg = (colour: Colour) => plain(720, 1280, colour).jpeg().toBuffer()

/** The smallest box around all pixels of a colour. */
function boxOf(sheet: Decoded, [red, green, blue]: Colour) {
  const { data, width, height } = sheet
  const box = { left: width, top: height, right: -1, bottom: -1 }
  for (let at = 0; at < data.length; at += 3) {
    const [r = 0, g = 0, b = 0] = [data[at], data[at + 1], data[at + 2]]
    if (Math.abs(r - red) > 12 || Math.abs(g - green) > 12 || Math.abs(b - blue) > 12) continue
    const [x, y] = [(at / 3) % width, Math.floor(at / 3 / width)]
    box.left = Math.min(box.left, x)
    box.right = Math.max(box.right, x)
    box.top = Math.min(box.top, y)
    box.bottom = Math.max(box.bottom, y)
  }
  return box
}

interface Decoded extends Seen {
  /** 3 bytes a pixel. */
  data: Buffer
}

async function decode(bytes: Buffer): Promise<Decoded> {
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true })
  expect(info.channels).toBe(3)
  const at = (x: number, y: number): Colour => {
    const from = (y * info.width + x) * 3
    return [data[from] ?? -1, data[from + 1] ?? -1, data[from + 2] ?? -1]
  }
  return { width: info.width, height: info.height, data, at }
}

const item = (path: string, values: Partial<SheetItem> = {}): SheetItem => ({
  path,
  name: 'memes/cat.jpg',
  state: 'active',
  note: '',
  posted: ['never posted'],
  ...values,
})

async function draw(items: readonly SheetItem[], head = { title: 'Media library', subtitle: '' }) {
  const rendered = await renderSheet(layOutContactSheet(head, items), 'png')
  return { ...rendered, seen: await decode(rendered.bytes) }
}

describe('the picture of pictures', () => {
  it('shows each in its cell, in order, turned as EXIF says, on white where it is transparent', async () => {
    // Lies on its side: turned, red is above blue.
    const lying = await painted(1280, 720, (x) => (x < 640 ? RED : BLUE))
      .jpeg({ quality: 95 })
      .toBuffer()
    library.folder.write('a.jpg', turned(lying, 6))
    library.folder.write('b.png', await plain(720, 1280, GREEN).png().toBuffer())
    const sheet = await draw([item(library.folder.at('a.jpg')), item(library.folder.at('b.png'))])
    const [red, blue, green] = [RED, BLUE, GREEN].map((colour) => boxOf(sheet.seen, colour))
    expect(red?.bottom).toBeLessThan(blue?.top ?? -1)
    expect([red?.left, red?.right]).toEqual([blue?.left, blue?.right])
    expect(red?.right).toBeLessThan(green?.left ?? -1)
    expect([red?.top, blue?.bottom]).toEqual([green?.top, green?.bottom])
    // 9:16, as the pictures are.
    const ratio = ((green?.right ?? 0) - (green?.left ?? 0)) / ((green?.bottom ?? 0) - (green?.top ?? 0))
    expect(ratio).toBeCloseTo(9 / 16, 2)
    expect(sheet.broken).toBe(0)
  })

  it('keeps the proportions of odd ones: one pixel, a line, transparency', async () => {
    library.folder.write('dot.png', await plain(1, 1, RED).png().toBuffer())
    library.folder.write('line.png', await plain(2000, 1, GREEN).png().toBuffer())
    library.folder.write('clear.png', await plain(720, 1280, BLUE, 0).png().toBuffer())
    const sheet = await draw(['dot.png', 'line.png', 'clear.png'].map((name) => item(library.folder.at(name))))
    const dot = boxOf(sheet.seen, RED)
    expect(dot.right - dot.left).toBe(dot.bottom - dot.top)
    const line = boxOf(sheet.seen, GREEN)
    expect(line.bottom - line.top).toBe(0)
    expect(line.right - line.left).toBe(dot.right - dot.left)
    expect(boxOf(sheet.seen, BLUE).right).toBe(-1)
    expect(sheet.broken).toBe(0)
  })

  it('puts a narrow one into the middle of its cell', async () => {
    library.folder.write('a.png', await plain(100, 2000, RED).png().toBuffer())
    library.folder.write('b.png', await plain(720, 1280, GREEN).png().toBuffer())
    library.folder.write('c.png', await plain(100, 2000, BLUE).png().toBuffer())
    const { seen: sheet } = await draw(['a.png', 'b.png', 'c.png'].map((name) => item(library.folder.at(name))))
    const [red, green, blue] = [RED, GREEN, BLUE].map((colour) => boxOf(sheet, colour))
    const middle = (box: typeof red) => ((box?.left ?? 0) + (box?.right ?? 0)) / 2
    expect(Math.abs(middle(green) - middle(red) - (middle(blue) - middle(green)))).toBeLessThanOrEqual(1)
  })

  it('has a grey cell in the place of one that cannot be shown, and goes on', async () => {
    library.folder.write('broken.jpg', Buffer.from('this is no picture'))
    library.folder.write('red.jpg', await jpeg(RED))
    const names = ['broken.jpg', 'gone.jpg', 'red.jpg']
    const sheet = await draw(names.map((name) => item(library.folder.at(name))))
    expect(sheet.broken).toBe(2)
    const red = boxOf(sheet.seen, RED)
    const row = (y: number) => Array.from({ length: red.left }, (_, x) => sheet.seen.at(x, y))
    const isGrey = (colour: Colour) => distance(colour, [0xde, 0xe2, 0xe6]) === 0
    const greys = [red.top - 1, red.top, red.bottom, red.bottom + 1].map((y) => row(y).filter(isGrey).length)
    // Two cells as large as the one of the red picture.
    const cells = 2 * (red.right - red.left + 1)
    expect(greys).toEqual([0, cells, cells, 0])
    // The reasons are written into them.
    const middle = Array.from({ length: red.bottom - red.top }, (_, y) => row(red.top + y).filter(isGrey).length)
    expect(Math.min(...middle)).toBeLessThan(cells - 20)
  })

  it('keeps every word inside its column, whatever the name is', async () => {
    library.folder.write('red.jpg', await jpeg(RED))
    const names = [
      'W'.repeat(99),
      'm'.repeat(99),
      `<b>"&'</b>${'#'.repeat(40)}`,
      '日本語'.repeat(20),
      'ÄÖÜ@%'.repeat(20),
    ]
    const sheet = await draw(names.map((name) => item(library.folder.at('red.jpg'), { name })))
    const red = boxOf(sheet.seen, RED)
    // Columns of white between the cells, from the first row of pictures to the end.
    const gaps: number[] = []
    for (let x = red.left; x < sheet.width; x++) {
      let isWhite = true
      for (let y = red.top; y < sheet.height && isWhite; y++)
        isWhite = distance(sheet.seen.at(x, y), [255, 255, 255]) === 0
      if (isWhite) gaps.push(x)
    }
    const columns = gaps.filter((x, index) => gaps[index - 1] !== x - 1).length
    expect(columns).toBe(3)
  })

  it('draws words, but for emoji that no font has', async () => {
    library.folder.write('red.jpg', await jpeg(RED))
    const words = async (name: string) => (await draw([item(library.folder.at('red.jpg'), { name })])).seen
    const same = async (one: string, other: string) => (await words(one)).data.equals((await words(other)).data)
    const { hasText } = await draw([item(library.folder.at('red.jpg'))])
    expect(await same('<b>&"</b>', 'b')).toBe(!hasText)
    const hasColour = boxOf(await words('🔴🔴🔴'), [0xdd, 0x2e, 0x44]).right >= 0
    if (!hasColour) expect(await same('cat 🎄', 'cat')).toBe(true)
  })

  it.each(['png', 'jpg', 'webp'] as const)('is a %s of the size that it says', async (format) => {
    library.folder.write('red.jpg', await jpeg(RED))
    const sheet = layOutContactSheet({ title: 'x', subtitle: '' }, [item(library.folder.at('red.jpg'))])
    const { bytes, width, height } = await renderSheet(sheet, format)
    const meta = await sharp(bytes).metadata()
    expect([meta.format, meta.width, meta.height]).toEqual([format === 'jpg' ? 'jpeg' : format, width, height])
    expect(boxOf(await decode(bytes), RED).right).toBeGreaterThan(0)
  })
})

async function fillLibrary(): Promise<void> {
  library.folder.write('stories/memes/a red <&"\' 🎄.jpg', await jpeg(RED))
  library.folder.write('stories/memes/b green.jpg', await jpeg(GREEN))
  library.folder.write('stories/products/c blue.jpg', await jpeg(BLUE))
  await library.index()
}

const list = (argv: readonly string[], json = true) => run(listMedia, library.context({ json }), argv)

describe('list-media --contact-sheet', () => {
  test('draws what it lists, with its filters and in its order', async () => {
    await fillLibrary()
    const path = join(desk, 'out.png')
    const { json, exitCode } = await list(['--contact-sheet', path])
    expect([exitCode, json.contactSheet, json.total]).toEqual([0, path, 3])
    const all = await decode(readFileSync(path))
    const [red, green, blue] = [RED, GREEN, BLUE].map((colour) => boxOf(all, colour))
    expect(red?.right).toBeLessThan(green?.left ?? -1)
    expect(green?.right).toBeLessThan(blue?.left ?? -1)
    await list(['--contact-sheet', path, '--category', 'products'])
    const one = await decode(readFileSync(path))
    expect([RED, GREEN].map((colour) => boxOf(one, colour).right)).toEqual([-1, -1])
    expect(boxOf(one, BLUE).right).toBeGreaterThan(0)
    expect(readdirSync(desk)).toEqual(['out.png'])
  })

  test('says where it is after the list, and warns of pictures that it could not draw', async () => {
    await fillLibrary()
    library.folder.write('stories/memes/b green.jpg', 'broken since')
    const { stdout, stderr } = await list(['--contact-sheet', join(desk, 'out.jpg')], false)
    expect(stdout).toMatch(/c blue\.jpg.*\nContact sheet: .*out\.jpg \(\d+×\d+ pixels, 0\.\d MB\)\n$/)
    expect(stderr).toMatch(/^1 picture could not be drawn; .*out\.jpg says why\.$/m)
  })

  test('draws nothing when nothing is listed', async () => {
    await fillLibrary()
    const { json, exitCode } = await list(['--contact-sheet', join(desk, 'out.png'), '--tag', 'none'])
    expect([exitCode, json.contactSheet, json.items]).toEqual([0, null, []])
    expect(readdirSync(desk)).toEqual([])
  })

  test('draws the first 200 of more, and says so', { timeout: 120_000 }, async () => {
    const dot = await plain(1, 1, [90, 90, 90]).png().toBuffer()
    const rows = Array.from({ length: MAX_SHEET_PICTURES + 1 }, (_, index) => {
      const name = `${String(index).padStart(3, '0')}.png`
      library.folder.write(`stories/${name}`, dot)
      const values = { filePath: `stories/${name}`, fileName: name, fileHash: String(index).padStart(64, '0') }
      return { ...values, fileSize: dot.length, mimeType: 'image/png' }
    })
    await database.db.insert(mediaItems).values(rows)
    library.folder.write('stories/199.png', await jpeg(GREEN))
    library.folder.write('stories/200.png', await jpeg(RED))
    const path = join(desk, 'out.jpg')
    const { stderr } = await list(['--contact-sheet', path, '--limit', '1000'], false)
    expect(stderr).toBe('A contact sheet holds 200 pictures: the first 200 of 201 are drawn.\n')
    const sheet = await decode(readFileSync(path))
    expect([boxOf(sheet, RED).right, boxOf(sheet, GREEN).right > 0]).toEqual([-1, true])
  })

  test('goes on below a name that is a link, and replaces its own sheets only', async () => {
    await fillLibrary()
    const target = join(desk, 'real.png')
    symlinkSync(target, join(desk, 'link.png'))
    writeFileSync(
      target,
      await sharp(await jpeg(RED))
        .png()
        .toBuffer(),
    )
    const before = readFileSync(target)
    await expect(list(['--contact-sheet', join(desk, 'link.png')])).rejects.toMatchObject({
      code: 'file_exists',
      exitCode: 1,
      message: expect.stringMatching(/link\.png exists and is no sheet of Storyline: it is left as it is/),
    })
    expect(readFileSync(target)).toEqual(before)
    rmSync(target)
    await list(['--contact-sheet', target])
    await list(['--contact-sheet', join(desk, 'link.png'), '--limit', '1'])
    expect(boxOf(await decode(readFileSync(target)), BLUE).right).toBe(-1)
    expect(statSync(join(desk, 'link.png')).ino).toBe(statSync(target).ino)
  })

  test('knows its own sheets in every format', async () => {
    library.folder.write('stories/red.jpg', await jpeg(RED))
    await library.index()
    for (const format of ['jpg', 'webp', 'JPEG']) {
      await list(['--contact-sheet', join(desk, `x.${format}`)])
      expect((await list(['--contact-sheet', join(desk, `x.${format}`)])).exitCode).toBe(0)
    }
  })

  const NAMES: readonly [name: string, argument: () => string, code: string, message: RegExp][] = [
    ['stdout', () => '-', 'usage', /not written to stdout/],
    ['no ending', () => join(desk, 'out'), 'usage', /does not say what to write/],
    ['an ending that is no picture', () => join(desk, 'out.pdf'), 'usage', /does not say what to write/],
    ['an empty name', () => '', 'usage', /does not say what to write/],
    ['a folder that is not there', () => join(desk, 'no', 'out.png'), 'folder_missing', /no does not exist$/],
    ['a folder that is a file', () => join(desk, 'text.txt', 'out.png'), 'folder_missing', /is not a folder$/],
    ['a folder of that name', () => join(desk, 'folder.png'), 'file_exists', /folder\.png is a folder/],
    ['a text of that name', () => join(desk, 'text.png'), 'file_exists', /is no sheet of Storyline/],
    ['the library', () => library.folder.at('stories/out.png'), 'usage', /would be posted as a story/],
    ['the library through a link', () => join(desk, 'library', 'out.png'), 'usage', /would be posted as a story/],
    [
      'a name of 300 characters',
      () => join(desk, `${'x'.repeat(300)}.png`),
      'sheet_not_written',
      /the name is too long/,
    ],
    ['a place where nothing can be created', () => '/proc/out.png', 'sheet_not_written', /out\.png cannot be written/],
  ]
  test.each(NAMES)('refuses %s, and leaves nothing behind', async (_, argument, code, message) => {
    await fillLibrary()
    mkdirSync(join(desk, 'folder.png'))
    writeFileSync(join(desk, 'text.txt'), 'a text')
    writeFileSync(join(desk, 'text.png'), 'a text')
    symlinkSync(library.folder.at('stories'), join(desk, 'library'))
    const before = readdirSync(desk)
    const exitCode = code === 'usage' ? 2 : 1
    await expect(list(['--contact-sheet', argument()])).rejects.toMatchObject({
      code,
      exitCode,
      message: expect.stringMatching(message),
    })
    expect(readdirSync(desk)).toEqual(before)
    expect(existsSync(library.folder.at('stories/out.png'))).toBe(false)
  })

  test('shows what is inactive as well, with its state', async () => {
    await fillLibrary()
    await database.db.update(mediaItems).set({ isActive: false }).where(eq(mediaItems.fileName, 'c blue.jpg'))
    await list(['--contact-sheet', join(desk, 'out.png'), '--state', 'inactive'])
    const sheet = await decode(readFileSync(join(desk, 'out.png')))
    // The mark of an inactive picture, and of no other state.
    expect(boxOf(sheet, [0x86, 0x8e, 0x96]).right).toBeGreaterThan(0)
    expect(boxOf(sheet, [0x2f, 0x9e, 0x44]).right).toBe(-1)
  })
})
