import sharp from 'sharp'
import { openPicture, whyUndecodable } from './render-decode.ts'

/** What the card shows: fits into a story, as a JPEG that Telegram takes (≤ 10 MB, ratio ≤ 20, telegram.md §1). */
const MAX_WIDTH = 1080
const MAX_HEIGHT = 1920
/** Telegram refuses photos longer than 20 times their width; a margin keeps rounding away from the limit. */
const MAX_RATIO = 18

export type Preview = { kind: 'ok'; bytes: Buffer } | { kind: 'broken'; reason: string }

/** Decodes every pixel: what the index only proved to be complete is proved to be a picture here. Never upscales. */
export async function renderPreview(original: Buffer): Promise<Preview> {
  try {
    const { picture } = await openPicture(original)
    const { data, info } = await picture
      .resize({ width: MAX_WIDTH, height: MAX_HEIGHT, fit: 'inside', withoutEnlargement: true })
      .jpeg({ quality: 85 })
      .toBuffer({ resolveWithObject: true })
    return { kind: 'ok', bytes: await widen(data, info.width, info.height) }
  } catch (error) {
    return { kind: 'broken', reason: whyUndecodable(error) }
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
