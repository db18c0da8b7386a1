import { sql } from 'drizzle-orm'
import postgres from 'postgres'
import { expect, test } from 'vitest'
import { postingHistory, postingQueue } from '../../src/db/schema.ts'
import { runStoryline, startStoryline } from '../support/cli.ts'
import { ADMIN, TEAM, useTeam } from '../support/team.ts'

const team = useTeam([{ id: TEAM, members: { 5: 'member' } }, { id: ADMIN }])

/** Key of the advisory lock that the barrier trigger waits for. */
const BARRIER = 4242

const queue = () => team.db.select().from(postingQueue)
const documents = () => team.fake.messages(TEAM).filter(({ kind }) => kind === 'document')
const cards = () => team.fake.messages(TEAM).filter(({ kind }) => kind === 'photo')

/** Kills a tick while the write that matches `condition` waits inside the database, and undoes that write. */
async function killAtWrite(condition: string) {
  const blocker = postgres(team.url, { max: 1, onnotice: () => {} })
  await blocker.unsafe(`select pg_advisory_lock(${BARRIER})`)
  await blocker.unsafe(`
    create or replace function wait_at_barrier() returns trigger language plpgsql as
      $$ begin perform pg_advisory_xact_lock(${BARRIER}); return new; end $$;
    create trigger barrier before update on posting_queue for each row when (${condition}) execute function wait_at_barrier()`)
  const tick = startStoryline(['process-queue'], { env: team.env() })
  await until(async () => (await waitingBackends(blocker)) > 0)
  tick.child.kill('SIGKILL')
  await tick.done
  // The server would finish the statement of a client that is gone: this one died with its statement.
  await blocker.unsafe(`select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'advisory'`)
  await until(async () => (await waitingBackends(blocker)) === 0)
  await blocker.unsafe('drop trigger barrier on posting_queue')
  await blocker.end()
}

async function waitingBackends(sqlClient: postgres.Sql): Promise<number> {
  const rows =
    await sqlClient`select 1 from pg_stat_activity where wait_event = 'advisory' and datname = current_database()`
  return rows.length
}

async function until(condition: () => Promise<boolean>) {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10))
}

async function killAtServer(method: string, when: 'before' | 'after') {
  const hold = team.fake.hold(method, when)
  const tick = startStoryline(['process-queue'], { env: team.env() })
  await hold.reached
  tick.child.kill('SIGKILL')
  await tick.done
  hold.release()
}

/** The lease is over; then ticks as cron would run them. */
async function recover() {
  await team.db
    .update(postingQueue)
    .set({ leaseUntil: sql`now() - interval '1 second'` })
    .where(sql`status = 'processing'`)
  const first = await runStoryline(['process-queue', '--json'], { env: team.env() })
  const second = await runStoryline(['process-queue', '--json'], { env: team.env() })
  return { first, second }
}

const RESUMED: readonly (readonly [step: string, condition: string])[] = [
  ['between the claim and the first intent', "new.effect = 'telegram_document' and old.effect is null"],
  ['between the original and the card', "new.effect = 'telegram_card' and old.effect is null"],
]

test.each(RESUMED)(
  'killed %s, the next tick goes on where it was: one original, one card',
  async (_step, condition) => {
    await team.library.plan('a.jpg')
    await killAtWrite(condition)
    expect((await queue()).map(({ status }) => status)).toEqual(['processing'])
    const { first } = await recover()
    expect(first.code).toBe(0)
    expect((await queue()).map(({ status }) => status)).toEqual(['awaiting_team'])
    expect([documents().length, cards().length]).toEqual([1, 1])
    expect(team.fake.duplicateSends()).toEqual([])
  },
)

const DOUBTFUL: readonly (readonly [step: string, kill: () => Promise<void>, reached: readonly [number, number]])[] = [
  ['while the server holds the original', () => killAtServer('sendDocument', 'before'), [1, 0]],
  ['after the original arrived', () => killAtServer('sendDocument', 'after'), [1, 0]],
  [
    "between the original's answer and its commit",
    () => killAtWrite('new.telegram_document_message_id is not null and old.telegram_document_message_id is null'),
    [1, 0],
  ],
  ['while the server holds the card', () => killAtServer('sendPhoto', 'before'), [1, 1]],
  ['after the card arrived', () => killAtServer('sendPhoto', 'after'), [1, 1]],
  ["between the card's answer and its commit", () => killAtWrite("new.status = 'awaiting_team'"), [1, 1]],
]

test.each(DOUBTFUL)(
  'killed %s, nothing is sent again: unconfirmed, and the admin chat is asked once',
  async (_step, kill, reached) => {
    const { item } = await team.library.plan('a.jpg')
    await kill()
    const { first, second } = await recover()
    expect(JSON.parse(first.stdout).unconfirmed).toMatchObject([{ id: item.id }])
    expect([first.code, second.code]).toEqual([3, 0])
    expect((await queue()).map(({ status }) => status)).toEqual(['unconfirmed'])
    expect([documents().length, cards().length]).toEqual(reached)
    expect(team.fake.messages(ADMIN)).toHaveLength(1)
    expect(await team.db.select().from(postingHistory)).toEqual([])
  },
)

test('a run that outlives its lease writes nothing any more, and its card is edited with the others', async () => {
  const { item } = await team.library.plan('a.jpg')
  const hold = team.fake.hold('sendPhoto', 'after')
  const slow = startStoryline(['process-queue', '--json'], { env: { ...team.env(), HTTP_TIMEOUT_SECONDS: '20' } })
  await hold.reached
  await recover()
  expect((await queue()).map(({ status }) => status)).toEqual(['unconfirmed'])
  hold.release()
  const late = await slow.done
  expect(JSON.parse(late.stdout)).toMatchObject({ claimed: 1, delivered: [] })
  expect((await queue()).map(({ status }) => status)).toEqual(['unconfirmed'])

  expect((await runStoryline(['confirm', item.id, '--posted'], { env: team.env() })).code).toBe(0)
  await runStoryline(['process-queue'], { env: team.env() })
  expect(cards()).toMatchObject([{ keyboard: [], text: expect.stringContaining('✅ POSTED') }])
})

test('SIGTERM between two calls gives the story back and exits 143', async () => {
  await team.library.plan('a.jpg')
  const hold = team.fake.hold('sendDocument', 'after')
  const tick = startStoryline(['process-queue', '--json'], { env: team.env() })
  await hold.reached
  tick.child.kill('SIGTERM')
  await new Promise((resolve) => setTimeout(resolve, 200))
  hold.release()
  const { code, stdout } = await tick.done
  expect(code).toBe(143)
  expect(JSON.parse(stdout)).toMatchObject({ released: [expect.any(String)], delivered: [] })
  expect(await queue()).toMatchObject([{ status: 'pending', telegramDocumentMessageId: expect.any(Number) }])
  await runStoryline(['process-queue'], { env: team.env() })
  expect([documents().length, cards().length]).toEqual([1, 1])
})

test('eight ticks at once over 200 due stories: each exactly one card', async () => {
  for (let index = 0; index < 200; index += 1) await team.library.plan(`m${index}.jpg`, { minutesAgo: 5 })
  const run = () => runStoryline(['process-queue', '--json'], { env: { ...team.env(), MAX_POSTS_PER_RUN: '100' } })
  const results = await Promise.all(Array.from({ length: 8 }, run))
  expect(results.map(({ code }) => code)).toEqual(Array(8).fill(0))
  const delivered = results.flatMap(({ stdout }) => JSON.parse(stdout).delivered.map(({ id }: { id: string }) => id))
  expect(new Set(delivered).size).toBe(200)
  expect(delivered).toHaveLength(200)
  expect([documents().length, cards().length]).toEqual([200, 200])
  expect(team.fake.duplicateSends()).toEqual([])
  expect(team.fake.violations()).toEqual([])
}, 120_000)
