import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { afterEach, expect, it, vi } from 'vitest'
import { COMMANDS } from '../../src/commands.ts'
import type { Action, VERBS } from '../../src/dashboard/action.ts'
import { actionsFor } from '../../src/dashboard/actions-for.ts'
import { loadSnapshot } from '../../src/dashboard/load-snapshot.ts'
import { createRunAction } from '../../src/dashboard/run-action.ts'
import type { Entry, Snapshot } from '../../src/dashboard/snapshot.ts'
import { pauses, postingHistory, postingQueue, serviceRuns } from '../../src/db/schema.ts'
import { testContext } from '../support/database.ts'
import { useTeam as openTeam, TEAM } from '../support/team.ts'

const team = openTeam()

afterEach(async () => {
  vi.restoreAllMocks()
  await team.db.execute(sql`truncate pauses`)
})

const context = (env: Record<string, string> = {}, signal?: AbortSignal) =>
  testContext(team.db, { env: team.env(env), now: () => new Date(), ...(signal ? { signal } : {}) })

/** As on the screen: the verb of what is selected, with what was typed. */
async function perform(
  verb: (typeof VERBS)[number],
  select: (snapshot: Snapshot) => Entry | null | undefined = () => null,
  { typed, env, signal }: { typed?: string; env?: Record<string, string>; signal?: AbortSignal } = {},
) {
  const ctx = context(env, signal)
  const snapshot = await loadSnapshot(ctx)
  const action = actionsFor(select(snapshot) ?? null, snapshot).find((one) => one.verb === verb)
  if (!action) throw new Error(`${verb} does not fit`)
  const options =
    action.asks && typed !== undefined ? { ...action.options, [action.asks.option]: typed } : action.options
  const result = await createRunAction(ctx)({ ...action, options })
  // Nothing is said past the screen.
  expect([ctx.stdout(), ctx.stderr()]).toEqual(['', ''])
  return result
}

const firstNext = ({ next }: Snapshot) => next.entries[0]
const firstWaiting = ({ waiting }: Snapshot) => waiting.entries[0]
const firstRecent = ({ recent }: Snapshot) => recent.entries[0]
const SENT = { status: 'awaiting_team', sentAt: sql`now() - interval '5 minutes'` } as never

it('does what the command does, says its lines, and leaves its row in the ledger', async () => {
  const { item } = await team.library.plan('story.jpg', { minutesAgo: -600 })
  const result = await perform('re-plan', firstNext, { typed: '2031-05-06 14:30', env: { TIMEZONE: 'Europe/Berlin' } })
  expect(result).toEqual({
    isDone: true,
    lines: [expect.stringMatching(/^Moved #1 stories\/story\.jpg from .* to May 6, 2031, 2:30 PM GMT\+2/)],
  })
  const [moved] = await team.db.select().from(postingQueue)
  expect(moved?.scheduledFor).toEqual(new Date('2031-05-06T12:30:00Z'))
  expect(await team.db.select().from(serviceRuns)).toMatchObject([
    {
      ...{ serviceName: 'reschedule', triggeredBy: 'cli', success: true, status: 'completed' },
      resultSummary: { exitCode: 0, id: item.id },
      inputParams: { args: [item.id] },
    },
  ])
})

it('post now: the next tick takes it, and a tick can be run from here', async () => {
  await team.library.plan('story.jpg', { minutesAgo: -600 })
  await perform('post now', firstNext)
  const result = await perform('run tick')
  expect(result).toMatchObject({ isDone: true, lines: [expect.stringMatching(/sent to telegram/)] })
  expect(team.fake.messages(TEAM)).toHaveLength(2)
  expect((await perform('run tick')).lines.join()).toContain('Nothing to do now.')
})

it.each<[(typeof VERBS)[number], Parameters<typeof perform>[1], object | undefined, string]>([
  ['skip', firstNext, undefined, 'skipped'],
  ['cancel', firstNext, undefined, 'cancelled'],
  ['confirm posted', firstWaiting, { item: SENT }, 'posted'],
])('%s ends the story', async (verb, select, story, status) => {
  await team.library.plan('story.jpg', { minutesAgo: -60, ...story })
  expect(await perform(verb, select)).toMatchObject({ isDone: true })
  expect(await team.db.select().from(postingHistory)).toMatchObject([{ status, settledBy: 'operator' }])
  expect(await team.db.select().from(postingQueue)).toEqual([])
})

it('undo takes it back, and retry queues it again', async () => {
  await team.library.plan('story.jpg', { minutesAgo: -60 })
  await perform('cancel', firstNext)
  expect(await perform('undo', firstRecent)).toMatchObject({ isDone: true })
  expect(await team.db.select().from(postingQueue)).toMatchObject([{ status: 'pending', storyNumber: 1 }])
  await perform('cancel', firstNext)
  expect(await perform('retry', firstRecent)).toMatchObject({ isDone: true })
  expect(await team.db.select().from(postingQueue)).toMatchObject([{ status: 'pending', storyNumber: 2 }])
})

it('hold, pause and resume take what was typed, also nothing', async () => {
  await team.library.plan('story.jpg', { minutesAgo: -60 })
  expect((await perform('hold', firstNext)).lines[0]).toMatch(/held by hand .*for ever/)
  expect((await perform('hold', firstNext, { typed: '2031-12-24' })).lines[0]).toMatch(/out of season .*Dec 24, 2031/)
  expect(await perform('pause', undefined, { typed: '--send is not an option here' })).toMatchObject({ isDone: true })
  expect(await team.db.select().from(pauses)).toMatchObject([{ reason: '--send is not an option here' }])
  await team.db.update(postingQueue).set({ scheduledFor: sql`now() - interval '2 hours'` })
  expect((await perform('resume')).lines).toEqual([
    expect.stringContaining('moved to'),
    'Posting goes on with the next tick.',
  ])
})

it('an error is a result, with what to do, and a row of the ledger', async () => {
  await team.library.plan('story.jpg', { minutesAgo: -60 })
  const wrong = await perform('re-plan', firstNext, { typed: 'tomorrow' })
  expect(wrong.isDone).toBe(false)
  expect(wrong.lines.join('\n')).toMatch(/tomorrow[\s\S]*storyline reschedule --help/)
  const refused = await createRunAction(context())({ ...unknownStory, command: 'cancel' })
  expect(refused).toEqual({
    isDone: false,
    lines: [
      'No story "deadbeef" is in the queue or in the history',
      '`storyline list-queue` and `storyline history` show numbers and ids.',
    ],
  })
  expect(await team.db.select().from(serviceRuns)).toMatchObject([{ serviceName: 'cancel', success: false }])
})

const unknownStory: Action = {
  ...{ verb: 'cancel', label: 'cancel', command: 'cancel', args: ['deadbeef'] },
  ...{ options: {}, question: null, asks: null },
}

it('a database that is gone, and a command that is none, are results too', async () => {
  const away = createRunAction(context({ DATABASE_URL: 'postgresql://u:canary-password@127.0.0.1:9/x' }))
  const result = await away(unknownStory)
  expect([result.isDone, result.lines[0]]).toEqual([false, 'No database answers at 127.0.0.1:9/x (ECONNREFUSED)'])
  expect(result.lines.join()).not.toContain('canary')
  expect(await createRunAction(context())({ ...unknownStory, command: 'nonsense' })).toMatchObject({ isDone: false })
})

it('check health is the full one, and its verdict is the result', async () => {
  const { isDone, lines } = await perform('check health')
  expect([isDone, lines[0]]).toEqual([false, expect.stringMatching(/UNHEALTHY/)])
  expect(team.fake.calls('getMe').length).toBeGreaterThan(0)
})

it('a tick stops taking work when somebody leaves', async () => {
  for (let n = 0; n < 4; n += 1) await team.library.plan(`${n}.jpg`)
  const leave = new AbortController()
  leave.abort()
  await perform('run tick', undefined, { signal: leave.signal })
  expect(team.fake.messages(TEAM)).toEqual([])
  const rows = await team.db.select({ status: postingQueue.status }).from(postingQueue)
  expect(rows.every(({ status }) => status === 'pending')).toBe(true)
})

it('what it says goes into LOG_FILE as in the shell', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'storyline-log-'))
  await perform('pause', undefined, { env: { LOG_FILE: join(folder, 'log') } })
  expect(JSON.parse(readFileSync(join(folder, 'log'), 'utf8').split('\n')[0] ?? '')).toMatchObject({
    command: 'pause',
    msg: expect.stringContaining('Paused by operator'),
  })
  rmSync(folder, { recursive: true })
})

it('nothing is written to the real streams, whatever the verb', async () => {
  const stdout = vi.spyOn(process.stdout, 'write')
  const stderr = vi.spyOn(process.stderr, 'write')
  await team.library.plan('story.jpg', { minutesAgo: -60 })
  await perform('check health')
  await perform('cancel', firstNext)
  const own = (text: unknown) => /Cancelled|UNHEALTHY/.test(String(text))
  expect([...stdout.mock.calls, ...stderr.mock.calls].filter(([text]) => own(text))).toEqual([])
})

it('every action is a command that exists, with its options', async () => {
  await team.library.plan('story.jpg', { minutesAgo: -60 })
  await team.library.plan('card.jpg', { item: SENT })
  const snapshot = await loadSnapshot(context())
  const actions = [null, firstNext(snapshot), firstWaiting(snapshot)].flatMap((entry) =>
    actionsFor(entry ?? null, snapshot),
  )
  const names = COMMANDS.map(({ name }) => name)
  for (const { command } of actions) expect(names).toContain(command)
})
