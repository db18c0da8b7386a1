import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { runCli } from '../../src/cli.ts'
import { addItem, addManyMedia, emptyTables, NOW } from '../schedule/commanding.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let t: TestDatabase
beforeAll(async () => {
  t = await createTestDatabase()
})
async function plan() {
  await emptyTables(t.db)
  const [, second] = await addManyMedia(t.db, 2)
  if (second) await addItem(t.db, second, { storyNumber: 47, scheduledFor: new Date(NOW.getTime() + 3_600_000) })
}
beforeEach(plan)
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
  [['create-schedule', '--days', '1'], /storyline list-queue --calendar/],
  [['add-to-queue', 'picture-0.jpg'], /Next: storyline list-queue/],
  [['lock-media', 'picture-0.jpg'], /storyline unlock-media [0-9a-f]{8}\n/],
  [['list-queue', '--calendar'], /Next: storyline create-schedule/],
  [['edit-media', 'picture-0.jpg', '--title', 'Mug'], /Next: storyline show-media [0-9a-f]{8}\n/],
  [['reschedule', '47', '--in', '2h'], /Next: storyline list-queue --calendar\n/],
  [['cancel', '47'], /To take it back: storyline undo 47\n/],
  [['skip', '47'], /To take it back: storyline undo 47\n/],
  [['pause'], /Go on with: storyline resume\n/],
]

it.each(NEXT)('%j suggests what comes next, in a terminal', async (argv, next) => {
  expect(await saidAfter(argv, true)).toMatch(next)
})

it.each(NEXT)('%j says nothing of it to a pipe, to a script or with --quiet', async (argv) => {
  expect(await saidAfter(argv, false)).toBe('')
  await plan()
  expect(await saidAfter([...argv, '--json'], true)).toBe('')
  await plan()
  expect(await saidAfter([...argv, '--quiet'], true)).toBe('')
})
