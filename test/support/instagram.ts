import { sql } from 'drizzle-orm'
import sharp from 'sharp'
import { afterEach, beforeEach } from 'vitest'
import { postingHistory, postingQueue } from '../../src/db/schema.ts'
import type { HistoryRow, QueueItem } from '../../src/history/settle.ts'
import type { TickResult } from '../../src/publish/report.ts'
import { runTick } from '../../src/publish/tick.ts'
import { type FakeGraph, startFakeGraph } from './fake-graph.ts'
import { type FakeHosts, startFakeHosts } from './fake-hosts.ts'
import { type Team, useTeam } from './team.ts'

/** A team whose stories without a sticker publish themselves. */
export interface InstagramTeam {
  readonly team: Team
  readonly graph: FakeGraph
  readonly hosts: FakeHosts
  env(more?: Record<string, string>): Record<string, string>
  /** One tick in this process. */
  tick(more?: Record<string, string>): Promise<TickResult>
  /** Time goes by, for the database and for Instagram. */
  pass(seconds: number): Promise<void>
  queue(): Promise<QueueItem[]>
  history(): Promise<HistoryRow[]>
  /** Every reason to be ashamed that the servers saw. */
  violations(): string[]
}

/** Registers the hooks of a test file; call it once, at the top. */
export function useInstagram(): InstagramTeam {
  const team = useTeam()
  const now = {} as { graph: FakeGraph; hosts: FakeHosts; early: string[] }
  beforeEach(async () => {
    now.graph = await startFakeGraph()
    now.hosts = await startFakeHosts()
    // The worst world: a container may be published again.
    now.graph.set({ inProgressReads: 0, secondPublish: 'duplicate' })
    now.early = []
  })
  afterEach(async () => {
    await now.graph.close()
    await now.hosts.close()
  })
  const env = (more: Record<string, string> = {}) =>
    team.env({
      ENABLE_INSTAGRAM_API: 'true',
      INSTAGRAM_API_ROOT: now.graph.url,
      INSTAGRAM_ACCOUNT_ID: now.graph.accountId,
      ACCESS_TOKEN: now.graph.tokens.page,
      APP_ID: now.graph.app.id,
      APP_SECRET: now.graph.app.secret,
      ...now.hosts.env,
      ...more,
    })
  return {
    team,
    get graph() {
      return now.graph
    },
    get hosts() {
      return now.hosts
    },
    env,
    tick: async (more) => {
      const result = await runTick(team.context(env(more)))
      // Looked for after every tick: a story that is published later hides it.
      now.early.push(...earlyDeletions(now))
      return result
    },
    pass: (seconds) => pass(team, now.graph, seconds),
    queue: () => team.db.select().from(postingQueue).orderBy(postingQueue.storyNumber),
    history: () => team.db.select().from(postingHistory).orderBy(postingHistory.storyNumber),
    violations: () => [
      ...now.graph.violations(),
      ...now.graph.doublePublishes(),
      ...now.hosts.violations(),
      ...now.early,
    ],
  }
}

/** Pictures that differ at a glance: an account that shows one of them twice was told to publish it twice. */
export async function distinctPicture(n: number): Promise<Buffer> {
  const colour = { r: (n * 83) % 256, g: (n * 151) % 256, b: (n * 47) % 256 }
  const mark = await sharp({ create: { width: 30, height: 30, channels: 3, background: { r: 255, g: 255, b: 255 } } })
    .png()
    .toBuffer()
  return sharp({ create: { width: 90, height: 160, channels: 3, background: colour } })
    .composite([{ input: mark, left: (n * 17) % 60, top: (n * 31) % 130 }])
    .jpeg()
    .toBuffer()
}

/** The database's clock cannot be moved: everything in it moves back instead. Slots stay, so that nothing gets too late. */
async function pass({ db }: Team, graph: FakeGraph, seconds: number): Promise<void> {
  const earlier = (...columns: string[]) =>
    sql.raw(columns.map((name) => `${name} = ${name} - interval '${seconds} seconds'`).join(', '))
  await db.execute(sql`update posting_queue set ${earlier('lease_until', 'next_retry_at', 'effect_started_at')},
    ${earlier('reconcile_at', 'instagram_sent_at', 'instagram_container_at')}`)
  await db.execute(sql`update hosted_files set ${earlier('created_at', 'delete_due_at')}`)
  await db.execute(sql`update api_limits set ${earlier('until')}`)
  await db.execute(sql`update api_quotas set ${earlier('read_at')}`)
  graph.advance(seconds)
}

/** Pictures that are gone although a container could still fetch them, and none shows them live. */
function earlyDeletions({ graph, hosts }: { graph: FakeGraph; hosts: FakeHosts }): string[] {
  const containers = graph.containers()
  const isLive = (sha256: string) => containers.some((one) => one.sha256 === sha256 && one.publishedAtMs !== null)
  const isNeeded = (url: string) =>
    containers.some(({ imageUrl, outcome, sha256 }) => imageUrl === url && outcome === 'finished' && !isLive(sha256))
  return hosts
    .files()
    .filter(({ url, deletedAtMs }) => deletedAtMs !== null && isNeeded(url))
    .map(({ key }) => `${key} was deleted while its container needed it`)
}
