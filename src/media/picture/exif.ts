import { latin1 } from './latin1.ts'
import type { Orientation } from './proof.ts'

const ORIENTATION_TAG = 0x0112
const TIFF_HEADER_BYTES = 8
const ENTRY_BYTES = 12
/** `Exif\0\0` introduces the TIFF block in JPEG, and in the WebP files of some programs. */
const EXIF_PREFIX = 'Exif\0\0'

/** TIFF field types in which programs write the orientation; SHORT is the right one, libexif repairs the others. */
const FieldType = { byte: 1, short: 3, long: 4 } as const

export function hasExifPrefix(block: Buffer): boolean {
  return latin1(block, 0, EXIF_PREFIX.length) === EXIF_PREFIX
}

/** The orientation in an EXIF block, with or without its prefix. Malformed EXIF counts as upright: it never spoils a picture. */
export function readOrientation(block: Buffer): Orientation {
  const tiff = hasExifPrefix(block) ? block.subarray(EXIF_PREFIX.length) : block
  const byteOrder = latin1(tiff, 0, 2)
  if (tiff.length < TIFF_HEADER_BYTES || (byteOrder !== 'II' && byteOrder !== 'MM')) return 1

  const read = readerOf(tiff, byteOrder === 'II')
  const directoryAt = read.u32(4)
  if (read.u16(2) !== 42 || directoryAt + 2 > tiff.length) return 1

  const firstEntryAt = directoryAt + 2
  const entriesThatFit = Math.floor((tiff.length - firstEntryAt) / ENTRY_BYTES)
  const entries = Math.min(read.u16(directoryAt), entriesThatFit)
  for (let i = 0; i < entries; i++) {
    const entryAt = firstEntryAt + i * ENTRY_BYTES
    if (read.u16(entryAt) === ORIENTATION_TAG) return toOrientation(fieldValue(tiff, read, entryAt))
  }
  return 1
}

type Reader = ReturnType<typeof readerOf>

function readerOf(tiff: Buffer, littleEndian: boolean) {
  return {
    u16: (at: number) => (littleEndian ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at)),
    u32: (at: number) => (littleEndian ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at)),
  }
}

function fieldValue(tiff: Buffer, read: Reader, entryAt: number): number {
  const valueAt = entryAt + 8
  const type = read.u16(entryAt + 2)
  if (type === FieldType.short) return read.u16(valueAt)
  if (type === FieldType.long) return read.u32(valueAt)
  return type === FieldType.byte ? tiff.readUInt8(valueAt) : 0
}

function toOrientation(value: number): Orientation {
  return value >= 1 && value <= 8 ? (value as Orientation) : 1
}
