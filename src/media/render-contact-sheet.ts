import sharp from 'sharp'
import { fromPixels, type Pixels, toPixels } from './render-decode.ts'
import { renderThumbnail } from './render-thumbnail.ts'
import { type Band, COLOURS, problemShapes, type Shape, type Sheet } from './sheet-layout.ts'
import { escapeXml, withoutEmoji } from './sheet-text.ts'

export type SheetFormat = 'png' | 'jpg' | 'webp'

/** `hasText`: false when this machine has no font, so that the picture is without words. `broken`: pictures that cannot be shown. */
export interface RenderedSheet {
  bytes: Buffer
  width: number
  height: number
  hasText: boolean
  broken: number
}

interface Fonts {
  hasText: boolean
  hasEmoji: boolean
}

/** Pictures decoded at once: enough for the cores of a small machine, and a bound for its memory. */
const PARALLEL_PICTURES = 3

/** Names the program in the file, so that the next sheet may take its place and nothing else may. */
const MADE_BY = 'Storyline sheet'

/** In memory are the sheet's own pixels and at most three pictures, shrunk while they are decoded. */
export async function renderSheet(
  sheet: Sheet,
  format: SheetFormat,
  onPicture: () => void = () => {},
): Promise<RenderedSheet> {
  const fonts = await findFonts()
  const { width, bands } = sheet
  const height = bands.reduce((sum, band) => sum + band.height, 0)
  const canvas: Pixels = { width, height, data: Buffer.alloc(width * height * 3) }
  let top = 0
  let broken = 0
  for (const band of bands) {
    put(canvas, await drawShapes(band.shapes, { width, height: band.height }, fonts), 0, top)
    broken += await drawPictures(canvas, { band, top, fonts, onPicture })
    top += band.height
  }
  return { bytes: await encode(canvas, format), width, height, hasText: fonts.hasText, broken }
}

/** Answers how many cannot be shown. */
async function drawPictures(
  canvas: Pixels,
  { band, top, fonts, onPicture }: { band: Band; top: number; fonts: Fonts; onPicture: () => void },
): Promise<number> {
  const waiting = band.pictures.values()
  let broken = 0
  const worker = async () => {
    // The iterator is shared: each worker takes the next picture.
    for (const { path, x, y, ...box } of waiting) {
      const rendered = await renderThumbnail(path, box)
      if (rendered.kind === 'broken') broken += 1
      const picture =
        rendered.kind === 'ok' ? rendered.thumbnail : await drawShapes(problemShapes(rendered.problem, box), box, fonts)
      const left = x + Math.floor((box.width - picture.width) / 2)
      put(canvas, picture, left, top + y + Math.floor((box.height - picture.height) / 2))
      onPicture()
    }
  }
  await Promise.all(Array.from({ length: PARALLEL_PICTURES }, worker))
  return broken
}

/** Row by row, into the canvas's own memory. */
function put(canvas: Pixels, picture: Pixels, left: number, top: number): void {
  const rowBytes = picture.width * 3
  for (let row = 0; row < picture.height; row++) {
    const from = row * rowBytes
    canvas.data.set(picture.data.subarray(from, from + rowBytes), ((top + row) * canvas.width + left) * 3)
  }
}

async function encode(canvas: Pixels, format: SheetFormat): Promise<Buffer> {
  const picture = fromPixels(canvas).withExif({ IFD0: { Software: MADE_BY } })
  if (format === 'png') return picture.png().toBuffer()
  return format === 'jpg'
    ? picture.jpeg({ quality: 88, chromaSubsampling: '4:4:4' }).toBuffer()
    : picture.webp({ quality: 88 }).toBuffer()
}

/** Whether a file is a picture that `renderSheet` made. */
export async function isSheet(path: string): Promise<boolean> {
  try {
    const { exif } = await sharp(path).metadata()
    return exif?.includes(MADE_BY) ?? false
  } catch {
    // No picture at all: certainly not ours.
    return false
  }
}

interface Size {
  width: number
  height: number
}

function drawShapes(shapes: readonly Shape[], size: Size, fonts: Fonts): Promise<Pixels> {
  const drawn = shapes.map((shape) => toSvg(shape, fonts)).join('')
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}">${drawn}</svg>`
  return toPixels(sharp(Buffer.from(svg)).flatten({ background: COLOURS.ground }).toColourspace('srgb'))
}

/** The first that is there: nearly every Linux has one of them. */
const FONT_FAMILY = 'DejaVu Sans, Noto Sans, Liberation Sans, Helvetica, Arial, sans-serif'

function toSvg(shape: Shape, { hasText, hasEmoji }: Fonts): string {
  if (shape.kind === 'rect') {
    const { x, y, width, height, fill, radius = 0, dashed } = shape
    const edge = dashed === undefined ? '' : ` stroke="${dashed}" stroke-width="2" stroke-dasharray="8 6"`
    return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}" fill="${fill}"${edge}/>`
  }
  if (!hasText) return ''
  const { x, y, size, bold = false, fill, text, isCentred = false } = shape
  const shown = escapeXml(hasEmoji ? text : withoutEmoji(text))
  const font = `font-family="${FONT_FAMILY}" font-size="${size}" font-weight="${bold ? 700 : 400}"`
  const anchor = isCentred ? ' text-anchor="middle"' : ''
  return `<text x="${x}" y="${y}" ${font} fill="${fill}"${anchor}>${shown}</text>`
}

/** Without any font every letter is the same empty box; without one for emoji they are boxes with numbers, in black. */
async function findFonts(): Promise<Fonts> {
  const draw = (text: string) => {
    const shape = { kind: 'text', x: 2, y: 26, size: 24, text, fill: '#000000' } as const
    return drawShapes([shape], { width: 40, height: 32 }, { hasText: true, hasEmoji: true })
  }
  const [narrow, wide, robot] = await Promise.all([draw('i'), draw('W'), draw('🤖')])
  return { hasText: !narrow.data.equals(wide.data), hasEmoji: hasColour(robot) }
}

function hasColour({ data }: Pixels): boolean {
  for (let at = 0; at < data.length; at += 3) {
    if (Math.abs((data[at] ?? 0) - (data[at + 2] ?? 0)) > 24) return true
  }
  return false
}
