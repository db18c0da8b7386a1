import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { UserError } from '../../src/errors.ts'
import { type Bench, type Check, checkOf, healthy } from '../../src/health/check.ts'
import type { Door } from '../../src/health/door.ts'
import { examineAll } from '../../src/health/examine.ts'
import { describeTrouble } from '../../src/health/trouble.ts'
import { within } from '../../src/health/within.ts'
import { testContext } from '../support/database.ts'

const CLOSED: Door = { kind: 'closed', reason: 'none', fix: null }
const server = {
  ...{ versionNumber: 170_000, version: '17', where: 'x', skewSeconds: 0, skewErrorSeconds: 0 },
  schema: { kind: 'newer' as const },
}
const ctx = testContext(undefined as never)

const examine = (check: Partial<Check<string>>, door: Door = CLOSED, withinSeconds = 5) =>
  examineAll(
    [checkOf({ name: 'a', title: 'A', needs: 'settings', measure: () => 'well', judge: healthy, ...check })],
    { ctx, opened: { door, db: undefined, settings: ctx.settings, problems: [] } },
    { withinSeconds },
  ).then(([found]) => found?.verdict)

describe('a check', () => {
  it('is judged by what it measured', async () => {
    expect(await examine({})).toEqual({ status: 'healthy', details: 'well', fix: null })
  })

  it('that throws is not well, and the first cause is shown', async () => {
    const measure = () => {
      throw new UserError('No such folder', { code: 'x', fix: 'Make it.' })
    }
    expect(await examine({ measure })).toEqual({
      ...{ status: 'unhealthy', details: 'could not be checked: No such folder', fix: 'Make it.' },
    })
  })

  it('that does not end is ended, and told so', async () => {
    let heard = false
    const measure = async ({ signal }: Bench) => {
      await sleep(60_000, undefined, { signal, ref: false }).catch(() => {
        heard = true
      })
      return 'too late'
    }
    const verdict = await examine({ measure }, CLOSED, 0.05)
    expect(verdict).toMatchObject({ status: 'unhealthy', details: 'could not be checked: no answer within 0.05 s' })
    await sleep(1)
    expect(heard).toBe(true)
  })

  it('that waits does not hold up the others', async () => {
    const slow = { measure: () => sleep(200, 'slow') }
    const many = await Promise.race([
      Promise.all(Array.from({ length: 10 }, () => examine(slow))),
      sleep(1500, 'one after the other', { ref: false }),
    ])
    expect(many).toHaveLength(10)
  })

  it.each<[Check<string>['needs'], Door, RegExp]>([
    ['settings', CLOSED, /^well$/],
    ['server', CLOSED, /needs the database/],
    ['database', CLOSED, /needs the database/],
    ['settings', { kind: 'wrong_schema', server }, /^well$/],
    ['server', { kind: 'wrong_schema', server }, /^well$/],
    ['database', { kind: 'wrong_schema', server }, /schema of the database is not that of this version/],
    ['database', { kind: 'open', server }, /^well$/],
  ])('that needs %s (%#)', async (needs, door, details) => {
    const verdict = await examine({ needs }, door)
    expect(verdict?.details).toMatch(details)
    expect(verdict?.status).toBe(verdict?.details === 'well' ? 'healthy' : 'unhealthy')
  })

  it('that uses a database it did not ask for is a mistake that shows', async () => {
    const verdict = await examine({ measure: async ({ db }) => String(db) })
    expect(verdict?.details).toContain('declared to need no database')
  })
})

it('of a query only the code is shown, never its parameters', () => {
  const cause = Object.assign(new Error('duplicate key'), { code: '23505' })
  const query = Object.assign(new Error('Failed query: x params: SECRET', { cause }), {
    query: 'x',
    params: ['SECRET'],
  })
  expect(describeTrouble(query)).toEqual({ reason: 'the database refused a query (23505)', fix: null })
})

describe('within a time', () => {
  it('an answer, or an error that people understand', async () => {
    expect(await within(AbortSignal.timeout(5000), 'too late', Promise.resolve(1))).toBe(1)
    const never = new Promise<never>(() => {})
    await expect(within(AbortSignal.timeout(1), 'it took too long', never)).rejects.toThrow('it took too long')
    await expect(within(AbortSignal.abort(), 'it is over', never)).rejects.toThrow('it is over')
  })
})
