import { inArray, sql } from 'drizzle-orm'
import type { Context } from '../../src/context.ts'
import { type Database, openDatabase } from '../../src/db/connect.ts'
import { heartbeats, postingQueue } from '../../src/db/schema.ts'
import checkHealth from '../../src/health/check-health.ts'
import type { TickReport } from '../../src/publish/report.ts'
import { runTick } from '../../src/publish/tick.ts'
import { makeSchedule } from '../../src/schedule/make-schedule.ts'
import { testContext } from '../support/database.ts'
import type { FakeTelegram, Fault } from '../support/fake-telegram.ts'
import type { Proxy as Wire } from '../support/proxy.ts'
import { TEAM } from '../support/team.ts'
import { withBot } from './bot-in-process.ts'
import type { DatabaseClock } from './database-clock.ts'
import { nextWork } from './next-work.ts'
import { gatherPeople, type People } from './people.ts'
import {
  type ClockJump,
  dailyAt,
  drawLots,
  endOf,
  HOUR_MS,
  isDuring,
  type Lot,
  MINUTE_MS,
  type Outage,
  type Scenario,
  startOf,
} from './scenario.ts'

/** How often cron starts a tick. */
const TICK_MS = 5 * MINUTE_MS
/** Nobody listens there. */
const DEAD_DATABASE = 'postgresql://nobody:nothing@127.0.0.1:1/nowhere'

export interface YearMeans {
  db: Database
  clock: DatabaseClock
  fake: FakeTelegram
  /** To the fake: cut, nobody answers. */
  wire: Wire
  env: Record<string, string>
  /** Also every tick that has nothing to do. */
  everyTick: boolean
}

/** One tick as it was seen from outside. */
interface SeenTick {
  at: Date
  report: TickReport
  /** Something was to do by then; else it must not make a call. */
  wasDue: boolean
  calls: number
}

export interface YearRecord {
  ticks: SeenTick[]
  people: People
  /** Items that were hit by a fault of a single call. */
  unlucky: Set<string>
  /** Ids of everything that was ever planned. */
  planned: Set<string>
  shortfalls: string[]
  /** Runs that had to fail, and did, by what was away. */
  failedRuns: Record<'database', number>
}

/** Runs the jobs of the crontab through the scenario. The state of the world is in the database and in the fake. */
export async function liveThrough(scenario: Scenario, means: YearMeans): Promise<YearRecord> {
  const { outages, jumps, seed } = scenario
  const record: YearRecord = {
    ticks: [],
    people: gatherPeople(means.fake, seed),
    unlucky: new Set(),
    planned: new Set(),
    shortfalls: [],
    failedRuns: { database: 0 },
  }
  const year: Year = {
    scenario,
    means,
    record,
    lot: drawLots(`${seed} world`),
    wakeAt: new Date(0),
    state: '',
    planning: dailyAt(scenario, '03:40'),
    looking: dailyAt(scenario, '12:05'),
  }
  const end = endOf(scenario).getTime()
  for (let ms = startOf(scenario).getTime(); ms < end; ms += TICK_MS) {
    const at = new Date(ms)
    const trouble = outages.find((outage) => isDuring(at, outage))?.kind
    await enter(year, trouble)
    if (trouble === 'power') continue
    await liveStep(year, { at, trouble, jump: jumps.find((one) => isDuring(at, one)) })
  }
  return record
}

interface Year {
  scenario: Scenario
  means: YearMeans
  record: YearRecord
  lot: Lot
  /** By the database's clock: nothing is to do before. */
  wakeAt: Date
  /** Instants of the machine's clock at which cron plans, and looks after everything. */
  planning: ReadonlySet<number>
  looking: ReadonlySet<number>
  /** The outage that was prepared. */
  state: Outage['kind'] | ''
}

interface Moment {
  at: Date
  trouble: Outage['kind'] | undefined
  jump: ClockJump | undefined
}

/** Makes the world as the outage has it. */
async function enter(year: Year, trouble: Outage['kind'] | undefined): Promise<void> {
  const { fake, wire } = year.means
  if ((trouble ?? '') === year.state) return
  if (year.state === 'telegram') await wire.mend()
  if (year.state === 'removed') fake.setChat({ id: TEAM, botStatus: 'administrator' })
  if (trouble === 'telegram') await wire.cut()
  if (trouble === 'removed') fake.setChat({ id: TEAM, botStatus: 'kicked' })
  year.state = trouble ?? ''
  year.wakeAt = new Date(0)
}

async function liveStep(year: Year, moment: Moment): Promise<void> {
  const { means, record, scenario } = year
  const { at, trouble, jump } = moment
  const { machine, database } = clocksAt(at, jump)
  const job = (work: (ctx: Context) => Promise<void>) => run(year, { machine, database, trouble }, work)
  if (year.planning.has(machine)) await job((ctx) => planAhead(year, ctx))
  const wantsToPress = record.people.nextAt()
  if (trouble === undefined && wantsToPress && wantsToPress <= at) {
    await job((ctx) => withBot(ctx, means.fake, (press) => record.people.act(at, press)))
  }
  const looks = year.looking.has(machine) || (at.getUTCMinutes() === 5 && isNearTrouble(scenario, at))
  // The tick comes first, as in the crontab.
  if (looks || isTickDue(year, database)) await job((ctx) => tick(year, ctx, moment))
  if (looks) await lookLater(year, moment)
}

/** Two minutes after the tick, as in the crontab: what was wrong may be over by then. */
async function lookLater(year: Year, { at, jump }: Moment): Promise<void> {
  const later = new Date(at.getTime() + 2 * MINUTE_MS)
  const trouble = year.scenario.outages.find((outage) => isDuring(later, outage))?.kind
  await enter(year, trouble)
  if (trouble === 'power') return
  const clocks = clocksAt(later, jump)
  await run(year, { ...clocks, trouble }, (ctx) => lookAfter(ctx, trouble === undefined || trouble === 'removed'))
}

function clocksAt(at: Date, jump: ClockJump | undefined) {
  const wrongMs = (jump?.byHours ?? 0) * HOUR_MS
  return { machine: at.getTime() + wrongMs, database: at.getTime() + (jump?.whose === 'host' ? wrongMs : 0) }
}

/** Two hours longer than it lasts: what became of it has to be told as well. */
function isNearTrouble({ outages, jumps }: Scenario, at: Date): boolean {
  return [...outages, ...jumps].some(({ from, to }) => isDuring(at, { from, to: new Date(to.getTime() + 2 * HOUR_MS) }))
}

/** Quiet ticks are left out, but for the last one before something is due and some by chance. */
function isTickDue({ wakeAt, means, lot }: Year, databaseMs: number): boolean {
  return means.everyTick || wakeAt.getTime() <= databaseMs + TICK_MS || lot.chance(0.01)
}

interface Clocks {
  machine: number
  database: number
  trouble: Outage['kind'] | undefined
}

/** A job of cron, as a process would have it: with the clocks of the moment, and without a database while it is away. */
async function run<T>(year: Year, clocks: Clocks, work: (ctx: Context) => Promise<T>): Promise<T | undefined> {
  const { means, record, lot } = year
  const now = new Date(clocks.machine)
  if (clocks.trouble !== 'database') {
    await means.clock.stopAt(new Date(clocks.database))
    const done = await work(testContext(means.db, { env: means.env, now, random: lot.random }))
    year.wakeAt = await nextWork(means.db, 24)
    return done
  }
  const dead = openDatabase(DEAD_DATABASE)
  try {
    await work(testContext(dead.db, { env: { ...means.env, DATABASE_URL: DEAD_DATABASE }, now }))
    return undefined
  } catch {
    record.failedRuns.database += 1
    return undefined
  } finally {
    await dead.close()
  }
}

async function planAhead({ record, scenario, lot }: Year, ctx: Context): Promise<void> {
  const { postsPerDay } = scenario
  const report = await makeSchedule(ctx, { days: 7, postsPerDay, seed: String(lot.random()), dryRun: false })
  for (const { id } of report.scheduled) if (id !== null) record.planned.add(id)
  record.shortfalls.push(...report.shortfalls.map(({ slot, reason }) => `${slot}: ${reason}`))
}

const FAULTS: readonly Fault[] = [
  { kind: 'error', error_code: 502, description: 'Bad Gateway', method: 'sendPhoto' },
  { kind: 'error', error_code: 500, description: 'Internal Server Error', method: 'sendDocument', times: 2 },
  { kind: 'reset', when: 'before', method: 'sendPhoto' },
  { kind: 'cut', method: 'sendPhoto' },
  { kind: 'cut', method: 'sendDocument' },
  { kind: 'error', error_code: 400, description: 'Bad Request: IMAGE_PROCESS_FAILED', method: 'sendPhoto' },
]

async function tick({ record, means, lot, wakeAt }: Year, ctx: Context, { at, trouble, jump }: Moment): Promise<void> {
  const { fake } = means
  const isUnlucky = trouble === undefined && lot.chance(0.02)
  if (isUnlucky) fake.fault(lot.oneOf(FAULTS))
  const before = fake.calls().length
  const { report } = await runTick(ctx)
  fake.clearFaults()
  const wasDue = wakeAt.getTime() <= clocksAt(at, jump).database
  record.ticks.push({ at, report, wasDue, calls: fake.calls().length - before })
  for (const { id } of [...report.retrying, ...report.failed, ...report.unconfirmed]) record.unlucky.add(id)
  for (const { id } of report.unconfirmed) record.people.seeQuestion(id, at)
  if (report.delivered.length === 0) return
  const ids = report.delivered.map(({ id }) => id)
  const cards = await means.db.select().from(postingQueue).where(inArray(postingQueue.id, ids))
  for (const { id, telegramMessageId } of cards) record.people.seeCard(id, telegramMessageId ?? 0, at)
}

/** Every hour around trouble, else once a day. The bot beats as long as it hears Telegram. */
async function lookAfter(ctx: Context, isBotWell: boolean): Promise<void> {
  if (isBotWell) {
    const beat = { beatAt: sql`now()` }
    await ctx.db.insert(heartbeats).values({ name: 'bot' }).onConflictDoUpdate({ target: heartbeats.name, set: beat })
  }
  await checkHealth.run(ctx, { options: { alertOnError: true }, args: [] })
}
