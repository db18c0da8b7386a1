import type { Sharp } from 'sharp'
import { areAlike, type Crop, findCrop, NO_CROP, type Raster } from './likeness.ts'
import { fromPixels, openPicture, type Pixels, toPixels, whyUndecodable } from './render-decode.ts'

/** More than a story has is not looked at. */
const MAX_SIZE = { width: 1080, height: 1920 } as const
/** Where crops are found: fine enough for a thousandth of a side. */
const GREY_SIZE = { width: 360, height: 640 } as const
/** Where pictures are compared: a digit in a price is still seen, what JPEG does to its edge no more. */
const COLOUR_SIZE = { width: 144, height: 256 } as const

/**
 * Whether `other`, as Instagram serves it, is the picture `one`, as it was uploaded: re-encoded, made smaller, cropped by up to 2 %.
 * A different text or product in the same layout is a different picture. An `other` that is no picture is not alike; an
 * undecodable `one` throws, and so does trouble of this machine (`OriginalUnusable`).
 */
export async function looksAlike(one: Buffer, other: Buffer): Promise<boolean> {
  const uploaded = await decode(one)
  const served = await decodeForeign(other)
  if (served === undefined) return false
  const target = await colours(served)
  if (areAlike(await colours(uploaded), target)) return true
  // Compared once more without what a crop may have taken away: it moves every edge that is left.
  const crop = findCrop(await greys(uploaded), await greys(served))
  return areAlike(await colours(uploaded, crop), target)
}

async function decode(bytes: Buffer): Promise<Pixels> {
  const { picture } = await openPicture(bytes)
  return toPixels(picture.resize({ ...MAX_SIZE, fit: 'inside', withoutEnlargement: true }))
}

async function decodeForeign(bytes: Buffer): Promise<Pixels | undefined> {
  try {
    return await decode(bytes)
  } catch (error) {
    whyUndecodable(error)
    return undefined
  }
}

async function greys(pixels: Pixels): Promise<Raster> {
  return shrunk(fromPixels(pixels).toColourspace('b-w'), GREY_SIZE)
}

async function colours(pixels: Pixels, crop: Crop = NO_CROP): Promise<Raster> {
  return shrunk(fromPixels(pixels).extract(withoutCrop(pixels, crop)), COLOUR_SIZE)
}

function withoutCrop({ width, height }: Pixels, crop: Crop) {
  const left = Math.round((crop.left * width) / 1000)
  const top = Math.round((crop.top * height) / 1000)
  return {
    left,
    top,
    width: width - left - Math.round((crop.right * width) / 1000),
    height: height - top - Math.round((crop.bottom * height) / 1000),
  }
}

async function shrunk(picture: Sharp, size: { width: number; height: number }): Promise<Raster> {
  return toPixels(picture.resize({ ...size, fit: 'fill' }))
}
