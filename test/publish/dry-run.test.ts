import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { type Finished, runStoryline } from '../support/cli.ts'
import { useTeam } from '../support/team.ts'

const team = useTeam()

const json = ({ stdout }: Finished) => JSON.parse(stdout)

/** Every table's rows, as one text: equal means that nothing was written. */
async function everything(): Promise<string> {
  const tables = await team.db.execute<{ name: string }>(
    sql`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`,
  )
  const dumps = []
  for (const { name } of tables) {
    dumps.push(
      await team.db.execute(sql`select ${name} as t, t.*, t.xmin::text from ${sql.identifier(name)} t order by 1, 2`),
    )
  }
  return JSON.stringify(dumps)
}

test.each([
  ['--dry-run', ['--dry-run'], {}],
  ['DRY_RUN_MODE=true', [], { DRY_RUN_MODE: 'true' }],
])('%s shows what a tick would do, sends nothing and writes nothing', async (_name, args, more) => {
  const { item } = await team.library.plan('due.jpg', { media: { title: 'Due <b>' } })
  await team.library.plan('old.jpg', { minutesAgo: 500 })
  await team.library.plan('later.jpg', { minutesAgo: -60 })
  const before = await everything()
  const shown = await runStoryline(['process-queue', ...args], { env: team.env(more) })
  expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining('📌 Title: Due <b>') })
  expect(shown.stdout).toContain('[dry run] #1 stories/due.jpg would be sent to telegram\n')
  expect(shown.stdout).toContain('[dry run] #2 stories/old.jpg would be missed: more than 120 minutes late\n')
  const report = json(await runStoryline(['process-queue', '--json', ...args], { env: team.env(more) }))
  expect(report).toEqual({
    claimed: 1,
    delivered: [{ id: item.id, channel: 'telegram' }],
    retrying: [],
    failed: [],
    handedOver: [],
    missed: [{ id: expect.any(String), reason: 'more than 120 minutes late' }],
    unconfirmed: [],
    released: [],
    dryRun: true,
  })
  expect(await everything()).toBe(before)
  expect(team.fake.calls()).toEqual([])
})

test('a tick names the stories, open or ended, as people know them', async () => {
  await team.library.plan('due.jpg')
  await team.library.plan('o\u001bld.jpg', { minutesAgo: 500 })
  const { stdout, code } = await runStoryline(['process-queue'], { env: team.env() })
  expect([code, stdout.trim().split('\n').sort()]).toEqual([
    3,
    ['#1 stories/due.jpg sent to telegram', '#2 stories/o\\u{1b}ld.jpg missed: more than 120 minutes late'],
  ])
})

test('the bot in DRY_RUN_MODE says so and reads nothing', async () => {
  const { code, stdout } = await runStoryline(['bot'], { env: team.env({ DRY_RUN_MODE: 'true' }) })
  expect(code).toBe(0)
  expect(stdout).toContain('DRY_RUN_MODE')
  expect(team.fake.calls()).toEqual([])
})
