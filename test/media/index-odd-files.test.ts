import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { rejectedFiles } from '../../src/db/schema.ts'
import { MAX_PICTURE_BYTES } from '../../src/media/judge-picture.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  animation,
  exifBlock,
  gifOfSize,
  isoMedia,
  jpegOfSize,
  pattern,
  pngOfSize,
  withFirstSegment,
} from '../support/pictures.ts'
import { type Bench, bench, createFolder, emptyDatabase, NOW, picture } from './library.ts'

let database: TestDatabase
let library: Bench

beforeAll(async () => {
  database = await createTestDatabase()
})
beforeEach(() => {
  library = bench(database, createFolder())
})
afterEach(async () => {
  library.folder.remove()
  await emptyDatabase(database)
})
afterAll(() => database.drop())

const write: Bench['folder']['write'] = (...args) => library.folder.write(...args)
const at = (path: string) => library.folder.at(path)
const LONG_AGO = new Date('2026-11-01T10:00:00Z')

const rejectedPaths = ({ rejected }: { rejected: { path: string }[] }) => rejected.map(({ path }) => path)

test('a folder of broken, disguised, huge, tiny and odd pictures: each is judged by name, the good ones are in', async () => {
  const size = { width: 90, height: 160 }
  const jpeg = await pattern(size).jpeg().toBuffer()
  const exif = Buffer.concat([
    Buffer.from('Exif\0\0', 'latin1'),
    exifBlock({ orientation: 6, byteOrder: 'MM', type: 3 }),
  ])
  const good: Record<string, Buffer> = {
    'animated.gif': await animation(size, 'gif'),
    'animated.webp': await animation(size, 'webp'),
    'cmyk.jpg': await pattern(size).toColourspace('cmyk').jpeg().toBuffer(),
    'disguised.png': jpeg,
    'rotated.jpg': withFirstSegment(jpeg, 0xe1, exif),
    'sixteen-bit.png': await pattern(size).toColourspace('rgb16').png().toBuffer(),
    'still.gif': gifOfSize(size),
    'tiny.png': await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
      .png()
      .toBuffer(),
    'UPPER.JPEG': jpegOfSize(size, [9]),
  }
  const bad: Record<string, [Buffer, RegExp]> = {
    'cut.jpg': [jpeg.subarray(0, jpeg.length / 2), /cut off/],
    'empty.jpg': [Buffer.alloc(0), /empty/],
    'giant.png': [pngOfSize({ width: 20_000, height: 20_000 }), /limit/],
    'photo.heic': [isoMedia('heic'), /heif-convert/],
    'renamed.jpg': [isoMedia('heic'), /HEIC/],
    'text.jpg': [Buffer.from('just text'), /text file/],
    'video.mp4': [isoMedia('isom'), /video/],
    'zeroes.jpg': [Buffer.alloc(5000), /zero bytes/],
  }
  for (const [name, bytes] of Object.entries(good)) write(`stories/x/${name}`, bytes)
  for (const [name, [bytes]] of Object.entries(bad)) write(`stories/x/${name}`, bytes)
  write('stories/x/notes.txt', 'not looked at')
  const report = await library.index()
  expect(report).toMatchObject({ added: Object.keys(good).length, skipped: [], exitCode: 3 })
  const names = (await library.rows()).map(({ fileName }) => fileName)
  expect(new Set(names)).toEqual(new Set(Object.keys(good)))
  for (const [name, [, reason]] of Object.entries(bad)) {
    const told = report.rejected.find(({ path }) => path === `stories/x/${name}`)
    expect(told?.reason, name).toMatch(reason)
  }
  expect(report.rejected).toHaveLength(Object.keys(bad).length)
  expect(await library.row('stories/x/rotated.jpg')).toMatchObject({ width: 160, height: 90 })
  expect(report.warnings).toContainEqual({
    path: 'stories/x/animated.gif',
    warning: expect.stringContaining('only the first frame'),
  })
  expect(report.warnings).toContainEqual({ path: 'stories/x/disguised.png', warning: expect.stringContaining('JPEG') })
})

test('a rejected file is listed by every run, but is news only once', async () => {
  write('stories/a.jpg', picture(1))
  write('stories/bad.jpg', picture(2).subarray(0, 20))
  const [first, second] = [await library.index(), await library.index()]
  expect([first.exitCode, second.exitCode]).toEqual([3, 0])
  expect(second.rejected).toEqual(first.rejected)
  expect(rejectedPaths(second)).toEqual(['stories/bad.jpg'])
  write('stories/bad.jpg', picture(2).subarray(0, 21))
  expect(await library.index()).toMatchObject({ exitCode: 3, rejected: [{ path: 'stories/bad.jpg' }] })
  write('stories/bad.jpg', picture(2))
  expect(await library.index()).toMatchObject({ exitCode: 0, added: 1, rejected: [] })
  expect(await database.db.select().from(rejectedFiles)).toEqual([])
})

test('a rejected file is not read again while it stays the same', async () => {
  write('stories/bad.jpg', 'text text')
  await library.index()
  // Other bytes behind the same size and mtime: whoever reads them accepts or says something else.
  write('stories/bad.jpg', Buffer.alloc(9))
  expect((await library.index()).rejected[0]?.reason).toContain('text file')
})

test('a broken file that just changed is still being copied', async () => {
  write('stories/fresh.jpg', picture(1).subarray(0, 20), new Date(NOW.getTime() - 9_000))
  write('stories/whole.jpg', picture(2), new Date(NOW.getTime() - 1_000))
  const report = await library.index()
  expect(report).toMatchObject({ added: 1, rejected: [], exitCode: 0 })
  expect(report.skipped).toEqual([{ path: 'stories/fresh.jpg', reason: expect.stringContaining('still being copied') }])
})

test('a file too large for a bot is refused without being read', async () => {
  const started = process.memoryUsage().rss
  for (const name of ['a', 'b', 'c', 'd']) {
    writeFileSync(at(`${name}.jpg`), picture(1))
    truncateSync(at(`${name}.jpg`), MAX_PICTURE_BYTES + 1)
    utimesSync(at(`${name}.jpg`), LONG_AGO, LONG_AGO)
  }
  const report = await library.index()
  expect(report.rejected).toHaveLength(4)
  expect(report.rejected[0]?.reason).toContain('50 MB')
  expect(process.memoryUsage().rss - started).toBeLessThan(100e6)
})

test('names with quotes, line breaks, emoji, accents and patterns are names like others', async () => {
  const names = [
    "it's.jpg",
    'a"b.jpg',
    'line\nbreak.jpg',
    '🍕👩‍💻.jpg',
    'café.jpg'.normalize('NFD'),
    '100%_$1\\.jpg',
    '<b>&.jpg',
    "'; drop table.jpg",
  ]
  for (const [i, name] of names.entries()) write(`stories/${name}`, picture(i))
  expect(await library.index()).toMatchObject({ added: names.length, exitCode: 0 })
  expect((await library.rows()).map(({ fileName }) => fileName).sort()).toEqual([...names].sort())
  expect(await library.index()).toMatchObject({ unchanged: names.length })
})

test('names that are no UTF-8 are refused by name', async () => {
  mkdirSync(at('stories'))
  const raw = (name: string) => Buffer.concat([Buffer.from(`${at('stories')}/`), Buffer.from(name, 'latin1')])
  writeFileSync(raw('caf\xe9.jpg'), picture(1))
  writeFileSync(raw('caf\xe8.jpg'), picture(2))
  write('stories/fine.jpg', picture(3))
  const report = await library.index()
  expect(report).toMatchObject({ added: 1, exitCode: 3 })
  expect(rejectedPaths(report)).toEqual(['stories/caf\\xe8.jpg', 'stories/caf\\xe9.jpg'])
  expect(report.rejected[0]?.reason).toContain('UTF-8')
  expect((await library.index()).exitCode).toBe(0)
})

test('hidden entries are not part of the library', async () => {
  write('stories/.hidden.jpg', picture(1))
  write('.trash/a.jpg', picture(2))
  write('stories/a.jpg', picture(3))
  expect(await library.index()).toMatchObject({ added: 1, skipped: [], rejected: [] })
  await expect(library.index('.trash')).rejects.toMatchObject({ exitCode: 2 })
})

test('links are followed inside the library only, and never in circles', async () => {
  const outside = createFolder()
  outside.write('secret.jpg', picture(9))
  write('stories/a.jpg', picture(1))
  write('.originals/deep/b.jpg', picture(2))
  symlinkSync(at('stories/a.jpg'), at('stories/copy.jpg'))
  symlinkSync(at('.originals'), at('stories/linked'))
  symlinkSync(at('.originals'), at('.originals/deep/again'))
  symlinkSync(at('stories'), at('stories/loop'))
  symlinkSync(outside.root, at('stories/out'))
  symlinkSync(outside.at('secret.jpg'), at('stories/out.jpg'))
  symlinkSync(at('nowhere.jpg'), at('stories/broken.jpg'))
  symlinkSync('self.jpg', at('stories/self.jpg'))
  const report = await library.index()
  expect((await library.rows()).map(({ filePath }) => filePath)).toEqual([
    'stories/a.jpg',
    'stories/copy.jpg',
    'stories/linked/deep/b.jpg',
  ])
  expect(report.skipped.map(({ path }) => path)).toEqual([
    'stories/broken.jpg',
    'stories/loop',
    'stories/out',
    'stories/out.jpg',
    'stories/self.jpg',
  ])
  expect(await library.index('stories')).toMatchObject({ added: 0, unchanged: 3, retired: 0 })
  outside.remove()
})

test('what is no file is never opened', async () => {
  mkdirSync(at('stories/folder.jpg'), { recursive: true })
  execFileSync('sh', ['-c', 'mkfifo "$0"', at('stories/pipe.jpg')])
  write('stories/a.jpg', picture(1))
  expect(await library.index()).toMatchObject({
    added: 1,
    skipped: [{ path: 'stories/pipe.jpg', reason: 'not a regular file' }],
  })
})

test.runIf(process.getuid?.() === 0)(
  'a file and a folder without permission stop nobody and retire nothing',
  async () => {
    write('stories/a.jpg', picture(1))
    write('stories/closed/c.jpg', picture(3))
    await library.index()
    write('stories/b.jpg', picture(2))
    execFileSync('chmod', ['755', library.folder.root])
    execFileSync('chmod', ['000', at('stories/b.jpg'), at('stories/closed')])
    process.seteuid?.(65534)
    try {
      const report = await library.index()
      expect(report).toMatchObject({
        added: 0,
        unchanged: 1,
        retired: 0,
        rejected: [{ path: 'stories/b.jpg', reason: 'cannot be read (EACCES)' }],
        skipped: [{ path: 'stories/closed', reason: 'the folder cannot be read (EACCES)' }],
        exitCode: 3,
      })
      expect((await library.index()).exitCode).toBe(0)
    } finally {
      process.seteuid?.(0)
    }
    // Nothing about the file changed but who may read it.
    execFileSync('chmod', ['644', at('stories/b.jpg')])
    execFileSync('chmod', ['755', at('stories/closed')])
    expect(await library.index()).toMatchObject({ added: 1, unchanged: 2, rejected: [], exitCode: 0 })
  },
)

test('a picture that breaks is no longer chosen, and is again when it is repaired', async () => {
  write('stories/a.jpg', picture(1))
  await library.index()
  write('stories/a.jpg', picture(1).subarray(0, 20), new Date('2026-11-02T00:00:00Z'))
  const report = await library.index()
  expect(report).toMatchObject({ retired: 1, rejected: [{ path: 'stories/a.jpg' }], exitCode: 3 })
  expect(await library.row('stories/a.jpg')).toMatchObject({ isActive: false, problem: report.rejected[0]?.reason })
  write('stories/a.jpg', picture(1))
  expect(await library.index()).toMatchObject({ updated: 1, rejected: [], exitCode: 0 })
  expect(await library.row('stories/a.jpg')).toMatchObject({ isActive: true, problem: null })
  expect(await database.db.select().from(rejectedFiles)).toEqual([])
})

test('a path that became too long for the database is left out, the others are in', async () => {
  const deep = Array.from({ length: 10 }, (_, i) => `${i}`.repeat(220)).join('/')
  write(`${deep}/a.jpg`, picture(1))
  write('stories/a.jpg', picture(2))
  expect(await library.index()).toMatchObject({ added: 1, skipped: [{ reason: expect.stringContaining('longer') }] })
  rmSync(at('0'.repeat(220)), { recursive: true })
})
