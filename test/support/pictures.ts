import { crc32 } from 'node:zlib'
import sharp, { type Sharp } from 'sharp'

/** Pictures for tests: real ones from sharp, and the containers that no encoder makes, by hand. All are the same in every run. */

interface PictureSize {
  width: number
  height: number
}

/** A picture with detail in it (a pattern, not one colour), ready to be encoded with sharp's `.jpeg()`, `.png()`, … */
export function pattern({ width, height }: PictureSize): Sharp {
  const pixels = Buffer.alloc(width * height * 3)
  for (let i = 0; i < pixels.length; i++) pixels[i] = (i * 7 + (i >> 5) * 31 + ((i * i) >> 7)) & 0xff
  return sharp(pixels, { raw: { width, height, channels: 3 } })
}

/** Incompressible pixels: at 1080×1920 and the default quality about 355 KB of JPEG. Another seed gives other pixels. */
export async function noiseJpeg({
  width,
  height,
  seed,
  quality = 68,
}: PictureSize & { seed: number; quality?: number }) {
  const pixels = Buffer.alloc(width * height * 3)
  let state = seed * 2654435761 + 1
  for (let i = 0; i < pixels.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    pixels[i] = 96 + (state >>> 26)
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality })
    .toBuffer()
}

/** Two frames of different colour, as one tall picture that sharp writes as an animation. */
export async function animation({ width, height }: PictureSize, format: 'gif' | 'webp'): Promise<Buffer> {
  const frames = ['#a40', '#04a'].map((background) => ({ create: { width, height, channels: 3 as const, background } }))
  const encoded = await Promise.all(frames.map((frame) => sharp(frame).png().toBuffer()))
  return sharp(encoded, { join: { animated: true } })
    .toFormat(format)
    .toBuffer()
}

/** The same, as an APNG: the second frame is the first one's data again. */
export async function animatedPng(size: PictureSize): Promise<Buffer> {
  const still = await pattern(size).png().toBuffer()
  const data = Buffer.concat(pngChunks(still).flatMap(({ type, data }) => (type === 'IDAT' ? [data] : [])))
  const control = (sequence: number) => {
    const bytes = Buffer.alloc(26)
    bytes.writeUInt32BE(sequence, 0)
    bytes.writeUInt32BE(size.width, 4)
    bytes.writeUInt32BE(size.height, 8)
    bytes.writeUInt16BE(1, 20)
    bytes.writeUInt16BE(10, 22)
    return bytes
  }
  return png([
    { type: 'IHDR', data: pngChunks(still)[0]?.data ?? Buffer.alloc(0) },
    { type: 'acTL', data: Buffer.from([0, 0, 0, 2, 0, 0, 0, 0]) },
    { type: 'fcTL', data: control(0) },
    { type: 'IDAT', data },
    { type: 'fcTL', data: control(1) },
    { type: 'fdAT', data: Buffer.concat([Buffer.from([0, 0, 0, 2]), data]) },
    { type: 'IEND', data: Buffer.alloc(0) },
  ])
}

interface PngChunk {
  type: string
  data: Buffer
}

const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex')

export function png(chunks: readonly PngChunk[]): Buffer {
  return Buffer.concat([PNG_SIGNATURE, ...chunks.map(pngChunk)])
}

function pngChunk({ type, data }: PngChunk): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}

export function pngChunks(bytes: Buffer): PngChunk[] {
  const chunks: PngChunk[] = []
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    chunks.push({ type: bytes.toString('latin1', at + 4, at + 8), data: bytes.subarray(at + 8, at + 8 + length) })
    at += length + 12
  }
  return chunks
}

export function pngHeader({ width, height }: PictureSize): PngChunk {
  const data = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0])
  data.writeUInt32BE(width, 0)
  data.writeUInt32BE(height, 4)
  return { type: 'IHDR', data }
}

/** A complete container whose header announces any size; the picture data is nonsense. */
export function pngOfSize(size: PictureSize): Buffer {
  const data = [
    pngHeader(size),
    { type: 'IDAT', data: Buffer.from([1, 2, 3]) },
    { type: 'IEND', data: Buffer.alloc(0) },
  ]
  return png(data)
}

/** One JPEG segment: the marker's code and its payload. */
export function jpegSegment(code: number, payload: Buffer): Buffer {
  const length = payload.length + 2
  return Buffer.concat([Buffer.from([0xff, code, length >> 8, length & 0xff]), payload])
}

/** A complete container around the given scan data, in the coding of `frameCode` (0xC0: baseline). */
export function jpegOfSize(
  { width, height }: PictureSize,
  scan: readonly number[] = [1, 2, 3],
  frameCode = 0xc0,
): Buffer {
  const frame = Buffer.from([8, height >> 8, height & 0xff, width >> 8, width & 0xff, 1, 1, 0x11, 0])
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    jpegSegment(frameCode, frame),
    jpegSegment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])),
    Buffer.from(scan),
    Buffer.from([0xff, 0xd9]),
  ])
}

/** The JPEG with one more segment directly behind its SOI, before any other. */
export function withFirstSegment(jpeg: Buffer, code: number, payload: Buffer): Buffer {
  return Buffer.concat([jpeg.subarray(0, 2), jpegSegment(code, payload), jpeg.subarray(2)])
}

interface ExifOrientation {
  orientation: number
  byteOrder: 'II' | 'MM'
  /** 1 BYTE, 3 SHORT, 4 LONG. */
  type: number
}

/** A TIFF block with nothing but an orientation; without the `Exif\0\0` in front. */
export function exifBlock({ orientation, byteOrder, type }: ExifOrientation): Buffer {
  const little = byteOrder === 'II'
  const u16 = (value: number) => (little ? [value & 0xff, value >> 8] : [value >> 8, value & 0xff])
  const u32 = (value: number) => (little ? [...u16(value), 0, 0] : [0, 0, ...u16(value)])
  const value = { 1: [orientation, 0, 0, 0], 3: [...u16(orientation), 0, 0], 4: u32(orientation) }[type] ?? [0, 0, 0, 0]
  const entry = [...u16(0x0112), ...u16(type), ...u32(1), ...value]
  return Buffer.from([...Buffer.from(byteOrder), ...u16(42), ...u32(8), ...u16(1), ...entry, ...u32(0)])
}

export function webp(chunks: readonly { type: string; data: Buffer }[]): Buffer {
  const body = Buffer.concat(
    chunks.map(({ type, data }) => {
      const length = Buffer.alloc(4)
      length.writeUInt32LE(data.length)
      return Buffer.concat([Buffer.from(type, 'latin1'), length, data, Buffer.alloc(data.length % 2)])
    }),
  )
  const length = Buffer.alloc(4)
  length.writeUInt32LE(body.length + 4)
  return Buffer.concat([Buffer.from('RIFF'), length, Buffer.from('WEBP'), body])
}

/** A VP8X header, which announces the canvas of an extended WebP. */
export function webpCanvas({ width, height }: PictureSize, flags = 0) {
  const data = Buffer.alloc(10)
  data[0] = flags
  data.writeUIntLE(width - 1, 4, 3)
  data.writeUIntLE(height - 1, 7, 3)
  return { type: 'VP8X', data }
}

/** A still GIF of one colour that announces any size. */
export function gifOfSize({ width, height }: PictureSize): Buffer {
  const bytes = Buffer.from('47494638396100000000800000ff0000000000' + '2c0000000001000100000202440100' + '3b', 'hex')
  bytes.writeUInt16LE(width, 6)
  bytes.writeUInt16LE(height, 8)
  return bytes
}

/** The first box of HEIC, AVIF, MOV and MP4 files, followed by some more bytes. */
export function isoMedia(majorBrand: string, ...compatibleBrands: string[]): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(16 + 4 * compatibleBrands.length)
  const brands = Buffer.from(`ftyp${majorBrand}\0\0\0\0${compatibleBrands.join('')}`, 'latin1')
  return Buffer.concat([length, brands, Buffer.from('\0\0\0\x20meta', 'latin1'), Buffer.alloc(64, 7)])
}
