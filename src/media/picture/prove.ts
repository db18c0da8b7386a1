import { describeForeignFile } from './foreign.ts'
import { isGif, proveGif } from './gif.ts'
import { isJpeg, proveJpeg } from './jpeg.ts'
import { isPng, provePng } from './png.ts'
import type { Container, PictureFormat, Proof } from './proof.ts'
import { isWebp, proveWebp } from './webp.ts'

/**
 * Most pixels of an accepted picture: 100 million, about twice the largest phone camera in its full mode. A small file can announce
 * gigabytes of pixels; sharp would only stop at 268 million.
 */
export const MAX_PIXELS = 100_000_000

interface Format {
  name: PictureFormat
  label: string
  isIt: (bytes: Buffer) => boolean
  prove: (bytes: Buffer) => Container
}

const FORMATS: readonly Format[] = [
  { name: 'jpeg', label: 'JPEG', isIt: isJpeg, prove: proveJpeg },
  { name: 'png', label: 'PNG', isIt: isPng, prove: provePng },
  { name: 'webp', label: 'WebP', isIt: isWebp, prove: proveWebp },
  { name: 'gif', label: 'GIF', isIt: isGif, prove: proveGif },
]

/**
 * Decides from the bytes alone, never from the name, what a file is, and whether its container is complete with dimensions
 * that can be handled. Decodes no pixel and never throws.
 */
export function provePicture(file: Uint8Array): Proof {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  const format = FORMATS.find(({ isIt }) => isIt(bytes))
  if (!format) return { kind: 'unsupported', reason: describeForeignFile(bytes) }

  const container = format.prove(bytes)
  switch (container.kind) {
    case 'broken':
      return { kind: 'broken', format: format.name, reason: `damaged ${format.label}: ${container.reason}` }
    case 'unsupported':
      return container
    case 'complete':
      return judgeDimensions(format, container)
  }
  container satisfies never
}

function judgeDimensions(format: Format, container: Extract<Container, { kind: 'complete' }>): Proof {
  const { orientation, frames } = container
  const liesOnSide = orientation >= 5
  const width = liesOnSide ? container.height : container.width
  const height = liesOnSide ? container.width : container.height
  if (width === 0 || height === 0) {
    return {
      kind: 'broken',
      format: format.name,
      reason: `damaged ${format.label}: its dimensions are ${width}×${height}`,
    }
  }
  if (width * height > MAX_PIXELS) {
    const limit = `${MAX_PIXELS / 1_000_000} million`
    const reason = `${format.label} of ${width}×${height} pixels (${Math.ceil((width * height) / 1_000_000)} million); the limit is ${limit}`
    return { kind: 'unsupported', reason: `${reason}; save it smaller` }
  }
  return {
    kind: 'whole',
    format: format.name,
    mimeType: `image/${format.name}`,
    width,
    height,
    orientation,
    animated: frames > 1,
    frames,
  }
}
