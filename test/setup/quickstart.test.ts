import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Finished, runStoryline } from '../support/cli.ts'
import { pattern } from '../support/pictures.ts'

let folder: string
let env: { STORYLINE_HOME: string }

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'storyline quickstart '))
  // As root, PostgreSQL runs as somebody else, who must be able to come here.
  chmodSync(folder, 0o755)
  env = { STORYLINE_HOME: folder }
})
afterAll(async () => {
  await runStoryline(['db', 'stop'], { env })
  rmSync(folder, { recursive: true, force: true })
})

const run = (...args: string[]) => runStoryline(args, { env })
const json = ({ stdout }: Finished) => JSON.parse(stdout)

// One story, told in order: what a new user does on the first day, on one machine.
test('a fresh machine: a plan and a card on the screen, nothing sent, nothing doubled the second time', async () => {
  const first = await run('quickstart')
  expect(first.code).toBe(0)
  expect(first.stdout).toMatch(/Indexed 24 pictures/)
  // Three a day for seven days, less what has passed of today.
  expect(first.stdout.match(/^\w{3}, \w{3} \d+\t\d\d:\d\d\t/gm)?.length).toBeGreaterThanOrEqual(18)
  expect(first.stdout).toMatch(/📸 STORY #1\n/)
  expect(first.stdout).toContain('[ ✅ Mark Posted ]')
  expect(first.stdout.match(/^ {2}storyline /gm)).toHaveLength(3)

  const before = json(await run('list-queue', '--json')).items
  const second = await run('quickstart', '--json')
  expect(second.code).toBe(0)
  expect(json(second)).toMatchObject({ pictures: 24, scheduled: 0, tick: { dryRun: true } })
  expect(json(await run('list-queue', '--json')).items).toEqual(before)
  expect(json(await run('history', '--json')).items).toEqual([])
})

test('samples are tagged, and their metadata comes from all four sources', async () => {
  const { items, total } = json(await run('list-media', '--json'))
  expect(total).toBe(24)
  for (const item of items) expect(item.tags).toContain('sample')
  const byName = (part: string) => items.find(({ file }: { file: string }) => file.includes(part))
  expect(byName('gift-card__').link).toBe('https://shop.example.com/giftcard')
  expect(byName('sticker-sheet')).toMatchObject({ requiresInteraction: true, category: 'products' })
  expect(byName('meet-noor').title).toBe('Meet Noor')
})

test('the first picture of your own retires the samples and cancels their plan, with a record', async () => {
  const planned = json(await run('list-queue', '--json')).items.length
  const picture = await pattern({ width: 1080, height: 1920 }).jpeg().toBuffer()
  writeFileSync(join(folder, 'media/stories/memes/mine.jpg'), picture)
  const index = await run('index-media', '--json')
  expect(json(index)).toMatchObject({ added: 1, retired: 24 })
  expect(json(await run('list-queue', '--json')).items).toEqual([])
  const { items } = json(await run('history', '--json', '--limit', '100'))
  expect(items.map(({ status }: { status: string }) => status)).toEqual(Array(planned).fill('cancelled'))
  expect(json(await run('index-media', '--json'))).toMatchObject({ added: 0, updated: 0, retired: 0, unchanged: 25 })
  const plan = json(await run('create-schedule', '--json'))
  expect(plan.scheduled.map(({ file }: { file: string }) => file)).toEqual(['stories/memes/mine.jpg'])
})
