import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { openDatabase } from '../../src/db/connect.ts'
import { postingHistory, postingQueue } from '../../src/db/schema.ts'
import { startStoryline } from '../support/cli.ts'
import { ADMIN, TEAM, useTeam } from '../support/team.ts'

const team = useTeam([{ id: TEAM, members: { 5: 'member' } }, { id: ADMIN }])

/** PostgreSQL ends the session of a run in the middle of its work (pg_terminate_backend, a restart, a time-out). */

const queue = () => team.db.select().from(postingQueue)

/** Ends every session of this database that waits for a lock, once there is one. */
async function killWhoWaits() {
  const waiting = sql`datname = current_database() and wait_event_type = 'Lock'`
  for (let killed = 0; killed === 0; ) {
    const rows = await team.db.execute(sql`select pg_terminate_backend(pid) from pg_stat_activity where ${waiting}`)
    killed = rows.length
  }
}

/** While `table` is locked, `begin` runs into it and loses its connection there. */
async function killInside(table: string, begin: () => void) {
  const other = openDatabase(team.url)
  await other.db.transaction(async (tx) => {
    await tx.execute(sql`select 1 from ${sql.identifier(table)} for update`)
    begin()
    await killWhoWaits()
  })
  await other.close()
}

test.each(['sendDocument', 'sendPhoto'])(
  'while %s is open: the answer is recorded on a new connection',
  async (method) => {
    await team.library.plan('a.jpg')
    const others = await team.db.execute<{ pid: number }>(sql`select pid from pg_stat_activity`)
    const hold = team.fake.hold(method)
    const tick = startStoryline(['process-queue', '--json'], { env: team.env() })
    await hold.reached
    const known = sql.join(
      others.map(({ pid }) => sql`${pid}`),
      sql`, `,
    )
    await team.db.execute(sql`
    select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and pid not in (${known})`)
    hold.release()
    expect(await tick.done).toMatchObject({ code: 0, stderr: '' })
    expect(await queue()).toMatchObject([{ status: 'awaiting_team' }])
  },
)

test('in the transaction that records the card: written again, not forgotten', async () => {
  await team.library.plan('a.jpg')
  const hold = team.fake.hold('sendPhoto')
  const tick = startStoryline(['process-queue', '--json'], { env: team.env() })
  await hold.reached
  await killInside('posting_queue', hold.release)
  expect(await tick.done).toMatchObject({ code: 0, stderr: '' })
  expect(await queue()).toMatchObject([{ status: 'awaiting_team', telegramMessageId: expect.any(Number) }])
  expect(team.fake.calls('sendPhoto')).toHaveLength(1)
})

test('in the transaction that settles a failure: the failure is recorded and told', async () => {
  await team.library.plan('a.jpg')
  team.fake.fault({
    kind: 'error',
    error_code: 400,
    description: 'Bad Request: IMAGE_PROCESS_FAILED',
    method: 'sendPhoto',
  })
  const hold = team.fake.hold('sendPhoto', 'before')
  const tick = startStoryline(['process-queue', '--json'], { env: team.env() })
  await hold.reached
  await killInside('posting_queue', hold.release)
  expect((await tick.done).code).toBe(3)
  expect(await team.db.select().from(postingHistory)).toMatchObject([{ status: 'failed' }])
  expect(team.adminTexts()).toEqual([expect.stringContaining('failed')])
})

test('after the admin chat was told: not told twice', async () => {
  await team.library.plan('a.jpg', { minutesAgo: 500 })
  const hold = team.fake.hold('sendMessage')
  const tick = startStoryline(['process-queue'], { env: team.env() })
  await hold.reached
  await killInside('alerts', hold.release)
  expect((await tick.done).code).toBe(3)
  await team.db.execute(sql`update alerts set notice_lease_until = null`)
  await startStoryline(['process-queue'], { env: team.env() }).done
  expect(team.adminTexts()).toHaveLength(1)
})

test('while a press waits: the bot lives on and the press counts', async () => {
  await team.library.plan('a.jpg')
  await startStoryline(['process-queue'], { env: team.env() }).done
  const card = team.fake.messages(TEAM).find(({ kind }) => kind === 'photo')
  const bot = startStoryline(['bot'], { env: team.env() })
  await team.fake.waitForCalls('setMyCommands', 1)
  await killInside('posting_queue', () =>
    team.fake.press({ chatId: TEAM, messageId: card?.messageId ?? 0, button: 'Mark Posted', from: 5 }),
  )
  await team.fake.waitForCalls('editMessageCaption', 1, 15)
  expect(await team.db.select().from(postingHistory)).toMatchObject([{ status: 'posted' }])
  bot.child.kill('SIGTERM')
  expect((await bot.done).code).toBe(143)
})
