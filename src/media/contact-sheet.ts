import { join } from 'node:path'
import type { Context } from '../context.ts'
import { formatDateTime, formatRelative } from '../output/time.ts'
import type { MediaRow } from './media-row.ts'
import { type SheetFile, writeSheet } from './picture-file.ts'
import { layOutContactSheet, MAX_SHEET_PICTURES, type SheetItem } from './sheet-layout.ts'

interface Listing {
  rows: readonly MediaRow[]
  /** How many there are, shown or not. */
  total: number
  /** The filters in words. */
  filters: readonly string[]
}

/** The listed pictures as one picture; more than 200 are not drawn, which is said in it and as a warning. */
export async function writeContactSheet(
  ctx: Context,
  file: SheetFile,
  { rows, total, filters }: Listing,
): Promise<void> {
  const { settings, out } = ctx
  const now = ctx.now()
  const drawn = rows.slice(0, MAX_SHEET_PICTURES)
  if (drawn.length < rows.length) {
    out.warn(
      `A contact sheet holds ${MAX_SHEET_PICTURES} pictures: the first ${drawn.length} of ${rows.length} are drawn.`,
    )
  }
  const shown = drawn.length < total ? `The first ${drawn.length} of ${total} pictures` : counted(total)
  const subtitle = [shown, ...filters, formatDateTime(now, settings.timeZone)].join(' · ')
  const items = drawn.map((row) => toSheetItem(row, settings.mediaBasePath, now))
  await writeSheet(ctx, file, layOutContactSheet({ title: 'Media library', subtitle }, items), 'Contact sheet')
}

const counted = (count: number) => (count === 1 ? '1 picture' : `${count} pictures`)

function toSheetItem(row: MediaRow, mediaBasePath: string, now: Date): SheetItem {
  const { filePath, state, requiresInteraction, timesPosted, lastPostedAt } = row
  const posted = `posted ${timesPosted}×`
  const ago = lastPostedAt === null ? [] : [`${posted}, ${formatRelative(lastPostedAt, now)}`]
  return {
    path: join(mediaBasePath, filePath),
    name: filePath.replace(/^stories\//, ''),
    state,
    note: requiresInteraction ? 'manual' : '',
    posted: timesPosted === 0 ? ['never posted'] : [...ago, posted],
  }
}
