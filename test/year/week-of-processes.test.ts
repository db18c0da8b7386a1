import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { startFakeTelegram } from '../support/fake-telegram.ts'
import { pattern } from '../support/pictures.ts'
import { ADMIN, TEAM } from '../support/team.ts'
import { adminTexts, type Evidence, readStories } from './evidence.ts'
import { brokenPromises } from './judge.ts'
import { subjectOf } from './judge-alerts.ts'
import { bootMachine } from './machine.ts'
import { MEMBERS } from './people.ts'
import { localInstant, type Outage } from './scenario.ts'
import { hoursAfter, liveThroughWeek, timeOf, type WeekRecord, type WeekScenario } from './week.ts'

/** A coarse version for every run of the suite; STORYLINE_YEAR_STEP_MINUTES=5 starts every tick that cron would. */
const STEP_MINUTES = Number(process.env.STORYLINE_YEAR_STEP_MINUTES ?? 40)
const SEED = process.env.STORYLINE_YEAR_SEED ?? 'week'

const undo: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

type Plan = Pick<WeekScenario, 'timeZone' | 'firstDay' | 'days' | 'jumps' | 'fullDisk'>

interface Lived extends Evidence {
  record: WeekRecord
}

async function liveWeek(
  plan: Plan,
  outagesOf: (slot: (name: string) => Promise<Date>) => Promise<Outage[]>,
): Promise<Lived> {
  const { db, url, drop } = await createTestDatabase()
  undo.push(drop)
  const members = Object.fromEntries(MEMBERS.map((id) => [id, 'member' as const]))
  const fake = await startFakeTelegram({
    chats: [
      { id: TEAM, members },
      { id: ADMIN, members: { [ADMIN]: 'member' } },
    ],
  })
  undo.push(fake.close)
  const mediaPath = await makeLibrary(90)
  const scenario: WeekScenario = {
    ...plan,
    ...{ seed: `${SEED} ${plan.timeZone}`, postsPerDay: 6, opens: '00:00', closes: '12:00', pictures: 90 },
    ...{ outages: [], stepMinutes: STEP_MINUTES },
  }
  const settings = {
    ...{ TIMEZONE: plan.timeZone, POSTS_PER_DAY: '6', POSTING_HOURS_START: '0', POSTING_HOURS_END: '12' },
    SLOT_JITTER_MINUTES: '10',
  }
  const machine = await bootMachine({ db, url, fake, mediaPath, settings })
  undo.push(machine.close)
  const record = await liveThroughWeek({ scenario, machine, db, fake }, () => outagesOf((name) => timeOf(db, name)))
  const { planned, unlucky, people } = record
  const stories = await readStories(db)
  return {
    ...{ scenario: record.scenario, stories, planned, unlucky, pressed: people.pressed, fake, record },
    tickMinutes: STEP_MINUTES + 1,
  }
}

async function makeLibrary(pictures: number): Promise<string> {
  const path = mkdtempSync(join(tmpdir(), 'storyline-library-'))
  undo.push(() => rmSync(path, { recursive: true, force: true }))
  const picture = await pattern({ width: 720, height: 1280 }).jpeg().toBuffer()
  for (let n = 0; n < pictures; n += 1) {
    const file = join(path, 'stories', ['memes', 'products', 'people'][n % 3] ?? '', `${n}.jpg`)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, Buffer.concat([picture, Buffer.from(String(n))]))
  }
  return path
}

/** How the runs of a command ended while something was away, or nothing. */
function endings({ record }: Lived, command: string, trouble: Outage['kind'] | undefined): (number | null)[] {
  const runs = record.runs.filter((run) => run.command === command && run.trouble === trouble)
  return [...new Set(runs.map(({ end }) => end.code))]
}

/** What was told of one thing: its beginnings and its ends. */
function marks(evidence: Lived, beginning: string): (string | undefined)[] {
  const texts = adminTexts(evidence).filter((text) => subjectOf(text).startsWith(beginning))
  return texts.map((text) => /^\p{Emoji}/u.exec(text)?.[0])
}

const TIMEOUT = { timeout: 3_600_000 }

test('spring forward, a database and a Telegram that go away, a clock that jumps', TIMEOUT, async () => {
  const timeZone = 'America/New_York'
  const at = (local: string) => localInstant(local, timeZone)
  const jumps = [
    { whose: 'machine' as const, from: at('2027-03-14 09:30'), to: at('2027-03-14 12:30'), byHours: 3 },
    { whose: 'machine' as const, from: at('2027-03-15 23:30'), to: at('2027-03-16 02:50'), byHours: -3 },
  ]
  const evidence = await liveWeek({ timeZone, firstDay: '2027-03-13', days: 4, jumps, fullDisk: [] }, async (slot) => [
    { kind: 'database', from: await slot('2027-03-13/3'), to: hoursAfter(await slot('2027-03-13/3'), 2) },
    { kind: 'telegram', from: at('2027-03-15 03:30'), to: at('2027-03-15 09:21') },
  ])
  expect(brokenPromises(evidence)).toEqual({})
  expect(marks(evidence, 'Clock')).toEqual(['🚨', '✅', '🚨', '✅'])
  expect(endings(evidence, 'process-queue', 'database')).toEqual([1])
  expect(endings(evidence, 'check-health', 'database')).toEqual([3])
  expect(endings(evidence, 'check-health', 'telegram')).toEqual([3])
})

test('fall back, a full disk, two days without power', TIMEOUT, async () => {
  const plan = { timeZone: 'Europe/Berlin', firstDay: '2027-10-30', days: 5, jumps: [] }
  const fullDisk = ['2027-10-30', '2027-10-31']
  const evidence = await liveWeek({ ...plan, fullDisk }, async (slot) => {
    const from = await slot('2027-11-01/2')
    return [{ kind: 'power', from, to: hoursAfter(from, 48) }]
  })
  expect(brokenPromises(evidence)).toEqual({})
  expect(endings(evidence, 'backup to a full disk', undefined)).toEqual([1])
  expect(marks(evidence, 'The backup failed')).toEqual(['🚨', '✅'])
  expect(marks(evidence, 'Was story')).toEqual(['⚠', '✅'])
})
