import { renameSync, rmSync, symlinkSync, utimesSync } from 'node:fs'
import { eq, sql } from 'drizzle-orm'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { mediaItems, rejectedFiles } from '../../src/db/schema.ts'
import indexMedia from '../../src/media/index-media.ts'
import { changeLibrary } from '../../src/media/library-lock.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Bench, bench, createFolder, emptyDatabase, picture, run } from './library.ts'

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

const { write, at } = {
  write: (...args: Parameters<Bench['folder']['write']>) => library.folder.write(...args),
  at: (path: string) => library.folder.at(path),
}

/** `count` own pictures, `stories/p0.jpg` and so on. */
function writePictures(count: number): void {
  for (let i = 0; i < count; i++) write(`stories/p${i}.jpg`, picture(i))
}

const posted = { timesPosted: 3, lastPostedAt: new Date('2026-11-10T12:00:00Z') }

async function markPosted(): Promise<void> {
  await database.db.update(mediaItems).set(posted)
}

const nothing = { added: 0, updated: 0, moved: 0, retired: 0, rejected: [], skipped: [], duplicates: [] }

test('a new picture is stored with all that its file says', async () => {
  write('stories/products/mug.jpg', picture(1))
  const report = await library.index()
  expect(report).toEqual({ ...nothing, added: 1, unchanged: 0, warnings: [], exitCode: 0 })
  expect(await library.row('stories/products/mug.jpg')).toMatchObject({
    fileName: 'mug.jpg',
    category: 'products',
    fileSize: picture(1).length,
    fileHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    mimeType: 'image/jpeg',
    width: 1080,
    height: 1920,
    modifiedAt: new Date('2026-11-01T10:00:00Z'),
    isActive: true,
    problem: null,
    timesPosted: 0,
  })
})

test('the category is the first folder under stories/, and nothing else', async () => {
  write('stories/direct.jpg', picture(1))
  write('stories/a/b/deep.jpg', picture(2))
  write('other/x.jpg', picture(3))
  await library.index()
  expect((await library.rows()).map(({ filePath, category }) => [filePath, category])).toEqual([
    ['other/x.jpg', null],
    ['stories/a/b/deep.jpg', 'a'],
    ['stories/direct.jpg', null],
  ])
})

test('a second run changes nothing and says nothing to cron', async () => {
  writePictures(3)
  await library.index()
  const before = await library.rows()
  const ctx = library.context({ json: false })
  expect(await run(indexMedia, ctx, [])).toMatchObject({ exitCode: 0, stdout: '', stderr: '' })
  expect(await library.rows()).toEqual(before)
})

test('new bytes at a path start a new life of the item', async () => {
  write('stories/a.jpg', picture(1))
  await library.index()
  await markPosted()
  write('stories/a.jpg', picture(2), new Date('2026-11-02T00:00:00Z'))
  const { id } = await library.row('stories/a.jpg')
  expect(await library.index()).toMatchObject({ ...nothing, updated: 1, exitCode: 0 })
  expect(await library.row('stories/a.jpg')).toMatchObject({ id, timesPosted: 0, lastPostedAt: null })
})

test('a touched file keeps its counters and is not read again', async () => {
  write('stories/a.jpg', picture(1))
  await library.index()
  await markPosted()
  const touched = new Date('2026-11-05T00:00:00.123Z')
  utimesSync(at('stories/a.jpg'), touched, touched)
  expect(await library.index()).toMatchObject({ ...nothing, unchanged: 1 })
  expect(await library.row('stories/a.jpg')).toMatchObject({ ...posted, modifiedAt: touched })
})

test('moved files keep their rows, also when two exchange their names', async () => {
  write('stories/a.jpg', picture(1))
  write('stories/b.jpg', picture(2))
  write('stories/c.jpg', picture(3))
  await library.index()
  await markPosted()
  const before = new Map((await library.rows()).map(({ filePath, id }) => [filePath, id]))
  write('stories/a.jpg', picture(2), new Date('2026-11-02T00:00:00Z'))
  write('stories/b.jpg', picture(1), new Date('2026-11-02T00:00:01Z'))
  write('stories/memes/.keep', '')
  renameSync(at('stories/c.jpg'), at('stories/memes/c.jpg'))
  expect(await library.index()).toMatchObject({ ...nothing, moved: 3, unchanged: 0 })
  const rows = await library.rows()
  expect(rows.map(({ filePath, id }) => [filePath, id])).toEqual([
    ['stories/a.jpg', before.get('stories/b.jpg')],
    ['stories/b.jpg', before.get('stories/a.jpg')],
    ['stories/memes/c.jpg', before.get('stories/c.jpg')],
  ])
  expect(rows[2]).toMatchObject({ ...posted, category: 'memes', isActive: true })
  expect(await library.index()).toMatchObject({ ...nothing, unchanged: 3 })
})

test('a picture that moved into the scanned folder is moved, although its old place is outside', async () => {
  write('stories/a/x.jpg', picture(1))
  write('stories/b/y.jpg', picture(2))
  await library.index()
  renameSync(at('stories/a/x.jpg'), at('stories/b/x.jpg'))
  expect(await library.index(at('stories/b'))).toMatchObject({ ...nothing, moved: 1, unchanged: 1 })
})

test('missing files retire and come back', async () => {
  writePictures(2)
  await library.index()
  await markPosted()
  rmSync(at('stories/p0.jpg'))
  expect(await library.index()).toMatchObject({ ...nothing, retired: 1, unchanged: 1, exitCode: 0 })
  expect(await library.row('stories/p0.jpg')).toMatchObject({ isActive: false, problem: 'file is missing' })
  expect(await library.index()).toMatchObject({ ...nothing, unchanged: 1 })
  write('stories/p0.jpg', picture(0))
  expect(await library.index()).toMatchObject({ ...nothing, updated: 1, unchanged: 1 })
  expect(await library.row('stories/p0.jpg')).toMatchObject({ isActive: true, problem: null, ...posted })
})

test('equal bytes at two paths are both kept and reported', async () => {
  write('stories/a.jpg', picture(1))
  write('stories/b.jpg', picture(1))
  const report = await library.index()
  const { fileHash } = await library.row('stories/a.jpg')
  expect(report).toMatchObject({
    added: 2,
    duplicates: [{ hash: fileHash, paths: ['stories/a.jpg', 'stories/b.jpg'] }],
  })
})

test('a scan that would retire much of the library stops before it changes anything', async () => {
  writePictures(40)
  await library.index()
  const before = await library.rows()
  for (let i = 0; i < 11; i++) rmSync(at(`stories/p${i}.jpg`))
  write('stories/new.jpg', picture(99))
  await expect(library.index()).rejects.toMatchObject({
    code: 'would_retire',
    exitCode: 1,
    message: /11 of 40 pictures/,
  })
  await expect(library.index('--dry-run')).rejects.toMatchObject({ code: 'would_retire' })
  expect(await library.rows()).toEqual(before)
  expect(await library.index('--allow-removal')).toMatchObject({ retired: 11, added: 1, unchanged: 29, exitCode: 0 })
})

test('an empty or missing media folder retires nothing', async () => {
  writePictures(3)
  await library.index()
  rmSync(at('stories'), { recursive: true })
  await expect(library.index()).rejects.toMatchObject({ code: 'would_retire' })
  library.folder.remove()
  await expect(library.index()).rejects.toMatchObject({ code: 'media_root_missing', exitCode: 1 })
  expect((await library.rows()).every(({ isActive }) => isActive)).toBe(true)
})

test('a folder limits what is scanned and what can retire', async () => {
  write('stories/a/x.jpg', picture(1))
  write('stories/b/y.jpg', picture(2))
  await library.index()
  rmSync(at('stories/a/x.jpg'))
  rmSync(at('stories/b/y.jpg'))
  write('stories/b/new.jpg', picture(3))
  // Relative to the library, because there is no such folder here.
  expect(await library.index('stories/a')).toMatchObject({ ...nothing, retired: 1, unchanged: 0 })
  expect(await library.row('stories/b/y.jpg')).toMatchObject({ isActive: true })
})

test('a folder outside the library is refused, also behind a link', async () => {
  const outside = createFolder()
  write('stories/a.jpg', picture(1))
  symlinkSync(outside.root, at('stories/out'))
  await expect(library.index('stories/out')).rejects.toMatchObject({ exitCode: 2 })
  await expect(library.index('..')).rejects.toMatchObject({ exitCode: 2 })
  await expect(library.index('stories/nowhere')).rejects.toMatchObject({ code: 'folder_missing', exitCode: 1 })
  outside.remove()
})

test('a dry run tells the plan with its reasons and stores nothing', async () => {
  write('stories/a.jpg', picture(1))
  write('stories/bad.jpg', 'no picture')
  expect(await library.index('--dry-run')).toMatchObject({
    added: 1,
    rejected: [{ path: 'stories/bad.jpg' }],
    dryRun: true,
  })
  const { stdout } = await run(indexMedia, library.context({ json: false }), ['--dry-run'])
  expect(stdout).toContain('add stories/a.jpg: new file')
  expect(await library.rows()).toEqual([])
  expect(await database.db.select().from(rejectedFiles)).toEqual([])
})

test('two runs at once end in the state of one', async () => {
  writePictures(60)
  await library.index()
  for (let i = 0; i < 5; i++) rmSync(at(`stories/p${i}.jpg`))
  for (let i = 5; i < 10; i++) renameSync(at(`stories/p${i}.jpg`), at(`stories/moved${i}.jpg`))
  for (let i = 60; i < 120; i++) write(`stories/p${i}.jpg`, picture(i))
  await Promise.all([library.index(), library.index(), library.index()])
  const rows = await library.rows()
  expect(rows).toHaveLength(120)
  expect(rows.filter(({ isActive }) => !isActive).map(({ filePath }) => filePath)).toEqual(
    [0, 1, 2, 3, 4].map((i) => `stories/p${i}.jpg`),
  )
  expect(await library.index()).toMatchObject({ ...nothing, unchanged: 115 })
})

test('what somebody edits while the files are read is not lost', async () => {
  write('stories/a.jpg', picture(1))
  await library.index()
  write('stories/a.json', { title: 'File', caption: 'File' })
  const running = await changeLibrary(database.db, async (tx) => {
    const index = library.index()
    await vi.waitUntil(async () => {
      const [row] = await database.db.execute(sql`select 1 from pg_locks where locktype = 'advisory' and not granted`)
      return row !== undefined
    })
    await tx.update(mediaItems).set({ title: 'Hand', editedFields: ['title'] })
    return { index }
  })
  expect(await running.index).toMatchObject({ updated: 1 })
  expect(await library.row('stories/a.jpg')).toMatchObject({ title: 'Hand', caption: 'File' })
})

test('a signal stores what was read, retires nothing and exits with 130', async () => {
  writePictures(30)
  write('stories/gone.jpg', picture(500))
  await library.index('stories')
  rmSync(at('stories/gone.jpg'))
  for (let i = 30; i < 90; i++) write(`stories/p${i}.jpg`, picture(i))
  const controller = new AbortController()
  const ctx = library.context({ signal: controller.signal })
  const started = run(indexMedia, ctx, [])
  // The first answer of the database comes before the reading starts.
  await database.db.select().from(rejectedFiles)
  controller.abort()
  const { exitCode, json, stderr } = await started
  expect(exitCode).toBe(130)
  expect(json).toMatchObject({ retired: 0 })
  expect(stderr).toContain('run it again')
  expect(await library.row('stories/gone.jpg')).toMatchObject({ isActive: true })
  expect(await library.index()).toMatchObject({ retired: 1, unchanged: 30 + json.added, added: 60 - json.added })
})

test('a picture switched off for its bytes stays off until they change', async () => {
  write('stories/a.jpg', picture(1))
  await library.index()
  const { id } = await library.row('stories/a.jpg')
  await database.db
    .update(mediaItems)
    .set({ isActive: false, problem: 'the picture cannot be decoded: bad' })
    .where(eq(mediaItems.id, id))
  expect(await library.index()).toMatchObject({ ...nothing, unchanged: 1 })
  expect(await library.row('stories/a.jpg')).toMatchObject({ isActive: false })
  write('stories/a.jpg', picture(2), new Date('2026-11-03T00:00:00Z'))
  await library.index()
  expect(await library.row('stories/a.jpg')).toMatchObject({ isActive: true, problem: null })
})

test('a bytes exchange that size and mtime hide is read after a delivery noticed it', async () => {
  write('stories/a.jpg', picture(1))
  await library.index()
  write('stories/a.jpg', picture(2))
  expect(await library.index()).toMatchObject({ ...nothing, unchanged: 1 })
  const problem = 'stories/a.jpg changed since it was indexed; run `storyline index-media`'
  await database.db.update(mediaItems).set({ isActive: false, problem })
  expect(await library.index()).toMatchObject({ ...nothing, updated: 1 })
  expect(await library.row('stories/a.jpg')).toMatchObject({ isActive: true, problem: null })
})
