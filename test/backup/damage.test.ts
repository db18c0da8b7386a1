import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, createBench, createEmptyDatabase, digest, type EmptyDatabase } from './bench.ts'
import { forgeDump } from './forge.ts'
import { seedNastyRows } from './nasty-rows.ts'

let bench: Bench
let empty: EmptyDatabase
let name: string
let object: string

beforeAll(async () => {
  bench = await createBench()
  empty = await createEmptyDatabase()
  await seedNastyRows(bench.database.db)
  bench.write('stories/mug.jpg', 'a picture of a mug')
})
beforeEach(async () => {
  rmSync(bench.backups, { recursive: true, force: true })
  await bench.query('delete from backups; delete from alerts')
  name = (await bench.must('backup')).name
  object = join('objects', ...objectNames())
})
afterAll(async () => {
  await empty.drop()
  await bench.drop()
})

const objectNames = () => {
  const [group = ''] = readdirSync(join(bench.backups, 'objects'))
  const [file = ''] = readdirSync(join(bench.backups, 'objects', group))
  return [group, file]
}

/** Changes one bit in the middle of a file, at an even distance, so that text stays text. */
function flip(path: string): void {
  const bytes = readFileSync(path)
  const at = Math.floor(bytes.length / 2)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(path, bytes)
}

const at = (file: string) => join(bench.backups, file === 'object' ? object : `${name}/${file}`)

const FILES = ['database.sql.gz', 'config.json', 'media.json', 'manifest.json', 'manifest.sha256', 'object'] as const
const DAMAGES: Readonly<Record<string, (path: string) => void>> = {
  'one flipped bit': flip,
  'the end cut off': (path) => truncateSync(path, statSync(path).size - 1),
  'nothing in it': (path) => truncateSync(path, 0),
  'no file at all': (path) => rmSync(path),
}
const CASES = FILES.flatMap((file) => Object.keys(DAMAGES).map((damage) => [file, damage] as const))

describe('damage is named by verify-backups and refused by restore:', () => {
  test.each(CASES)('%s with %s', async (file, damage) => {
    DAMAGES[damage]?.(at(file))
    const refused = await bench.run('restore', [name, '--database', '--media', '--into', empty.url])
    expect(refused).toMatchObject({ exitCode: 1, json: { error: { code: 'backup_damaged' } } })
    const what = file === 'object' ? object : file
    expect(refused.json.error.message).toContain(what)
    expect(await digest(empty.url)).toEqual({})

    const tried = await bench.run('verify-backups')
    expect(tried.exitCode).toBe(3)
    expect(tried.json.backups).toEqual([{ name, verdict: 'bad', problems: [expect.stringContaining(what)] }])
    const [row] = await bench.query('select is_good, problem from backups')
    expect(row).toMatchObject({ is_good: false, problem: expect.stringContaining(what) })
  })
})

const FORGERIES: readonly (readonly [what: string, change: (sql: string) => string, says: string])[] = [
  ['a changed value', (sql) => sql.replace("'Europe/Berlin'", "'Europe/Madrid'"), 'config'],
  ['a statement that is too long', (sql) => sql.replace(/^--: (\d+)$/m, (_, n) => `--: ${Number(n) + 40}`), ''],
  ['an end that is missing', (sql) => sql.replace(/commit;\n$/, ''), 'not whole'],
]

describe('a dump that is not what the tables were when it was made is not restored, even with right checksums:', () => {
  test.each(FORGERIES)('%s', async (_, change, says) => {
    forgeDump(join(bench.backups, name), change)
    const refused = await bench.run('restore', [name, '--database', '--into', empty.url])
    expect(refused).toMatchObject({ exitCode: 1 })
    expect(await digest(empty.url)).toEqual({})
    const tried = await bench.run('verify-backups')
    expect(tried).toMatchObject({ exitCode: 3, json: { backups: [{ verdict: 'bad' }] } })
    expect(tried.json.backups[0].problems[0]).toContain(says)
  })
})

test('the alert of a bad backup is one, and ends when backups are good again', async () => {
  flip(at('database.sql.gz'))
  await bench.run('verify-backups')
  await bench.run('verify-backups')
  const alert = () =>
    bench.query("select state, severity, summary, notice from alerts where subject = 'backup-damaged'")
  expect(await alert()).toEqual([
    {
      state: 'open',
      severity: 'critical',
      summary: expect.stringContaining(`${name}/database.sql.gz`),
      notice: 'open',
    },
  ])
  rmSync(join(bench.backups, name), { recursive: true })
  await bench.query(`update backups set removed_at = now() where name = '${name}'`)
  await bench.must('backup')
  await bench.must('verify-backups')
  expect(await alert()).toMatchObject([{ state: 'resolved' }])
})

test('a damaged content is stored again by the next backup, and older backups are good again', async () => {
  flip(at('object'))
  expect((await bench.run('verify-backups')).exitCode).toBe(3)
  await bench.must('backup')
  const tried = await bench.must('verify-backups')
  expect(tried.backups.map(({ verdict }: { verdict: string }) => verdict)).toEqual(['good', 'good'])
})
