import { crc32 } from 'node:zlib'
import { readOrientation } from './exif.ts'
import { latin1 } from './latin1.ts'
import { broken, type Container, cutOff, type Orientation } from './proof.ts'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
/** Length, type and CRC around a chunk's data. */
const CHUNK_FRAME_BYTES = 12
const IHDR_BYTES = 13

interface Found {
  width: number
  height: number
  orientation: Orientation
  frames: number
  dataBytes: number
}

export function isPng(bytes: Buffer): boolean {
  return bytes.length >= SIGNATURE.length && bytes.compare(SIGNATURE, 0, 8, 0, 8) === 0
}

/** Checks every chunk with its CRC up to IEND; what follows IEND is not looked at. */
export function provePng(bytes: Buffer): Container {
  const found: Found = { width: 0, height: 0, orientation: 1, frames: 1, dataBytes: 0 }
  let at = SIGNATURE.length
  while (at + CHUNK_FRAME_BYTES <= bytes.length) {
    const length = bytes.readUInt32BE(at)
    const dataAt = at + 8
    const end = dataAt + length + 4
    const type = latin1(bytes, at + 4, dataAt)
    const isFirst = at === SIGNATURE.length
    if (isFirst !== (type === 'IHDR'))
      return broken(`the IHDR chunk must come first and once; byte ${at} has "${printable(type)}"`)
    if (end > bytes.length) return cutOff(bytes, `the end of its ${printable(type)} chunk, which starts at byte ${at}`)
    if (crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4)) {
      return broken(`the checksum of the ${printable(type)} chunk at byte ${at} is wrong`)
    }
    if (isFirst && length !== IHDR_BYTES) return broken(`its IHDR chunk has ${length} bytes instead of ${IHDR_BYTES}`)
    if (type === 'IEND') return conclude(found, at)
    takeChunk(found, type, bytes.subarray(dataAt, end - 4))
    at = end
  }
  return cutOff(bytes, 'the last chunk (IEND)')
}

function conclude(found: Found, at: number): Container {
  if (found.dataBytes === 0) return broken(`the last chunk (IEND) at byte ${at} comes before any picture data (IDAT)`)
  const { width, height, orientation, frames } = found
  return { kind: 'complete', width, height, orientation, frames }
}

function takeChunk(found: Found, type: string, data: Buffer): void {
  if (type === 'IHDR') {
    found.width = data.readUInt32BE(0)
    found.height = data.readUInt32BE(4)
  } else if (type === 'IDAT') {
    found.dataBytes += data.length
  } else if (type === 'eXIf') {
    found.orientation = readOrientation(data)
  } else if (type === 'acTL' && data.length >= 4) {
    found.frames = Math.max(1, data.readUInt32BE(0))
  }
}

function printable(type: string): string {
  return type.replace(/[^ -~]/g, '?')
}
