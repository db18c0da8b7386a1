import { spawn } from '@lydell/node-pty'
import xterm from '@xterm/headless'
import { afterEach, inject } from 'vitest'

/** A program in a real pseudo-terminal, and the screen that a person would see. */
export interface Session {
  pid: number
  type(keys: string): void
  resize(columns: number, rows: number): void
  /** Lines of the screen, from top to bottom. */
  screen(): string[]
  isAlternate(): boolean
  /** Everything that was ever written to the terminal. */
  written(): string
  /** Waits until the screen shows it; answers the screen. */
  shows(what: RegExp | string): Promise<string>
  hides(what: RegExp | string): Promise<string>
  ended: Promise<{ exitCode: number; signal: number }>
}

const LIMIT_MS = 25_000
const open: (() => void)[] = []
afterEach(() => {
  for (const close of open.splice(0)) close()
})

interface Options {
  env?: Record<string, string>
  columns?: number
  rows?: number
}

/** For a shell: the paths may hold spaces. */
export const launcher = () => `"${process.execPath}" "${inject('launcher')}"`

/** `storyline …`, alone in its terminal. */
export function startInTerminal(args: readonly string[], options: Options = {}): Session {
  return startProgram(process.execPath, [inject('launcher'), ...args], options)
}

export function startProgram(
  file: string,
  args: string[],
  { env = {}, columns = 80, rows = 24 }: Options = {},
): Session {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true })
  const pty = spawn(file, args, {
    name: 'xterm-256color',
    cols: columns,
    rows,
    cwd: '/',
    env: { PATH: process.env.PATH ?? '', TERM: 'xterm-256color', ...env },
  })
  let written = ''
  let hasEnded = false
  pty.onData((data) => {
    written += data
    terminal.write(data)
  })
  const ended = new Promise<{ exitCode: number; signal: number }>((resolve) => {
    pty.onExit(({ exitCode, signal = 0 }) => {
      hasEnded = true
      resolve({ exitCode, signal })
    })
  })
  open.push(() => {
    if (!hasEnded) pty.kill('SIGKILL')
    terminal.dispose()
  })
  const screen = () => {
    const { active } = terminal.buffer
    const lines = Array.from({ length: terminal.rows }, (_, i) => active.getLine(active.baseY + i))
    return lines.map((line) => line?.translateToString(true) ?? '')
  }
  const waitFor = async (what: string, isThere: (text: string) => boolean) => {
    const until = performance.now() + LIMIT_MS
    for (;;) {
      const text = screen().join('\n')
      if (isThere(text)) return text
      if (performance.now() > until) throw new Error(`the screen never ${what}; it was:\n${text}`)
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
  }
  const has = (text: string, what: RegExp | string) =>
    typeof what === 'string' ? text.includes(what) : what.test(text)
  return {
    pid: pty.pid,
    type: (keys) => pty.write(keys),
    resize: (width, height) => {
      terminal.resize(width, height)
      pty.resize(width, height)
    },
    screen,
    isAlternate: () => terminal.buffer.active.type === 'alternate',
    written: () => written,
    shows: (what) => waitFor(`showed ${what}`, (text) => has(text, what)),
    hides: (what) => waitFor(`hid ${what}`, (text) => !has(text, what)),
    ended,
  }
}
