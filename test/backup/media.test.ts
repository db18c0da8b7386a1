import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { listMediaFiles } from '../../src/backup/media-files.ts'
import type { ObjectStore } from '../../src/backup/objects.ts'
import { openSeal } from '../../src/backup/seal.ts'
import { storeMedia } from '../../src/backup/store-media.ts'
import { type Bench, createBench, listFiles } from './bench.ts'

let bench: Bench
beforeAll(async () => {
  bench = await createBench()
})
beforeEach(async () => {
  rmSync(bench.media, { recursive: true })
  rmSync(bench.backups, { recursive: true, force: true })
  mkdirSync(bench.media)
  await bench.query('delete from media_items; delete from alerts; delete from backups')
})
afterAll(() => bench.drop())

const alert = () => bench.query(`select state, severity, summary from alerts where subject = 'backup'`)

/** What restoring the media of a backup brings. */
async function bringBack(name: string): Promise<Record<string, string>> {
  const env = { MEDIA_BASE_PATH: join(bench.root, `back-${name}`) }
  await bench.must('restore', [name, '--media'], { env })
  const files = listFiles(env.MEDIA_BASE_PATH)
  rmSync(env.MEDIA_BASE_PATH, { recursive: true })
  return files
}

test('a second backup stores only what is new, and each brings back its own', async () => {
  bench.write('stories/a.jpg', 'first')
  bench.write('stories/b.jpg', 'b')
  const first = await bench.must('backup')
  const [before, objects] = [listFiles(bench.media), listFiles(join(bench.backups, 'objects'))]
  bench.write('stories/a.jpg', 'second')
  bench.write('stories/c.jpg', 'b')
  const second = await bench.must('backup')
  expect(second.media).toEqual({ files: 3, bytes: 8, newContents: 1, newBytes: 6 })
  expect(listFiles(join(bench.backups, 'objects'))).toMatchObject(objects)
  expect(await bringBack(first.name)).toEqual(before)
  expect(await bringBack(second.name)).toEqual(listFiles(bench.media))
})

test('a picture that is as it was indexed is not read again, one that changed behind the index is', async () => {
  bench.write('stories/a.jpg', 'content')
  await bench.must('backup')
  const modified = new Date('2026-11-01T10:00:00.123Z')
  await bench.query(`
    insert into media_items (file_path, file_name, file_size, file_hash, modified_at)
    values ('stories/a.jpg', 'a.jpg', 7, encode(sha256('content'), 'hex'), '${modified.toISOString()}')`)
  // The same size and time, so that only reading it would tell.
  bench.write('stories/a.jpg', 'CONTENT', modified)
  expect((await bench.must('backup')).media).toMatchObject({ newContents: 0 })
  rmSync(bench.backups, { recursive: true })
  const made = await bench.must('backup')
  expect(await bringBack(made.name)).toEqual(listFiles(bench.media))
})

test('what lies in the media folder is in the backup, but for hidden folders and links that lead out', async () => {
  bench.write('a.jpg', 'a')
  bench.write('.samples.json', '{}')
  bench.write('notes.txt', 'x')
  bench.write('.git/config', 'x')
  bench.write('.hidden/b.jpg', 'b')
  bench.write('name with � in it.txt', 'x')
  symlinkSync(join(bench.media, '.hidden'), join(bench.media, 'linked'))
  symlinkSync(join(bench.media, 'a.jpg'), join(bench.media, 'link.jpg'))
  symlinkSync('/etc/hosts', join(bench.media, 'outside.txt'))
  symlinkSync(bench.media, join(bench.media, 'loop'))
  symlinkSync('nowhere', join(bench.media, 'broken.jpg'))
  const made = await bench.must('backup')
  const paths = ['.samples.json', 'a.jpg', 'link.jpg', 'linked/b.jpg', 'name with � in it.txt', 'notes.txt']
  expect(Object.keys(await bringBack(made.name)).sort()).toEqual(paths)
})

test('backups that lie in the media folder are not backed up themselves', async () => {
  bench.write('a.jpg', 'a')
  const env = { BACKUP_DIR: join(bench.media, 'backups') }
  await bench.must('backup', [], { env })
  expect((await bench.must('backup', [], { env })).media).toMatchObject({ files: 1 })
})

test.runIf(process.platform === 'linux')(
  'a name that is no UTF-8 is named; the rest is backed up; one alert, which ends',
  async () => {
    bench.write('a.jpg', 'a')
    const bad = Buffer.concat([Buffer.from(`${bench.media}/b`), Buffer.from([0xff]), Buffer.from('.jpg')])
    writeFileSync(bad, 'b')
    const { exitCode, json, stderr } = await bench.run('backup')
    expect([exitCode, json.media.files, json.problems]).toEqual([
      3,
      1,
      [{ path: 'b�.jpg', reason: expect.stringContaining('rename it') }],
    ])
    expect(stderr).toContain('b�.jpg is not in the backup')
    await bench.run('backup')
    expect(await alert()).toEqual([{ state: 'open', severity: 'warning', summary: expect.stringContaining('b�.jpg') }])
    rmSync(bad)
    await bench.must('backup')
    expect(await alert()).toMatchObject([{ state: 'resolved' }])
  },
)

async function storeOf(): Promise<ObjectStore> {
  return {
    folder: bench.backups,
    seal: await openSeal(null),
    vouched: new Map(),
    now: new Date(0),
    unsynced: new Set(),
  }
}

/** Stores what was listed, after something happened to it. */
async function storeAfter(change: () => void) {
  const listing = await listMediaFiles(bench.media, [])
  change()
  return storeMedia(await storeOf(), listing, { db: bench.database.db, signal: new AbortController().signal })
}

test('a file that vanishes after it was listed is named, and does not keep the others out', async () => {
  bench.write('a.jpg', 'a')
  bench.write('b.jpg', 'b')
  const stored = await storeAfter(() => rmSync(join(bench.media, 'a.jpg')))
  expect(stored.problems).toEqual([{ path: 'a.jpg', reason: 'it vanished while it was read' }])
  expect(stored.entries.map(({ path }) => path)).toEqual(['b.jpg'])
})

test('a file that cannot be read is named with the reason', async () => {
  bench.write('a.jpg', 'a')
  const stored = await storeAfter(() => {
    rmSync(join(bench.media, 'a.jpg'))
    mkdirSync(join(bench.media, 'a.jpg'))
  })
  expect(stored.problems).toEqual([{ path: 'a.jpg', reason: 'it cannot be read (EISDIR)' }])
})

test('a file that changed after it was listed is stored as it is now, with its new size and time', async () => {
  bench.write('a.jpg', 'before')
  const modified = new Date('2026-11-20T10:00:00Z')
  const stored = await storeAfter(() => {
    writeFileSync(join(bench.media, 'a.jpg'), 'after it')
    utimesSync(join(bench.media, 'a.jpg'), modified, modified)
  })
  expect(stored.problems).toEqual([])
  expect(stored.entries).toMatchObject([{ path: 'a.jpg', bytes: 8, modifiedMs: modified.getTime() }])
})

test.each([
  ['is gone', () => renameSync(bench.media, `${bench.media}.off`)],
  ['is empty although the library is not', () => {}],
])('when the media folder %s the rest is backed up, and it is told', async (_, unmount) => {
  await bench.query(`
    insert into media_items (file_path, file_name, file_size, file_hash) values ('a.jpg', 'a.jpg', 1, repeat('0', 64))`)
  unmount()
  const { exitCode, json } = await bench.run('backup')
  expect([exitCode, json.parts, json.problems]).toEqual([
    3,
    ['database', 'config'],
    [{ path: '.', reason: expect.stringContaining(bench.media) }],
  ])
  expect(await alert()).toMatchObject([{ state: 'open', severity: 'warning' }])
  expect((await bench.run('verify-backups')).exitCode).toBe(0)
  const before = readdirSync(bench.backups)
  expect(await bench.run('backup', ['--media'])).toMatchObject({
    exitCode: 1,
    json: { error: { code: expect.stringContaining('media_root') } },
  })
  expect(readdirSync(bench.backups)).toEqual(before)
  mkdirSync(bench.media, { recursive: true })
})
