import type { MediaState } from './media-row.ts'
import { fitText, type TextStyle, textWidth } from './sheet-text.ts'

/** A picture made of many: where everything stands, in pixels. One band below the other; inside one, from its top left corner. */
export interface Sheet {
  width: number
  bands: Band[]
}

export interface Band {
  height: number
  shapes: Shape[]
  pictures: PlacedPicture[]
}

export type Shape =
  | {
      kind: 'rect'
      x: number
      y: number
      width: number
      height: number
      fill: string
      radius?: number
      /** Colour of a dashed edge. */
      dashed?: string
    }
  /** `y` is the line that letters stand on, `x` their beginning or middle. */
  | ({ kind: 'text'; x: number; y: number; text: string; fill: string; isCentred?: true } & TextStyle)

/** A picture in the middle of its box, as large as fits. */
export interface PlacedPicture {
  /** Path of the file. */
  path: string
  x: number
  y: number
  width: number
  height: number
}

export const COLOURS = {
  ground: '#ffffff',
  ink: '#1c1e21',
  muted: '#5f6670',
  line: '#dfe2e6',
  /** Around pictures that do not fill their box. */
  mat: '#f1f3f5',
  broken: '#dee2e6',
} as const

export const MARGIN = 32

/** Pictures of one sheet at most: its pixels stay below 40 MB, and a person can still find one. */
export const MAX_SHEET_PICTURES = 200

/** Lines one below the other; `y` is the top of the first. */
export function textLines(
  lines: readonly string[],
  { x, y, ...style }: { x: number; y: number; fill: string } & TextStyle,
): Shape[] {
  return lines.map((text, line) => ({ kind: 'text', x, y: y + style.size + line * lineHeight(style), text, ...style }))
}

export function lineHeight({ size }: TextStyle): number {
  return Math.round(size * 1.3)
}

const TITLE = { size: 30, bold: true, fill: COLOURS.ink }
const SUBTITLE = { size: 17, fill: COLOURS.muted }

/** Title and subtitle, above everything else. */
export function headBand(title: string, subtitle: string, width: number): Band {
  const room = width - 2 * MARGIN
  const titleLines = fitText(title, TITLE, { width: room, lines: 2 })
  const subtitleLines = fitText(subtitle, SUBTITLE, { width: room, lines: 3 })
  const subtitleY = MARGIN + titleLines.length * lineHeight(TITLE) + 6
  return {
    height: subtitleY + subtitleLines.length * lineHeight(SUBTITLE) + 20,
    shapes: [
      ...textLines(titleLines, { ...TITLE, x: MARGIN, y: MARGIN }),
      ...textLines(subtitleLines, { ...SUBTITLE, x: MARGIN, y: subtitleY }),
    ],
    pictures: [],
  }
}

/** What stands in the place of a picture that cannot be shown. */
export function problemShapes(problem: string, { width, height }: { width: number; height: number }): Shape[] {
  const size = Math.max(10, Math.min(15, Math.round(width / 11)))
  const head = { size, bold: true, fill: COLOURS.ink }
  const style = { size: Math.max(9, size - 2), fill: COLOURS.muted }
  const inset = Math.min(8, Math.floor(width / 10))
  const room = { width: width - 2 * inset, lines: Math.max(1, Math.floor(height / 2 / lineHeight(style))) }
  const headLines = fitText('No picture', head, { ...room, lines: 2 })
  const y = Math.floor(height / 4)
  return [
    { kind: 'rect', x: 0, y: 0, width, height, fill: COLOURS.broken },
    ...textLines(headLines, { ...head, x: inset, y }),
    ...textLines(fitText(problem, style, room), { ...style, x: inset, y: y + headLines.length * lineHeight(head) + 4 }),
  ]
}

export interface SheetItem {
  path: string
  name: string
  state: MediaState
  /** Behind the state. */
  note: string
  /** The same in fewer and fewer words: the first that fits is shown. */
  posted: readonly string[]
}

/** Largest number of items for each size. Pictures are 9:16. */
const GRID_SIZES = [
  { upTo: 12, width: 216, height: 384, text: 17 },
  { upTo: 60, width: 162, height: 288, text: 14 },
  { upTo: MAX_SHEET_PICTURES, width: 126, height: 224, text: 12 },
] as const
const GRID_GAP = 20
/** Room for a head that can be read. */
const MIN_SHEET_WIDTH = 640

const STATE_COLOURS: Readonly<Record<MediaState, string>> = {
  active: '#2f9e44',
  queued: '#1971c2',
  locked: '#d9780a',
  inactive: '#868e96',
}

/** The items from left to right and from top to bottom, in about a square. */
export function layOutContactSheet(head: { title: string; subtitle: string }, items: readonly SheetItem[]): Sheet {
  const size = GRID_SIZES.find(({ upTo }) => items.length <= upTo) ?? GRID_SIZES[2]
  const name = { size: size.text, fill: COLOURS.ink }
  const detail = { size: size.text - 1, fill: COLOURS.muted }
  const labelHeight = 8 + 2 * lineHeight(name) + 4 + 2 * lineHeight(detail)
  const cell = { width: size.width + GRID_GAP, height: size.height + labelHeight + GRID_GAP }
  const columns = Math.max(1, Math.round(Math.sqrt((items.length * cell.height) / cell.width)))
  const width = Math.max(MIN_SHEET_WIDTH, columns * cell.width - GRID_GAP + 2 * MARGIN)
  const bands = rowsOf(items, columns).map((row): Band => {
    const placed = row.map((item, column) => ({ item, x: MARGIN + column * cell.width }))
    return {
      height: cell.height,
      pictures: placed.map(({ item, x }) => ({ path: item.path, x, y: 0, width: size.width, height: size.height })),
      shapes: placed.flatMap(({ item, x }) => {
        const room = { width: size.width, lines: 2 }
        const detailY = size.height + 8 + 2 * lineHeight(name) + 4
        const dot = Math.round(detail.size * 0.65)
        const state = [item.state, item.note].filter((part) => part !== '').join(' · ')
        const dotY = detailY + Math.round(detail.size * 0.62 - dot / 2)
        return [
          { kind: 'rect', x, y: 0, width: size.width, height: size.height, fill: COLOURS.mat },
          ...textLines(fitText(item.name, name, room), { ...name, x, y: size.height + 8 }),
          { kind: 'rect', x, y: dotY, width: dot, height: dot, radius: dot / 2, fill: STATE_COLOURS[item.state] },
          ...textLines(fitText(state, detail, { width: size.width - dot - 6, lines: 1 }), {
            ...detail,
            x: x + dot + 6,
            y: detailY,
          }),
          ...textLines(fitText(firstThatFits(item.posted, detail, size.width), detail, { ...room, lines: 1 }), {
            ...detail,
            x,
            y: detailY + lineHeight(detail),
          }),
        ]
      }),
    }
  })
  return { width, bands: [headBand(head.title, head.subtitle, width), ...bands] }
}

function firstThatFits(wordings: readonly string[], style: TextStyle, width: number): string {
  return wordings.find((wording) => textWidth(wording, style) <= width) ?? wordings.at(-1) ?? ''
}

export function rowsOf<T>(items: readonly T[], perRow: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / perRow) }, (_, row) =>
    items.slice(row * perRow, (row + 1) * perRow),
  )
}

/** A word on a coloured ground, its top left corner at `x`, `y`. */
export function pill(
  text: string,
  { x, y, size, fill, ground }: { x: number; y: number; size: number; fill: string; ground: string },
): Shape[] {
  const style = { size, bold: true }
  const width = Math.round(textWidth(text, style) + size)
  const height = Math.round(size * 1.7)
  return [
    { kind: 'rect', x, y, width, height, radius: height / 2, fill: ground },
    { kind: 'text', x: x + width / 2, y: y + Math.round(size * 1.22), text, fill, isCentred: true, ...style },
  ]
}
