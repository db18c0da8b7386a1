import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { runCli } from '../../src/cli.ts'
import { lineWidth } from '../../src/output/wrap.ts'
import { emptyTables, NOW } from '../schedule/commanding.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { createLibrary, type Library } from '../support/stories.ts'
import { plain } from './rendering.ts'

let t: TestDatabase
let library: Library

beforeAll(async () => {
  t = await createTestDatabase()
  library = await createLibrary(t.db)
})
beforeEach(async () => {
  await emptyTables(t.db)
  const title = 'A title that is long enough to be broken beside the picture of a story on a terminal'
  const red = await plain(1080, 1920, [250, 10, 10]).png().toBuffer()
  await library.add('memes/cat.jpg', { title, width: 1080, height: 1920 }, red)
})
afterAll(async () => {
  library.remove()
  await t.drop()
})

interface Terminal {
  env?: Record<string, string>
  columns?: number
  isTTY?: boolean
}

async function show(argv: readonly string[], { env = {}, columns = 80, isTTY = true }: Terminal = {}) {
  const text = { stdout: '', stderr: '' }
  const stream = (name: keyof typeof text) =>
    ({
      isTTY,
      columns,
      write: (chunk: string) => {
        text[name] += chunk
        return true
      },
    }) as unknown as NodeJS.WritableStream
  const exitCode = await runCli({
    argv: ['show-media', 'cat.jpg', ...argv],
    env: { DATABASE_URL: t.url, STORYLINE_HOME: '/nonexistent', MEDIA_BASE_PATH: library.path, TERM: 'xterm', ...env },
    streams: { stdout: stream('stdout'), stderr: stream('stderr') },
    signal: new AbortController().signal,
    now: () => NOW,
    random: () => 0.25,
  })
  return { exitCode, ...text, lines: text.stdout.trimEnd().split('\n') }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences that are looked for
const plainText = (line: string) => line.replace(/\x1b\[[\d;]*m/g, '')
const TRUECOLOR = { env: { TERM: 'xterm-256color', COLORTERM: 'truecolor' } }

describe('on a terminal show-media draws the picture', () => {
  test('beside its text, which loses nothing, within 80×24', async () => {
    const { exitCode, lines, stderr } = await show([], TRUECOLOR)
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(lines.length).toBeLessThan(24)
    expect(Math.max(...lines.map((line) => lineWidth(plainText(line))))).toBeLessThanOrEqual(80)
    const drawn = lines.filter((line) => line.includes('▀'))
    expect(drawn).toHaveLength(20)
    for (const line of drawn) {
      expect(line).toMatch('\x1b[38;2;250;10;10;48;2;250;10;10m')
      expect(plainText(line)).toMatch(/^▀{23}(?: {2}|$)[^▀]*$/)
    }
    const piped = (await show([], { isTTY: false })).lines
    const words = (text: readonly string[]) =>
      plainText(text.join(' ')).replaceAll('▀', '').split(/\s+/).filter(Boolean)
    // Only the hash is longer than a line beside the picture.
    expect(words(lines).join('')).toBe(words(piped).join(''))
  })

  test('in 256 colours, and in ASCII where there are none', async () => {
    const few = (await show([], { env: { TERM: 'xterm-256color' } })).stdout
    expect(few).toContain('\x1b[38;5;196;48;5;196m▀')
    const none = await show(['--no-color'], TRUECOLOR)
    for (const sign of ['▀', '\x1b']) expect(none.stdout).not.toContain(sign)
    expect(none.lines[1]).toMatch(/^[-.:=+*#]{23} {4}Id: /)
    expect((await show([], { env: { ...TRUECOLOR.env, NO_COLOR: '1' } })).stdout).toBe(none.stdout)
  })

  test('in pixels where the terminal can, after room was made for it', async () => {
    const kitty = await show([], { env: { TERM: 'xterm-kitty' } })
    const room = `${'\n'.repeat(20)}\x1b[20A`
    expect(kitty.stdout.startsWith(`${room}\x1b_Ga=T,f=100,c=23,r=20,C=1,q=2,m=`)).toBe(true)
    const iterm = await show([], { env: { TERM: 'xterm-256color', TERM_PROGRAM: 'iTerm.app' } })
    expect(iterm.stdout.startsWith(`${room}\x1b7\x1b]1337;File=inline=1;size=`)).toBe(true)
    expect(iterm.stdout).toContain(';width=23;height=20;preserveAspectRatio=1:')
    for (const { stdout } of [kitty, iterm]) expect(stdout).toContain('\x1b[25C  Id:           ')
  })

  test('but not with --no-picture, --json, in a pipe, or where there is no room for it', async () => {
    const without = await show(['--no-picture'], TRUECOLOR)
    expect(plainText(without.stdout)).toBe((await show([], { isTTY: false })).stdout)
    expect((await show([], { ...TRUECOLOR, columns: 60 })).stdout).toBe(without.stdout)
    expect((await show(['--json'], TRUECOLOR)).stdout).toMatch(/^\{\n {2}"id"/)
  })

  test('says why there is none, and shows the rest', async () => {
    writeFileSync(join(library.path, 'stories/memes/cat.jpg'), 'no picture')
    const { exitCode, stdout, stderr } = await show([], TRUECOLOR)
    expect([exitCode, stderr]).toEqual([
      0,
      expect.stringMatching(/^No picture: the picture cannot be decoded: .*\.\n$/),
    ])
    expect(stdout).toBe((await show(['--no-picture'], TRUECOLOR)).stdout)
  })
})
