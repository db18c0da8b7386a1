import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { afterEach, expect, it } from 'vitest'
import type { Live, SnapshotSource } from '../../src/dashboard/snapshot.ts'
import { watchSnapshots } from '../../src/dashboard/watch.ts'
import { testContext } from '../support/database.ts'
import { startProxy } from '../support/proxy.ts'
import { useTeam as openTeam } from '../support/team.ts'
import { startPooler } from './pooler.ts'

const team = openTeam()

interface Watching {
  source: SnapshotSource
  reports: Live[]
  /** The first report from number `from` on that fits. */
  until(fits: (live: Live) => boolean, from?: number): Promise<Live>
}

const open: SnapshotSource[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((source) => source.stop()))
})

/** Much slower than its changes: whoever waits for a poll here waits too long. */
const PACE = {
  ...{ mergeMs: 250, pollMs: 60_000, idleMs: 60_000, pingMs: 60_000, silenceMs: 5000, probeMs: 3000 },
  libraryMs: { least: 0, most: 60_000 },
}

function watch(url: string, pace: Partial<typeof PACE> = {}): Watching {
  const ctx = testContext(team.db, {
    env: team.env({ DATABASE_URL: url }),
    now: () => new Date(),
    random: Math.random,
  })
  const source = watchSnapshots(ctx, { ...PACE, ...pace })
  open.push(source)
  const reports: Live[] = []
  const rings: (() => void)[] = []
  source.start((live) => {
    reports.push(live)
    for (const ring of rings.splice(0)) ring()
  })
  const until: Watching['until'] = async (fits, from = 0) => {
    for (;;) {
      const found = reports.slice(from).find(fits)
      if (found) return found
      await new Promise<void>((resolve) => rings.push(resolve))
    }
  }
  return { source, reports, until }
}

const isConnected = (live: Live) => live.kind === 'connected'
const isLost = (live: Live) => live.kind === 'lost'
const isHeard = (live: Live) => live.kind === 'connected' && live.by === 'notify'
const hasNext = (total: number) => (live: Live) => live.kind === 'connected' && live.snapshot.next.total === total
const isActive = (count: number) => (live: Live) => live.kind === 'connected' && live.snapshot.library.active === count

it('reports what is there, and every change that anybody makes', async () => {
  const { reports, until } = watch(team.url)
  expect(reports).toEqual([{ kind: 'opening' }])
  expect(await until(isConnected)).toMatchObject({ snapshot: { next: { total: 0 } } })
  await until(isHeard)
  await team.library.plan('new.jpg', { minutesAgo: -60 })
  expect(await until(hasNext(1))).toMatchObject({
    by: 'notify',
    snapshot: { next: { entries: [{ file: 'stories/new.jpg' }] } },
  })
  // The library is counted beside it.
  await until(isActive(1))
})

it('many changes at once are few looks', async () => {
  const mergeMs = 1500
  const { reports, until } = watch(team.url, { mergeMs })
  await until(isHeard)
  const before = reports.length
  const startedMs = performance.now()
  for (let n = 0; n < 40; n += 1) await team.library.add(`${n}.jpg`)
  await until(isActive(40), before)
  const looks = (performance.now() - startedMs) / mergeMs + 1
  // Each look is told at most twice: of the stories, and of the library.
  expect(reports.length - before).toBeLessThanOrEqual(2 * Math.ceil(looks) + 2)
})

it('a look that is asked for is told before the asking ends', async () => {
  const { source, reports, until } = watch(team.url)
  await until(isHeard)
  const before = reports.length
  await source.refresh()
  expect(reports.slice(before).filter(isConnected).length).toBeGreaterThan(0)
})

it('a database that goes away is told with a sentence and without the password, and it is back when it is', async () => {
  const proxy = await startProxy(team.url)
  const { reports, until, source } = watch(proxy.url)
  await until(isHeard)
  const cutMs = performance.now()
  await proxy.cut()
  const lost = await until(isLost)
  expect(performance.now() - cutMs).toBeLessThan(5000)
  expect(lost).toMatchObject({
    reason: expect.stringContaining(new URL(proxy.url).port),
    last: { next: { total: 0 } },
    since: expect.any(Date),
  })
  expect(JSON.stringify(lost)).not.toContain(new URL(team.url).password)
  await team.library.plan('meanwhile.jpg', { minutesAgo: -60 })
  const before = reports.length
  await proxy.mend()
  await source.refresh()
  await until(hasNext(1), before)
  // And it listens again.
  await until(isHeard, before)
  await team.library.plan('later.jpg', { minutesAgo: -90 })
  await until(hasNext(2), before)
})

it('a database that never was there is lost with nothing to show, until somebody starts it', async () => {
  const proxy = await startProxy(team.url)
  await proxy.cut()
  const { until } = watch(proxy.url)
  expect(await until(isLost)).toMatchObject({ last: null, reason: expect.stringMatching(/^No database answers at /) })
  await proxy.mend()
  // By itself, within the first waits of 1, 2 and 4 seconds.
  await until(isConnected)
})

/** What a server says that is not ready yet (ErrorResponse). */
const STARTING_UP = (() => {
  const fields = Buffer.from('SFATAL\0C57P03\0Mthe database system is starting up\0\0')
  const head = Buffer.alloc(5)
  head.write('E')
  head.writeUInt32BE(4 + fields.length, 1)
  return Buffer.concat([head, fields])
})()

it('nobody is pestered: the tries come further and further apart', async () => {
  let tries = 0
  const server = createServer((socket) => {
    tries += 1
    socket.on('error', () => {})
    socket.once('data', () => socket.end(STARTING_UP))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const { until } = watch(`postgresql://u@127.0.0.1:${port}/x`)
  expect(await until(isLost)).toMatchObject({ reason: expect.stringMatching(/^No database answers at .*57P03/) })
  await sleep(2500)
  // At 0 s, at 1 s, and not again before 3 s; each try may be two connections.
  expect(tries).toBeLessThanOrEqual(6)
  server.close()
})

it('a server that ends the session is one that was lost', async () => {
  const { until, reports } = watch(team.url)
  await until(isHeard)
  const before = reports.length
  await team.db.execute(sql`
    select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and query ilike 'listen%' or wait_event = 'ClientRead' and pid <> pg_backend_pid()
       and datname = current_database()`)
  await until(isLost, before)
  await until(isConnected, before)
})

it('a database that falls silent is given up', async () => {
  const { until, reports } = watch(team.url, { pingMs: 300, silenceMs: 1500 })
  await until(isHeard)
  const before = reports.length
  await team.db.transaction(async (tx) => {
    // Every look has to wait for it.
    await tx.execute(sql`lock table posting_queue in access exclusive mode`)
    await team.db.execute(sql`select pg_notify('storyline', 'posting_queue')`)
    expect(await until(isLost, before)).toMatchObject({ reason: 'The database does not answer' })
  })
  await until(isConnected, before + 1)
})

it('where notes do not come through it polls', async () => {
  const pooler = await startPooler(team.url)
  const { until, source, reports } = watch(pooler.url, { pollMs: 200, probeMs: 400 })
  try {
    expect(await until(isConnected)).toMatchObject({ by: 'polling' })
    await team.library.plan('new.jpg', { minutesAgo: -60 })
    expect(await until(hasNext(1))).toMatchObject({ by: 'polling' })
    expect(reports.some(isHeard)).toBe(false)
  } finally {
    await source.stop()
    pooler.close()
  }
})

it('time alone is a reason to look, also where changes are told', async () => {
  const { until, reports } = watch(team.url, { idleMs: 300, pingMs: 100 })
  await until(isHeard)
  const before = reports.length
  await until(isConnected, before)
})

it('when it is over it has no connection and says nothing more', async () => {
  const { source, reports, until } = watch(team.url)
  await until(isHeard)
  await source.stop()
  await source.stop()
  const before = reports.length
  await team.library.plan('new.jpg', { minutesAgo: -60 })
  await source.refresh()
  await sleep(400)
  expect(reports).toHaveLength(before)
  const connections = await team.db.execute<{ query: string }>(sql`
    select query from pg_stat_activity where datname = current_database() and query ilike 'listen%'`)
  expect([...connections]).toEqual([])
})
