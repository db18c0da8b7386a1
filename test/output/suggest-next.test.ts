import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { runCli } from '../../src/cli.ts'
import { addManyMedia, emptyTables, NOW } from '../schedule/commanding.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let t: TestDatabase
beforeAll(async () => {
  t = await createTestDatabase()
})
beforeEach(async () => {
  await emptyTables(t.db)
  await addManyMedia(t.db, 2)
})
afterAll(() => t.drop())

/** What is said on stderr after success. */
async function saidAfter(argv: readonly string[], isTTY: boolean): Promise<string> {
  let said = ''
  const stream = (keep: boolean) =>
    ({
      isTTY,
      columns: 80,
      write: (text: string) => {
        if (keep) said += text
        return true
      },
    }) as unknown as NodeJS.WritableStream & { isTTY: boolean }
  const exitCode = await runCli({
    argv,
    env: { DATABASE_URL: t.url, STORYLINE_HOME: '/nonexistent' },
    streams: { stdout: stream(false), stderr: stream(true) },
    signal: new AbortController().signal,
    now: () => NOW,
    random: () => 0.25,
  })
  expect([argv, exitCode]).toEqual([argv, 0])
  return said
}

const NEXT: readonly [argv: string[], next: RegExp][] = [
  [['create-schedule', '--days', '1'], /storyline list-queue/],
  [['add-to-queue', 'picture-0.jpg'], /Next: storyline list-queue/],
  [['lock-media', 'picture-0.jpg'], /storyline unlock-media [0-9a-f]{8}\n/],
  [['list-queue', '--calendar'], /Next: storyline create-schedule/],
]

it.each(NEXT)('%j suggests what comes next, in a terminal', async (argv, next) => {
  expect(await saidAfter(argv, true)).toMatch(next)
})

it.each(NEXT)('%j says nothing of it to a pipe, to a script or with --quiet', async (argv) => {
  expect(await saidAfter(argv, false)).toBe('')
  await emptyTables(t.db)
  await addManyMedia(t.db, 2)
  expect(await saidAfter([...argv, '--json'], true)).toBe('')
  await emptyTables(t.db)
  await addManyMedia(t.db, 2)
  expect(await saidAfter([...argv, '--quiet'], true)).toBe('')
})
