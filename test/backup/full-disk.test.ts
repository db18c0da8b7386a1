import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest'
import { type Bench, createBench, listFiles } from './bench.ts'

// Databases are created and dropped, and processes started, by the dozen.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let bench: Bench
/** The backups before, as they lie on the disk. */
let before: Record<string, string>
let untouched: string
beforeAll(async () => {
  bench = await createBench()
  await bench.query(`
    insert into media_items (file_path, file_name, file_size, file_hash, caption)
    select 'stories/m' || i, 'm', 1, encode(sha256(i::text::bytea), 'hex'), md5(i::text) from generate_series(1, 400) i`)
  bench.write('stories/small.jpg', 'a picture')
  await bench.must('backup')
  untouched = join(bench.root, 'untouched')
  cpSync(bench.backups, untouched, { recursive: true, preserveTimestamps: true })
  bench.write('stories/large.jpg', Buffer.alloc(200_000, 'a large picture '))
})
beforeEach(async () => {
  rmSync(bench.backups, { recursive: true })
  cpSync(untouched, bench.backups, { recursive: true, preserveTimestamps: true })
  before = listFiles(bench.backups)
  await bench.query('delete from alerts')
})
afterAll(() => bench.drop())

interface Ended {
  code: number | null
  // biome-ignore lint/suspicious/noExplicitAny: the document of a backup
  json: any
}

/** Runs `storyline backup` below a shell that prepares its disk: `$0`, then the command in `$@`. */
function backUp(prepare: string, parameter: string, program: readonly string[] = ['sh']): Promise<Ended> {
  const [file = 'sh', ...args] = program
  const command = [process.execPath, inject('launcher'), 'backup', '--json']
  const child = spawn(file, [...args, '-c', prepare, parameter, ...command], {
    cwd: '/',
    env: { PATH: process.env.PATH ?? '', ...bench.env },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
  })
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, json: JSON.parse(stdout || 'null') })))
}

/** What was there is there, unchanged, and nothing else: no half backup, under whatever name; whole contents may stay. */
function expectIntact(after: Record<string, string>): void {
  expect(after).toMatchObject(before)
  const added = Object.keys(after).filter((path) => !(path in before))
  expect(added.filter((path) => !/^objects\/[0-9a-f]{2}\/[0-9a-f]{64}$/.test(path))).toEqual([])
}

const alerts = () => bench.query('select subject, state, severity, summary from alerts')
const OPEN = [
  { subject: 'backup', state: 'open', severity: 'critical', summary: expect.stringContaining('backup failed') },
]

describe('where no file may have more than so many KB', () => {
  // The first file of a backup is the database, the largest one the picture; ulimit counts blocks of 512 bytes.
  test.each([0, 2, 20, 100, 190])('%i: named, told, and the old backups are as they were', async (kilobytes) => {
    const { code, json } = await backUp('ulimit -f "$0"; exec "$@"', String(kilobytes * 2))
    expect([code, json.error]).toEqual([
      1,
      {
        code: 'backup_folder_unusable',
        message: expect.stringContaining('EFBIG'),
        fix: expect.stringContaining(bench.backups),
      },
    ])
    expectIntact(listFiles(bench.backups))
    expect(await alerts()).toEqual(OPEN)
  })

  test('with room enough the next one is whole, and the alert is over', async () => {
    await backUp('ulimit -f "$0"; exec "$@"', '40')
    const { code, json } = await backUp('ulimit -f "$0"; exec "$@"', '800')
    expect(code).toBe(0)
    expect(await alerts()).toMatchObject([{ state: 'resolved' }])
    const tried = await bench.must('verify-backups')
    expect(tried.backups).toMatchObject([{ name: json.name, verdict: 'good' }])
  })
})

/** Who may mount a disk of its own: root, or whoever the kernel lets. */
const MOUNTERS = [
  ['unshare', '--mount', 'sh'],
  ['unshare', '--mount', '--map-root-user', 'sh'],
].filter(([program = '', ...args]) => spawnSync(program, [...args, '-c', 'mount -t tmpfs tmpfs /mnt']).status === 0)

describe.each(MOUNTERS.slice(0, 1))('on a file system of its own (%s %s)', (...mounter) => {
  test.each([100, 140, 260])(
    'of %i KB: the full disk is named, and the old backups are as they were',
    async (kilobytes) => {
      const after = join(bench.root, 'after')
      rmSync(after, { recursive: true, force: true })
      mkdirSync(after)
      // The mount is only there for this process: what it holds in the end is copied to where the test sees it.
      const script = `
      mount -t tmpfs -o size=${kilobytes}k tmpfs "$BACKUP_DIR" && cp -a "$0/untouched/." "$BACKUP_DIR" || exit 99
      "$@"; code=$?
      cp -a "$BACKUP_DIR/." "$0/after"; exit $code`
      const { code, json } = await backUp(script, bench.root, mounter)
      expect([code, json?.error]).toMatchObject([
        1,
        { code: 'disk_full', message: expect.stringContaining(bench.backups) },
      ])
      expectIntact(listFiles(after))
      expect(await alerts()).toEqual(OPEN)
    },
  )
})

test('the limits of this file are between the files of a backup', () => {
  const sizes = Object.values(before).map((file) => Buffer.from(file.split(' ')[1] ?? '', 'base64').length)
  expect(Math.max(...sizes)).toBeLessThan(40 * 1024)
  expect(readFileSync(join(bench.media, 'stories/large.jpg')).length).toBeGreaterThan(190 * 1024)
})
