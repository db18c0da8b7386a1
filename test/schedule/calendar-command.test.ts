import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { runCli } from '../../src/cli.ts'
import { lineWidth } from '../../src/output/wrap.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  AS_STATUS,
  addHistory,
  addItem,
  addMedia,
  emptyTables,
  fromNow,
  HOUR_MS,
  NOW,
  storyline,
} from './commanding.ts'

let t: TestDatabase
beforeAll(async () => {
  t = await createTestDatabase()
})
beforeEach(() => emptyTables(t.db))
afterAll(() => t.drop())

/** What a terminal of this width shows. */
async function inTerminal(argv: readonly string[], columns: number, env: Record<string, string> = {}): Promise<string> {
  let text = ''
  const stream = (keep: boolean) =>
    ({
      isTTY: true,
      columns,
      write: (chunk: string) => {
        if (keep) text += chunk
        return true
      },
    }) as unknown as NodeJS.WritableStream & { isTTY: boolean }
  const exitCode = await runCli({
    argv,
    env: { DATABASE_URL: t.url, STORYLINE_HOME: '/nonexistent', TIMEZONE: 'Europe/Berlin', ...env },
    streams: { stdout: stream(true), stderr: stream(false) },
    signal: new AbortController().signal,
    now: () => NOW,
    random: () => 0.25,
  })
  expect(exitCode).toBe(0)
  return text
}

interface Shown {
  slot: string | null
  at: string
  state: string
  storyNumber: number | null
  file: string | null
  channel: string | null
}
const daysOf = ({ json }: { json: Record<string, never> }) =>
  (json as unknown as { days: { date: string; slots: Shown[] }[] }).days

/** Posted at nine, one with the team, one by hand that publishes itself, one undone. */
async function addWeek() {
  const media = []
  for (const name of ['posted', 'team', 'hand', 'undone', 'cancelled', 'sample'])
    media.push(await addMedia(t.db, `memes/${name}.jpg`, { isSample: name === 'sample' }))
  const [posted, team, hand, undone, cancelled, sample] = media as [(typeof media)[0], ...typeof media]
  if (!team || !hand || !undone || !cancelled || !sample) throw new Error('no media')
  await addHistory(t.db, posted, {
    storyNumber: 41,
    slot: '2026-11-20/3',
    scheduledFor: new Date('2026-11-20T16:10:00Z'),
  })
  await addHistory(t.db, undone, {
    storyNumber: 42,
    slot: '2026-11-21/3',
    scheduledFor: fromNow(8 * HOUR_MS),
    undoneAt: NOW,
  })
  await addHistory(t.db, cancelled, {
    storyNumber: 43,
    slot: '2026-11-22/1',
    scheduledFor: fromNow(24 * HOUR_MS),
    status: 'cancelled',
  })
  await addItem(t.db, team, {
    ...AS_STATUS.awaiting_team,
    slot: '2026-11-21/1',
    scheduledFor: fromNow(-60_000),
    storyNumber: 44,
  })
  await addItem(t.db, hand, { scheduledFor: fromNow(4 * HOUR_MS), storyNumber: 45 })
  await addItem(t.db, sample, { slot: '2026-11-22/2', scheduledFor: fromNow(28 * HOUR_MS), storyNumber: 46 })
}

test('--from knows today and tomorrow', async () => {
  const from = async (day: string) =>
    daysOf(await storyline(t, ['list-queue', '--calendar', '--days', '1', '--from', day, '--json'])).map(
      ({ date }) => date,
    )
  expect([await from('today'), await from('tomorrow')]).toEqual([['2026-11-21'], ['2026-11-22']])
})

test('--json has a day for each, with what is there and what is free', async () => {
  await addWeek()
  const env = { ENABLE_INSTAGRAM_API: 'true' }
  const shown = daysOf(
    await storyline(t, ['list-queue', '--calendar', '--days', '3', '--from', '2026-11-20', '--json'], { env }),
  )
  const file = (name: string) => `stories/memes/${name}.jpg`
  const free = (slot: string, at: string) => ({ slot, at, state: 'free', storyNumber: null, file: null, channel: null })
  expect(shown).toEqual([
    {
      date: '2026-11-20',
      slots: [
        {
          slot: '2026-11-20/3',
          at: '2026-11-20T17:10:00+01:00',
          state: 'posted',
          storyNumber: 41,
          file: file('posted'),
          channel: 'telegram',
        },
      ],
    },
    {
      date: '2026-11-21',
      slots: [
        {
          slot: '2026-11-21/1',
          at: '2026-11-21T08:59:00+01:00',
          state: 'with_team',
          storyNumber: 44,
          file: file('team'),
          channel: 'telegram',
        },
        {
          slot: null,
          at: '2026-11-21T13:00:00+01:00',
          state: 'automatic',
          storyNumber: 45,
          file: file('hand'),
          channel: 'instagram',
        },
        free('2026-11-21/3', '2026-11-21T17:00:00+01:00'),
      ],
    },
    {
      date: '2026-11-22',
      slots: [
        free('2026-11-22/1', '2026-11-22T09:00:00+01:00'),
        {
          slot: '2026-11-22/2',
          at: '2026-11-22T13:00:00+01:00',
          state: 'sample',
          storyNumber: 46,
          file: file('sample'),
          channel: 'instagram',
        },
        free('2026-11-22/3', '2026-11-22T17:00:00+01:00'),
      ],
    },
  ])
})

test('after create-schedule has filled it nothing is free, and what it filled was', async () => {
  for (let i = 0; i < 12; i += 1) await addMedia(t.db, `memes/${i}.jpg`)
  const before = daysOf(await storyline(t, ['list-queue', '--calendar', '--days', '3', '--json']))
  const { json } = await storyline(t, ['create-schedule', '--days', '3', '--json'])
  const filled = (json.scheduled as unknown as { slot: string }[]).map(({ slot }) => slot)
  expect(before.flatMap(({ slots }) => slots.map(({ slot }) => slot))).toEqual(filled)
  const after = daysOf(await storyline(t, ['list-queue', '--calendar', '--days', '3', '--json'])).flatMap(
    ({ slots }) => slots,
  )
  expect(after.map(({ slot, state }) => [slot, state])).toEqual(filled.map((slot) => [slot, 'manual']))
})

test('a slot whose story was rescheduled or went out elsewhere says so, and create-schedule leaves it alone', async () => {
  const [now, away, posted] = [
    await addMedia(t.db, 'now.jpg'),
    await addMedia(t.db, 'away.jpg'),
    await addMedia(t.db, 'posted.jpg'),
  ]
  const at = (day: number, hour: number) => new Date(Date.UTC(2026, 10, day, hour - 1))
  await addItem(t.db, now, { slot: '2026-11-22/1', scheduledFor: at(22, 9), storyNumber: 8 })
  // Its slot is in the week, neither its old nor its new time need be.
  await addItem(t.db, away, { slot: '2026-11-22/2', scheduledFor: at(22, 13), storyNumber: 9 })
  await addHistory(t.db, posted, { slot: '2026-11-22/3', scheduledFor: at(21, 8), storyNumber: 7 })
  await storyline(t, ['reschedule', '8', '--now'])
  await storyline(t, ['reschedule', '9', '--at', '2027-01-15 12:00'])

  const week = ['list-queue', '--calendar', '--from', '2026-11-22', '--days', '1']
  const shown = daysOf(await storyline(t, [...week, '--json'])).flatMap(({ slots }) => slots)
  const moved = { state: 'moved', channel: 'telegram' }
  expect(shown).toEqual([
    { ...moved, slot: '2026-11-22/1', at: '2026-11-22T09:00:00+01:00', storyNumber: 8, file: 'stories/now.jpg' },
    { ...moved, slot: '2026-11-22/2', at: '2026-11-22T13:00:00+01:00', storyNumber: 9, file: 'stories/away.jpg' },
    { ...moved, slot: '2026-11-22/3', at: '2026-11-22T17:00:00+01:00', storyNumber: 7, file: 'stories/posted.jpg' },
  ])
  const text = await inTerminal([...week, '--no-color'], 80)
  expect(text).toContain('09:00 ↷ #8 moved')
  expect(text).toContain('↷ moved, keeps its slot')
  expect(text).not.toContain('free')
  await addMedia(t.db, 'more.jpg')
  const { json } = await storyline(t, ['create-schedule', '--days', '2', '--json'])
  const filled = (json.scheduled as unknown as { slot: string }[]).map(({ slot }) => slot)
  expect(filled.filter((slot) => slot.startsWith('2026-11-22'))).toEqual([])
})

test('piped it is one row a slot, without a word about colours', async () => {
  await addWeek()
  const { stdout, stderr } = await storyline(t, ['list-queue', '--calendar', '--days', '1'])
  expect(stdout.replace(/\t*$/gm, '').trimEnd().split('\n')).toEqual([
    'Day\tTime (Europe/Berlin)\tState\tSlot\tStory\tFile\tChannel',
    '2026-11-21\t08:59\twith_team\t2026-11-21/1\t#44\tstories/memes/team.jpg\ttelegram',
    '2026-11-21\t13:00\tmanual\t\t#45\tstories/memes/hand.jpg\ttelegram',
    '2026-11-21\t17:00\tfree\t2026-11-21/3',
  ])
  expect(stderr).toBe('')
})

test('in a terminal it is a grid that fits, with a legend for every mark in it', async () => {
  await addWeek()
  for (const columns of [80, 200]) {
    const text = await inTerminal(['list-queue', '--calendar', '--no-color'], columns)
    const lines = text.split('\n')
    expect(Math.max(...lines.map(lineWidth))).toBeLessThanOrEqual(columns)
    expect(lines.filter((line) => line.startsWith('> '))).toEqual([
      expect.stringMatching(/^> Sat, Nov 21 .*● #44.*◇ #45.*· free/),
    ])
    expect(text).toContain('● with the team')
    expect(text).not.toContain('✗ failed')
    expect(text).not.toContain('\u001b')
  }
  expect(await inTerminal(['list-queue', '--calendar'], 80)).toContain('\u001b[33m')
})

test('a pause is said above the week', async () => {
  await storyline(t, ['pause', '--reason', 'holidays'])
  const { stdout } = await storyline(t, ['list-queue', '--calendar'])
  await storyline(t, ['resume'])
  expect(stdout).toMatch(/^Paused by operator since .*: holidays\./)
})

test.each([
  [['--calendar', '--status', 'pending'], '--calendar shows all'],
  [['--calendar', '--from', '2026-02-30'], 'expected today, tomorrow or a date as YYYY-MM-DD'],
  [['--calendar', '--days', '400'], 'from 1 to 366'],
  [['--from', '2026-11-20'], '--from belongs to --calendar'],
])('list-queue %j is wrong usage', async (argv, reason) => {
  const { exitCode, stderr, stdout } = await storyline(t, ['list-queue', ...argv])
  expect([exitCode, stdout]).toEqual([2, ''])
  expect(stderr).toContain(reason)
})
