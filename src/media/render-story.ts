import type { Sharp } from 'sharp'
import { fromPixels, type OpenedPicture, openPicture, type Pixels, toPixels, whyUndecodable } from './render-decode.ts'

/** The frame of a story, in pixels (instagram.md §1.6): what fills it is neither cropped nor given bars by Instagram. */
const FRAME = { width: 1080, height: 1920 } as const
/** Share of the ratio up to which a picture counts as 9:16, as in judge-picture.ts: at most 10 pixels of an edge go. */
const RATIO_TOLERANCE = 0.01

/** The backdrop is blurred this many times smaller: a hundredth of the work, and nothing of the detail would be left anyway. */
const BACKDROP_SHRINK = 10
const BACKDROP = { width: FRAME.width / BACKDROP_SHRINK, height: FRAME.height / BACKDROP_SHRINK }
/** In pixels of the small backdrop: seen side by side, from here on a headline leaves no ghost of itself beside the picture. */
const BLUR_SIGMA = 12
/** The picture stands out from its own colours, and Instagram's white buttons from a white picture. */
const BACKDROP_LIGHT = 0.7

/** Without chroma subsampling, since Instagram encodes once more: red letters keep their edges. Noise of full contrast, the worst case, stays below 4 MB. */
const JPEG = { quality: 90, chromaSubsampling: '4:4:4', progressive: false } as const

/** What fills the frame of a picture that is not 9:16: its blurred enlargement, itself cropped, or black bars. */
export type StoryFit = 'blur' | 'cover' | 'contain'

/** `bytes`: a baseline JPEG of 1080×1920 in sRGB, below 8 MB, without metadata; the same for the same original and fit. */
export type StoryRender = { kind: 'ok'; bytes: Buffer } | { kind: 'broken'; reason: string }

/**
 * The story that Instagram fetches, made of any picture of the library, small ones enlarged. `broken` means that the picture
 * cannot be decoded; throws `OriginalUnusable` when only this machine could not, for now.
 */
export async function renderStory(original: Buffer, fit: StoryFit): Promise<StoryRender> {
  let picture: Pixels
  try {
    const opened = await openPicture(original)
    picture = await toPixels(fit === 'cover' || isStoryShaped(opened) ? fillFrame(opened) : insideFrame(opened))
  } catch (error) {
    return { kind: 'broken', reason: whyUndecodable(error) }
  }
  const isFull = picture.width === FRAME.width && picture.height === FRAME.height
  const frame = isFull ? picture : placeInMiddle(picture, fit === 'blur' ? await backdropOf(picture) : blackFrame())
  return { kind: 'ok', bytes: await fromPixels(frame).jpeg(JPEG).toBuffer() }
}

function isStoryShaped({ width, height }: OpenedPicture): boolean {
  return Math.abs(width / height / (FRAME.width / FRAME.height) - 1) <= RATIO_TOLERANCE
}

/** Cropped around the middle: what stays is the same for every picture and can be planned for, unlike a guess at what matters in it. */
function fillFrame({ picture, width, height }: OpenedPicture): Sharp {
  // Cropped before it is enlarged: a strip one pixel high would become millions of pixels wide first.
  const isSmall = width < FRAME.width || height < FRAME.height
  return (isSmall ? picture.extract(middleOf({ width, height })) : picture).resize({ ...FRAME, fit: 'cover' })
}

function insideFrame({ picture }: OpenedPicture): Sharp {
  return picture.resize({ ...FRAME, fit: 'inside' })
}

/** The largest part around the middle that is about 9:16; never less than one pixel. */
function middleOf({ width, height }: { width: number; height: number }) {
  const part = {
    width: Math.min(width, Math.ceil((height * FRAME.width) / FRAME.height)),
    height: Math.min(height, Math.ceil((width * FRAME.height) / FRAME.width)),
  }
  return { ...part, left: Math.floor((width - part.width) / 2), top: Math.floor((height - part.height) / 2) }
}

/** The middle of the picture fills the frame, blurred and a little darker. */
async function backdropOf(picture: Pixels): Promise<Pixels> {
  const small = await toPixels(
    fromPixels(picture)
      .extract(middleOf(picture))
      .resize({ ...BACKDROP, fit: 'fill' }),
  )
  const blurred = await toPixels(fromPixels(small).blur(BLUR_SIGMA).linear(BACKDROP_LIGHT, 0))
  return toPixels(fromPixels(blurred).resize({ ...FRAME, fit: 'fill', kernel: 'cubic' }))
}

/** Black, as around every story that does not fill a phone's screen: the bars are not seen as part of the picture. */
function blackFrame(): Pixels {
  return { ...FRAME, data: Buffer.alloc(FRAME.width * FRAME.height * 3) }
}

/** Row by row, into the frame's own memory. */
function placeInMiddle(picture: Pixels, frame: Pixels): Pixels {
  const left = Math.floor((frame.width - picture.width) / 2)
  const top = Math.floor((frame.height - picture.height) / 2)
  const rowBytes = picture.width * 3
  for (let row = 0; row < picture.height; row++) {
    const from = row * rowBytes
    frame.data.set(picture.data.subarray(from, from + rowBytes), ((top + row) * frame.width + left) * 3)
  }
  return frame
}
