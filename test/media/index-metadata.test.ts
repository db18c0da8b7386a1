import { rmSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { mediaItems } from '../../src/db/schema.ts'
import editMedia from '../../src/media/edit-media.ts'
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

const write: Bench['folder']['write'] = (...args) => library.folder.write(...args)

test('sidecars, metadata.json and file names describe pictures, the strongest first', async () => {
  write('stories/products/tote.jpg', picture(1))
  write('stories/products/mug__https-shop-com-mug.jpg', picture(2))
  write('stories/products/plain.jpg', picture(3))
  write('stories/products/tote.json', { title: 'Sidecar', custom_metadata: { sku: 7, sizes: ['s'] } })
  write('stories/products/metadata.json', {
    default_requires_interaction: true,
    default_tags: ['product', 'product', ' '],
    items: [
      { file_name: 'tote.jpg', title: 'Entry', link_url: 'https://shop.example/tote', caption: '🛍️', tags: ['tote'] },
    ],
  })
  expect(await library.index()).toMatchObject({ added: 3, warnings: [], exitCode: 0 })
  expect(await library.row('stories/products/tote.jpg')).toMatchObject({
    title: 'Sidecar',
    linkUrl: 'https://shop.example/tote',
    caption: '🛍️',
    tags: ['tote'],
    requiresInteraction: true,
    customMetadata: { sku: 7, sizes: ['s'] },
  })
  const mug = await library.row('stories/products/mug__https-shop-com-mug.jpg')
  expect(mug).toMatchObject({ linkUrl: 'https://shop.com/mug', tags: ['product'], requiresInteraction: true })
  expect(await library.row('stories/products/plain.jpg')).toMatchObject({
    title: null,
    linkUrl: null,
    customMetadata: null,
  })
  expect(await library.index()).toMatchObject({ unchanged: 3, updated: 0 })
})

test('changed metadata updates the row of an unchanged picture and leaves its counters alone', async () => {
  write('stories/a.jpg', picture(1))
  await library.index()
  await database.db.update(mediaItems).set({ timesPosted: 2 })
  write('stories/a.jpg.json', { title: 'New', tags: ['x', 'y'] })
  expect(await library.index()).toMatchObject({ updated: 1, unchanged: 0 })
  expect(await library.row('stories/a.jpg')).toMatchObject({ title: 'New', tags: ['x', 'y'], timesPosted: 2 })
  rmSync(library.folder.at('stories/a.jpg.json'))
  expect(await library.index()).toMatchObject({ updated: 1 })
  expect(await library.row('stories/a.jpg')).toMatchObject({ title: null, tags: [] })
})

test.each([
  ['invalid JSON', '{"title": ', /not valid JSON/],
  ['an unknown key', { titel: 'x' }, /titel/],
  ['a wrong type', { tags: 'a' }, /tags/],
  ['a link that is none', { link_url: 'shop.example' }, /link_url/],
])('a metadata file with %s is named once, ignored, and the picture is in', async (_what, content, problem) => {
  write('stories/a.jpg', picture(1))
  write('stories/a.json', content)
  const first = await library.index()
  expect(first).toMatchObject({ added: 1, rejected: [], exitCode: 3 })
  expect(first.warnings).toEqual([{ path: 'stories/a.json', warning: expect.stringMatching(problem) }])
  const second = await library.index()
  expect(second).toMatchObject({ exitCode: 0, unchanged: 1, warnings: first.warnings })
  write('stories/a.json', { title: 'Repaired' })
  expect(await library.index()).toMatchObject({ exitCode: 0, updated: 1, warnings: [] })
})

test('a metadata.json that broke takes nothing from the pictures that it described', async () => {
  write('stories/a.jpg', picture(1))
  write('stories/metadata.json', { default_requires_interaction: true, items: [{ file_name: 'a.jpg', title: 'A' }] })
  await library.index()
  write('stories/metadata.json', '{')
  expect(await library.index()).toMatchObject({ exitCode: 3, updated: 0, unchanged: 1 })
  expect(await library.row('stories/a.jpg')).toMatchObject({ title: 'A', requiresInteraction: true })
})

test('JSON with a byte order mark is read; entries without a picture and stray JSON files are not held against it', async () => {
  write('stories/a.jpg', picture(1))
  write(
    'stories/metadata.json',
    `\uFEFF${JSON.stringify({ items: [{ file_name: 'a.jpg', title: 'A' }, { file_name: 'b.jpg' }] })}`,
  )
  write('stories/package.json', 'not even JSON')
  const report = await library.index()
  expect(report).toMatchObject({ added: 1, exitCode: 0 })
  expect(report.warnings).toEqual([{ path: 'stories/metadata.json', warning: expect.stringContaining('"b.jpg"') }])
  expect(await library.row('stories/a.jpg')).toMatchObject({ title: 'A' })
})

test('what was edited by hand outlives the metadata files until it is given back', async () => {
  write('stories/a.jpg', picture(1))
  write('stories/a.json', { title: 'File', caption: 'File' })
  await library.index()
  await run(editMedia, library.context(), ['a.jpg', '--title', 'Hand'])
  write('stories/a.json', { title: 'File 2', caption: 'File 2' })
  await library.index()
  expect(await library.row('stories/a.jpg')).toMatchObject({
    title: 'Hand',
    caption: 'File 2',
    editedFields: ['title'],
  })
  await run(editMedia, library.context(), ['a.jpg', '--reset'])
  await library.index()
  expect(await library.row('stories/a.jpg')).toMatchObject({ title: 'File 2', editedFields: [] })
})

test('metadata follows a picture that moves to another folder', async () => {
  write('stories/memes/a.jpg', picture(1))
  write('stories/memes/metadata.json', { default_tags: ['meme'] })
  write('stories/products/metadata.json', { default_tags: ['product'], default_requires_interaction: true })
  await library.index()
  rmSync(library.folder.at('stories/memes/a.jpg'))
  write('stories/products/a.jpg', picture(1))
  expect(await library.index()).toMatchObject({ moved: 1 })
  expect(await library.row('stories/products/a.jpg')).toMatchObject({
    tags: ['product'],
    requiresInteraction: true,
    category: 'products',
  })
})
