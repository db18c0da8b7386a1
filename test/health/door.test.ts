import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { expect, it } from 'vitest'
import { openDatabase } from '../../src/db/connect.ts'
import { CHECKS } from '../../src/health/checks/index.ts'
import { openDoor } from '../../src/health/door.ts'
import { examineAll } from '../../src/health/examine.ts'
import { testContext } from '../support/database.ts'
import { useTeam } from '../support/team.ts'

const team = useTeam()

const context = () => testContext(team.db, { env: team.env(), now: () => new Date() })

/** Nobody can read the table while `work` runs. */
async function whileLocked(table: string, work: () => Promise<void>): Promise<void> {
  const { db, close } = openDatabase(team.url)
  await db.transaction(async (tx) => {
    await tx.execute(sql.raw(`lock table ${table} in access exclusive mode`))
    await work()
  })
  await close()
}

it('a database that does not answer any more is given up', async () => {
  await whileLocked('config', async () => {
    const opened = await Promise.race([openDoor(context(), { withinSeconds: 0.3 }), sleep(8000, null, { ref: false })])
    expect(opened?.door).toMatchObject({ kind: 'closed', reason: expect.stringMatching(/^No database answers at 127/) })
    expect(opened?.db).toBeUndefined()
    await opened?.close()
  })
})

it('a question that is never answered ends its checks, and the connection', async () => {
  const ctx = context()
  const opened = await openDoor(ctx, { withinSeconds: 5 })
  await whileLocked('heartbeats', async () => {
    const examined = await examineAll(CHECKS, { ctx, opened }, { withinSeconds: 0.5 })
    const verdicts = new Map(examined.map(({ check, verdict }) => [check.name, verdict]))
    expect(verdicts.get('last-tick')).toMatchObject({
      ...{ status: 'unhealthy', details: 'could not be checked: no answer within 0.5 s' },
    })
    expect(verdicts.get('database')?.status).toBe('healthy')
    expect(await Promise.race([opened.close(), sleep(8000, 'hangs', { ref: false })])).toBeUndefined()
  })
})

it.each([
  ['behind', -600, 600],
  ['ahead', 400, -400],
])('a clock of ours that is %s is measured', async (_, shiftSeconds, skewSeconds) => {
  const now = () => new Date(Date.now() + shiftSeconds * 1000)
  const { door, close } = await openDoor({ ...context(), now }, { withinSeconds: 5 })
  await close()
  if (door.kind !== 'open') throw new Error(`the door is ${door.kind}`)
  expect(Math.abs(door.server.skewSeconds - skewSeconds)).toBeLessThan(10)
  expect(door.server.skewErrorSeconds).toBeLessThan(10)
})
