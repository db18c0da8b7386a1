import { latin1 } from './latin1.ts'
import { broken, type Container, cutOff } from './proof.ts'

const SCREEN_HEADER_BYTES = 13
const IMAGE_DESCRIPTOR_BYTES = 10
/** What starts a block (GIF89a, appendix A). */
const Block = { image: 0x2c, extension: 0x21, trailer: 0x3b } as const

export function isGif(bytes: Buffer): boolean {
  const version = latin1(bytes, 0, 6)
  return version === 'GIF89a' || version === 'GIF87a'
}

/** Walks the blocks up to the trailer; what follows the trailer is not looked at. */
export function proveGif(bytes: Buffer): Container {
  let frames = 0
  let at = SCREEN_HEADER_BYTES + colourTableBytes(bytes[10])
  while (at < bytes.length) {
    const block = bytes[at]
    if (block === Block.trailer) return conclude(bytes, frames)
    if (block === Block.extension) {
      at = skipSubBlocks(bytes, at + 2)
    } else if (block === Block.image) {
      frames++
      const tableBytes = colourTableBytes(bytes[at + IMAGE_DESCRIPTOR_BYTES - 1])
      const minimumCodeSizeBytes = 1
      at = skipSubBlocks(bytes, at + IMAGE_DESCRIPTOR_BYTES + tableBytes + minimumCodeSizeBytes)
    } else {
      return broken(`unknown block at byte ${at}`)
    }
  }
  return cutOff(bytes, 'the trailer')
}

function conclude(bytes: Buffer, frames: number): Container {
  if (frames === 0) return broken('it has no picture data')
  const width = bytes.readUInt16LE(6)
  const height = bytes.readUInt16LE(8)
  return { kind: 'complete', width, height, orientation: 1, frames }
}

function colourTableBytes(packed = 0): number {
  const hasTable = (packed & 0x80) !== 0
  return hasTable ? 3 * 2 ** ((packed & 0x07) + 1) : 0
}

/** Each sub-block starts with its length; an empty one ends the row. Beyond the file's end when that is missing. */
function skipSubBlocks(bytes: Buffer, from: number): number {
  let at = from
  for (;;) {
    const length = bytes[at]
    if (length === undefined) return bytes.length
    at += 1 + length
    if (length === 0) return at
  }
}
