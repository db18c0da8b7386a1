/** What is wrong with a picture that is put on a public address: not a JPEG, or it says where it was taken. */
export function judgePicture(bytes: Buffer): string[] {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return ['is not a JPEG']
  const problems = bytes.readUInt16BE(bytes.length - 2) === 0xffd9 ? [] : ['is a JPEG without its end']
  const isPlace = metadataSegments(bytes).some((segment) => hasExifPlace(segment) || hasXmpPlace(segment))
  return isPlace ? [...problems, 'carries GPS data'] : problems
}

/** Contents of the APP1 segments, where Exif and XMP live. */
function metadataSegments(bytes: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff; ) {
    const code = bytes[at + 1]
    if (code === 0xda || code === 0xd9) break
    const end = at + 2 + bytes.readUInt16BE(at + 2)
    if (code === 0xe1) found.push(bytes.subarray(at + 4, end))
    at = end
  }
  return found
}

/** Tag 0x8825 in the first directory points to the GPS directory. */
function hasExifPlace(segment: Buffer): boolean {
  if (segment.toString('latin1', 0, 6) !== 'Exif\0\0') return false
  const tiff = segment.subarray(6)
  const isLittle = tiff.toString('latin1', 0, 2) === 'II'
  const short = (at: number) => (at + 2 > tiff.length ? 0 : isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at))
  const long = (at: number) => (at + 4 > tiff.length ? 0 : isLittle ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at))
  const directory = long(4)
  return Array.from({ length: short(directory) }, (_, i) => short(directory + 2 + i * 12)).includes(0x8825)
}

const hasXmpPlace = (segment: Buffer) => /exif:GPS(Lat|Long)itude/.test(segment.toString('latin1'))
