/** What can be proved about a file from its bytes alone, before any pixel is decoded (SPEC §8). */

export type PictureFormat = 'jpeg' | 'png' | 'webp' | 'gif'

/** The EXIF tag of that name: 1 is upright, 5 to 8 lie on their side. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8

/** The container is complete and its dimensions can be handled. The pixels may still fail to decode. */
export interface WholePicture {
  kind: 'whole'
  format: PictureFormat
  mimeType: `image/${PictureFormat}`
  /** In pixels as displayed: orientations 5 to 8 have swapped it with the height. */
  width: number
  height: number
  orientation: Orientation
  animated: boolean
  /** 1 for a still picture. */
  frames: number
}

/** One of the accepted formats, but cut off or damaged: `reason` says what and where. */
interface BrokenPicture {
  kind: 'broken'
  format: PictureFormat
  reason: string
}

/** Something else, or a picture too large to decode: `reason` names it and says what to do. */
interface UnsupportedFile {
  kind: 'unsupported'
  reason: string
}

export type Proof = WholePicture | BrokenPicture | UnsupportedFile

/** What one format's walk through its container finds; dimensions are those stored, before EXIF orientation. */
export type Container =
  | { kind: 'complete'; width: number; height: number; orientation: Orientation; frames: number }
  | { kind: 'broken'; reason: string }
  | { kind: 'unsupported'; reason: string }

export function broken(reason: string): Container {
  return { kind: 'broken', reason }
}

export function cutOff(bytes: Uint8Array, missing: string): Container {
  return broken(`cut off: the file ends after ${bytes.length} bytes, before ${missing}`)
}
