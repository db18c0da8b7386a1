import { readOrientation } from './exif.ts'
import { latin1 } from './latin1.ts'
import { broken, type Container, cutOff, type Orientation } from './proof.ts'

const RIFF_HEADER_BYTES = 12
const CHUNK_HEADER_BYTES = 8
const VP8L_SIGNATURE = 0x2f
const VP8_START_CODE = 0x9d012a

interface Size {
  width: number
  height: number
}

interface Found {
  canvas?: Size
  picture?: Size
  orientation: Orientation
  animationFrames: number
}

export function isWebp(bytes: Buffer): boolean {
  return latin1(bytes, 0, 4) === 'RIFF' && latin1(bytes, 8, 12) === 'WEBP'
}

/** Checks the RIFF length and every chunk inside it; what follows the RIFF is not looked at. */
export function proveWebp(bytes: Buffer): Container {
  const riffEnd = CHUNK_HEADER_BYTES + bytes.readUInt32LE(4)
  if (riffEnd > bytes.length) return cutOff(bytes, `the ${riffEnd} bytes that its RIFF header announces`)

  const found: Found = { orientation: 1, animationFrames: 0 }
  let at = RIFF_HEADER_BYTES
  while (at + CHUNK_HEADER_BYTES <= riffEnd) {
    const type = latin1(bytes, at, at + 4)
    const dataAt = at + CHUNK_HEADER_BYTES
    const end = dataAt + bytes.readUInt32LE(at + 4)
    if (end > riffEnd) return broken(`the chunk at byte ${at} reaches beyond the end of the RIFF`)
    if (at === RIFF_HEADER_BYTES && !type.startsWith('VP8')) return broken(`it begins with a chunk that is no picture`)
    const problem = takeChunk(found, type, bytes.subarray(dataAt, end))
    if (problem) return broken(`${problem} at byte ${at}`)
    at = end + (end % 2) // chunks are padded to an even length
  }
  return conclude(found)
}

function conclude({ canvas, picture, orientation, animationFrames }: Found): Container {
  if (!picture && animationFrames === 0) return broken('it has no picture data (VP8, VP8L or ANMF chunk)')
  if (animationFrames > 0 && !canvas) return broken('it is animated but has no VP8X header')
  if (canvas && picture && (canvas.width !== picture.width || canvas.height !== picture.height)) {
    return broken(
      `its header says ${canvas.width}×${canvas.height}, its picture data ${picture.width}×${picture.height}`,
    )
  }
  const { width, height } = canvas ?? picture ?? { width: 0, height: 0 }
  return { kind: 'complete', width, height, orientation, frames: Math.max(1, animationFrames) }
}

/** Notes what the chunk says; answers with the problem when it cannot be read. */
function takeChunk(found: Found, type: string, data: Buffer): string | undefined {
  switch (type) {
    case 'VP8X':
      if (data.length < 10) return 'a VP8X header without dimensions'
      found.canvas = { width: 1 + data.readUIntLE(4, 3), height: 1 + data.readUIntLE(7, 3) }
      break
    case 'VP8 ':
      if (data.length < 10 || data.readUIntBE(3, 3) !== VP8_START_CODE) return 'a VP8 frame without dimensions'
      found.picture ??= { width: data.readUInt16LE(6) & 0x3fff, height: data.readUInt16LE(8) & 0x3fff }
      break
    case 'VP8L':
      if (data.length < 5 || data[0] !== VP8L_SIGNATURE) return 'a VP8L frame without dimensions'
      found.picture ??= losslessSize(data.readUInt32LE(1))
      break
    case 'ANMF':
      found.animationFrames++
      break
    case 'EXIF':
      found.orientation = readOrientation(data)
      break
  }
  return undefined
}

/** Two 14-bit numbers, each one less than the size. */
function losslessSize(bits: number): Size {
  return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) }
}
