import { randomBytes } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import type { CommandDefinition } from '../../src/command.ts'
import type { Database } from '../../src/db/connect.ts'
import { alerts, storedSecrets } from '../../src/db/schema.ts'
import { UserError } from '../../src/errors.ts'
import { openSecret } from '../../src/instagram/seal.ts'
import { secretKeys } from '../../src/settings-values.ts'
import { createTestDatabase, testContext } from '../support/database.ts'
import { type FakeGraph, startFakeGraph } from '../support/fake-graph.ts'

const START = new Date('2026-11-21T08:00:00Z')
const DAY_SECONDS = 86_400

interface Ran {
  exitCode: number
  stdout: string
  stderr: string
  /** What --json printed. */
  json: Record<string, unknown>
}

type Login = 'facebook' | 'instagram'

/** Commands about tokens against Meta's stand-in, with a database for the file. */
export interface TokensAtWork {
  readonly db: Database
  readonly url: string
  readonly graph: FakeGraph
  /** STORYLINE_SECRET_KEY of this test. */
  readonly key: string
  env(login: Login, more?: Record<string, string>): Record<string, string>
  /** Runs a command with these settings and its options; an error that people see becomes its exit code. */
  run<O>(command: CommandDefinition<O>, env: Record<string, string>, options?: O): Promise<Ran>
  /** Time passes, here and at Meta. */
  passDays(days: number): void
  /** What is stored under a name, opened. */
  stored(name: string): Promise<string | undefined>
  /** This test makes a call that is wrong on purpose. */
  tolerate(violation: RegExp): void
  /** Open alerts. */
  open(): Promise<{ subject: string; severity: string; summary: string; fix: string | null }[]>
}

/** Registers the hooks of a test file; `start`: the clock of Meta's stand-in and of commands in this process. Afterwards no secret may stand anywhere in clear, and no call may have been wrong. */
export function useTokens({ start = START }: { start?: Date } = {}): TokensAtWork {
  const now = {} as { db: Database; url: string; drop(): Promise<void>; graph: FakeGraph; key: string; days: number }
  let tolerated: RegExp[] = []
  let heard = ''
  beforeAll(async () => {
    Object.assign(now, await createTestDatabase())
  })
  beforeEach(async () => {
    heard = ''
    tolerated = []
    now.days = 0
    now.key = randomBytes(32).toString('base64')
    now.graph = await startFakeGraph({ now: () => start })
  })
  afterEach(async () => {
    await now.graph.close()
    const texts = [heard, await everyText(now.db)]
    await now.db.execute(sql`truncate stored_secrets, alerts, api_limits, api_quotas`)
    for (const secret of [...secretsOf(now.graph), now.key])
      for (const text of texts) expect(text).not.toContain(secret)
    const isTolerated = (text: string) => tolerated.some((pattern) => pattern.test(text))
    expect(now.graph.violations().filter((text) => !isTolerated(text))).toEqual([])
  })
  afterAll(() => now.drop())

  return {
    get db() {
      return now.db
    },
    get url() {
      return now.url
    },
    get graph() {
      return now.graph
    },
    get key() {
      return now.key
    },
    env: (login, more = {}) => ({
      INSTAGRAM_API_ROOT: now.graph.url,
      INSTAGRAM_LOGIN: login,
      STORYLINE_SECRET_KEY: now.key,
      ...(login === 'facebook'
        ? { APP_ID: now.graph.app.id, APP_SECRET: now.graph.app.secret }
        : { APP_SECRET: now.graph.instagramApp.secret }),
      ...more,
    }),
    run: async (command, env, options) => {
      const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
      const clock = new Date(start.getTime() + now.days * DAY_SECONDS * 1000)
      const ran = await runBoth(command, { db: now.db, env: given, now: clock }, options)
      heard += ran.stdout + ran.stderr + JSON.stringify(ran.json)
      return ran
    },
    passDays: (days) => {
      now.days += days
      now.graph.advance(days * DAY_SECONDS)
    },
    stored: async (name) => {
      const rows = await now.db.select().from(storedSecrets)
      const row = rows.find((candidate) => candidate.name === name)
      const opened = row && openSecret(row, name, secretKeys(now.key) ?? [])
      return opened?.kind === 'open' ? opened.value : opened?.kind
    },
    tolerate: (violation) => void tolerated.push(violation),
    open: async () => {
      const rows = await now.db.select().from(alerts)
      return rows
        .filter(({ state }) => state === 'open')
        .map(({ subject, severity, summary, fix }) => ({ subject, severity, summary, fix }))
    },
  }
}

interface Surroundings {
  db: Database
  env: Record<string, string>
  now: Date
}

async function runBoth<O>(command: CommandDefinition<O>, surroundings: Surroundings, options?: O): Promise<Ran> {
  const { db, env, now } = surroundings
  const ctx = testContext(db, { env, now, json: true })
  const told: string[] = []
  // Both voices of one run: the document, and what people read.
  const out = { ...ctx.out, json: false, print: (text = '') => void told.push(text) }
  const ran = (exitCode: number, error?: unknown) => {
    const json = ctx.stdout() === '' ? {} : (JSON.parse(ctx.stdout()) as Record<string, unknown>)
    const said = error instanceof UserError ? `${error.message}\n${error.fix ?? ''}` : ''
    return { exitCode, stdout: told.join('\n'), stderr: ctx.stderr() + said, json }
  }
  try {
    return ran((await command.run({ ...ctx, out }, { options: options ?? ({} as O), args: [] })) ?? 0)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return ran(error.exitCode, error)
  }
}

function secretsOf({ tokens, app, instagramApp }: FakeGraph): string[] {
  return [...Object.values(tokens), app.secret, instagramApp.secret]
}

/** Every row of every table as text. */
async function everyText(db: Database): Promise<string> {
  const tables = await db.execute<{ name: string }>(sql`
    select quote_ident(tablename) as name from pg_tables where schemaname = 'public'`)
  const texts: string[] = []
  for (const { name } of tables) {
    const rows = await db.execute<{ text: string }>(sql.raw(`select t::text as text from ${name} t`))
    texts.push(...rows.map(({ text }) => text))
  }
  return texts.join('\n')
}
