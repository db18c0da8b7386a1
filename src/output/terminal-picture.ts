/** Pictures in a terminal: which way of drawing it has, and the text that draws. */

/** Block characters with colours (`none`: shades of ASCII instead). */
export type BlockColour = 'truecolor' | '256' | 'none'
/** Pixels by a protocol of the terminal's own, or cells of text. */
export type Graphics = 'kitty' | 'iterm2' | BlockColour

export interface TerminalFacts {
  env: Readonly<Record<string, string | undefined>>
  /** False with --no-color, NO_COLOR, or when stdout is no terminal. */
  color: boolean
}

/** Raw pixels: 3 bytes each, row by row. */
export interface Pixels {
  data: Uint8Array
  width: number
  height: number
}

/** Size on the screen, in character cells. */
export interface Cells {
  columns: number
  rows: number
}

/**
 * The best that the terminal certainly can: one that says nothing of itself gets ASCII. What a multiplexer passes on is cut
 * and scrolled by it, so inside one there are only cells.
 */
export function chooseGraphics({ env, color }: TerminalFacts): Graphics {
  if (!color || env.TERM === 'dumb') return 'none'
  if (isInsideMultiplexer(env)) return chooseBlockColour({ env, color })
  const { TERM = '', TERM_PROGRAM = '', LC_TERMINAL = '' } = env
  // WezTerm knows both, and is at its best with iTerm2's.
  if (TERM_PROGRAM === 'iTerm.app' || TERM_PROGRAM === 'WezTerm' || LC_TERMINAL === 'iTerm2') return 'iterm2'
  const isKitty = TERM === 'xterm-kitty' || TERM === 'xterm-ghostty' || TERM_PROGRAM === 'ghostty'
  return isKitty || env.KITTY_WINDOW_ID ? 'kitty' : chooseBlockColour({ env, color })
}

/** For programs that draw every cell themselves, such as the dashboard. */
export function chooseBlockColour({ env, color }: TerminalFacts): BlockColour {
  const { TERM = '', COLORTERM = '' } = env
  if (!color || TERM === 'dumb') return 'none'
  if (/^(truecolor|24bit)$/i.test(COLORTERM) || /-direct$|^xterm-(kitty|ghostty)$/.test(TERM)) return 'truecolor'
  return /256color/.test(TERM) ? '256' : 'none'
}

function isInsideMultiplexer(env: TerminalFacts['env']): boolean {
  return Boolean(env.TMUX || env.STY || env.ZELLIJ) || /^(screen|tmux)/.test(env.TERM ?? '')
}

const RESET = '\x1b[0m'
const UPPER_HALF = '▀'

/** One line for every two rows of pixels, one cell for every column; coloured lines end in a reset. */
export function drawBlocks(pixels: Pixels, colour: BlockColour): string[] {
  const lines: string[] = []
  for (let y = 0; y < pixels.height; y += 2) {
    lines.push(colour === 'none' ? asciiLine(pixels, y) : blockLine(pixels, y, colour))
  }
  return lines
}

function blockLine(pixels: Pixels, y: number, colour: 'truecolor' | '256'): string {
  const code = colour === '256' ? paletteCode : rgbCode
  let line = ''
  let before = ''
  for (let x = 0; x < pixels.width; x++) {
    // The last row of an odd number has nothing below it.
    const below = y + 1 < pixels.height ? `48;${code(pixels, x, y + 1)}` : '49'
    const codes = `38;${code(pixels, x, y)};${below}`
    line += codes === before ? UPPER_HALF : `\x1b[${codes}m${UPPER_HALF}`
    before = codes
  }
  return line + RESET
}

function channelAt({ data, width }: Pixels, x: number, y: number, channel: 0 | 1 | 2): number {
  return data[(y * width + x) * 3 + channel] ?? 0
}

function rgbCode(pixels: Pixels, x: number, y: number): string {
  return `2;${channelAt(pixels, x, y, 0)};${channelAt(pixels, x, y, 1)};${channelAt(pixels, x, y, 2)}`
}

/** The levels of a channel in the 6×6×6 cube that starts at colour 16. */
const CUBE = [0, 95, 135, 175, 215, 255] as const

function paletteCode(pixels: Pixels, x: number, y: number): string {
  const wanted = [channelAt(pixels, x, y, 0), channelAt(pixels, x, y, 1), channelAt(pixels, x, y, 2)] as const
  const [r, g, b] = wanted.map(nearestLevel)
  const inCube = 16 + 36 * (r ?? 0) + 6 * (g ?? 0) + (b ?? 0)
  // 24 greys from 8 in steps of 10, starting at colour 232.
  const grey = Math.min(23, Math.max(0, Math.round((wanted.reduce((sum, value) => sum + value) / 3 - 8) / 10)))
  const distance = (levels: readonly number[]) =>
    wanted.reduce((sum, value, channel) => sum + (value - (levels[channel] ?? 0)) ** 2, 0)
  const cubeLevels = [r, g, b].map((level) => CUBE[level ?? 0] ?? 0)
  const greyLevel = 8 + 10 * grey
  return `5;${distance([greyLevel, greyLevel, greyLevel]) < distance(cubeLevels) ? 232 + grey : inCube}`
}

function nearestLevel(value: number): number {
  const distances = CUBE.map((level) => Math.abs(level - value))
  return distances.indexOf(Math.min(...distances))
}

/** From dark to bright, as a dark terminal shows it. */
const RAMP = ' .:-=+*#%@'

function asciiLine(pixels: Pixels, y: number): string {
  const rows = y + 1 < pixels.height ? [y, y + 1] : [y]
  let line = ''
  for (let x = 0; x < pixels.width; x++) {
    const light = rows.reduce((sum, row) => sum + lightAt(pixels, x, row), 0) / rows.length
    line += RAMP[Math.min(RAMP.length - 1, Math.floor((light / 256) * RAMP.length))]
  }
  return line
}

/** Perceived brightness, 0 to 255 (Rec. 709). */
function lightAt(pixels: Pixels, x: number, y: number): number {
  return 0.2126 * channelAt(pixels, x, y, 0) + 0.7152 * channelAt(pixels, x, y, 1) + 0.0722 * channelAt(pixels, x, y, 2)
}

/** Longest base64 text of one escape sequence of kitty's. */
const KITTY_CHUNK_CHARS = 4096

/** Draws at the cursor, which stays where it is; the terminal answers nothing. */
export function encodeKitty(png: Uint8Array, { columns, rows }: Cells): string {
  const text = Buffer.from(png).toString('base64')
  const chunks: string[] = []
  for (let at = 0; at < text.length; at += KITTY_CHUNK_CHARS) {
    const isLast = at + KITTY_CHUNK_CHARS >= text.length
    const control = at === 0 ? `a=T,f=100,c=${columns},r=${rows},C=1,q=2,` : ''
    chunks.push(`\x1b_G${control}m=${isLast ? 0 : 1};${text.slice(at, at + KITTY_CHUNK_CHARS)}\x1b\\`)
  }
  return chunks.join('')
}

/** Draws at the cursor, which is put back. */
export function encodeIterm2(png: Uint8Array, { columns, rows }: Cells): string {
  const control = `inline=1;size=${png.length};width=${columns};height=${rows};preserveAspectRatio=1`
  return `\x1b7\x1b]1337;File=${control}:${Buffer.from(png).toString('base64')}\x07\x1b8`
}

/**
 * The picture on the left, the lines on its right. `picture`: lines of cells, or what draws at the cursor without moving it.
 */
export function placeBeside(picture: readonly string[] | string, { columns, rows }: Cells, lines: readonly string[]) {
  const left = columns + GAP_COLUMNS
  const count = Math.max(rows, lines.length)
  const right = (row: number) => lines[row] ?? ''
  if (typeof picture !== 'string') {
    const cells = (row: number) =>
      picture[row] === undefined ? ' '.repeat(left) : picture[row] + ' '.repeat(GAP_COLUMNS)
    return Array.from({ length: count }, (_, row) => (cells(row) + right(row)).trimEnd())
  }
  // Room is made first: at the bottom of the screen the picture would be cut off. Spaces would erase what iTerm2 drew.
  const drawn = `${'\n'.repeat(rows)}\x1b[${rows}A${picture}`
  return Array.from({ length: count }, (_, row) => `${row === 0 ? drawn : ''}\x1b[${left}C${right(row)}`)
}

/** Between the picture and the text. */
const GAP_COLUMNS = 2
