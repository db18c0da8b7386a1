import { hasExifPrefix, readOrientation } from './exif.ts'
import { broken, type Container, cutOff, type Orientation } from './proof.ts'

/** The byte after 0xFF (ITU-T T.81, table B.1). */
const Marker = {
  stuffedByte: 0x00,
  temporary: 0x01,
  startOfFrame0: 0xc0,
  startOfFrame15: 0xcf,
  restart0: 0xd0,
  restart7: 0xd7,
  startOfImage: 0xd8,
  endOfImage: 0xd9,
  startOfScan: 0xda,
  app1: 0xe1,
  lastApp: 0xef,
  comment: 0xfe,
  fill: 0xff,
} as const

/** Baseline, extended, progressive, and the last two with arithmetic coding: what decoders read. */
const DECODABLE_FRAMES: readonly number[] = [0xc0, 0xc1, 0xc2, 0xc9, 0xca]

/** Huffman tables, the reserved JPG, arithmetic conditioning: in the range of the frame headers but none of them. */
const NOT_A_FRAME: readonly number[] = [0xc4, 0xc8, 0xcc]

interface Found {
  frame?: { code: number; width: number; height: number }
  orientation?: Orientation
  scans: number
}

export function isJpeg(bytes: Buffer): boolean {
  return bytes[0] === 0xff && bytes[1] === Marker.startOfImage && (bytes.length === 2 || bytes[2] === 0xff)
}

/** Walks the markers from SOI to EOI. What follows EOI is not looked at: phones append more pictures (MPO) and trailers there. */
export function proveJpeg(bytes: Buffer): Container {
  const found: Found = { scans: 0 }
  let at = 2
  while (at < bytes.length) {
    if (bytes[at] !== 0xff) return broken(`byte ${at} should start a marker but is ${hex(bytes[at])}`)
    const codeAt = skipFill(bytes, at)
    const code = bytes[codeAt]
    if (code === undefined) break
    if (code === Marker.endOfImage) return conclude(found, codeAt)
    if (isStandalone(code)) {
      at = codeAt + 1
      continue
    }
    if (!isSegment(code)) return broken(`unknown marker ${hex(code)} at byte ${codeAt}`)
    const segment = readSegment(bytes, codeAt + 1)
    if (!segment) break
    const problem = takeSegment(found, code, segment.payload)
    if (problem) return broken(`${problem} at byte ${codeAt}`)
    at = code === Marker.startOfScan ? skipScan(bytes, segment.end) : segment.end
  }
  return cutOff(bytes, 'the end marker (EOI)')
}

function conclude(found: Found, at: number): Container {
  if (!found.frame || found.scans === 0)
    return broken(`its end marker (EOI) at byte ${at} comes before any picture data`)
  const { code, width, height } = found.frame
  if (!DECODABLE_FRAMES.includes(code)) {
    return { kind: 'unsupported', reason: `JPEG in a rare coding (${hex(code)}); save it as an ordinary JPEG` }
  }
  return { kind: 'complete', width, height, orientation: found.orientation ?? 1, frames: 1 }
}

/** The segment whose length stands at `at`; undefined when it reaches beyond the file. The length counts its own two bytes. */
function readSegment(bytes: Buffer, at: number): { payload: Buffer; end: number } | undefined {
  const payloadAt = at + 2
  if (payloadAt > bytes.length) return undefined
  const end = Math.max(payloadAt, at + bytes.readUInt16BE(at))
  return end > bytes.length ? undefined : { payload: bytes.subarray(payloadAt, end), end }
}

/** Notes what the segment says; answers with the problem when it cannot stand there. */
function takeSegment(found: Found, code: number, payload: Buffer): string | undefined {
  if (isFrame(code)) {
    if (found.frame) return 'a second frame header'
    if (payload.length < 6) return 'a frame header without dimensions'
    found.frame = { code, height: payload.readUInt16BE(1), width: payload.readUInt16BE(3) }
  } else if (code === Marker.startOfScan) {
    if (!found.frame) return 'picture data before its frame header'
    found.scans++
  } else if (code === Marker.app1 && found.orientation === undefined && hasExifPrefix(payload)) {
    found.orientation = readOrientation(payload)
  }
  return undefined
}

/**
 * The position of the first marker after the scan's data. Most of a photo is passed here, so the native search jumps from one
 * 0xFF to the next; a stuffed byte or a restart marker behind it belongs to the data.
 */
function skipScan(bytes: Buffer, from: number): number {
  let at = bytes.indexOf(0xff, from)
  while (at !== -1) {
    const codeAt = skipFill(bytes, at)
    const code = bytes[codeAt]
    if (code === undefined) break
    if (code !== Marker.stuffedByte && !isRestart(code)) return at
    at = bytes.indexOf(0xff, codeAt + 1)
  }
  return bytes.length
}

/** Any number of 0xFF may stand before a marker's code. */
function skipFill(bytes: Buffer, from: number): number {
  let at = from
  while (bytes[at] === Marker.fill) at++
  return at
}

function isRestart(code: number): boolean {
  return code >= Marker.restart0 && code <= Marker.restart7
}

function isStandalone(code: number): boolean {
  return isRestart(code) || code === Marker.temporary
}

function isSegment(code: number): boolean {
  const known = code >= Marker.startOfFrame0 && code <= Marker.lastApp
  return (known && code !== Marker.startOfImage) || code === Marker.comment
}

function isFrame(code: number): boolean {
  const inRange = code >= Marker.startOfFrame0 && code <= Marker.startOfFrame15
  return inRange && !NOT_A_FRAME.includes(code)
}

function hex(byte: number | undefined): string {
  return `0x${(byte ?? 0).toString(16).padStart(2, '0').toUpperCase()}`
}
