import { endingOf, promisedFormat } from './picture/name.ts'
import type { Proof, WholePicture } from './picture/proof.ts'

const MIB = 1024 * 1024

/** Largest accepted file, in bytes: a bot can send 50 MB (Bot API, sendDocument), and the original goes to the team as a document. */
export const MAX_PICTURE_BYTES = 50 * MIB

/** Largest story picture that Instagram takes, in bytes. Only a warning: what is published is re-made. */
const INSTAGRAM_MAX_BYTES = 8 * MIB

const IDEAL = { width: 1080, height: 1920 } as const
const SMALLEST_SHARP = { width: 720, height: 1280 } as const
const STORY_RATIO = 9 / 16
/** Share of the ratio; at 1080 pixels width it covers heights from 1901 to 1939, where nobody sees a bar. */
const RATIO_TOLERANCE = 0.01
/** Width to height of the widest picture that Instagram shows as it is. */
const WIDEST_RATIO = 1.91

export interface PictureFacts {
  proof: Proof
  sizeBytes: number
  /** Only for the warning that its ending does not match; the bytes decide. */
  fileName: string
}

export type PictureVerdict =
  | { kind: 'accepted'; width: number; height: number; mimeType: string; warnings: string[] }
  | { kind: 'rejected'; reason: string }

/** Whether a file may join the library, and what the operator should know about it (SPEC §8). */
export function judgePicture({ proof, sizeBytes, fileName }: PictureFacts): PictureVerdict {
  if (proof.kind === 'unsupported') return { kind: 'rejected', reason: proof.reason }
  if (sizeBytes > MAX_PICTURE_BYTES) {
    return {
      kind: 'rejected',
      reason: `${megabytes(sizeBytes)} is more than the 50 MB a Telegram bot can send; save it smaller`,
    }
  }
  if (proof.kind === 'broken') return { kind: 'rejected', reason: `${proof.reason}; copy or export it again` }

  const { width, height, mimeType } = proof
  const warnings = [
    warnName(fileName, proof),
    warnFrames(proof),
    warnRatio(proof),
    warnResolution(proof),
    warnSize(sizeBytes),
  ]
  return { kind: 'accepted', width, height, mimeType, warnings: warnings.filter((warning) => warning !== undefined) }
}

function warnName(fileName: string, { format }: WholePicture): string | undefined {
  return promisedFormat(fileName) === format
    ? undefined
    : `named "${endingOf(fileName)}" but is ${format.toUpperCase()}`
}

function warnFrames({ format, animated, frames }: WholePicture): string | undefined {
  return animated ? `animated ${format.toUpperCase()} (${frames} frames): only the first frame is used` : undefined
}

function warnRatio({ width, height }: WholePicture): string | undefined {
  const ratio = width / height
  if (Math.abs(ratio / STORY_RATIO - 1) <= RATIO_TOLERANCE) return undefined
  const said = `${width}×${height} (ratio ${ratio.toFixed(3)}) is not 9:16 (${STORY_RATIO.toFixed(3)})`
  if (ratio > WIDEST_RATIO) return `${said} and wider than 1.91:1: Instagram may crop its sides`
  return ratio > STORY_RATIO
    ? `${said}: Instagram adds blank bars above and below`
    : `${said}: Instagram crops top and bottom or adds blank bars at the sides`
}

function warnResolution({ width, height }: WholePicture): string | undefined {
  if (width < SMALLEST_SHARP.width || height < SMALLEST_SHARP.height) {
    return `${width}×${height} is below the minimum of ${SMALLEST_SHARP.width}×${SMALLEST_SHARP.height}: it will look blurred`
  }
  const isIdeal = width === IDEAL.width && height === IDEAL.height
  return isIdeal ? undefined : `${width}×${height} is not ${IDEAL.width}×${IDEAL.height}: Instagram scales it`
}

function warnSize(sizeBytes: number): string | undefined {
  if (sizeBytes <= INSTAGRAM_MAX_BYTES) return undefined
  return `${megabytes(sizeBytes)} is more than Instagram's 8 MB: the published picture is made smaller`
}

/** Rounded up in tenths, so that a size above a limit never reads like the limit. */
function megabytes(sizeBytes: number): string {
  return `${(Math.ceil((sizeBytes / MIB) * 10) / 10).toFixed(1)} MB`
}
