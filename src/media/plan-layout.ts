import {
  type Band,
  COLOURS,
  headBand,
  lineHeight,
  MARGIN,
  type PlacedPicture,
  pill,
  rowsOf,
  type Shape,
  type Sheet,
  textLines,
} from './sheet-layout.ts'
import { fitText } from './sheet-text.ts'

/** The stories of some days as one picture: a row for every day, a cell for every story. */

export interface PlanDay {
  /** `Sat`. */
  weekday: string
  /** `Nov 21`. */
  date: string
  /** The zone's abbreviation on that day. */
  zone: string
  cells: PlanCell[]
}

export type PlanCell =
  | {
      kind: 'story'
      path: string
      /** `14:30`. */
      time: string
      isAutomatic: boolean
      title: string
      file: string
      /** What is special about it; mostly empty. */
      note: string
    }
  /** A slot that nothing was found for. */
  | { kind: 'free'; reason: string }

/** A month is made smaller than a week. */
const SCALES = [
  { upToRows: 10, scale: 1 },
  { upToRows: Number.POSITIVE_INFINITY, scale: 0.72 },
] as const
const CELLS_PER_ROW = 6
/** At full scale: 9:16, the heading left of a day, and the text right of a picture. */
const PICTURE = { width: 135, height: 240 } as const
const HEADING_WIDTH = 120
const TEXT_WIDTH = 176
const TEXT_GAP = 14
const CELL_GAP = 18
const ROW_GAP = 28
const EMPTY_HEIGHT = 84
const MIN_CELLS = 2

/** Full scale times `scale`, in whole pixels. */
type Scaled = (pixels: number) => number

/** Rows that the days take: a day of many stories takes several. */
export function rowsOfDays(days: readonly PlanDay[]): number {
  return days.reduce((sum, day) => sum + (isEmpty(day) ? 1 : Math.ceil(day.cells.length / CELLS_PER_ROW)), 0)
}

export function layOutPlan(head: { title: string; subtitle: string }, days: readonly PlanDay[]): Sheet {
  const rows = rowsOfDays(days)
  const scale = SCALES.find(({ upToRows }) => rows <= upToRows)?.scale ?? 1
  const px: Scaled = (pixels) => Math.round(pixels * scale)
  const widest = Math.min(
    CELLS_PER_ROW,
    Math.max(MIN_CELLS, ...days.map((day) => (isEmpty(day) ? 0 : day.cells.length))),
  )
  const width = 2 * MARGIN + px(HEADING_WIDTH) + widest * cellWidth(px) - px(CELL_GAP)
  const bands = days.flatMap((day) => dayBands(day, { px, width }))
  return { width, bands: [headBand(head.title, head.subtitle, width), ...bands, emptyBand(MARGIN)] }
}

const cellWidth = (px: Scaled) => px(PICTURE.width) + px(TEXT_GAP) + px(TEXT_WIDTH) + px(CELL_GAP)
const emptyBand = (height: number): Band => ({ height, shapes: [], pictures: [] })

function dayBands(day: PlanDay, { px, width }: { px: Scaled; width: number }): Band[] {
  const line: Shape = { kind: 'rect', x: MARGIN, y: 0, width: width - 2 * MARGIN, height: 1, fill: COLOURS.line }
  const top = px(ROW_GAP / 2)
  if (isEmpty(day)) return [emptyDay(day, { px, width, top, line })]
  return rowsOf(day.cells, CELLS_PER_ROW).map((cells, row) => {
    const placed = cells.map((cell, column) => {
      return layOutCell(cell, { px, x: MARGIN + px(HEADING_WIDTH) + column * cellWidth(px), y: top })
    })
    return {
      height: px(PICTURE.height) + 2 * top,
      shapes: [...(row === 0 ? [line, ...dayHeading(day, px, top)] : []), ...placed.flatMap(({ shapes }) => shapes)],
      pictures: placed.flatMap(({ pictures }) => pictures),
    }
  })
}

/** A day without a story is told in words: frames around nothing would hide the days that have some. */
const isEmpty = ({ cells }: PlanDay) => cells.every(({ kind }) => kind === 'free')

function emptyDay(
  day: PlanDay,
  { px, width, top, line }: { px: Scaled; width: number; top: number; line: Shape },
): Band {
  const head = { size: px(17), bold: true, fill: COLOURS.muted }
  const style = { size: px(15), fill: COLOURS.muted }
  const x = MARGIN + px(HEADING_WIDTH)
  const reasons = [...new Set(day.cells.flatMap((cell) => (cell.kind === 'free' ? [cell.reason] : [])))]
  const slots = day.cells.length === 1 ? '1 slot' : `${day.cells.length} slots`
  const title = day.cells.length === 0 ? 'Nothing planned' : `No story for ${slots}`
  const lines = fitText(reasons.join('; '), style, { width: width - MARGIN - x, lines: 2 })
  return {
    height: px(EMPTY_HEIGHT) + 2 * top,
    pictures: [],
    shapes: [
      line,
      ...dayHeading(day, px, top),
      ...textLines([title], { ...head, x, y: top }),
      ...textLines(lines, { ...style, x, y: top + lineHeight(head) + px(4) }),
    ],
  }
}

function dayHeading({ weekday, date, zone }: PlanDay, px: Scaled, top: number): Shape[] {
  return [
    ...textLines([weekday], { size: px(28), bold: true, fill: COLOURS.ink, x: MARGIN, y: top - px(4) }),
    ...textLines([date], { size: px(19), fill: COLOURS.ink, x: MARGIN, y: top + px(34) }),
    ...textLines([zone], { size: px(14), fill: COLOURS.muted, x: MARGIN, y: top + px(62) }),
  ]
}

interface Placed {
  shapes: Shape[]
  pictures: PlacedPicture[]
}

/** With what a person has to do apart from what happens by itself, also for who sees no colours. */
const CHANNEL_PILLS = {
  automatic: { text: 'Automatic', fill: '#1b6e33', ground: '#dff3e4' },
  manual: { text: 'By the team', fill: '#17538f', ground: '#dcebfa' },
} as const

function layOutCell(cell: PlanCell, place: { px: Scaled; x: number; y: number }): Placed {
  return cell.kind === 'story' ? layOutStory(cell, place) : layOutFree(cell.reason, place)
}

function layOutStory(
  { path, time, isAutomatic, title, file, note }: PlanCell & { kind: 'story' },
  { px, x, y }: { px: Scaled; x: number; y: number },
): Placed {
  const box = { x, y, width: px(PICTURE.width), height: px(PICTURE.height) }
  const textX = x + px(PICTURE.width) + px(TEXT_GAP)
  const { text, ...colours } = CHANNEL_PILLS[isAutomatic ? 'automatic' : 'manual']
  const paragraphs = [
    { text: title, style: { size: px(17), fill: COLOURS.ink }, lines: 4 },
    { text: file, style: { size: px(13), fill: COLOURS.muted }, lines: 2 },
    { text: note, style: { size: px(13), bold: true, fill: '#a85400' }, lines: 2 },
  ]
  let textY = y + px(74)
  const shapes = paragraphs.flatMap(({ text, style, lines }) => {
    const fitted = fitText(text, style, { width: px(TEXT_WIDTH), lines })
    const placed = textLines(fitted, { ...style, x: textX, y: textY })
    if (fitted.length > 0) textY += fitted.length * lineHeight(style) + px(8)
    return placed
  })
  return {
    pictures: [{ path, ...box }],
    shapes: [
      { kind: 'rect', ...box, fill: COLOURS.mat },
      ...textLines([time], { size: px(30), bold: true, fill: COLOURS.ink, x: textX, y: y - px(5) }),
      ...pill(text, { x: textX, y: y + px(38), size: px(13), ...colours }),
      ...shapes,
    ],
  }
}

function layOutFree(reason: string, { px, x, y }: { px: Scaled; x: number; y: number }): Placed {
  const width = cellWidth(px) - px(CELL_GAP)
  const head = { size: px(17), bold: true, fill: COLOURS.muted }
  const style = { size: px(15), fill: COLOURS.muted }
  const inset = px(16)
  const lines = fitText(reason, style, { width: width - 2 * inset, lines: 6 })
  return {
    pictures: [],
    shapes: [
      { kind: 'rect', x, y, width, height: px(PICTURE.height), fill: COLOURS.ground, radius: px(6), dashed: '#aab0b8' },
      ...textLines(['No story'], { ...head, x: x + inset, y: y + inset }),
      ...textLines(lines, { ...style, x: x + inset, y: y + inset + lineHeight(head) + px(4) }),
    ],
  }
}
