import { chownSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openLogFile } from '../../src/output/log-file.ts'
import { runStoryline } from '../support/cli.ts'
import { useTeam } from '../support/team.ts'

const team = useTeam()
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'storyline-log-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const env = (more: Record<string, string> = {}) => team.env({ LOG_FILE: join(folder, 'logs/storyline.log'), ...more })
const lines = (file = join(folder, 'logs/storyline.log')) =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

test('what commands say is also a line of JSON, with the run that said it', async () => {
  await team.library.plan('a.jpg')
  await runStoryline(['process-queue'], { env: env() })
  await runStoryline(['cancel', '4711'], { env: env() })
  expect(lines()).toMatchObject([
    { level: 30, command: 'process-queue', msg: expect.stringContaining('sent to telegram'), time: expect.any(String) },
    { level: 40, command: 'cancel', msg: expect.stringContaining('4711') },
  ])
  expect(new Set(lines().map(({ run }) => run)).size).toBe(2)
  expect(statSync(join(folder, 'logs/storyline.log')).mode & 0o777).toBe(0o600)
})

test('--quiet and --json silence the terminal, not the log; a tick with nothing to do says nothing', async () => {
  await runStoryline(['process-queue'], { env: env() })
  expect(existsSync(join(folder, 'logs'))).toBe(false)
  await team.library.plan('a.jpg')
  const { stdout } = await runStoryline(['process-queue', '--quiet', '--json'], { env: env() })
  expect([JSON.parse(stdout).claimed, lines().length]).toEqual([1, 1])
})

test('it may be moved away between two lines', async () => {
  await runStoryline(['pause'], { env: env() })
  renameSync(join(folder, 'logs/storyline.log'), join(folder, 'old.log'))
  await runStoryline(['resume'], { env: env() })
  expect([lines(join(folder, 'old.log')).length > 0, lines().length > 0]).toEqual([true, true])
})

test('a file that cannot be written is told once and stops nobody', async () => {
  const { code, stderr } = await runStoryline(['pause'], { env: env({ LOG_FILE: join(folder, 'x'.repeat(300)) }) })
  expect([code, stderr.match(/LOG_FILE/g)?.length]).toEqual([0, 1])
})

test('its folders belong to the owner of the folder above, also when root is the first to write', () => {
  const own = userInfo()
  const owner = own.uid === 0 ? { uid: 12345, gid: 12346 } : own
  chownSync(folder, owner.uid, owner.gid)
  const path = join(folder, 'a/b/storyline.log')
  openLogFile({ path, level: 'info', base: { run: 'r', command: 'c' } }, () => {}).info('x')
  for (const made of ['a', 'a/b', 'a/b/storyline.log']) {
    const { uid, gid } = statSync(join(folder, made))
    expect([uid, gid]).toEqual([owner.uid, owner.gid])
  }
})

test('colours and pictures of a terminal stay out of it', () => {
  const path = join(folder, 'drawn.log')
  const log = openLogFile({ path, level: 'info', base: { run: 'r', command: 'c' } }, () => {})
  log.info('\u001b[38;2;1;2;3m▀\u001b[0m red \u001b_Ga=T,f=100;QUJD\u001b\\kitty')
  log.warn('\u001b]1337;File=inline=1:QUJD\u0007iterm \u001b[1mbold\u001b[22m')
  expect(lines(path).map(({ msg }) => msg)).toEqual(['▀ red kitty', 'iterm bold'])
})

test('LOG_LEVEL leaves out what is below it', async () => {
  await runStoryline(['pause'], { env: env({ LOG_LEVEL: 'warn' }) })
  await runStoryline(['cancel', '4711'], { env: env({ LOG_LEVEL: 'warn' }) })
  expect(lines().map(({ command }) => command)).toEqual(['cancel'])
})
