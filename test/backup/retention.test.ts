import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type KnownBackup, planRetention } from '../../src/backup/retention.ts'
import { type Bench, createBench, listFiles, NOW } from './bench.ts'

const DAY_MS = 86_400_000
const daysAgo = (days: number) => new Date(NOW.getTime() - days * DAY_MS)

/** `40 full good`, oldest first or not: age in days, parts, what the last trial said. */
function known(text: string): KnownBackup {
  const [age = '', kind = '', trial] = text.split(' ')
  const parts = kind === 'full' ? (['database', 'media', 'config'] as const) : ([kind] as KnownBackup['parts'])
  return { name: text, begunAt: daysAgo(Number(age)), parts, isGood: trial === undefined ? null : trial === 'good' }
}

const TABLE: readonly (readonly [what: string, backups: string[], removed: string[]])[] = [
  ['nothing is old', ['1 full', '29 full', '30 full'], []],
  ['what is older than 30 days goes', ['1 full', '30.1 full', '400 full'], ['30.1 full', '400 full']],
  ['the newest verified one stays at any age', ['1 full', '40 full good', '50 full good'], ['50 full good']],
  ['without a verified one the newest stays at any age', ['40 full', '50 full'], ['50 full']],
  ['one that is known to be bad is spared last', ['40 full bad', '50 full', '60 full'], ['40 full bad', '60 full']],
  ['when all are bad the newest stays', ['40 full bad', '50 full bad'], ['50 full bad']],
  ['a backup of the settings does not stand in for the database', ['1 config good', '40 full good'], []],
  ['each part has a newest one of its own', ['40 database good', '50 media', '60 full'], []],
  ['an old one that newer parts replace goes', ['40 database', '41 media', '42 config', '60 full'], ['60 full']],
  ['a clock that was wrong loses nothing', ['-3000 full', '1 full'], []],
]

describe('retention', () => {
  test.each(TABLE)('%s', (_, backups, removed) => {
    const plan = planRetention(backups.map(known), { now: NOW, retentionDays: 30 })
    expect(plan.remove.map(({ name }) => name).sort()).toEqual([...removed].sort())
    expect(plan.keep.length + plan.remove.length).toBe(backups.length)
  })

  const backups = fc.uniqueArray(
    fc.record({
      age: fc.integer({ min: -10, max: 200 }),
      parts: fc.subarray(['database', 'media', 'config'] as const),
      isGood: fc.constantFrom(null, true, false),
    }),
    { selector: ({ age }) => age },
  )

  test('whatever there is: nothing young goes, and of every part the newest verified one stays', () => {
    fc.assert(
      fc.property(backups, fc.integer({ min: 1, max: 60 }), (drawn, retentionDays) => {
        const all = drawn.map(({ age, ...rest }) => ({ name: String(age), begunAt: daysAgo(age), ...rest }))
        const { keep, remove } = planRetention(all, { now: NOW, retentionDays })
        const kept = new Set(keep.map(({ name }) => name))
        expect([...kept, ...remove.map(({ name }) => name)].sort()).toEqual(all.map(({ name }) => name).sort())
        for (const { name } of remove) expect(Number(name)).toBeGreaterThan(retentionDays)
        for (const part of ['database', 'media', 'config'] as const) {
          const having = all.filter(({ parts }) => parts.includes(part)).sort((a, b) => Number(a.name) - Number(b.name))
          const verified = having.find(({ isGood }) => isGood)
          if (verified) expect(kept).toContain(verified.name)
          if (having.length > 0) expect(having.some(({ name }) => kept.has(name))).toBe(true)
        }
      }),
    )
  })
})

describe('in BACKUP_DIR', () => {
  let bench: Bench
  beforeAll(async () => {
    bench = await createBench()
  })
  afterAll(() => bench.drop())
  // Ages of contents are told by the file system's clock.
  const at = (days: number) => ({ now: new Date(Date.now() + days * DAY_MS) })
  const objects = () => Object.keys(listFiles(bench.backups)).filter((path) => path.startsWith('objects/'))

  test('old backups go, and with them the contents that nobody else names; the newest verified one stays', async () => {
    bench.write('stories/kept.jpg', 'kept')
    bench.write('stories/verified.jpg', 'only in the verified one')
    const verified = await bench.must('backup', [], at(0))
    await bench.must('verify-backups', [], at(0))
    bench.write('stories/verified.jpg', 'only in the second one')
    const second = await bench.must('backup', [], at(1))
    bench.write('stories/verified.jpg', 'only in the third one')
    expect(objects()).toHaveLength(3)

    const preview = await bench.must('backup', ['--dry-run'], at(40))
    expect(preview.retention.remove).toEqual([{ name: second.name, why: 'older than 30 days' }])
    const third = await bench.must('backup', [], at(40))
    expect(third.removed).toEqual(preview.retention.remove)
    expect(third.removedContents).toBe(1)
    expect(objects()).toHaveLength(3)
    const rows = await bench.query('select name, removed_at is not null as removed from backups order by created_at')
    expect(rows).toEqual([
      { name: verified.name, removed: false },
      { name: second.name, removed: true },
      { name: third.name, removed: false },
    ])
    await bench.must('verify-backups', ['--all'], at(40))
  })

  test('a backup that lacks something removes nothing', async () => {
    await bench.must('backup', [], at(80))
    const env = { MEDIA_BASE_PATH: join(bench.root, 'not-mounted') }
    const { json, exitCode } = await bench.run('backup', [], { ...at(200), env })
    expect([exitCode, json.removed, json.parts]).toEqual([3, [], ['database', 'config']])
    expect((await bench.must('backup', [], at(201))).removed).not.toEqual([])
  })
})
