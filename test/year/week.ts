import { spawn } from 'node:child_process'
import { eq, inArray } from 'drizzle-orm'
import { inject } from 'vitest'
import type { Database } from '../../src/db/connect.ts'
import { postingQueue } from '../../src/db/schema.ts'
import type { Finished } from '../support/cli.ts'
import type { FakeTelegram } from '../support/fake-telegram.ts'
import type { Machine } from './machine.ts'
import { gatherPeople, type People } from './people.ts'
import {
  type ClockJump,
  daysOf,
  drawLots,
  HOUR_MS,
  isDuring,
  type Lot,
  localInstant,
  localTime,
  MINUTE_MS,
  type Outage,
  type Scenario,
} from './scenario.ts'

export interface WeekScenario extends Scenario {
  /** Between two ticks by day, in minutes. */
  stepMinutes: number
  /** Nights in which the backup disk takes no more. */
  fullDisk: readonly string[]
}

export interface WeekRecord {
  people: People
  planned: Set<string>
  /** The story that was on its way when the power went. */
  unlucky: Set<string>
  /** Every run that ended, with the trouble that it ran in. */
  runs: { command: string; at: Date; trouble: Outage['kind'] | undefined; end: Finished }[]
}

interface Week {
  scenario: WeekScenario
  machine: Machine
  db: Database
  fake: FakeTelegram
  record: WeekRecord
  lot: Lot
  state: Outage['kind'] | undefined
}

interface Moment {
  at: Date
  trouble: Outage['kind'] | undefined
  jump: ClockJump | undefined
}

/** Runs the commands as cron would, at fewer moments, and the bot all the time. `begin` may look at the first plan. */
export async function liveThroughWeek(
  means: Pick<Week, 'scenario' | 'machine' | 'db' | 'fake'>,
  begin: () => Promise<readonly Outage[]>,
): Promise<WeekRecord & { scenario: WeekScenario }> {
  const { machine, fake } = means
  const record: WeekRecord = {
    people: gatherPeople(fake, means.scenario.seed),
    planned: new Set(),
    unlucky: new Set(),
    runs: [],
  }
  const first = momentsOf(means.scenario)[0] ?? new Date(0)
  const week: Week = { ...means, record, lot: drawLots(`${means.scenario.seed} week`), state: undefined }
  const calm = { at: first, trouble: undefined, jump: undefined }
  await machine.setTime(first, 0)
  await runAndSee(week, calm, 'index-media')
  await planAhead(week, calm)
  week.scenario = { ...means.scenario, outages: await begin() }
  machine.startBot()
  for (const at of momentsOf(week.scenario)) await live(week, at)
  return { ...record, scenario: week.scenario }
}

/** From midnight to 13:00 every step, and twice in the afternoon. */
function momentsOf(scenario: WeekScenario): Date[] {
  const { timeZone, stepMinutes } = scenario
  return daysOf(scenario).flatMap((day) => {
    const start = localInstant(`${day} 00:00`, timeZone).getTime()
    const early = Array.from({ length: Math.ceil((13 * 60) / stepMinutes) }, (_, n) => n * stepMinutes)
    return [...early, 16 * 60, 20 * 60].map((minutes) => new Date(start + minutes * MINUTE_MS))
  })
}

async function live(week: Week, at: Date): Promise<void> {
  const { scenario, machine, record } = week
  const trouble = scenario.outages.find((outage) => isDuring(at, outage))?.kind
  const jump = scenario.jumps.find((one) => isDuring(at, one))
  const moment = { at, trouble, jump }
  await machine.setTime(at, jump?.byHours ?? 0)
  if (trouble === 'power' && week.state !== 'power') await pullThePlug(week, moment)
  await enter(week, trouble)
  if (trouble === 'power') return
  const { hour, minute } = localTime(at, scenario.timeZone)
  const isFirstAfter = (wanted: number) => hour * 60 + minute - wanted * 60 < scenario.stepMinutes && hour >= wanted
  if (isFirstAfter(4) && trouble !== 'database') await doNightly(week, moment)
  await tick(week, moment)
  // Who presses while nothing can be heard presses again later.
  if (trouble === undefined) await record.people.act(at, machine.press)
  if (isNearTrouble(scenario, at) || isFirstAfter(7) || isFirstAfter(11) || isFirstAfter(16)) await look(week, moment)
}

/** Longer than it lasts: what became of it has to be told as well. */
function isNearTrouble({ outages, jumps }: Scenario, at: Date): boolean {
  return [...outages, ...jumps].some(({ from, to }) => isDuring(at, { from, to: hoursAfter(to, 1.5) }))
}

/** Two minutes after the tick, as in the crontab: what was wrong may be over by then. */
async function look(week: Week, { at, jump }: Moment): Promise<void> {
  const later = new Date(at.getTime() + 2 * MINUTE_MS)
  const trouble = week.scenario.outages.find((outage) => isDuring(later, outage))?.kind
  await week.machine.setTime(later, jump?.byHours ?? 0)
  await enter(week, trouble)
  if (trouble === undefined) await week.machine.untilBotHears(later)
  await runAndSee(week, { at: later, trouble, jump }, 'check-health', '--alert-on-error')
}

async function enter(week: Week, trouble: Outage['kind'] | undefined): Promise<void> {
  const { machine, state } = week
  if (trouble === state) return
  week.state = trouble
  if (state === 'database') await machine.database.mend()
  if (state === 'telegram') await machine.telegram.mend()
  if (state === 'power') machine.startBot()
  if (trouble === 'database') await machine.database.cut()
  if (trouble === 'telegram') await machine.telegram.cut()
}

/** In the middle of a delivery, if one is due: the card has arrived, and nobody could write that down. */
async function pullThePlug(week: Week, { at }: Moment): Promise<void> {
  const { machine, fake, record } = week
  const hold = fake.hold('sendPhoto', 'after')
  const tick = machine.start('process-queue')
  const call = await Promise.race([hold.reached, tick.done.then(() => undefined)])
  tick.child.kill('SIGKILL')
  await machine.killBot()
  await tick.done
  hold.release()
  const id = /"posted:([0-9a-f-]+)"/.exec(JSON.stringify(call?.params.reply_markup ?? '').replaceAll('\\', ''))?.[1]
  if (id === undefined) throw new Error(`nothing was due at ${at.toISOString()}, when the power went`)
  record.unlucky.add(id)
}

async function doNightly(week: Week, moment: Moment): Promise<void> {
  const day = localTime(moment.at, week.scenario.timeZone).toPlainDate().toString()
  await planAhead(week, moment)
  await runAndSee(week, moment, 'index-media')
  if (week.scenario.fullDisk.includes(day)) {
    const end = await backUpToFullDisk(week.machine)
    week.record.runs.push({ command: 'backup to a full disk', at: moment.at, trouble: moment.trouble, end })
  } else await runAndSee(week, moment, 'backup')
}

/** No file may get larger than 8 KB: what a full disk is to a process, without a disk to fill. */
function backUpToFullDisk({ env }: Machine): Promise<Finished> {
  const command = ['-c', 'ulimit -f 16; exec "$0" "$@"', process.execPath, inject('launcher'), 'backup', '--quiet']
  const child = spawn('sh', command, { cwd: '/', env: { PATH: process.env.PATH ?? '', ...env } })
  const text = { stdout: '', stderr: '' }
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text.stderr += chunk
  })
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, ...text })))
}

async function planAhead(week: Week, moment: Moment): Promise<void> {
  await runAndSee(week, moment, 'create-schedule', '--days', '7', '--seed', String(week.lot.random()))
  for (const { id } of await week.db.select().from(postingQueue)) week.record.planned.add(id)
}

interface TickJson {
  delivered: { id: string }[]
  unconfirmed: { id: string }[]
}

/** Sometimes two at once, as when one takes longer than cron waits. */
async function tick(week: Week, moment: Moment): Promise<void> {
  const { record, db, lot } = week
  const ends = await Promise.all(
    Array.from({ length: lot.chance(0.2) ? 2 : 1 }, () => runAndSee(week, moment, 'process-queue')),
  )
  const reports = ends.flatMap(({ stdout }): TickJson[] => (stdout.includes('"delivered"') ? [JSON.parse(stdout)] : []))
  for (const { id } of reports.flatMap(({ unconfirmed }) => unconfirmed)) record.people.seeQuestion(id, moment.at)
  const ids = reports.flatMap(({ delivered }) => delivered.map(({ id }) => id))
  if (ids.length === 0) return
  for (const { id, telegramMessageId } of await db.select().from(postingQueue).where(inArray(postingQueue.id, ids))) {
    record.people.seeCard(id, telegramMessageId ?? 0, moment.at)
  }
}

async function runAndSee(week: Week, { at, trouble }: Moment, ...args: string[]): Promise<Finished> {
  const end = await week.machine.run(...args, '--json')
  week.record.runs.push({ command: args[0] ?? '', at, trouble, end })
  return end
}

/** When a planned slot is to be sent. */
export async function timeOf(db: Database, slot: string): Promise<Date> {
  const [row] = await db.select().from(postingQueue).where(eq(postingQueue.slot, slot))
  if (!row) throw new Error(`nothing is planned for ${slot}`)
  return row.scheduledFor
}

export function hoursAfter(at: Date, hours: number): Date {
  return new Date(at.getTime() + hours * HOUR_MS)
}
