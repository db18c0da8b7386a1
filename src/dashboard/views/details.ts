import { printable } from '../../media/printable.ts'
import { wrapText } from '../../output/wrap.ts'
import type { Action } from '../action.ts'
import { actionHelp, ownActions } from '../keys.ts'
import { beside, type Line, padLine, span } from '../line.ts'
import type { Item } from '../lists.ts'
import type { Size } from '../state.ts'
import { describeItem } from './facts.ts'

/** What is known of the selected item, with its picture. Pure. */

/** How far the drawing of a picture is. */
export type Picture =
  | { kind: 'none' }
  | { kind: 'drawing' }
  | { kind: 'drawn'; lines: readonly string[]; columns: number }
  | { kind: 'problem'; problem: string }

export interface DetailsInput {
  item: Item
  actions: readonly Action[]
  picture: Picture
  now: Date
  timeZone: string
}

const LABEL_COLUMNS = 11
/** From here on the facts stand beside the picture. */
const BESIDE_COLUMNS = 56
const GAP_COLUMNS = 2

/** Room of the picture inside the room of the details. Story pictures are upright: 9 to 16, and a cell is 1 to 2. */
export function pictureRoom({ columns, rows }: Size): Size & { isBeside: boolean } {
  if (columns >= BESIDE_COLUMNS) {
    return { columns: Math.min(Math.floor(columns * 0.5), Math.ceil(rows * 2 * (9 / 16))), rows, isBeside: true }
  }
  return { columns, rows: Math.floor(rows * 0.55), isBeside: false }
}

/** As many lines as it takes. */
export function detailLines(input: DetailsInput, room: Size): Line[] {
  const { facts, path } = describeItem(input.item, input)
  const text = (width: number) => [...factLines(facts, width), ...actionLines(input.actions)]
  if (path === null) return text(room.columns)
  const place = pictureRoom(room)
  const picture = pictureLines(input.picture, place)
  if (!place.isBeside) return [...picture, [], ...text(room.columns)]
  const left = place.columns + GAP_COLUMNS
  const right = text(room.columns - left)
  const rows = Math.max(picture.length, right.length)
  const blocks = Array.from({ length: rows }, (_, i) => padLine(picture[i] ?? [], left))
  return beside(blocks, right)
}

function pictureLines(picture: Picture, { columns }: Size): Line[] {
  switch (picture.kind) {
    case 'none':
      return []
    case 'drawing':
      return [[span('drawing …', 'faint')]]
    case 'drawn':
      return picture.lines.map((text) => [{ text, drawnColumns: picture.columns }])
    case 'problem':
      return wrapText(`No picture: ${printable(picture.problem)}`, columns).map((text) => [span(text, 'warn')])
    default:
      return picture satisfies never
  }
}

function factLines(facts: readonly (readonly [string, string])[], width: number): Line[] {
  return facts.flatMap(([label, value]) => {
    const lines = wrapText(printable(value), Math.max(8, width - LABEL_COLUMNS))
    return lines.map((text, i) => [span((i === 0 ? label : '').padEnd(LABEL_COLUMNS), 'faint'), span(text)])
  })
}

function actionLines(actions: readonly Action[]): Line[] {
  const own = ownActions(actions)
  if (own.length === 0) return []
  const keys = actionHelp(own).map(
    ({ key, does }): Line => [{ text: `  ${key}  `, tone: 'accent', isBold: true }, span(does)],
  )
  return [[], ...keys]
}
