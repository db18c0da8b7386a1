import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, test } from 'vitest'
import { findOpenEnvFile, judgeEnvFileMode } from '../../src/env-file-mode.ts'
import { changeEnvFile, requireWritableHome } from '../../src/setup/env-file.ts'

let home: string
let file: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'storyline env '))
  file = join(home, '.env')
})
afterEach(() => {
  rmSync(home, { recursive: true, force: true })
})

const modeOf = (path: string) => statSync(path).mode & 0o777
const change = (values: Record<string, string>) => changeEnvFile(home, new Map(Object.entries(values)))

it('creates the file for its owner only, with a word about where it comes from', async () => {
  await change({ TIMEZONE: 'UTC' })
  expect(readFileSync(file, 'utf8')).toMatch(/^# Written by `storyline init`.*\nTIMEZONE=UTC\n$/)
  expect(modeOf(file)).toBe(0o600)
  expect(readdirSync(home)).toEqual(['.env'])
})

it('keeps what is there, and closes a file that everybody could read', async () => {
  writeFileSync(file, '\uFEFF# mine\nTIMEZONE=UTC\nDB_PASSWORD="a#b"\n', { mode: 0o644 })
  await change({ TIMEZONE: 'Europe/Berlin' })
  expect(readFileSync(file, 'utf8')).toBe('\uFEFF# mine\nTIMEZONE=Europe/Berlin\nDB_PASSWORD="a#b"\n')
  expect(modeOf(file)).toBe(0o600)
})

it('a comment that looks like a setting, in a last line without an end, is no obstacle', async () => {
  writeFileSync(file, 'A=1\n# B=2')
  await change({ A: '2', C: '3' })
  expect(readFileSync(file, 'utf8')).toBe('A=2\n# B=2\nC=3\n')
})

it('what says that already is not written again, but for its mode', async () => {
  writeFileSync(file, 'TIMEZONE=UTC\n', { mode: 0o600 })
  const before = statSync(file).ino
  await change({ TIMEZONE: 'UTC' })
  expect(statSync(file).ino).toBe(before)
  chmodSync(file, 0o640)
  await change({ TIMEZONE: 'UTC' })
  expect(modeOf(file)).toBe(0o600)
})

it('a link stays a link', async () => {
  mkdirSync(join(home, 'elsewhere'))
  writeFileSync(join(home, 'elsewhere/env'), 'A=1\n')
  symlinkSync('elsewhere/env', file)
  await change({ A: '2' })
  expect(lstatSync(file).isSymbolicLink()).toBe(true)
  expect(readFileSync(join(home, 'elsewhere/env'), 'utf8')).toBe('A=2\n')
})

it('a file of an odd form is left as it is, with what to do by hand and without the values', async () => {
  const odd = "not an assignment\nA=1\n=\nB='unclosed\n"
  writeFileSync(file, odd, { mode: 0o600 })
  await expect(change({ TELEGRAM_BOT_TOKEN: 'canary', A: '2' })).rejects.toMatchObject({
    code: 'env_file_odd',
    exitCode: 4,
    message: expect.not.stringContaining('canary'),
    fix: expect.stringMatching(/^(?!.*canary).*TELEGRAM_BOT_TOKEN, A/),
  })
  expect(readFileSync(file, 'utf8')).toBe(odd)
  expect(readdirSync(home)).toEqual(['.env'])
})

it.runIf(userInfo().uid === 0)(
  'root leaves the file to its owner, and a new one to the owner of the folder',
  async () => {
    writeFileSync(file, 'A=1\n')
    chownSync(file, 1234, 1235)
    await change({ A: '2' })
    expect(statSync(file)).toMatchObject({ uid: 1234, gid: 1235 })
    rmSync(file)
    chownSync(home, 2345, 2346)
    await change({ A: '2' })
    expect(statSync(file)).toMatchObject({ uid: 2345, gid: 2346 })
  },
)

it.each([
  ['is missing', () => rmSync(home, { recursive: true }), 'Create the folder'],
  ['is a file', () => [rmSync(home, { recursive: true }), writeFileSync(home, '')], 'owner of that folder'],
])('a home that %s is named before anything is asked', async (_, spoil, fix) => {
  spoil()
  await expect(requireWritableHome(home)).rejects.toMatchObject({
    code: 'env_file_not_writable',
    fix: expect.stringContaining(fix),
  })
  await expect(change({ A: '1' })).rejects.toMatchObject({ code: 'env_file_not_writable' })
})

test.each([
  [0o600, false],
  [0o640, false],
  [0o100600, false],
  [0o644, true],
  [0o100644, true],
  [0o604, true],
  [0o777, true],
])('mode %o is a danger: %s', (mode, isDanger) => {
  expect(judgeEnvFileMode('/srv/.env', mode) !== null).toBe(isDanger)
})

it('finds a .env that everybody may read, also behind a link; a missing one is fine', () => {
  expect(findOpenEnvFile(home)).toBeNull()
  writeFileSync(join(home, 'real'), 'A=1\n')
  chmodSync(join(home, 'real'), 0o600)
  symlinkSync('real', file)
  expect(findOpenEnvFile(home)).toBeNull()
  chmodSync(join(home, 'real'), 0o644)
  expect(findOpenEnvFile(home)).toContain(`chmod 600 '${file}'`)
})
