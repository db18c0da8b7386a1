/** What the markers of a JPEG say; nothing is decoded. */
export interface JpegFacts {
  width: number
  height: number
  /** 4: CMYK. */
  components: number
  /** SOF0, the only coding that every reader knows. */
  isBaseline: boolean
  /** An extended JPEG with more than one picture. */
  isMpo: boolean
  hasGps: boolean
  /** Of EXIF; 1 when there is none. */
  orientation: number
}

const isFrameHeader = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)

/** Undefined: this is no complete JPEG. */
export function readJpegFacts(bytes: Buffer): JpegFacts | undefined {
  const facts = { width: 0, height: 0, components: 0, isBaseline: false, isMpo: false, hasGps: false, orientation: 1 }
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return undefined
  for (let at = 2; at + 4 <= bytes.length; ) {
    const marker = bytes[at + 1] ?? 0
    if (bytes[at] !== 0xff) return undefined
    if (marker === 0xff) {
      at++
      continue
    }
    const end = at + 2 + bytes.readUInt16BE(at + 2)
    if (end > bytes.length) return undefined
    noteSegment(facts, marker, bytes.subarray(at + 4, end))
    if (marker === 0xda) return facts.width > 0 && bytes.includes(Buffer.from([0xff, 0xd9]), end) ? facts : undefined
    at = end
  }
  return undefined
}

function noteSegment(facts: JpegFacts, marker: number, payload: Buffer): void {
  const startsWith = (text: string) => payload.toString('latin1', 0, text.length) === text
  if (isFrameHeader(marker) && payload.length >= 6) {
    facts.height = payload.readUInt16BE(1)
    facts.width = payload.readUInt16BE(3)
    facts.components = payload[5] ?? 0
    facts.isBaseline = marker === 0xc0
  }
  if (marker === 0xe1 && startsWith('Exif\0\0')) noteExif(facts, payload.subarray(6))
  if (marker === 0xe1 && startsWith('http://ns.adobe.com/') && payload.includes('GPSL')) facts.hasGps = true
  if (marker === 0xe2 && startsWith('MPF\0')) facts.isMpo = true
}

const ORIENTATION = 0x0112
const GPS_BLOCK = 0x8825

/** The first directory of the TIFF block is all that is needed. */
function noteExif(facts: JpegFacts, tiff: Buffer): void {
  const little = tiff.toString('latin1', 0, 2) === 'II'
  const u16 = (at: number) => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at))
  const u32 = (at: number) => (little ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at))
  if (tiff.length < 14) return
  const directory = u32(4)
  if (directory + 2 > tiff.length) return
  for (let entry = 0; entry < u16(directory); entry++) {
    const at = directory + 2 + entry * 12
    if (at + 12 > tiff.length) return
    if (u16(at) === ORIENTATION) facts.orientation = u16(at + 8)
    if (u16(at) === GPS_BLOCK) facts.hasGps = true
  }
}
