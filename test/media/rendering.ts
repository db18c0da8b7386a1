import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { renderStory, type StoryFit } from '../../src/media/render-story.ts'
import { exifBlock, png, pngChunks, withFirstSegment } from '../support/pictures.ts'

export type Colour = readonly [red: number, green: number, blue: number]

export const FITS: readonly StoryFit[] = ['blur', 'cover', 'contain']

/** The story's bytes; throws when the picture is broken. */
export async function storyOf(original: Buffer, fit: StoryFit): Promise<Buffer> {
  const story = await renderStory(original, fit)
  if (story.kind === 'broken') throw new Error(story.reason)
  return story.bytes
}

/** A picture whose pixel at x, y has the given colour. */
export function painted(width: number, height: number, colourAt: (x: number, y: number) => Colour) {
  const pixels = Buffer.alloc(width * height * 3)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) pixels.set(colourAt(x, y), (y * width + x) * 3)
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
}

export function plain(width: number, height: number, [r, g, b]: Colour, alpha?: number) {
  const background = { r, g, b, alpha: alpha ?? 1 }
  return sharp({ create: { width, height, channels: alpha === undefined ? 3 : 4, background } })
}

export interface Seen {
  width: number
  height: number
  at(x: number, y: number): Colour
}

/** What a decoder that ignores profiles and EXIF sees. */
export async function seen(bytes: Buffer): Promise<Seen> {
  const { data, info } = await sharp(bytes, { ignoreIcc: true })
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
  const at = (x: number, y: number): Colour => {
    const from = (y * info.width + x) * info.channels
    return [data[from] ?? -1, data[from + 1] ?? -1, data[from + 2] ?? -1]
  }
  return { width: info.width, height: info.height, at }
}

/** The largest difference of a channel. */
export function distance(one: Colour, other: Colour): number {
  return Math.max(...one.map((value, channel) => Math.abs(value - (other[channel] ?? Number.NaN))))
}

/** The codes and payloads of a JPEG's segments up to its scan. */
export function jpegSegments(jpeg: Buffer): { code: number; payload: Buffer }[] {
  const segments: { code: number; payload: Buffer }[] = []
  for (let at = 2; at < jpeg.length; ) {
    const code = jpeg.readUInt16BE(at) - 0xff00
    const end = at + 2 + jpeg.readUInt16BE(at + 2)
    segments.push({ code, payload: jpeg.subarray(at + 4, end) })
    if (code === 0xda) break
    at = end
  }
  return segments
}

export function turned(jpeg: Buffer, orientation: number): Buffer {
  const exif = exifBlock({ orientation, byteOrder: 'MM', type: 3 })
  return withFirstSegment(jpeg, 0xe1, Buffer.concat([Buffer.from('Exif\0\0'), exif]))
}

/** A grey profile in which brightness is proportional to light: 128 is as bright as 188 in sRGB. */
export function linearGreyProfile(): Buffer {
  const white = Buffer.from('58595a20000000000000f6d6000100000000d32d', 'hex')
  const curve = Buffer.from('637572760000000000000000', 'hex')
  const name = Buffer.alloc(96)
  name.write('desc', 0, 'latin1')
  name.writeUInt32BE(5, 8)
  name.write('grey', 12, 'latin1')
  const tags = { wtpt: white, kTRC: curve, desc: name }
  const table = Buffer.alloc(4 + 12 * 3)
  table.writeUInt32BE(3)
  let offset = 128 + table.length
  for (const [i, [tag, data]] of Object.entries(tags).entries()) {
    table.write(tag, 4 + i * 12, 'latin1')
    table.writeUInt32BE(offset, 8 + i * 12)
    table.writeUInt32BE(data.length, 12 + i * 12)
    offset += data.length
  }
  const header = Buffer.alloc(128)
  header.writeUInt32BE(offset)
  header.writeUInt32BE(0x02100000, 8)
  header.write('mntrGRAYXYZ ', 12, 'latin1')
  header.write('acsp', 36, 'latin1')
  white.copy(header, 68, 8)
  return Buffer.concat([header, table, ...Object.values(tags)])
}

export function withProfile(still: Buffer, profile: Buffer): Buffer {
  const [header, ...rest] = pngChunks(still)
  if (header === undefined) throw new Error('no PNG')
  return png([
    header,
    { type: 'iCCP', data: Buffer.concat([Buffer.from('grey\0\0', 'latin1'), deflateSync(profile)]) },
    ...rest,
  ])
}
