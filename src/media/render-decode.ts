import sharp, { type Sharp } from 'sharp'
import { errorCode } from '../errors.ts'
import { OriginalUnusable } from '../publish/channels/channel.ts'
import { MAX_PIXELS } from './picture/prove.ts'

/** A picture whose header was read; its pixels are decoded when `picture` is rendered. */
export interface OpenedPicture {
  /** Turned as its EXIF says, on white where it was transparent, in 8-bit sRGB; no metadata goes with it. */
  picture: Sharp
  /** In pixels, as turned. */
  width: number
  height: number
}

/** Opens any picture the library takes; of an animation the first frame. Throws what `whyUndecodable` explains. */
export async function openPicture(bytes: Buffer): Promise<OpenedPicture> {
  const input = sharp(bytes, { failOn: 'error', limitInputPixels: MAX_PIXELS })
  const { autoOrient, depth, space } = await input.metadata()
  // sharp takes 16-bit pictures with a profile to Display P3 and calls them sRGB; in 8 bits it converts them properly.
  if (depth === 'ushort') input.pipelineColourspace(space === 'grey16' ? 'b-w' : 'srgb')
  return { picture: input.autoOrient().flatten({ background: '#ffffff' }).toColourspace('srgb'), ...autoOrient }
}

/** What libvips says when memory or disk ran out; its errors carry no code. */
const MACHINE_TROUBLE = /\b(out of|insufficient) memory\b|unix error/i

/**
 * Why decoding the picture failed, for people. Throws `OriginalUnusable` when it was the machine's trouble and not the
 * picture's: too little memory, too many open files.
 */
export function whyUndecodable(error: unknown): string {
  const said = error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unknown error'
  const code = errorCode(error)
  if (code !== undefined || (error instanceof Error && MACHINE_TROUBLE.test(error.message))) {
    throw new OriginalUnusable(`the picture could not be rendered (${code ?? said})`)
  }
  return `the picture cannot be decoded: ${said}`
}

/** Raw pixels: 3 bytes each in sRGB, row by row; 1 byte where the picture was made grey. */
export interface Pixels {
  data: Buffer
  width: number
  height: number
}

/** Of sRGB pixels only. */
export function fromPixels({ data, width, height }: Pixels): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } })
}

export async function toPixels(picture: Sharp): Promise<Pixels> {
  const { data, info } = await picture.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  return { data, width: info.width, height: info.height }
}
