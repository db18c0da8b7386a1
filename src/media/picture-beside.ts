import type { Context } from '../context.ts'
import { paint } from '../output/table.ts'
import { type Cells, chooseGraphics, encodeIterm2, encodeKitty, placeBeside } from '../output/terminal-picture.ts'
import { wrapText } from '../output/wrap.ts'

/** With the text beside it and a prompt below, it fits a terminal of 80×24. */
const MAX_ROWS = 20
const MAX_COLUMNS = 40
/** An id with its label is not broken. */
const TEXT_COLUMNS = 54
/** Less is no picture any more. */
const MIN_COLUMNS = 10
/** Pixels of a cell, for terminals that show pixels: as sharp as they are, and still little to send over SSH. */
const CELL = { width: 12, height: 24 } as const

interface Drawn {
  /** Lines of cells, or what draws at the cursor without moving it. */
  picture: string[] | string
  cells: Cells
}

/** The lines, wrapped, with the picture on their left. As they are where there is no room, or no picture: that is noted. */
export async function putPictureBeside(
  ctx: Pick<Context, 'out' | 'env'>,
  path: string,
  lines: readonly string[],
): Promise<string[]> {
  const columns = Math.min(MAX_COLUMNS, (ctx.out.columns ?? 0) - TEXT_COLUMNS)
  if (columns < MIN_COLUMNS) return showLines(ctx, lines)
  const drawn = await draw(ctx, path, { columns, rows: MAX_ROWS })
  if ('problem' in drawn) {
    ctx.out.note(`No picture: ${drawn.problem}.`)
    return showLines(ctx, lines)
  }
  const width = (ctx.out.columns ?? 0) - drawn.cells.columns - 2
  return placeBeside(drawn.picture, drawn.cells, showLines(ctx, lines, width))
}

/** The first line is the title. */
export function showLines({ out }: Pick<Context, 'out'>, lines: readonly string[], width?: number): string[] {
  return lines.flatMap((line, index) => {
    const wrapped = width === undefined ? [line] : wrapIndented(line, width)
    return index === 0 ? wrapped.map((part) => paint(out).bold(part)) : wrapped
  })
}

/** What does not fit goes on below the value, not below its name. */
function wrapIndented(line: string, width: number): string[] {
  const lead = /^ +(?:[\w-]+: +)?/.exec(line)?.[0] ?? ''
  const [first = '', ...rest] = wrapText(line.slice(lead.length), width - lead.length)
  return [lead + first, ...rest.map((part) => ' '.repeat(lead.length) + part.trimStart())]
}

async function draw(
  { out, env }: Pick<Context, 'out' | 'env'>,
  path: string,
  box: Cells,
): Promise<Drawn | { problem: string }> {
  const { drawThumbnail, renderThumbnailPng } = await import('./render-thumbnail.ts')
  const graphics = chooseGraphics({ env, color: out.color })
  if (graphics !== 'kitty' && graphics !== 'iterm2') {
    const drawn = await drawThumbnail(path, { ...box, colour: graphics })
    if ('problem' in drawn) return drawn
    return { picture: drawn.lines, cells: { columns: drawn.columns, rows: drawn.lines.length } }
  }
  const rendered = await renderThumbnailPng(path, { width: box.columns * CELL.width, height: box.rows * CELL.height })
  if (rendered.kind === 'broken') return rendered
  const { png, width, height } = rendered.thumbnail
  const cells = { columns: Math.ceil(width / CELL.width), rows: Math.ceil(height / CELL.height) }
  return { picture: graphics === 'kitty' ? encodeKitty(png, cells) : encodeIterm2(png, cells), cells }
}
