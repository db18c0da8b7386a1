import { EventEmitter } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import xterm from '@xterm/headless'
import { afterAll, describe, expect, it } from 'vitest'
import type { Action, ActionResult, ActionsFor } from '../../../src/dashboard/action.ts'
import { paintLine } from '../../../src/dashboard/line.ts'
import { createPainter } from '../../../src/dashboard/painter.ts'
import { createPictures } from '../../../src/dashboard/pictures.ts'
import { runScreenOn } from '../../../src/dashboard/screen.tsx'
import type { Live, SnapshotSource } from '../../../src/dashboard/snapshot.ts'
import type { Size, State } from '../../../src/dashboard/state.ts'
import type { Terminal } from '../../../src/dashboard/terminal.ts'
import { screenLines } from '../../../src/dashboard/views/screen-lines.ts'
import { testContext } from '../../support/database.ts'
import { pattern } from '../../support/pictures.ts'
import {
  BUSY,
  connected,
  LARGE,
  NO_PICTURE,
  NOW,
  press,
  SKIP,
  SMALL,
  snapshot,
  someActions,
  stateOf,
} from './fixtures.ts'

/** What Ink reads keys from. */
function keyboard() {
  let waiting: string | null = null
  const stdin = Object.assign(new EventEmitter(), {
    isTTY: true,
    isRaw: false,
    setEncoding: () => stdin,
    setRawMode: (isRaw: boolean) => Object.assign(stdin, { isRaw }),
    pause: () => stdin,
    ref: () => stdin,
    unref: () => stdin,
    read: () => {
      const text = waiting
      waiting = null
      return text
    },
  })
  const type = (keys: string) => {
    waiting = keys
    stdin.emit('readable')
  }
  return { stdin, type }
}

interface Options {
  size?: Size
  isPlain?: boolean
  actionsFor?: ActionsFor
  runAction?: (action: Action) => Promise<ActionResult>
  live?: Live
}

/** The screen on a terminal of paper: everything but the process around it is real. */
function startScreen({ size = SMALL, isPlain = false, actionsFor = someActions, ...options }: Options = {}) {
  const { stdin, type } = keyboard()
  const log: string[] = []
  let written = ''
  let job = { stop: () => {}, goOn: () => {} }
  const terminal: Terminal = {
    stdin: stdin as unknown as NodeJS.ReadStream,
    write: (text) => {
      written += text
    },
    size: () => size,
    onResize: () => () => log.push('no more sizes'),
    enter: () => void log.push('enter'),
    leave: () => void log.push('leave'),
    suspend: () => void log.push('suspend'),
    interrupt: () => {
      log.push('interrupt')
      abort.abort()
    },
    onJobControl: (react) => {
      job = react
      return () => void log.push('no more signals')
    },
  }
  let report = (_: Live) => {}
  const source: SnapshotSource = {
    start: (listener) => {
      report = listener
      report(options.live ?? connected(snapshot()))
    },
    refresh: async () => void log.push('refresh'),
    stop: async () => void log.push('stop source'),
  }
  const abort = new AbortController()
  const ctx = testContext(undefined as never, { now: NOW, signal: abort.signal })
  const { runAction = async () => ({ isDone: true, lines: ['done'] }) } = options
  const ended = runScreenOn(terminal, { ctx, source, runAction, actionsFor }, isPlain)
  return {
    ...{ type, log, abort, ended, stdin, ctx },
    written: () => written,
    text: () => stripVTControlCharacters(written),
    report: (live: Live) => report(live),
    job: () => job,
  }
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 20))

describe('the screen', () => {
  it('takes the terminal, and gives it back with q', async () => {
    const screen = startScreen()
    await settle()
    expect([screen.log, screen.stdin.isRaw]).toEqual([['enter'], true])
    screen.type('q')
    await screen.ended
    expect(screen.stdin.isRaw).toBe(false)
    expect(screen.log).toEqual(['enter', 'no more sizes', 'no more signals', 'leave', 'stop source'])
  })

  it('with a signal', async () => {
    const screen = startScreen()
    await settle()
    screen.abort.abort()
    await screen.ended
    expect(screen.log.slice(-2)).toEqual(['leave', 'stop source'])
  })

  it('with Ctrl-C, as if it were a signal', async () => {
    const screen = startScreen()
    await settle()
    screen.type('\u0003')
    await screen.ended
    expect(screen.log).toContain('interrupt')
    expect(screen.log.indexOf('leave')).toBeLessThan(screen.log.indexOf('interrupt'))
    expect(screen.log.at(-1)).toBe('stop source')
  })

  it('with an error of its own, which is not swallowed', async () => {
    const screen = startScreen({
      actionsFor: () => {
        throw new Error('a mistake')
      },
    })
    await expect(screen.ended).rejects.toThrow('a mistake')
    expect([screen.stdin.isRaw, screen.log.slice(-2)]).toEqual([false, ['leave', 'stop source']])
  })

  it('goes to the background and comes back as it was', async () => {
    const screen = startScreen()
    await settle()
    screen.type('j')
    await settle()
    screen.type('\u001a')
    await settle()
    expect([screen.log, screen.stdin.isRaw]).toEqual([['enter', 'leave', 'suspend'], false])
    const before = screen.written().length
    screen.job().goOn()
    await settle()
    expect([screen.log.at(-1), screen.stdin.isRaw]).toEqual(['enter', true])
    expect(screen.written().slice(before)).toContain('2/3')
    screen.type('q')
    await screen.ended
  })

  it('reads keys that were typed faster than it looked', async () => {
    const screen = startScreen()
    await settle()
    screen.type('jj/mug\rq')
    await screen.ended
    expect(screen.log.at(-1)).toBe('stop source')
  })

  it('lives on while an action is under way, and looks again after it', async () => {
    let finish = (_: ActionResult) => {}
    const asked: Action[] = []
    const screen = startScreen({
      runAction: (action) => {
        asked.push(action)
        return new Promise((resolve) => {
          finish = resolve
        })
      },
    })
    await settle()
    screen.type('sy')
    await settle()
    expect(asked).toEqual([SKIP])
    expect(screen.text()).toContain('… skip: under way')
    screen.type('T')
    await settle()
    expect(asked).toHaveLength(1)
    expect(screen.text()).not.toContain('Skipped #47.')
    finish({ isDone: true, lines: ['Skipped #47.'] })
    await settle()
    expect(screen.text()).toContain('✓ Skipped #47.')
    expect(screen.log).toContain('refresh')
    screen.type('q')
    await screen.ended
  })

  it('waits for an action that is under way when somebody leaves', async () => {
    let finish = (_: ActionResult) => {}
    const screen = startScreen({
      runAction: () =>
        new Promise((resolve) => {
          finish = resolve
        }),
    })
    await settle()
    screen.type('syq')
    await settle()
    let hasEnded = false
    void screen.ended.then(() => {
      hasEnded = true
    })
    await settle()
    expect([screen.log.includes('leave'), hasEnded]).toEqual([true, false])
    expect(screen.ctx.stderr()).toContain('"skip" is still under way')
    finish({ isDone: true, lines: [] })
    await screen.ended
  })

  it('writes what changed and nothing else', async () => {
    const screen = startScreen({ live: connected(BUSY) })
    await settle()
    const before = screen.written().length
    screen.type('j')
    await settle()
    const move = screen.written().slice(before)
    expect(stripVTControlCharacters(move)).toContain('2/500')
    expect(move.length).toBeLessThan(2000)
    screen.report(connected({ ...BUSY }))
    await settle()
    expect(screen.written().length).toBe(before + move.length)
    screen.type('q')
    await screen.ended
  })
})

describe('for a screen reader', () => {
  it('it is sentences, without frames, and only what is new', async () => {
    const screen = startScreen({ isPlain: true })
    await settle()
    const first = screen.text()
    expect(first).not.toMatch(/[\u2500-\u257f\u2580-\u259f▸]/u)
    expect(first).toContain('Storyline, ✓ OK')
    expect(first).toContain('2 Waiting: 1 with the team, 1 in doubt')
    expect(first).toContain('Panel Next')
    expect(first).toMatch(/selected 1 of 3: Today, 15:12, #47, mug\.jpg, ◇ telegram, in 12 min/)
    screen.type('j')
    await settle()
    expect(screen.text().slice(first.length)).toMatch(/^selected 2 of 3: .*picture-48\.jpg.*\n$/)
    screen.type('\r')
    await settle()
    expect(screen.text()).toMatch(/Planned: Sat Nov 21 18:00 \(in 3 h 00\)/)
    screen.type('?')
    await settle()
    expect(screen.text()).toMatch(/down/)
    screen.type('qqq')
    await screen.ended
    expect(screen.written()).not.toContain('\u001b[2J')
  })
})

describe('the painter', () => {
  const shown = async (terminal: xterm.Terminal) => {
    await new Promise<void>((resolve) => terminal.write('', resolve))
    return Array.from({ length: terminal.rows }, (_, i) =>
      terminal.buffer.active.getLine(i)?.translateToString(true).trimEnd(),
    )
  }
  const linesOf = (state: State) =>
    screenLines({ state, actions: [], picture: NO_PICTURE }).map((line) => paintLine(line, true))

  it.each([SMALL, LARGE])('leaves on the screen what was meant, change by change: %j', async (size) => {
    const terminal = new xterm.Terminal({ cols: size.columns, rows: size.rows, allowProposedApi: true })
    const painter = createPainter((text) => terminal.write(text))
    const keys = [
      'j',
      'G',
      '3',
      'enter',
      'esc',
      '?',
      'esc',
      '4',
      '/',
      'm',
      'enter',
      'esc',
      '5',
      '1',
      's',
      'n',
      'w',
      'w',
    ]
    let state = stateOf(connected(BUSY), size)
    for (const key of keys) {
      state = press(state, key)
      painter.paint(linesOf(state))
      const expected = linesOf(state).map((line) => stripVTControlCharacters(line).trimEnd())
      expect([key, await shown(terminal)]).toEqual([key, [...expected, '']])
    }
    painter.paint(['short'])
    expect((await shown(terminal)).join('')).toBe('short')
  })

  it('colours only where colours are wanted, and says the same without them', () => {
    const line = [
      { text: 'good', tone: 'good' },
      { text: 'faint', tone: 'faint' },
      { text: 'bold', isBold: true },
    ] as const
    expect(paintLine(line, true)).toBe('\u001b[32mgood\u001b[0m\u001b[2mfaint\u001b[0m\u001b[1mbold\u001b[0m')
    expect(paintLine(line, false)).toBe('good\u001b[2mfaint\u001b[0m\u001b[1mbold\u001b[0m')
  })
})

describe('pictures', () => {
  const folder = mkdtempSync(join(tmpdir(), 'storyline-pictures-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const color = { color: true } as never

  it('are drawn once somebody stays on them, and kept', async () => {
    const path = join(folder, 'a.png')
    await pattern({ width: 90, height: 160 }).png().toFile(path)
    const room = { columns: 20, rows: 10 }
    const drawn: string[] = []
    const pictures = createPictures({ env: { TERM: 'xterm-256color' }, out: color }, () => drawn.push('drawn'))
    pictures.want('/nowhere/passed-by.png', room)
    pictures.want(path, room)
    expect(pictures.peek(path, room)).toEqual({ kind: 'drawing' })
    await expect.poll(() => pictures.peek(path, room).kind, { timeout: 20_000 }).toBe('drawn')
    const picture = pictures.peek(path, room)
    expect(picture).toMatchObject({ kind: 'drawn', columns: 11 })
    expect(picture.kind === 'drawn' && picture.lines.length).toBe(10)
    expect([drawn.length, pictures.peek('/nowhere/passed-by.png', room).kind]).toEqual([1, 'drawing'])
    pictures.want(null, room)
    pictures.want(path, room)
    expect([pictures.peek(path, room), pictures.peek(null, room)]).toEqual([picture, { kind: 'none' }])
    pictures.stop()
  })

  it('say why there is none', async () => {
    const pictures = createPictures({ env: {}, out: color }, () => {})
    const room = { columns: 20, rows: 10 }
    pictures.want(join(folder, 'gone.png'), room)
    await expect
      .poll(() => pictures.peek(join(folder, 'gone.png'), room), { timeout: 20_000 })
      .toMatchObject({ kind: 'problem' })
    pictures.stop()
  })
})
