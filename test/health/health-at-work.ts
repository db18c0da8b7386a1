import { sql } from 'drizzle-orm'
import { afterEach } from 'vitest'
import type { CommandDefinition } from '../../src/command.ts'
import { alerts, backups, heartbeats } from '../../src/db/schema.ts'
import checkHealth from '../../src/health/check-health.ts'
import { testContext } from '../support/database.ts'
import { type Team, useTeam } from '../support/team.ts'

interface Row {
  name: string
  status: 'healthy' | 'warning' | 'unhealthy'
  details: string
  fix: string | null
}

export interface Health {
  exitCode: number
  status: string
  /** The row of a check; undefined when it is left out. */
  row(name: string): Row | undefined
  /** Names of the checks with this status. */
  names(status: Row['status']): string[]
  /** What people read. */
  text: string
  stderr: string
  alerts: { opened: string[]; resolved: string[]; untold: string | null } | null
}

interface CheckHealthOptions {
  alertOnError?: boolean
  offline?: boolean
}

/** A team whose health is looked at in this process, with the real clock: the database's cannot be moved. */
export interface HealthTeam {
  readonly team: Team
  check(options?: CheckHealthOptions, env?: Record<string, string>): Promise<Health>
  /** Any command, with --json. */
  run<O>(command: CommandDefinition<O>, options: O, env?: Record<string, string>): Promise<Ran>
  /** All that a machine has that has worked for a while: ticks, a bot, a library, a plan, backups. */
  workForAWhile(): Promise<void>
  /** A job last did its work so long ago. */
  beat(name: 'process-queue' | 'bot', minutesAgo: number): Promise<void>
  openSubjects(): Promise<string[]>
}

interface Ran {
  exitCode: number
  json: Record<string, unknown>
  text: string
  stderr: string
}

/** Registers the hooks of a test file; call it once, at the top. */
export function useHealth(): HealthTeam {
  const team = useTeam()
  afterEach(async () => {
    await team.db.execute(sql`truncate pauses, backups, config`)
  })
  const beat = async (name: string, minutesAgo: number) => {
    const beatAt = sql`now() - make_interval(mins => ${minutesAgo})`
    await team.db
      .insert(heartbeats)
      .values({ name, beatAt })
      .onConflictDoUpdate({ target: heartbeats.name, set: { beatAt } })
  }
  return {
    team,
    beat,
    run: (command, options, env) => runBoth(team, command, { options, env: team.env(env) }),
    check: (options = {}, env = {}) => checkHealthOf(team, options, team.env(env)),
    workForAWhile: async () => {
      await beat('process-queue', 2)
      await beat('bot', 1)
      for (let n = 0; n < 24; n += 1) await team.library.add(`memes/${n}.jpg`, { category: 'memes' })
      await team.library.plan('memes/next.jpg', { minutesAgo: -60, media: { category: 'memes' } })
      await team.db.insert(backups).values({
        ...{ name: 'a', kind: 'full', location: '/a', sizeBytes: 1, isGood: true },
        verifiedAt: sql`now()`,
      })
    },
    openSubjects: async () => {
      const rows = await team.db.select().from(alerts).where(sql`state = 'open'`).orderBy(alerts.subject)
      return rows.map(({ subject }) => subject)
    },
  }
}

/** `check-health` of a team with these settings. */
export async function checkHealthOf(
  team: Team,
  options: CheckHealthOptions,
  env: Record<string, string>,
): Promise<Health> {
  const { exitCode, json, text, stderr } = await runBoth(team, checkHealth, { options, env })
  const checks = json.checks as Row[]
  return {
    ...{ exitCode, text, stderr, status: String(json.status), alerts: json.alerts as Health['alerts'] },
    row: (name) => checks.find((one) => one.name === name),
    names: (status) => checks.filter((one) => one.status === status).map(({ name }) => name),
  }
}

async function runBoth<O>(
  { db }: Team,
  command: CommandDefinition<O>,
  { options, env }: { options: O; env: Record<string, string> },
): Promise<Ran> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const ctx = testContext(db, { env: given, now: () => new Date(), json: true })
  const told: string[] = []
  // Both voices of one run: the document, and what people read.
  const out = { ...ctx.out, json: false, print: (text = '') => void told.push(text) }
  const exitCode = (await command.run({ ...ctx, out }, { options, args: [] })) ?? 0
  return { exitCode, json: JSON.parse(ctx.stdout()), text: told.join('\n'), stderr: ctx.stderr() }
}
