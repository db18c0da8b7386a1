import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Bench, createBench, createEmptyDatabase, digest, listFiles } from './bench.ts'
import { seedNastyRows } from './nasty-rows.ts'

const SECRET = '1234567890:AAcanary-Token_of-the-backup-test-00'

let bench: Bench
/** Two key pairs: the file with the secret key, and the setting. */
let keys: { file: string; recipient: string }[]
let digests: Record<string, string>

beforeAll(async () => {
  bench = await createBench()
  await seedNastyRows(bench.database.db)
  bench.write('stories/mug.jpg', 'a picture of a mug')
  bench.write('stories/empty.txt', '')
  bench.write('stories/large.bin', Buffer.alloc(200_000, 'abc'))
  writeFileSync(join(bench.env.STORYLINE_HOME ?? '', '.env'), `TELEGRAM_BOT_TOKEN=${SECRET}\n`)
  keys = await Promise.all(
    ['one', 'two'].map(async (name) => {
      const identity = await generateIdentity()
      const file = join(bench.root, `${name}.key`)
      const recipient = await identityToRecipient(identity)
      writeFileSync(file, `# created: 2026\n# public key: ${recipient}\n${identity}\n`)
      return { file, recipient }
    }),
  )
})
beforeEach(async () => {
  rmSync(bench.backups, { recursive: true, force: true })
  await bench.query(`delete from backups where location = '${bench.backups}'`)
  digests = await digest(bench.database.url)
})
afterAll(() => bench.drop())

const key = (index: number) => keys[index] ?? { file: '', recipient: '' }
const sealedFor = (index: number) => ({ env: { BACKUP_RECIPIENT: key(index).recipient } })

test('nothing but the manifest can be read, and with the secret key everything comes back', async () => {
  const { name } = await bench.must('backup', [], sealedFor(0))
  const files = readdirSync(bench.backups, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(bench.backups, path)).isFile(),
  )
  const open = files.filter(
    (path) => !readFileSync(join(bench.backups, path)).toString('latin1').startsWith('age-encryption.org/v1\n'),
  )
  expect(open.sort()).toEqual([`${name}/manifest.json`, `${name}/manifest.sha256`])
  const manifest = readFileSync(join(bench.backups, name, 'manifest.json'), 'utf8')
  for (const word of ['mug.jpg', 'canary', 'Europe/Berlin']) expect(manifest).not.toContain(word)

  const empty = await createEmptyDatabase()
  const home = join(bench.root, 'new-home')
  rmSync(home, { recursive: true, force: true })
  const env = { DATABASE_URL: empty.url, MEDIA_BASE_PATH: join(home, 'media'), STORYLINE_HOME: home }
  const without = await bench.run('restore', [name], { env })
  expect(without).toMatchObject({ exitCode: 1, json: { error: { code: 'identity_missing' } } })
  const wrong = await bench.run('restore', [name, '--identity', key(1).file], { env })
  expect(wrong).toMatchObject({ exitCode: 1, json: { error: { code: 'identity_missing' } } })
  await bench.must('restore', [name, '--identity', key(0).file], { env })
  expect(await digest(empty.url)).toEqual(digests)
  expect(listFiles(env.MEDIA_BASE_PATH)).toEqual(listFiles(bench.media))
  await bench.must('restore', [name, '--config', '--identity', key(0).file], { env, home })
  expect(readFileSync(join(home, '.env'), 'utf8')).toContain(SECRET)
  expect(statSync(join(home, '.env')).mode & 0o777).toBe(0o600)
  await empty.drop()
})

test('without a recipient .env and every secret stay out, and the backup says so', async () => {
  const { name } = await bench.must('backup', [], { env: { TELEGRAM_BOT_TOKEN: SECRET, BACKUP_RETENTION_DAYS: '77' } })
  const folder = join(bench.backups, name)
  const text = readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), 'latin1'))
    .join('\n')
  expect(text).not.toContain('canary')
  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))
  expect(config).toMatchObject({
    env: expect.stringContaining('left out'),
    secrets: expect.arrayContaining(['TELEGRAM_BOT_TOKEN']),
  })
  expect(config.settings).toContainEqual({ name: 'BACKUP_RETENTION_DAYS', origin: 'environment', value: '77' })
  expect(config.config).toContainEqual({ key: 'timezone', value: 'Europe/Berlin', description: null })
})

test('verify-backups proves it only with the secret key, but sees a flipped byte without it', async () => {
  const { name } = await bench.must('backup', [], sealedFor(0))
  const unproven = await bench.run('verify-backups', [], sealedFor(0))
  expect(unproven).toMatchObject({ exitCode: 3, json: { backups: [{ name, verdict: 'unproven' }] } })
  expect(await bench.query(`select is_good, verified_at from backups where name = '${name}'`)).toEqual([
    { is_good: null, verified_at: null },
  ])
  await bench.must('verify-backups', ['--identity', key(0).file], sealedFor(0))
  for (const path of Object.keys(listFiles(bench.backups)).filter((file) => file.endsWith('.age'))) {
    const bytes = readFileSync(join(bench.backups, path))
    writeFileSync(
      join(bench.backups, path),
      bytes.map((byte, at) => (at === bytes.length - 20 ? byte ^ 1 : byte)),
    )
    const { exitCode, json } = await bench.run('verify-backups', [], sealedFor(0))
    expect([exitCode, json.backups[0].verdict, json.backups[0].problems[0]]).toEqual([
      3,
      'bad',
      expect.stringContaining(path),
    ])
    const damaged = join(bench.backups, `${path}.damaged`)
    if (existsSync(damaged)) rmSync(damaged)
    writeFileSync(join(bench.backups, path), bytes)
  }
})

test('contents are kept once for each key: older backups keep theirs after a change of keys', async () => {
  const first = await bench.must('backup', [], sealedFor(0))
  expect(first.media).toMatchObject({ files: 3, newContents: 3 })
  expect((await bench.must('backup', [], sealedFor(0))).media).toMatchObject({ newContents: 0 })
  const second = await bench.must('backup', [], sealedFor(1))
  expect(second.media).toMatchObject({ newContents: 3 })
  for (const [made, index] of [
    [first, 0],
    [second, 1],
  ] as const) {
    const env = { MEDIA_BASE_PATH: join(bench.root, `of-${index}`) }
    await bench.must('restore', [made.name, '--media', '--identity', key(index).file], { env })
    expect(listFiles(env.MEDIA_BASE_PATH)).toEqual(listFiles(bench.media))
  }
})

test('what an interrupted run left of a content is not trusted, because nothing says what it was', async () => {
  const { name } = await bench.must('backup', [], sealedFor(0))
  rmSync(join(bench.backups, name), { recursive: true })
  const [left = ''] = Object.keys(listFiles(bench.backups))
  const bytes = readFileSync(join(bench.backups, left))
  writeFileSync(
    join(bench.backups, left),
    bytes.map((byte, at) => (at === bytes.length - 20 ? byte ^ 1 : byte)),
  )
  expect((await bench.must('backup', [], sealedFor(0))).media).toMatchObject({ newContents: 3 })
  await bench.must('verify-backups', ['--identity', key(0).file], sealedFor(0))
})

test.each([
  ['is not there', '/nowhere/key.txt'],
  ['holds no key', '/dev/null'],
])('an identity file that %s is named', async (_, file) => {
  const { name } = await bench.must('backup', ['--config'], sealedFor(0))
  const { exitCode, json } = await bench.run('restore', [name, '--identity', file])
  expect([exitCode, json.error.code, json.error.message]).toEqual([
    1,
    'identity_unreadable',
    expect.stringContaining(file),
  ])
})
