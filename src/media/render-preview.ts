import sharp from 'sharp'
import { errorCode } from '../errors.ts'
import { OriginalUnusable } from '../publish/channels/channel.ts'

/** What the card shows: fits into a story, as a JPEG that Telegram takes (≤ 10 MB, ratio ≤ 20, telegram.md §1). */
const MAX_WIDTH = 1080
const MAX_HEIGHT = 1920
/** Telegram refuses photos longer than 20 times their width; a margin keeps rounding away from the limit. */
const MAX_RATIO = 18

export type Preview = { kind: 'ok'; bytes: Buffer } | { kind: 'broken'; reason: string }

/** Decodes every pixel: what the index only proved to be complete is proved to be a picture here. Never upscales. */
export async function renderPreview(original: Buffer): Promise<Preview> {
  try {
    const { data, info } = await sharp(original, { failOn: 'error', limitInputPixels: 100_000_000 })
      .rotate()
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .resize({ width: MAX_WIDTH, height: MAX_HEIGHT, fit: 'inside', withoutEnlargement: true })
      .jpeg({ quality: 85 })
      .toBuffer({ resolveWithObject: true })
    return { kind: 'ok', bytes: await widen(data, info.width, info.height) }
  } catch (error) {
    // Too many open files and the like: the machine's trouble, not the picture's.
    if (errorCode(error) !== undefined)
      throw new OriginalUnusable(`the picture could not be rendered (${errorCode(error)})`)
    const said = error instanceof Error ? error.message.split('\n')[0] : 'unknown error'
    return { kind: 'broken', reason: `the picture cannot be decoded: ${said}` }
  }
}

/** A strip one pixel high gets bars: Telegram takes no photo of such a ratio. */
async function widen(jpeg: Buffer, width: number, height: number): Promise<Buffer> {
  const shortest = Math.ceil(Math.max(width, height) / MAX_RATIO)
  if (Math.min(width, height) >= shortest) return jpeg
  return sharp(jpeg)
    .resize({
      width: Math.max(width, shortest),
      height: Math.max(height, shortest),
      fit: 'contain',
      background: '#ffffff',
      withoutEnlargement: false,
    })
    .jpeg({ quality: 85 })
    .toBuffer()
}
