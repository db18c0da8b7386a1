import { eq } from 'drizzle-orm'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { mediaItems, mediaPostingLocks, postingHistory, postingQueue } from '../../src/db/schema.ts'
import editMedia from '../../src/media/edit-media.ts'
import { findMedia } from '../../src/media/find-media.ts'
import listMedia from '../../src/media/list-media.ts'
import lockMedia from '../../src/media/lock-media.ts'
import showMedia from '../../src/media/show-media.ts'
import unlockMedia from '../../src/media/unlock-media.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Bench, bench, createFolder, emptyDatabase, picture, run } from './library.ts'

const BERLIN = { env: { TIMEZONE: 'Europe/Berlin' } }

let database: TestDatabase
let library: Bench

beforeAll(async () => {
  database = await createTestDatabase()
})
beforeEach(async () => {
  library = bench(database, createFolder())
  library.folder.write('stories/memes/cat.jpg', picture(1))
  library.folder.write('stories/memes/cat.json', { title: 'Cat', tags: ['fun', 'pets'] })
  library.folder.write('stories/products/mug.jpg', picture(2))
  library.folder.write('stories/products/mug.json', {
    requires_interaction: true,
    link_url: 'https://shop.example/mug',
  })
  library.folder.write('stories/products/copy.jpg', picture(2))
  library.folder.write('stories/x.jpg', picture(3))
  await library.index()
})
afterEach(async () => {
  library.folder.remove()
  await emptyDatabase(database)
})
afterAll(() => database.drop())

const idOf = async (path: string) => (await library.row(path)).id

async function plan(path: string): Promise<void> {
  await database.db
    .insert(postingQueue)
    .values({ mediaItemId: await idOf(path), storyNumber: 47, scheduledFor: new Date('2026-12-01T12:00:00Z') })
}

async function lock(path: string, values: Omit<typeof mediaPostingLocks.$inferInsert, 'mediaItemId'>): Promise<void> {
  await database.db.insert(mediaPostingLocks).values({ mediaItemId: await idOf(path), ...values })
}

const files = ({ items }: { items: { file: string }[] }) => items.map(({ file }) => file)

test('list-media shows every item in the order of the paths', async () => {
  await database.db
    .update(mediaItems)
    .set({ timesPosted: 2, lastPostedAt: new Date('2026-11-18T08:00:00Z') })
    .where(eq(mediaItems.fileName, 'cat.jpg'))
  const { json, exitCode } = await run(listMedia, library.context(BERLIN), [])
  expect(exitCode).toBe(0)
  expect(json.total).toBe(4)
  expect(json.items[0]).toEqual({
    id: await idOf('stories/memes/cat.jpg'),
    file: 'stories/memes/cat.jpg',
    title: 'Cat',
    link: null,
    caption: null,
    tags: ['fun', 'pets'],
    category: 'memes',
    requiresInteraction: false,
    timesPosted: 2,
    lastPostedAt: '2026-11-18T09:00:00+01:00',
    state: 'active',
    locks: [],
  })
  const { stdout } = await run(listMedia, library.context({ json: false }), ['--tag', 'fun'])
  expect(stdout).toContain('✓ 2x (3 days ago)')
})

test('list-media filters by type, tag, category, state and count', async () => {
  await plan('stories/x.jpg')
  await lock('stories/products/copy.jpg', { lockReason: 'manual_hold' })
  await database.db
    .update(mediaItems)
    .set({ isActive: false, problem: 'gone' })
    .where(eq(mediaItems.fileName, 'cat.jpg'))
  const list = async (...argv: string[]) => (await run(listMedia, library.context(), argv)).json
  expect(files(await list('--type', 'manual'))).toEqual(['stories/products/mug.jpg'])
  expect(files(await list('--type', 'auto', '--category', 'products'))).toEqual(['stories/products/copy.jpg'])
  expect(files(await list('--tag', 'pets'))).toEqual(['stories/memes/cat.jpg'])
  expect(files(await list('--state', 'inactive'))).toEqual(['stories/memes/cat.jpg'])
  expect(files(await list('--state', 'queued'))).toEqual(['stories/x.jpg'])
  // A lock holds for every copy of the content.
  expect(files(await list('--state', 'locked'))).toEqual(['stories/products/copy.jpg', 'stories/products/mug.jpg'])
  expect(files(await list('--state', 'active'))).toEqual([])
  expect(await list('--limit', '1')).toMatchObject({ total: 4, items: [{ file: 'stories/memes/cat.jpg' }] })
  await expect(list('--limit', 'many')).rejects.toThrow(/whole number/)
  await expect(list('--state', 'lost')).rejects.toThrow(/Allowed choices/)
})

test('list-media that finds nothing says which filters found it, and what was probably meant', async () => {
  const said = async (...argv: string[]) => (await run(listMedia, library.context({ json: false }), argv)).stderr
  expect(await said('--category', 'prodcuts')).toBe('No picture fits: category prodcuts. Did you mean products?\n')
  expect(await said('--tag', 'pest', '--category', 'mems')).toBe(
    'No picture fits: category mems, tag pest. Did you mean memes and pets?\n',
  )
  expect(await said('--tag', 'fun', '--category', 'products')).toBe('No picture fits: category products, tag fun.\n')
  await emptyDatabase(database)
  expect(await said()).toBe('The library is empty. `storyline index-media` fills it from the media folder.\n')
})

test('an ended lock is none', async () => {
  await lock('stories/x.jpg', { lockReason: 'skip', lockedUntil: new Date('2020-01-01T00:00:00Z') })
  const { json } = await run(showMedia, library.context(), ['x.jpg'])
  expect(json).toMatchObject({ state: 'active', locks: [] })
})

test('an item is found by id, its beginning, path or file name', async () => {
  const ctx = library.context()
  const id = await idOf('stories/memes/cat.jpg')
  const ways = [
    id,
    id.toUpperCase(),
    id.slice(0, 8),
    'stories/memes/cat.jpg',
    './stories/memes/cat.jpg',
    'cat.jpg',
    'cat',
    library.folder.at('stories/memes/cat.jpg'),
  ]
  for (const way of ways) expect((await findMedia(ctx, way)).id, way).toBe(id)
})

test('an item is found by the number of a story that shows it, or the id of one in the queue', async () => {
  await plan('stories/memes/cat.jpg')
  const [{ storyNumber, queueId } = { storyNumber: 0, queueId: '' }] = await database.db
    .select({ storyNumber: postingQueue.storyNumber, queueId: postingQueue.id })
    .from(postingQueue)
  const id = await idOf('stories/memes/cat.jpg')
  for (const way of [`${storyNumber}`, `#${storyNumber}`, queueId, queueId.slice(0, 8)]) {
    expect((await findMedia(library.context(), way)).id, way).toBe(id)
  }
  await expect(findMedia(library.context(), '#99999')).rejects.toMatchObject({ code: 'media_not_found' })
})

test('an unknown item is refused with what was probably meant, an ambiguous one with the choices', async () => {
  library.folder.write('stories/products/cat.jpg', picture(9))
  await library.index()
  await expect(findMedia(library.context(), 'cat.png')).rejects.toMatchObject({
    code: 'media_not_found',
    exitCode: 1,
    fix: expect.stringContaining('stories/memes/cat.jpg'),
  })
  await expect(findMedia(library.context(), 'ctas.jpg')).rejects.toMatchObject({
    fix: 'Did you mean cat.jpg? `storyline list-media` shows what there is.',
  })
  await expect(findMedia(library.context(), 'nothing%')).rejects.toMatchObject({
    fix: expect.stringContaining('list-media'),
  })
  await expect(findMedia(library.context(), 'cat.jpg')).rejects.toMatchObject({
    code: 'media_ambiguous',
    exitCode: 1,
    fix: expect.stringMatching(/stories\/memes\/cat\.jpg\n.*stories\/products\/cat\.jpg/),
  })
  // A path is exact, whatever else has that name.
  expect((await findMedia(library.context(), 'stories/products/cat.jpg')).path).toBe('stories/products/cat.jpg')
})

test('show-media adds picture, copies, queue and history', async () => {
  await plan('stories/products/mug.jpg')
  await database.db.insert(postingHistory).values({
    mediaItemId: await idOf('stories/products/mug.jpg'),
    queueCreatedAt: new Date('2026-11-01T00:00:00Z'),
    queueDeletedAt: new Date('2026-11-02T00:00:00Z'),
    scheduledFor: new Date('2026-11-02T00:00:00Z'),
    status: 'skipped',
    success: false,
    reason: 'not today',
    settledBy: '@sarah',
  })
  const { json } = await run(showMedia, library.context(BERLIN), ['mug.jpg'])
  expect(json).toMatchObject({
    state: 'queued',
    width: 1080,
    height: 1920,
    size: picture(2).length,
    hash: (await library.row('stories/products/mug.jpg')).fileHash,
    problem: null,
    copies: [{ file: 'stories/products/copy.jpg', isActive: true }],
    queued: { storyNumber: 47, status: 'pending', scheduledFor: '2026-12-01T13:00:00+01:00' },
    history: [
      { status: 'skipped', reason: 'not today', settledBy: '@sarah', scheduledFor: '2026-11-02T01:00:00+01:00' },
    ],
  })
  const { stdout } = await run(showMedia, library.context({ json: false }), ['mug.jpg'])
  expect(stdout).toContain('skipped by @sarah: not today')
})

test('edit-media changes what was named and keeps the rest', async () => {
  const argv = [
    'cat.jpg',
    '--title',
    ' Tom ',
    '--add-tag',
    'new',
    '--remove-tag',
    'fun',
    '--interaction',
    '--link',
    'https://a.example',
  ]
  const { json, exitCode } = await run(editMedia, library.context(), argv)
  expect(exitCode).toBe(0)
  expect(json.changes).toEqual([
    { field: 'title', from: 'Cat', to: 'Tom' },
    { field: 'link_url', from: null, to: 'https://a.example' },
    { field: 'tags', from: ['fun', 'pets'], to: ['pets', 'new'] },
    { field: 'requires_interaction', from: false, to: true },
  ])
  expect(await library.row('stories/memes/cat.jpg')).toMatchObject({
    title: 'Tom',
    caption: null,
    tags: ['pets', 'new'],
    requiresInteraction: true,
    editedFields: ['title', 'link_url', 'tags', 'requires_interaction'],
  })
})

test('edit-media clears fields, and a dry run only says so', async () => {
  const argv = ['cat.jpg', '--clear', 'title,tags']
  const before = await library.rows()
  expect((await run(editMedia, library.context(), [...argv, '--dry-run'])).json).toMatchObject({
    dryRun: true,
    changes: [{ to: null }, { to: [] }],
  })
  expect(await library.rows()).toEqual(before)
  await run(editMedia, library.context(), argv)
  expect(await library.row('stories/memes/cat.jpg')).toMatchObject({ title: null, tags: [] })
  await library.index()
  expect(await library.row('stories/memes/cat.jpg')).toMatchObject({ title: null, tags: [] })
})

test.each([[['cat.jpg']], [['cat.jpg', '--link', 'shop.example']], [['cat.jpg', '--clear', 'title', '--title', 'x']]])(
  'edit-media %j is a mistake in the arguments',
  async (argv) => {
    await expect(run(editMedia, library.context(), argv)).rejects.toMatchObject({ exitCode: 2 })
  },
)

test('a lock lasts for ever or until a local time, and the later word counts', async () => {
  expect((await run(lockMedia, library.context(BERLIN), ['x.jpg'])).json).toMatchObject({
    item: { state: 'locked', locks: [{ reason: 'manual_hold', until: null }] },
    lock: { reason: 'manual_hold', until: null },
    queued: null,
  })
  await run(lockMedia, library.context(BERLIN), ['x.jpg', '--until', '2026-12-24'])
  const { json } = await run(lockMedia, library.context(BERLIN), ['x.jpg', '--until', '2026-12-01T18:00'])
  expect(json.item.locks).toEqual([
    { reason: 'manual_hold', until: null },
    { reason: 'seasonal', until: '2026-12-01T18:00:00+01:00' },
  ])
})

test('a lock leaves a planned story in the queue and says so', async () => {
  await plan('stories/x.jpg')
  const { stdout } = await run(lockMedia, library.context({ json: false, ...BERLIN }), ['x.jpg'])
  expect(stdout).toContain('story #47, pending, Dec 1, 2026, 1:00 PM')
  expect(await database.db.select().from(postingQueue)).toHaveLength(1)
})

test.each(['2026-11-21', 'tomorrow', '2026-02-30'])('a lock until %j is refused', async (until) => {
  await expect(run(lockMedia, library.context(), ['x.jpg', '--until', until])).rejects.toMatchObject({ exitCode: 2 })
  expect(await database.db.select().from(mediaPostingLocks)).toEqual([])
})

test('a dry run locks and unlocks nothing', async () => {
  expect((await run(lockMedia, library.context(), ['x.jpg', '--dry-run'])).json).toMatchObject({
    dryRun: true,
    item: { locks: [] },
  })
  await lock('stories/x.jpg', { lockReason: 'skip' })
  expect((await run(unlockMedia, library.context(), ['x.jpg', '--dry-run'])).json).toMatchObject({
    dryRun: true,
    removed: [{ reason: 'skip' }],
  })
  expect(await database.db.select().from(mediaPostingLocks)).toHaveLength(1)
})

test('unlocking frees every copy, but a rejection only when asked for', async () => {
  await lock('stories/products/copy.jpg', { lockReason: 'manual_hold' })
  await lock('stories/products/mug.jpg', { lockReason: 'rejected' })
  await lock('stories/products/mug.jpg', { lockReason: 'recent_post', lockedUntil: new Date('2099-01-01T00:00:00Z') })
  await lock('stories/x.jpg', { lockReason: 'manual_hold' })
  expect((await run(unlockMedia, library.context(), ['mug.jpg', '--reason', 'recent_post'])).json).toMatchObject({
    removed: [{ reason: 'recent_post', until: '2099-01-01T00:00:00+00:00' }],
    kept: [{ reason: 'manual_hold' }, { reason: 'rejected' }],
  })
  expect((await run(unlockMedia, library.context(), ['mug.jpg'])).json).toMatchObject({
    item: { state: 'locked' },
    removed: [{ reason: 'manual_hold', until: null }],
    kept: [{ reason: 'rejected', until: null }],
  })
  expect((await run(unlockMedia, library.context(), ['mug.jpg', '--all'])).json).toMatchObject({
    item: { state: 'active' },
    kept: [],
  })
  expect(await database.db.select().from(mediaPostingLocks)).toHaveLength(1)
})

test('names cannot play tricks on a terminal', async () => {
  library.folder.write('stories/\u001b[2Jevil\n.jpg', picture(77))
  await library.index()
  const { stdout } = await run(listMedia, library.context({ json: false }), [])
  expect(stdout).toContain('stories/\\u{1b}[2Jevil\\n.jpg')
  expect(stdout).not.toContain('\u001b')
})
