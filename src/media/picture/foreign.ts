import { latin1 } from './latin1.ts'

/** Names what is not an accepted picture, so that the person who put it there knows what it is and what to do. */

interface Signature {
  at: number
  magic: string
  name: string
}

const SIGNATURES: readonly Signature[] = [
  { at: 0, magic: 'II*\0', name: 'a TIFF or camera raw picture' },
  { at: 0, magic: 'MM\0*', name: 'a TIFF or camera raw picture' },
  { at: 0, magic: 'II+\0', name: 'a BigTIFF picture' },
  { at: 0, magic: 'MM\0+', name: 'a BigTIFF picture' },
  { at: 0, magic: 'BM', name: 'a BMP picture' },
  { at: 0, magic: '8BPS', name: 'a Photoshop document (PSD)' },
  { at: 0, magic: '\0\0\x01\0', name: 'an icon (ICO)' },
  { at: 4, magic: 'JXL ', name: 'a JPEG XL picture' },
  { at: 0, magic: '\xff\x0a', name: 'a JPEG XL picture' },
  { at: 4, magic: 'jP  ', name: 'a JPEG 2000 picture' },
  { at: 4, magic: 'moov', name: 'a QuickTime video (MOV)' },
  { at: 4, magic: 'mdat', name: 'a QuickTime video (MOV)' },
  { at: 4, magic: 'wide', name: 'a QuickTime video (MOV)' },
  { at: 0, magic: '\x1aE\xdf\xa3', name: 'a WebM or MKV video' },
  { at: 8, magic: 'AVI ', name: 'an AVI video' },
  { at: 0, magic: 'PK\x03\x04', name: 'a ZIP archive or office document' },
  { at: 0, magic: 'PK\x05\x06', name: 'an empty ZIP archive' },
  { at: 0, magic: '\x1f\x8b', name: 'a gzip archive' },
  { at: 0, magic: 'Rar!', name: 'a RAR archive' },
  { at: 0, magic: "7z\xbc\xaf'\x1c", name: 'a 7-Zip archive' },
  { at: 0, magic: '\x7fELF', name: 'a program (ELF)' },
  { at: 0, magic: 'MZ', name: 'a Windows program' },
]

/** How much of the beginning is looked at, in bytes. */
const HEAD_BYTES = 1024
const HEIC_BRANDS = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1']
const AVIF_BRANDS = ['avif', 'avis']

const HEIC_REASON =
  'a HEIC photo, which Instagram does not take; convert it with `heif-convert in.heic out.jpg`, ' +
  'or set the iPhone to Settings > Camera > Formats > Most Compatible'
const VIDEO_ADVICE = 'only still pictures are accepted'
const PICTURE_ADVICE = 'save it as JPEG or PNG'

/** The reason why the file is refused, for bytes that are none of the accepted formats. */
export function describeForeignFile(bytes: Buffer): string {
  if (bytes.length === 0) return 'the file is empty'
  const head = bytes.subarray(0, HEAD_BYTES)
  if (head.every((byte) => byte === 0)) return 'the file begins with nothing but zero bytes; copy it again'
  if (latin1(head, 4, 8) === 'ftyp') return describeIsoMedia(head)

  // Text first: `BM` and `MZ` may begin a word, but the binary files behind them have control characters at once.
  const described = describeText(head)
  if (described) return described
  const start = latin1(head, 0, head.length)
  const signature = SIGNATURES.find(({ at, magic }) => start.startsWith(magic, at))
  return signature
    ? `${signature.name}; ${adviceFor(signature.name)}`
    : 'not a picture: its first bytes belong to no known picture format'
}

function adviceFor(name: string): string {
  if (name.includes('video')) return VIDEO_ADVICE
  return /picture|PSD|ICO/.test(name) ? PICTURE_ADVICE : 'it is not a picture'
}

/** HEIC, AVIF, MOV and MP4 share one container and are told apart by its brands (ISO/IEC 14496-12, `ftyp`). */
function describeIsoMedia(head: Buffer): string {
  const boxEnd = Math.min(head.readUInt32BE(0), head.length)
  const major = latin1(head, 8, 12)
  const brands = [major]
  for (let at = 16; at + 4 <= boxEnd; at += 4) brands.push(latin1(head, at, at + 4))

  if (brands.some((brand) => AVIF_BRANDS.includes(brand))) return `an AVIF picture; ${PICTURE_ADVICE}`
  if (brands.some((brand) => HEIC_BRANDS.includes(brand))) return HEIC_REASON
  if (major === 'crx ') return `a camera raw picture (CR3); ${PICTURE_ADVICE}`
  return `${major === 'qt  ' ? 'a QuickTime video (MOV)' : 'an MP4 video'}; ${VIDEO_ADVICE}`
}

function describeText(head: Buffer): string | undefined {
  if (latin1(head, 0, 4) === '%PDF') return `a PDF document; ${PICTURE_ADVICE}`
  // The head may end in the middle of a character.
  const text = head
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .replace(/\uFFFD+$/, '')
  if (text.trimStart().startsWith('<') && text.includes('<svg')) {
    return `an SVG drawing; ${PICTURE_ADVICE}`
  }
  if (/^\s*<(!doctype html|html|head|body)\b/i.test(text)) {
    return 'a web page (HTML), perhaps an error page saved in place of the picture; download it again'
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells binary data from text
  return /[\0-\x08\x0e-\x1a\x1c-\x1f\uFFFD]/.test(text) ? undefined : 'a text file; it is not a picture'
}
