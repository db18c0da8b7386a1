import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { withBackupLock } from '../../src/backup/lock.ts'
import { startStoryline } from '../support/cli.ts'
import { type Bench, createBench, createEmptyDatabase, digest } from './bench.ts'

const PICTURES = 120

let bench: Bench
beforeAll(async () => {
  bench = await createBench()
  for (let i = 0; i < PICTURES; i += 1) bench.write(`stories/p${i}.jpg`, Buffer.alloc(30_000, `picture ${i} `))
  await bench.query(`
    insert into media_items (file_path, file_name, file_size, file_hash, caption)
    select 'stories/m' || i, 'm', 1, encode(sha256(i::text::bytea), 'hex'), repeat('words ', 100) from generate_series(1, 3000) i`)
})
beforeEach(() => bench.query('delete from alerts'))
afterAll(() => bench.drop())

const start = (...args: string[]) => startStoryline([...args, '--json'], { env: bench.env })
const backups = () => readdirSync(bench.backups).filter((name) => name.startsWith('storyline-'))
const partials = () => readdirSync(bench.backups).filter((name) => name.startsWith('.partial-'))
const alerts = () => bench.query('select subject, state, severity, summary from alerts')

/** Every backup that shows is whole. */
async function expectAllGood(): Promise<void> {
  const tried = await bench.must('verify-backups', ['--all'])
  expect(tried.backups.map(({ name }: { name: string }) => name)).toEqual(backups())
}

test('killed at any moment, a backup is there as a whole or not at all, and the next one works', async () => {
  const begun = performance.now()
  expect((await start('backup').done).code).toBe(0)
  const lastsMs = performance.now() - begun
  const moments = [0.4, 0.65, 0.85, 0.95, 1]
  for (const [index, moment] of moments.entries()) {
    // Something new each time, so that there is something to write.
    bench.write(`stories/p${index}.jpg`, Buffer.alloc(30_000, `other ${index} `))
    const { child, done } = start('backup')
    await sleep(lastsMs * moment)
    child.kill('SIGKILL')
    await done
  }
  await expectAllGood()
  expect((await start('backup').done).code).toBe(0)
  await expectAllGood()
  // What the killed ones left is removed by a run of the day after.
  const left = partials()
  await bench.must('backup', [], { now: new Date(Date.now() + 2 * 86_400_000) })
  expect(partials().filter((name) => left.includes(name))).toEqual([])
}, 120_000)

test('a signal ends a backup cleanly', async () => {
  const { child, done } = start('backup')
  while (partials().length === 0) await sleep(5)
  child.kill('SIGTERM')
  expect(await done).toMatchObject({ code: 143 })
  expect(partials()).toEqual([])
  expect(await alerts()).toEqual([])
})

test('two at once: one says that the other is at work, or both are whole', async () => {
  const before = backups().length
  const both = await Promise.all([start('backup').done, start('backup').done])
  const made = both.filter(({ code }) => code === 0)
  expect(made.length).toBeGreaterThan(0)
  for (const { code, stdout } of both) if (code !== 0) expect(JSON.parse(stdout).error.code).toBe('backup_running')
  expect(backups()).toHaveLength(before + made.length)
  expect(await alerts()).toEqual([])
  await expectAllGood()
})

test.each(['backup', 'verify-backups'] as const)(
  'while a backup is made, %s says so and changes nothing',
  async (name) => {
    await withBackupLock(bench.database.db, async () => {
      const before = readdirSync(bench.backups)
      expect(await bench.run(name)).toMatchObject({ exitCode: 1, json: { error: { code: 'backup_running' } } })
      expect(readdirSync(bench.backups)).toEqual(before)
    })
    expect(await alerts()).toEqual([])
  },
)

test('who writes while the database is dumped neither waits nor is half seen', async () => {
  // Two tables that always change together.
  const writing = (async () => {
    for (let i = 0; i < 60; i += 1) {
      await bench.query(
        `begin; insert into config (key, value) values ('w${i}', 'x'); insert into heartbeats (name) values ('w${i}'); commit`,
      )
    }
  })()
  const names: string[] = []
  for (let i = 0; i < 3; i += 1) names.push((await bench.must('backup', ['--database'])).name)
  await writing
  for (const name of names) {
    const empty = await createEmptyDatabase()
    await bench.must('restore', [name, '--into', empty.url])
    const found = await digest(empty.url)
    expect(found['public.config']?.split(' ')[0]).toBe(found['public.heartbeats']?.split(' ')[0])
    await empty.drop()
  }
})

test.each([
  ['a file', () => join(bench.root, 'file')],
  ['below a file', () => join(bench.root, 'file/backups')],
  ['where nobody can write', () => '/proc/storyline/backups'],
])('a BACKUP_DIR that is %s is named', async (_, folder) => {
  writeFileSync(join(bench.root, 'file'), '')
  const { exitCode, json } = await bench.run('backup', [], { env: { BACKUP_DIR: folder() } })
  expect([exitCode, json.error.code]).toEqual([1, 'backup_folder_unusable'])
  expect(json.error.message).toContain(folder().slice(0, 10))
  expect(readFileSync(join(bench.root, 'file'), 'utf8')).toBe('')
})
