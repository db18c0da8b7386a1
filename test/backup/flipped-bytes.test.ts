import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Bench, createBench, listFiles } from './bench.ts'
import { seedNastyRows } from './nasty-rows.ts'

const RANDOM_POSITIONS = 8
const SEED = 20_261_121

/** Numbers from 0 to 1, the same in every run (mulberry32). */
function makeRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The first byte, the last one and some between them, each with one bit to be changed. */
function chooseFlips(bytes: number): { at: number; bit: number }[] {
  const random = makeRandom(SEED + bytes)
  const below = (limit: number) => Math.floor(random() * limit)
  const between = Array.from({ length: RANDOM_POSITIONS }, () => below(bytes))
  return [0, bytes - 1, ...between].map((at) => ({ at, bit: below(8) }))
}

let bench: Bench
beforeAll(async () => {
  bench = await createBench()
  await seedNastyRows(bench.database.db)
  bench.write('stories/mug.jpg', 'a picture of a mug')
  bench.write('stories/large.jpg', Buffer.alloc(150_000, 'another picture '))
  writeFileSync(join(bench.env.STORYLINE_HOME ?? '', '.env'), 'POSTS_PER_DAY=3\n')
})
afterAll(() => bench.drop())

describe.each([
  ['a backup', async () => ({ env: {}, identity: [] })],
  [
    'an encrypted backup',
    async () => {
      const identity = await generateIdentity()
      const file = join(bench.root, 'key.txt')
      writeFileSync(file, `${identity}\n`)
      return { env: { BACKUP_RECIPIENT: await identityToRecipient(identity) }, identity: ['--identity', file] }
    },
  ],
] as const)('one flipped bit in %s', (_, prepare) => {
  test('is caught and named, whatever file it is in and wherever', async () => {
    const { env, identity } = await prepare()
    rmSync(bench.backups, { recursive: true, force: true })
    const { name } = await bench.must('backup', [], { env })
    await bench.must('verify-backups', identity, { env })
    const files = Object.keys(listFiles(bench.backups))
    // Database, settings (encrypted: with .env), list of media, manifest and its checksum, two contents.
    expect(files).toHaveLength('BACKUP_RECIPIENT' in env ? 8 : 7)
    for (const file of files) {
      const path = join(bench.backups, file)
      const whole = readFileSync(path)
      for (const { at, bit } of chooseFlips(whole.length)) {
        const flipped = Buffer.from(whole)
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit)
        writeFileSync(path, flipped)
        // The secret key is not needed to see it.
        const { exitCode, json } = await bench.run('verify-backups', [], { env })
        const where = `bit ${bit} of byte ${at} of ${file}`
        expect([exitCode, json.backups[0].verdict], where).toEqual([3, 'bad'])
        expect(json.backups[0].problems, where).toEqual([expect.stringContaining(file.replace(`${name}/`, ''))])
        if (existsSync(`${path}.damaged`)) rmSync(`${path}.damaged`)
        writeFileSync(path, whole)
      }
    }
    await bench.must('verify-backups', identity, { env })
  }, 300_000)
})
