import { randomBytes } from 'node:crypto'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type Running, startStoryline } from '../support/cli.ts'
import { type Bench, createBench } from './bench.ts'
import { appendStatement } from './forge.ts'
import { scratchDatabases } from './scratch-databases.ts'

// Databases are created and dropped, and processes started, by the dozen.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let bench: Bench
let name: string
let untouched: string
beforeAll(async () => {
  bench = await createBench()
  name = (await bench.must('backup', ['--database'])).name
  untouched = join(bench.root, 'untouched')
  cpSync(bench.backups, untouched, { recursive: true })
})
beforeEach(() => bench.query('update backups set verified_at = null, is_good = null; delete from alerts'))
afterAll(() => bench.drop())

const scratch = () => scratchDatabases(bench.database.url)

/** The backup as it was made. */
function mend(): void {
  rmSync(join(bench.backups, name), { recursive: true })
  cpSync(join(untouched, name), join(bench.backups, name), { recursive: true })
}

/** A verification in a process of its own, in the middle of its trial: a statement of the dump that takes so many seconds. */
async function startTrial(seconds: number): Promise<Running> {
  appendStatement(join(bench.backups, name), `select pg_sleep(${seconds});`)
  appendStatement(join(bench.backups, name), 'select 1;')
  const running = startStoryline(['verify-backups', '--json'], { env: bench.env })
  await until(async () => {
    const found = await bench.query(`
      select 1 from pg_stat_activity where state = 'active' and query like 'select pg\\_sleep%' and datname = '${(await scratch())[0]}'`)
    return found.length === 1
  })
  return running
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isSo()); tries += 1) {
    if (tries === 500) throw new Error('it never came to that')
    await sleep(20)
  }
}

const record = () => bench.query(`select is_good, verified_at from backups where name = '${name}'`)
const UNTRIED = [{ is_good: null, verified_at: null }]

test('what a killed run left behind is dropped by the next one', async () => {
  const { child, done } = await startTrial(600)
  child.kill('SIGKILL')
  await done
  const left = await scratch()
  expect(left).toHaveLength(1)
  mend()
  // The server notices by itself that whoever held the lock is gone.
  await until(async () => (await bench.run('verify-backups')).json.error?.code !== 'backup_running')
  expect([await scratch(), await record()]).toEqual([[], [{ is_good: true, verified_at: expect.any(Date) }]])
})

test('a signal ends a trial cleanly: nothing is left, and nothing is said about the backup', async () => {
  const { child, done } = await startTrial(2)
  child.kill('SIGTERM')
  expect((await done).code).toBe(143)
  expect([await scratch(), await record(), await bench.query('select 1 from alerts')]).toEqual([[], UNTRIED, []])
  mend()
})

test('a database that is lost meanwhile says nothing about the backup either', async () => {
  const { done } = await startTrial(600)
  await bench.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${(await scratch())[0]}'`)
  const { code, stdout } = await done
  expect([code, JSON.parse(stdout).error.code]).toEqual([1, 'database_unreachable'])
  expect([await scratch(), await record(), await bench.query('select 1 from alerts')]).toEqual([[], UNTRIED, []])
  mend()
})

test('a user who may create no database proves nothing, which is said', async () => {
  const url = new URL(bench.database.url)
  const role = `plain_${randomBytes(5).toString('hex')}`
  await bench.query(`create role ${role} login password 'x'; grant ${url.username} to ${role}`)
  const plain = Object.assign(new URL(url), { username: role, password: 'x' }).href
  const { done } = startStoryline(['verify-backups', '--json'], { env: { ...bench.env, DATABASE_URL: plain } })
  const { code, stdout } = await done
  await bench.query(`drop role ${role}`)
  const problems = [expect.stringMatching(/its checksums are right .* may not create databases.* createdb/)]
  expect([code, JSON.parse(stdout).backups]).toEqual([3, [{ name, verdict: 'unproven', problems }]])
  expect([await record(), await bench.query('select 1 from alerts')]).toEqual([UNTRIED, []])
})
