import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { mediaItems, postingQueue } from '../../src/db/schema.ts'
import { type Colour, distance, plain, type Seen, seen } from '../media/rendering.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { createLibrary, type Library } from '../support/stories.ts'
import { emptyTables, fromNow, HOUR_MS, storyline } from './commanding.ts'

const COLOURS: readonly Colour[] = [
  [250, 10, 10],
  [10, 200, 10],
  [10, 10, 250],
  [250, 200, 10],
]

let t: TestDatabase
let library: Library
let desk: string

beforeAll(async () => {
  t = await createTestDatabase()
})
beforeEach(async () => {
  await emptyTables(t.db)
  library = await createLibrary(t.db)
  desk = mkdtempSync(join(tmpdir(), 'storyline-previews-'))
})
afterEach(() => {
  library.remove()
  rmSync(desk, { recursive: true, force: true })
})
afterAll(() => t.drop())

const isLike = (one: Colour, other: Colour) => distance(one, other) <= 12

/** Pictures `0.jpg`, `1.jpg`, … in the four colours. */
async function fill(count = COLOURS.length): Promise<void> {
  for (const [index, colour] of COLOURS.slice(0, count).entries()) {
    const title = `<b>No. ${index}</b> & "more" 🎄`
    await library.add(
      `memes/${index}.jpg`,
      { category: 'memes', title },
      await plain(90, 160, colour).jpeg().toBuffer(),
    )
  }
}

const create = (...argv: string[]) =>
  storyline(t, ['create-schedule', '--seed', 'x', ...argv], {
    env: { MEDIA_BASE_PATH: library.path, SLOT_JITTER_MINUTES: '0' },
  })

/** The colours from top to bottom and from left to right, each where it is first met: twice, when two cells show it. */
function picturesOf(sheet: Seen): { index: number; x: number; y: number }[] {
  const found: { index: number; x: number; y: number }[] = []
  for (let y = 0; y < sheet.height; y += 8) {
    let before = -1
    for (let x = 0; x < sheet.width; x += 8) {
      const index = COLOURS.findIndex((colour) => isLike(sheet.at(x, y), colour))
      const isKnown = found.some((other) => other.index === index && Math.abs(other.x - x) <= 8 && y - other.y < 250)
      if (index >= 0 && index !== before && !isKnown) found.push({ index, x, y })
      before = index
    }
  }
  return found
}

const fileIndexes = (files: readonly { file: string }[]) =>
  files.map(({ file }) => Number(/(\d)\.jpg$/.exec(file)?.[1]))

test.each([['--dry-run'], []])('one row a day, its stories in the order of time %s', async (...flags) => {
  await fill()
  const path = join(desk, 'week.png')
  const ran = await create(
    '--from',
    '2026-11-22',
    '--days',
    '2',
    '--posts-per-day',
    '2',
    '--json',
    '--preview',
    path,
    ...flags,
  )
  expect([ran.exitCode, ran.stderr]).toEqual([0, ''])
  expect(ran.json.preview).toBe(path)
  const shown = picturesOf(await seen(readFileSync(path)))
  const planned = fileIndexes(ran.json.scheduled as unknown as { file: string }[])
  expect(shown.map(({ index }) => index)).toEqual(planned)
  const [first, second, third, fourth] = shown
  expect([first?.y, third?.y]).toEqual([second?.y, fourth?.y])
  expect(first?.y).toBeLessThan(third?.y ?? 0)
  expect([first?.x, second?.x]).toEqual([third?.x, fourth?.x])
  expect(first?.x).toBeLessThan(second?.x ?? 0)
  expect(await t.db.$count(postingQueue)).toBe(flags.length > 0 ? 0 : 4)
})

test('shows what was planned before as well: a second run shows the same week', async () => {
  await fill()
  const path = join(desk, 'week.png')
  const week = ['--from', '2026-11-22', '--days', '2', '--posts-per-day', '2', '--preview', path]
  await create(...week)
  const before = readFileSync(path)
  const again = await create(...week)
  expect(again.stdout).toContain('0 free slots')
  expect(again.stdout).toMatch(/Preview: .*week\.png \(\d+×\d+ pixels, \d\.\d MB\)\n$/)
  expect(readFileSync(path).equals(before)).toBe(true)
})

test('shows only the days that were asked for, by the local calendar', async () => {
  await fill()
  const media = await t.db.select().from(mediaItems).orderBy(mediaItems.filePath)
  const times = ['2026-11-21T22:59:00Z', '2026-11-21T23:00:00Z', '2026-11-22T22:59:00Z', '2026-11-22T23:00:00Z']
  await t.db.insert(postingQueue).values(
    media.map(({ id }, index) => ({
      mediaItemId: id,
      scheduledFor: new Date(times[index] ?? ''),
      storyNumber: index + 1,
    })),
  )
  const path = join(desk, 'day.png')
  // Midnight in Berlin is 23:00 UTC.
  await create('--from', '2026-11-22', '--days', '1', '--posts-per-day', '1', '--preview', path)
  expect(picturesOf(await seen(readFileSync(path))).map(({ index }) => index)).toEqual([1, 2])
})

test('a story without a readable picture has a grey cell, and a slot without a story a frame', async () => {
  await fill(2)
  const path = join(desk, 'day.png')
  const [first] = await t.db.select().from(mediaItems).where(eq(mediaItems.fileName, '0.jpg'))
  writeFileSync(join(library.path, first?.filePath ?? ''), 'broken')
  const ran = await create('--from', '2026-11-22', '--days', '1', '--posts-per-day', '3', '--preview', path)
  expect(ran.exitCode).toBe(0)
  expect(ran.stderr).toMatch(/^1 picture could not be drawn; .*day\.png says why\.$/m)
  const sheet = await seen(readFileSync(path))
  expect(picturesOf(sheet).map(({ index }) => index)).toEqual([1])
  const has = (colour: Colour) => {
    for (let y = 0; y < sheet.height; y++) {
      for (let x = 0; x < sheet.width; x++) if (distance(sheet.at(x, y), colour) === 0) return true
    }
    return false
  }
  expect([has([0xde, 0xe2, 0xe6]), has([0xaa, 0xb0, 0xb8])]).toEqual([true, true])
})

test('of 61 days the first are drawn, and it says so', { timeout: 120_000 }, async () => {
  await fill(1)
  const ran = await create('--days', '61', '--preview', join(desk, 'year.jpg'))
  expect(ran.exitCode).toBe(0)
  expect(ran.stderr).toContain('A preview holds 200 pictures: the first 60 of 61 days are drawn.')
})

test.each([
  ['out.pdf', 2, /does not say what to write/],
  ['-', 2, /stdout/],
  ['no/out.png', 1, /does not exist/],
  ['folder.txt', 2, /does not say/],
])('nothing is planned when the file cannot be written: %s', async (name, exitCode, message) => {
  await fill()
  const ran = await create('--preview', name === '-' ? name : join(desk, name))
  expect([ran.exitCode, await t.db.$count(postingQueue)]).toEqual([exitCode, 0])
  expect(ran.stderr).toMatch(message)
  expect(readdirSync(desk)).toEqual([])
})

/** So deep that its path has room for the name of a sheet, but not for the longer one under which it is drawn: whoever runs the test. */
function deepFolder(): string {
  const LONGEST_PATH = 4095
  let folder = desk
  while (folder.length < LONGEST_PATH - 12)
    folder = join(folder, 'x'.repeat(Math.min(200, LONGEST_PATH - 10 - folder.length)))
  mkdirSync(folder, { recursive: true })
  return folder
}

test('a plan whose picture fails at the end stays planned: exit 3, and preview is null', async () => {
  await fill()
  const ran = await create('--json', '--days', '2', '--preview', join(deepFolder(), 'o.png'))
  expect([ran.exitCode, ran.json.preview]).toEqual([3, null])
  expect(ran.stderr).toMatch(/no preview: .*\/o\.png cannot be written/)
  expect(await t.db.$count(postingQueue)).toBe((ran.json.scheduled as unknown as unknown[]).length)
})

test('without the option nothing of it is said', async () => {
  await fill()
  expect((await create('--json')).json).not.toHaveProperty('preview')
})

test('a story that is with the team or late is on its day as well', async () => {
  await fill(1)
  const [media] = await t.db.select().from(mediaItems)
  await t.db
    .insert(postingQueue)
    .values({ mediaItemId: media?.id ?? '', scheduledFor: fromNow(-HOUR_MS), storyNumber: 1 })
  const path = join(desk, 'day.png')
  await create('--days', '1', '--preview', path)
  expect(picturesOf(await seen(readFileSync(path))).map(({ index }) => index)).toEqual([0])
})
