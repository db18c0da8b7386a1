import { describe, expect, test } from 'vitest'
import { judgePicture, MAX_PICTURE_BYTES } from '../../src/media/judge-picture.ts'
import { isPictureName } from '../../src/media/picture/name.ts'
import type { WholePicture } from '../../src/media/picture/proof.ts'
import { provePicture } from '../../src/media/picture/prove.ts'
import { isoMedia, pattern } from '../support/pictures.ts'

const MIB = 1024 * 1024

function whole(changes: Partial<WholePicture> = {}): WholePicture {
  const still = { orientation: 1, animated: false, frames: 1 } as const
  return { kind: 'whole', format: 'jpeg', mimeType: 'image/jpeg', width: 1080, height: 1920, ...still, ...changes }
}

function warningsOf(changes: Partial<WholePicture>, fileName = 'photo.jpg', sizeBytes = 355_000): string[] {
  const verdict = judgePicture({ proof: whole(changes), sizeBytes, fileName })
  return verdict.kind === 'accepted' ? verdict.warnings : [verdict.reason]
}

describe('judgePicture', () => {
  test('accepts a 1080×1920 picture without a word', () => {
    expect(judgePicture({ proof: whole(), sizeBytes: 355_000, fileName: 'photo.jpg' })).toEqual({
      kind: 'accepted',
      width: 1080,
      height: 1920,
      mimeType: 'image/jpeg',
      warnings: [],
    })
  })

  test.each([
    [{ width: 2160, height: 3840 }, ['2160×3840 is not 1080×1920: Instagram scales it']],
    [{ width: 720, height: 1280 }, ['720×1280 is not 1080×1920: Instagram scales it']],
    [{ width: 719, height: 1280 }, ['719×1280 is below the minimum of 720×1280: it will look blurred']],
    [{ width: 720, height: 1279 }, ['720×1279 is below the minimum of 720×1280: it will look blurred']],
    [{ width: 1080, height: 1901 }, ['1080×1901 is not 1080×1920: Instagram scales it']],
    [{ width: 1080, height: 1939 }, ['1080×1939 is not 1080×1920: Instagram scales it']],
    [
      { width: 1080, height: 1350 },
      [
        '1080×1350 (ratio 0.800) is not 9:16 (0.563): Instagram adds blank bars above and below',
        '1080×1350 is not 1080×1920: Instagram scales it',
      ],
    ],
    [
      { width: 1170, height: 2532 },
      [
        '1170×2532 (ratio 0.462) is not 9:16 (0.563): Instagram crops top and bottom or adds blank bars at the sides',
        '1170×2532 is not 1080×1920: Instagram scales it',
      ],
    ],
    [
      { width: 3000, height: 1500 },
      [
        '3000×1500 (ratio 2.000) is not 9:16 (0.563) and wider than 1.91:1: Instagram may crop its sides',
        '3000×1500 is not 1080×1920: Instagram scales it',
      ],
    ],
    [
      { width: 1920, height: 1080 },
      [
        '1920×1080 (ratio 1.778) is not 9:16 (0.563): Instagram adds blank bars above and below',
        '1920×1080 is below the minimum of 720×1280: it will look blurred',
      ],
    ],
    [
      { width: 1080, height: 1900 },
      [
        '1080×1900 (ratio 0.568) is not 9:16 (0.563): Instagram adds blank bars above and below',
        '1080×1900 is not 1080×1920: Instagram scales it',
      ],
    ],
    [
      { width: 1080, height: 1940 },
      [
        '1080×1940 (ratio 0.557) is not 9:16 (0.563): Instagram crops top and bottom or adds blank bars at the sides',
        '1080×1940 is not 1080×1920: Instagram scales it',
      ],
    ],
  ])('warns about the shape and size of %o', (size, warnings) => {
    expect(warningsOf(size)).toEqual(warnings)
  })

  test.each([
    ['photo.jpg', 'jpeg', []],
    ['photo.JPEG', 'jpeg', []],
    ['saved.jfif', 'jpeg', []],
    ['photo.png', 'png', []],
    ['photo.webp', 'webp', []],
    ['photo.gif', 'gif', []],
    ['photo.jpg', 'png', ['named ".jpg" but is PNG']],
    ['photo.png', 'jpeg', ['named ".png" but is JPEG']],
    ['IMG_0001.HEIC', 'jpeg', ['named ".heic" but is JPEG']],
    ['photo.jpg', 'webp', ['named ".jpg" but is WEBP']],
  ] as const)('%s with the content of a %s', (fileName, format, warnings) => {
    expect(warningsOf({ format }, fileName)).toEqual(warnings)
  })

  test('warns that only the first frame of an animation is used', () => {
    const animated = { format: 'gif', animated: true, frames: 12 } as const
    expect(warningsOf(animated, 'fun.gif')).toEqual(['animated GIF (12 frames): only the first frame is used'])
  })

  test('warns above 8 MB and refuses above 50 MB', () => {
    const at = (sizeBytes: number) => warningsOf({}, 'photo.jpg', sizeBytes)
    expect(MAX_PICTURE_BYTES).toBe(50 * MIB)
    expect(at(8 * MIB)).toEqual([])
    expect(at(8 * MIB + 1)).toEqual(["8.1 MB is more than Instagram's 8 MB: the published picture is made smaller"])
    expect(at(50 * MIB)).toEqual(["50.0 MB is more than Instagram's 8 MB: the published picture is made smaller"])
    expect(judgePicture({ proof: whole(), sizeBytes: 50 * MIB + 1, fileName: 'photo.jpg' })).toEqual({
      kind: 'rejected',
      reason: '50.1 MB is more than the 50 MB a Telegram bot can send; save it smaller',
    })
  })

  test('gives every warning that applies', () => {
    const changes = { format: 'gif', animated: true, frames: 3, width: 500, height: 500 } as const
    expect(warningsOf(changes, 'photo.jpg', 9 * MIB)).toHaveLength(5)
  })

  test('rejects what is empty, foreign or damaged, with the reason', async () => {
    const reject = (bytes: Buffer, sizeBytes = bytes.length) =>
      judgePicture({ proof: provePicture(bytes), sizeBytes, fileName: 'photo.jpg' })
    expect(reject(Buffer.alloc(0))).toEqual({ kind: 'rejected', reason: 'the file is empty' })
    expect(reject(isoMedia('heic'))).toMatchObject({
      kind: 'rejected',
      reason: expect.stringContaining('heif-convert'),
    })
    const cut = (await pattern({ width: 9, height: 16 }).png().toBuffer()).subarray(0, -5)
    expect(reject(cut)).toEqual({
      kind: 'rejected',
      reason: expect.stringMatching(/^damaged PNG: cut off: .*; copy or export it again$/),
    })
  })

  test('names the kind of an oversize file when its beginning shows it, otherwise its size', async () => {
    const judgeHead = (bytes: Buffer) =>
      judgePicture({ proof: provePicture(bytes), sizeBytes: 900 * MIB, fileName: 'a.mp4' })
    expect(judgeHead(isoMedia('isom'))).toMatchObject({ reason: expect.stringContaining('MP4 video') })
    const beginning = (await pattern({ width: 9, height: 16 }).jpeg().toBuffer()).subarray(0, 100)
    expect(judgeHead(beginning)).toMatchObject({ reason: expect.stringContaining('900.0 MB is more than the 50 MB') })
  })

  test('accepts a real PNG that is named .jpg, with its displayed size', async () => {
    const bytes = await pattern({ width: 40, height: 24 }).withMetadata({ orientation: 6 }).png().toBuffer()
    const verdict = judgePicture({ proof: provePicture(bytes), sizeBytes: bytes.length, fileName: 'sale.jpg' })
    expect(verdict).toMatchObject({ kind: 'accepted', width: 24, height: 40, mimeType: 'image/png' })
    expect(verdict).toMatchObject({ warnings: expect.arrayContaining(['named ".jpg" but is PNG']) })
  })
})

describe('isPictureName', () => {
  test.each([
    'a.jpg',
    'a.JPG',
    'a.Jpeg',
    'a.png',
    'a.webp',
    'a.gif',
    'a.jfif',
    'a b.c.jpg',
    'IMG_1.HEIC',
    'a.heif',
    'a.avif',
    'a.tif',
    'a.TIFF',
    'a.bmp',
    'a.svg',
    'a.psd',
    'a.mp4',
    'a.MOV',
  ])('%s is a candidate', (name) => {
    expect(isPictureName(name)).toBe(true)
  })

  test.each([
    'metadata.json',
    'a.jpg.json',
    'notes.txt',
    '.DS_Store',
    'Thumbs.db',
    '.jpg',
    'jpg',
    'a',
    '',
    'a.',
    'a.jpg.part',
    'a.jpg~',
    'a.constructor',
    'a.__proto__',
  ])('%j is passed over in silence', (name) => {
    expect(isPictureName(name)).toBe(false)
  })
})
