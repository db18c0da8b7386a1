import { expect, it } from 'vitest'
import { runStoryline } from '../support/cli.ts'
import { useTeam as openTeam } from '../support/team.ts'

const team = openTeam()

const run = (args: readonly string[], env: Record<string, string> = {}) =>
  runStoryline(['dashboard', ...args], { env: team.env(env) })

it.each([[[]], [['--once']]])('without a terminal it is one look as text: %j', async (args) => {
  await team.library.plan('mug.jpg', { minutesAgo: -60, media: { title: 'Mug \u001b[31m🫖' } })
  const { code, stdout, stderr } = await run(args)
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(
    /^Storyline at .* UTC\n\nNext: 1\n {2}#1 stories\/mug\.jpg "Mug \\u\{1b\}\[31m🫖", .*\n\nWaiting: /,
  )
  for (const part of ['Recent: ', 'Library: ', 'Health: unhealthy']) expect(stdout).toContain(`\n\n${part}`)
  expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u2500-\u257f]/u)
})

it('--json is one document, of the shape that --help shows', async () => {
  await team.library.plan('mug.jpg', { minutesAgo: -60 })
  const { code, stdout, stderr } = await run(['--json'], { TIMEZONE: 'Europe/Berlin' })
  expect([code, stderr]).toEqual([0, ''])
  const json = JSON.parse(stdout)
  expect(Object.keys(json).sort()).toEqual(
    ['takenAt', 'paused', 'next', 'waiting', 'recent', 'timeZone', 'isDryRun', 'library', 'health'].sort(),
  )
  expect(Object.keys(json.library).sort()).toEqual(
    ['active', 'samples', 'runwayDays', 'categories', 'locks', 'problems', 'planned'].sort(),
  )
  expect(Object.keys(json.health).sort()).toEqual(['status', 'checks', 'lastTickAt', 'lastPollAt'].sort())
  expect(json.next).toMatchObject({ total: 1, entries: [{ file: 'stories/mug.jpg', waitsFor: null }] })
  expect(json.next.entries[0].scheduledFor).toMatch(/\+0[12]:00$/)
  const { stdout: help } = await run(['--help'])
  for (const name of [...Object.keys(json), ...Object.keys(json.library), ...Object.keys(json.health)]) {
    expect(help).toMatch(new RegExp(`\\b${name}\\b`))
  }
})

it('changes nothing and asks nobody', async () => {
  await team.library.plan('due.jpg')
  await run(['--once'])
  expect(team.fake.calls()).toEqual([])
  const [row] = await team.db.execute<{ runs: number }>('select count(*)::int as runs from service_runs')
  expect(row?.runs).toBe(0)
})
