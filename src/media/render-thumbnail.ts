import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { errorCode } from '../errors.ts'
import { type BlockColour, drawBlocks } from '../output/terminal-picture.ts'
import { MAX_PICTURE_BYTES } from './judge-picture.ts'
import { printable } from './printable.ts'
import { originalProblem } from './problems.ts'
import { openPicture, type Pixels, toPixels, whyUndecodable } from './render-decode.ts'

/** The bytes of a picture, or the path of its file. */
export type PictureSource = Buffer | string

/** In pixels; the picture fits inside and keeps its proportions, small ones are enlarged. */
export interface Box {
  width: number
  height: number
}

/** `problem`: why there is none, for people, without a full stop. */
export type Thumbnail<T> = { kind: 'ok'; thumbnail: T } | { kind: 'broken'; problem: string }

/**
 * A small picture as lines of a terminal: at most `columns` cells wide and `rows` lines high, nothing in them but `▀` with
 * colours and a reset at the end, or plain ASCII with `none`. `columns` of the answer: cells of every line. Never throws.
 */
export async function drawThumbnail(
  source: PictureSource,
  { columns, rows, colour }: { columns: number; rows: number; colour: BlockColour },
): Promise<{ lines: string[]; columns: number } | { problem: string }> {
  const rendered = await renderThumbnail(source, { width: columns, height: rows * 2 })
  if (rendered.kind === 'broken') return { problem: rendered.problem }
  return { lines: drawBlocks(rendered.thumbnail, colour), columns: rendered.thumbnail.width }
}

/** Turned as its EXIF says, on white where it was transparent, sRGB. Never throws. */
export function renderThumbnail(source: PictureSource, box: Box): Promise<Thumbnail<Pixels>> {
  return render(source, async (bytes) => toPixels(await fitted(bytes, box)))
}

/** The same as a PNG with its size, for terminals that show one. Never throws. */
export function renderThumbnailPng(
  source: PictureSource,
  box: Box,
): Promise<Thumbnail<{ png: Buffer; width: number; height: number }>> {
  return render(source, async (bytes) => {
    const { data, info } = await (await fitted(bytes, box)).png().toBuffer({ resolveWithObject: true })
    return { png: data, width: info.width, height: info.height }
  })
}

/** A JPEG is shrunk while it is decoded: of 12 million pixels not many more are ever in memory than are asked for. */
async function fitted(bytes: Buffer, { width, height }: Box) {
  const { picture } = await openPicture(bytes)
  return picture.resize({ width: Math.max(1, width), height: Math.max(1, height), fit: 'inside' })
}

async function render<T>(source: PictureSource, work: (bytes: Buffer) => Promise<T>): Promise<Thumbnail<T>> {
  const read = typeof source === 'string' ? await readPicture(source) : { bytes: source }
  if ('problem' in read) return { kind: 'broken', problem: read.problem }
  try {
    return { kind: 'ok', thumbnail: await work(read.bytes) }
  } catch (error) {
    return { kind: 'broken', problem: sayWhy(error) }
  }
}

/** Trouble of this machine is no reason to end a command that shows a picture on the side. */
function sayWhy(error: unknown): string {
  try {
    return whyUndecodable(error)
  } catch (trouble) {
    return trouble instanceof Error ? trouble.message : 'the picture could not be rendered'
  }
}

async function readPicture(path: string): Promise<{ bytes: Buffer } | { problem: string }> {
  const name = printable(basename(path))
  try {
    // A pipe of that name must not make us wait for its other end.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const stats = await file.stat()
      if (!stats.isFile()) return { problem: `${name} is not a file` }
      if (stats.size > MAX_PICTURE_BYTES) return { problem: `the file ${name} is too large to be shown` }
      return { bytes: await file.readFile() }
    } finally {
      await file.close()
    }
  } catch (error) {
    const code = errorCode(error) ?? 'unknown error'
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR'
    return { problem: isMissing ? originalProblem.missing(name) : originalProblem.unreadable(name, code) }
  }
}
