import { expect, test } from 'vitest'
import type { Examined } from '../../src/health/check.ts'
import { bot } from '../../src/health/checks/bot.ts'
import { clock } from '../../src/health/checks/clock.ts'
import { lastTick } from '../../src/health/checks/last-tick.ts'
import { planAlerts } from '../../src/health/plan-alerts.ts'
import { decideYear, type Watch } from './decided-year.ts'
import { judgeLost, judgeReposts, judgeTimes } from './judge-promises.ts'
import { isTroubled, type Scenario } from './scenario.ts'
import { scenarioOf, ZONES } from './zones.ts'

const DAYS = 365
const SEEDS = (process.env.STORYLINE_YEAR_SEED ?? 'one').split(',')

const CASES = ZONES.flatMap((zone) => SEEDS.map((seed) => ({ ...zone, seed })))

/** What check-health would say every quarter of an hour of the ticks, the bot and the clocks; the subjects that it told. */
function watchHealth(): { watch: Watch; told: string[] } {
  const told: string[] = []
  const open = new Set<string>()
  let tickAt: Date | undefined
  const watch: Watch = ({ at, machine, database, blocked, isTicking }) => {
    if (isTicking && !blocked) tickAt = database
    if (!isTicking || at.getUTCMinutes() % 15 !== 5) return
    const secondsSince = (then: Date | undefined) => (then ? (database.getTime() - then.getTime()) / 1000 : null)
    const skewSeconds = (database.getTime() - machine.getTime()) / 1000
    const examined: Examined[] = [
      { check: clock, verdict: clock.judge({ skewSeconds, errorSeconds: 0 }) },
      { check: bot, verdict: bot.judge({ seconds: 30, isDryRun: false }) },
      {
        check: lastTick,
        verdict: lastTick.judge({ seconds: secondsSince(tickAt), wasDue: true, blockedSeconds: 0, isDryRun: false }),
      },
    ]
    const plan = planAlerts(examined, [...open])
    for (const { subject } of plan.open) {
      open.add(subject)
      told.push(`${subject} opened`)
    }
    for (const subject of plan.resolve) {
      open.delete(subject)
      told.push(`${subject} resolved`)
    }
  }
  return { watch, told }
}

/** Stories of each local day by how they ended, without the days that trouble touched. */
function calmDays(scenario: Scenario, { stories }: ReturnType<typeof decideYear>): Map<string, number> {
  const troubled = new Set(
    stories.flatMap(({ slot, scheduledFor }) => (isTroubled(scheduledFor, scenario) ? [slot?.slice(0, 10)] : [])),
  )
  const sent = new Map<string, number>()
  for (const { slot, sentAt, end } of stories) {
    const day = slot?.slice(0, 10) ?? ''
    if (troubled.has(day) || end === undefined) continue
    sent.set(day, (sent.get(day) ?? 0) + (sentAt === null ? 0 : 1))
  }
  return sent
}

test.each(CASES)('$timeZone, seed $seed: a year of decisions keeps the promises', { timeout: 600_000 }, (zone) => {
  const scenario = scenarioOf(zone, DAYS, zone.seed)
  const health = watchHealth()
  const year = decideYear(scenario, health.watch)
  const calendar = { scenario, ...year, unlucky: new Set<string>(), tickMinutes: 5 }
  expect(judgeLost(calendar)).toEqual([])
  expect(judgeTimes(calendar)).toEqual([])
  expect(judgeReposts(calendar)).toEqual([])
  expect(year.shortfalls).toEqual([])
  expect([...year.cards.values()].filter((count) => count !== 1)).toEqual([])
  expect(year.largestTick).toBeLessThanOrEqual(3)
  const perDay = calmDays(scenario, year)
  // The first and the last days are not lived through whole.
  const whole = [...perDay].slice(2, -2)
  expect(whole.filter(([, count]) => count !== scenario.postsPerDay)).toEqual([])
  expect(whole.length).toBeGreaterThan(270)
  const wrongClocks = scenario.jumps.filter(({ whose }) => whose === 'machine').length
  expect(health.told.filter((text) => text === 'health:clock opened')).toHaveLength(wrongClocks)
  expect(health.told.filter((text) => text === 'health:clock resolved')).toHaveLength(wrongClocks)
  expect(health.told.filter((text) => text.startsWith('health:bot'))).toEqual([])
  const statuses = new Set(year.stories.map(({ end }) => end?.status))
  expect([...statuses].filter(Boolean).sort()).toEqual(['failed', 'missed', 'posted', 'skipped'])
})
