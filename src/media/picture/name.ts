import { extname } from 'node:path/posix'
import type { PictureFormat } from './proof.ts'

/** What each accepted file name ending promises; the bytes decide. The dot keeps `constructor` and its like out. */
const PROMISED_FORMAT: Readonly<Record<string, PictureFormat>> = {
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.jpe': 'jpeg',
  '.jfif': 'jpeg',
  '.png': 'png',
  '.apng': 'png',
  '.webp': 'webp',
  '.gif': 'gif',
}

/** Pictures and videos that are read only to be refused with a reason, because somebody expects to see them posted. */
const REFUSED_ENDINGS: ReadonlySet<string> = new Set(
  `.heic .heif .hif .avif .tif .tiff .bmp .svg .psd .jxl .jp2 .dng .cr2 .cr3 .nef .arw
   .mp4 .m4v .mov .avi .mkv .webm .3gp`.split(/\s+/),
)

/** Whether a directory entry is looked at at all. Everything else (`.json`, `.txt`, …) is passed over in silence. */
export function isPictureName(name: string): boolean {
  return promisedFormat(name) !== undefined || REFUSED_ENDINGS.has(endingOf(name))
}

export function promisedFormat(name: string): PictureFormat | undefined {
  return PROMISED_FORMAT[endingOf(name)]
}

/** With its dot, in lower case; empty for `.jpg`, which is a hidden file without one. */
export function endingOf(name: string): string {
  return extname(name).toLowerCase()
}
