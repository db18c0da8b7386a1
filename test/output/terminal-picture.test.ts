import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type BlockColour,
  chooseBlockColour,
  chooseGraphics,
  drawBlocks,
  encodeIterm2,
  encodeKitty,
  type Graphics,
  type Pixels,
  placeBeside,
} from '../../src/output/terminal-picture.ts'

type Env = Record<string, string>

describe('which way of drawing a terminal gets', () => {
  const TERMINALS: readonly [name: string, env: Env, graphics: Graphics, blocks: BlockColour][] = [
    ['kitty', { TERM: 'xterm-kitty', KITTY_WINDOW_ID: '1', COLORTERM: 'truecolor' }, 'kitty', 'truecolor'],
    ['kitty over SSH, which forwards only TERM', { TERM: 'xterm-kitty' }, 'kitty', 'truecolor'],
    ['kitty with another TERM', { TERM: 'xterm-256color', KITTY_WINDOW_ID: '1' }, 'kitty', '256'],
    ['Ghostty', { TERM: 'xterm-ghostty', COLORTERM: 'truecolor' }, 'kitty', 'truecolor'],
    ['Ghostty with another TERM', { TERM: 'xterm-256color', TERM_PROGRAM: 'ghostty' }, 'kitty', '256'],
    ['WezTerm', { TERM: 'xterm-256color', TERM_PROGRAM: 'WezTerm', COLORTERM: 'truecolor' }, 'iterm2', 'truecolor'],
    ['iTerm2', { TERM: 'xterm-256color', TERM_PROGRAM: 'iTerm.app', COLORTERM: 'truecolor' }, 'iterm2', 'truecolor'],
    ['iTerm2 over SSH, which forwards LC_*', { TERM: 'xterm-256color', LC_TERMINAL: 'iTerm2' }, 'iterm2', '256'],
    ['a terminal with 24-bit colour', { TERM: 'xterm-256color', COLORTERM: 'truecolor' }, 'truecolor', 'truecolor'],
    ['the older word for it', { TERM: 'xterm-256color', COLORTERM: '24bit' }, 'truecolor', 'truecolor'],
    ['a direct-colour TERM', { TERM: 'xterm-direct' }, 'truecolor', 'truecolor'],
    ['macOS Terminal', { TERM: 'xterm-256color', TERM_PROGRAM: 'Apple_Terminal' }, '256', '256'],
    ['tmux inside kitty', { TERM: 'tmux-256color', TMUX: '/tmp/x,1,0', KITTY_WINDOW_ID: '1' }, '256', '256'],
    [
      'tmux inside WezTerm, with 24-bit colour',
      { TERM: 'screen-256color', TMUX: 'x', TERM_PROGRAM: 'WezTerm', COLORTERM: 'truecolor' },
      'truecolor',
      'truecolor',
    ],
    ['tmux seen over SSH', { TERM: 'tmux-256color', LC_TERMINAL: 'iTerm2' }, '256', '256'],
    ['screen', { TERM: 'screen', STY: '12.pts', LC_TERMINAL: 'iTerm2' }, 'none', 'none'],
    ['screen with a TERM of its own', { TERM: 'xterm-kitty', STY: '12.pts' }, 'truecolor', 'truecolor'],
    ['zellij inside kitty', { TERM: 'xterm-256color', ZELLIJ: '0', KITTY_WINDOW_ID: '1' }, '256', '256'],
    ['the console of Linux', { TERM: 'linux' }, 'none', 'none'],
    ['a plain xterm', { TERM: 'xterm' }, 'none', 'none'],
    ['nothing said', {}, 'none', 'none'],
    ['a dumb terminal', { TERM: 'dumb', COLORTERM: 'truecolor', KITTY_WINDOW_ID: '1' }, 'none', 'none'],
  ]

  it.each(TERMINALS)('%s', (_, env, graphics, blocks) => {
    expect(chooseGraphics({ env, color: true })).toBe(graphics)
    expect(chooseBlockColour({ env, color: true })).toBe(blocks)
  })

  it.each(TERMINALS)('%s: no colours when none are wanted', (_, env) => {
    expect(chooseGraphics({ env, color: false })).toBe('none')
    expect(chooseBlockColour({ env, color: false })).toBe('none')
  })
})

function pixels(...rows: (readonly [number, number, number])[][]): Pixels {
  return { width: rows[0]?.length ?? 0, height: rows.length, data: Uint8Array.from(rows.flat(2)) }
}

const RED = [255, 0, 0] as const
const BLUE = [0, 0, 255] as const
const WHITE = [255, 255, 255] as const
const BLACK = [0, 0, 0] as const

const anyPicture = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 9 }))
  .chain(([width, height]) =>
    fc
      .uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
      .map((data): Pixels => ({ width, height, data })),
  )

describe('blocks', () => {
  it('show two rows of pixels in a line, the upper one as the letter and the lower one as its ground', () => {
    expect(drawBlocks(pixels([RED, BLUE], [BLUE, WHITE]), 'truecolor')).toEqual([
      '\x1b[38;2;255;0;0;48;2;0;0;255m▀\x1b[38;2;0;0;255;48;2;255;255;255m▀\x1b[0m',
    ])
  })

  it('say a colour once for cells that are the same', () => {
    expect(drawBlocks(pixels([RED, RED, RED], [BLUE, BLUE, BLUE]), 'truecolor')).toEqual([
      '\x1b[38;2;255;0;0;48;2;0;0;255m▀▀▀\x1b[0m',
    ])
  })

  it('leave the ground of the terminal below an odd last row', () => {
    expect(drawBlocks(pixels([RED], [RED], [BLUE]), 'truecolor')[1]).toBe('\x1b[38;2;0;0;255;49m▀\x1b[0m')
  })

  it.each([
    ['red', RED, 196],
    ['white', WHITE, 231],
    ['black', BLACK, 16],
    ['a grey between the steps of the cube', [118, 118, 118] as const, 243],
    ['an orange', [255, 135, 0] as const, 208],
  ])('take the nearest of 256 colours: %s', (_, colour, expected) => {
    expect(drawBlocks(pixels([colour], [colour]), '256')).toEqual([`\x1b[38;5;${expected};48;5;${expected}m▀\x1b[0m`])
  })

  it('never take a colour of the 256 when another one is nearer', () => {
    const cube = [0, 95, 135, 175, 215, 255]
    const palette = Array.from({ length: 240 }, (_, i) => {
      if (i >= 216) return [8 + (i - 216) * 10, 8 + (i - 216) * 10, 8 + (i - 216) * 10]
      return [cube[Math.floor(i / 36)] ?? 0, cube[Math.floor(i / 6) % 6] ?? 0, cube[i % 6] ?? 0]
    })
    const distance = (one: readonly number[], other: readonly number[]) =>
      one.reduce((sum, value, i) => sum + (value - (other[i] ?? 0)) ** 2, 0)
    const channel = fc.integer({ min: 0, max: 255 })
    fc.assert(
      fc.property(fc.tuple(channel, channel, channel), (colour) => {
        const [line = ''] = drawBlocks(pixels([colour], [colour]), '256')
        const chosen = Number(/38;5;(\d+)/.exec(line)?.[1])
        const best = Math.min(...palette.map((entry) => distance(entry, colour)))
        expect(distance(palette[chosen - 16] ?? [], colour)).toBe(best)
      }),
    )
  })

  it('are as many cells as pixels, and nothing but colours and blocks, ended by a reset', () => {
    fc.assert(
      fc.property(anyPicture, fc.constantFrom('truecolor' as const, '256' as const), (picture, colour) => {
        const lines = drawBlocks(picture, colour)
        expect(lines).toHaveLength(Math.ceil(picture.height / 2))
        for (const line of lines) {
          // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences that are looked for
          expect(line.replace(/\x1b\[[\d;]+m/g, '')).toBe('▀'.repeat(picture.width))
          expect(line.endsWith('\x1b[0m')).toBe(true)
        }
      }),
    )
  })
})

describe('without colours', () => {
  it('brightness is density, and there is no escape sequence', () => {
    const grey = [120, 120, 120] as const
    expect(drawBlocks(pixels([BLACK, grey, WHITE], [BLACK, grey, WHITE]), 'none')).toEqual([' =@'])
  })

  it('a cell is the mean of its two pixels, and green is brighter than blue', () => {
    expect(drawBlocks(pixels([WHITE], [BLACK]), 'none')).toEqual(['='])
    expect(drawBlocks(pixels([WHITE], [WHITE], [WHITE]), 'none')).toEqual(['@', '@'])
    expect(drawBlocks(pixels([[0, 255, 0], BLUE], [[0, 255, 0], BLUE]), 'none')).toEqual(['# '])
  })

  it('every line is plain ASCII as wide as the picture', () => {
    fc.assert(
      fc.property(anyPicture, (picture) => {
        for (const line of drawBlocks(picture, 'none')) {
          expect(line).toMatch(/^[ -~]*$/)
          expect(line).toHaveLength(picture.width)
        }
      }),
    )
  })
})

describe('pixels by a protocol', () => {
  it.each([1, 3071, 3072, 3073, 9000])("kitty's: a PNG of %i bytes in chunks of at most 4096", (length) => {
    const png = Buffer.from(Array.from({ length }, (_, i) => i % 251))
    const text = encodeKitty(png, { columns: 20, rows: 18 })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences that are looked for
    const chunks = [...text.matchAll(/\x1b_G([^;]*);([^\x1b]*)\x1b\\/g)]
    expect(chunks.map(([whole]) => whole).join('')).toBe(text)
    expect(chunks[0]?.[1]).toBe(`a=T,f=100,c=20,r=18,C=1,q=2,m=${chunks.length > 1 ? 1 : 0}`)
    for (const [index, [, control, data = '']] of chunks.entries()) {
      expect(data.length).toBeLessThanOrEqual(4096)
      if (index > 0) expect(control).toBe(`m=${index < chunks.length - 1 ? 1 : 0}`)
    }
    expect(Buffer.from(chunks.map(([, , data]) => data).join(''), 'base64')).toEqual(png)
  })

  it("iTerm2's: with its size in cells, the cursor kept", () => {
    const png = Buffer.from('not really a PNG')
    expect(encodeIterm2(png, { columns: 20, rows: 18 })).toBe(
      `\x1b7\x1b]1337;File=inline=1;size=16;width=20;height=18;preserveAspectRatio=1:${png.toString('base64')}\x07\x1b8`,
    )
  })
})

describe('the picture beside its text', () => {
  it('lines of cells stand left of the text, which may be longer or shorter', () => {
    expect(placeBeside(['ab', 'cd'], { columns: 2, rows: 2 }, ['one', 'two', 'three'])).toEqual([
      'ab  one',
      'cd  two',
      '    three',
    ])
    expect(placeBeside(['ab', 'cd', 'ef'], { columns: 2, rows: 3 }, ['one'])).toEqual(['ab  one', 'cd', 'ef'])
  })

  it('a drawn picture gets its rows first, and no cell of it is written over', () => {
    expect(placeBeside('<draw>', { columns: 7, rows: 3 }, ['one'])).toEqual([
      '\n\n\n\x1b[3A<draw>\x1b[9Cone',
      '\x1b[9C',
      '\x1b[9C',
    ])
  })
})
