import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { MAX_PIXELS, provePicture } from '../../../src/media/picture/prove.ts'
import {
  animatedPng,
  animation,
  gifOfSize,
  jpegOfSize,
  jpegSegment,
  noiseJpeg,
  pattern,
  png,
  pngChunks,
  pngHeader,
  pngOfSize,
  webp,
  webpCanvas,
} from '../../support/pictures.ts'

const small = { width: 9, height: 16 }
const endOfPng = { type: 'IEND', data: Buffer.alloc(0) }
const someData = { type: 'IDAT', data: Buffer.from([1, 2, 3]) }

const SMALL_FILES: Record<string, () => Promise<Buffer>> = {
  JPEG: () => pattern(small).jpeg({ quality: 20 }).toBuffer(),
  'progressive JPEG': () => pattern(small).jpeg({ quality: 20, progressive: true }).toBuffer(),
  'JPEG with EXIF': () => pattern(small).withMetadata({ orientation: 6 }).jpeg({ quality: 20 }).toBuffer(),
  PNG: () => pattern(small).png().toBuffer(),
  'animated PNG': () => animatedPng(small),
  'lossy WebP': () => pattern(small).webp({ quality: 20 }).toBuffer(),
  'lossless WebP': () => pattern({ width: 11, height: 5 }).webp({ lossless: true }).toBuffer(),
  'WebP with EXIF': () => pattern(small).withMetadata({ orientation: 6 }).webp().toBuffer(),
  'animated WebP': () => animation(small, 'webp'),
  GIF: () => pattern(small).gif().toBuffer(),
  'animated GIF': () => animation(small, 'gif'),
}
const NAMES = Object.keys(SMALL_FILES)

const files = new Map<string, Buffer>()
const fileNamed = (name: string) => files.get(name) ?? Buffer.alloc(0)

beforeAll(async () => {
  for (const [name, build] of Object.entries(SMALL_FILES)) files.set(name, await build())
})

describe('a file that is not whole', () => {
  test.each(NAMES)('a %s cut off after any number of bytes is not whole', (name) => {
    const bytes = fileNamed(name)
    expect(provePicture(bytes).kind).toBe('whole')
    const accepted: number[] = []
    for (let length = 0; length < bytes.length; length++) {
      if (provePicture(bytes.subarray(0, length)).kind === 'whole') accepted.push(length)
    }
    expect(accepted).toEqual([])
  })

  test.each(NAMES)('a %s cut off behind its first bytes is called cut off', (name) => {
    const bytes = fileNamed(name)
    for (let length = 12; length < bytes.length; length++) {
      const proof = provePicture(bytes.subarray(0, length))
      expect(proof).toMatchObject({ kind: 'broken', reason: expect.stringContaining('cut off: the file ends after') })
    }
  })

  // The chunks of a WebP carry no checksum: zeros in its last one cannot be told from pixels.
  test.each(NAMES.filter((name) => !name.includes('WebP')))(
    'a %s whose space was reserved but never filled is not whole',
    (name) => {
      const bytes = fileNamed(name)
      for (let length = 12; length < bytes.length - 2; length++) {
        const copied = Buffer.alloc(bytes.length)
        bytes.copy(copied, 0, 0, length)
        expect(provePicture(copied).kind, `${length} bytes copied`).not.toBe('whole')
      }
    },
  )

  test.each(NAMES)('a %s with more bytes after its end is as whole as before', (name) => {
    const bytes = fileNamed(name)
    const proof = provePicture(bytes)
    for (const tail of ['\0', 'garbage', '\xff\xd8\xff\xe0 a second picture', '\0'.repeat(4096)]) {
      expect(provePicture(Buffer.concat([bytes, Buffer.from(tail, 'latin1')]))).toEqual(proof)
    }
  })

  test.each(['PNG', 'animated PNG'])('one wrong byte anywhere in a %s is noticed', (name) => {
    const bytes = fileNamed(name)
    const unnoticed: number[] = []
    for (let at = 0; at < bytes.length; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const flipped = Buffer.from(bytes)
        flipped[at] = (flipped[at] ?? 0) ^ flip
        if (provePicture(flipped).kind === 'whole') unnoticed.push(at)
      }
    }
    expect(unnoticed).toEqual([])
  })

  test('a photo cut in the middle of its scan data says where it ends', async () => {
    const photo = await noiseJpeg({ width: 200, height: 300, seed: 4, quality: 90 })
    const half = photo.subarray(0, Math.floor(photo.length / 2))
    expect(provePicture(half)).toEqual({
      kind: 'broken',
      format: 'jpeg',
      reason: `damaged JPEG: cut off: the file ends after ${half.length} bytes, before the end marker (EOI)`,
    })
  })

  test('a wrong checksum says which chunk it is', () => {
    const bytes = Buffer.from(pngOfSize(small))
    const at = bytes.indexOf('IDAT') + 4
    bytes[at] = 0x77
    expect(provePicture(bytes)).toMatchObject({
      kind: 'broken',
      reason: 'damaged PNG: the checksum of the IDAT chunk at byte 33 is wrong',
    })
  })

  const soi = Buffer.from([0xff, 0xd8])
  const eoi = Buffer.from([0xff, 0xd9])
  const frame = jpegSegment(0xc0, Buffer.from([8, 0, 16, 0, 9, 1, 1, 0x11, 0]))
  const scan = jpegSegment(0xda, Buffer.from([1, 1, 0, 0, 63, 0]))
  test.each([
    ['only a start and an end', [soi, eoi], 'before any picture data'],
    ['no scan', [soi, frame, eoi], 'before any picture data'],
    ['a scan before the frame header', [soi, scan, frame, eoi], 'before its frame header'],
    ['two frame headers', [soi, frame, frame, scan, eoi], 'a second frame header'],
    [
      'a frame header that is too short',
      [soi, jpegSegment(0xc0, Buffer.from([8, 0, 16])), scan, eoi],
      'without dimensions',
    ],
    [
      'garbage between its segments',
      [soi, frame, Buffer.from([0, 0]), scan, eoi],
      'byte 15 should start a marker but is 0x00',
    ],
    [
      'an unknown marker in its scan data',
      [soi, frame, scan, Buffer.from([1, 0xff, 0x42, 9]), eoi],
      'unknown marker 0x42',
    ],
    ['a second start in its scan data', [soi, frame, scan, Buffer.from([1]), soi, eoi], 'unknown marker 0xD8'],
  ])('a JPEG with %s is broken', (_name, parts, reason) => {
    expect(provePicture(Buffer.concat(parts))).toMatchObject({
      kind: 'broken',
      format: 'jpeg',
      reason: expect.stringContaining(reason),
    })
  })

  test.each([
    ['no header', [someData, endOfPng], 'IHDR chunk must come first and once; byte 8 has "IDAT"'],
    ['a second header', [pngHeader(small), pngHeader(small), someData, endOfPng], 'byte 33 has "IHDR"'],
    ['a short header', [{ type: 'IHDR', data: Buffer.alloc(5) }, someData, endOfPng], '5 bytes instead of 13'],
    ['no picture data', [pngHeader(small), endOfPng], 'before any picture data'],
    [
      'empty picture data',
      [pngHeader(small), { type: 'IDAT', data: Buffer.alloc(0) }, endOfPng],
      'before any picture data',
    ],
    ['no end', [pngHeader(small), someData], 'before the last chunk (IEND)'],
  ])('a PNG with %s is broken', (_name, chunks, reason) => {
    expect(provePicture(png(chunks))).toMatchObject({
      kind: 'broken',
      format: 'png',
      reason: expect.stringContaining(reason),
    })
  })

  const vp8 = (size: { width: number; height: number }) => {
    const data = Buffer.from([0, 0, 0, 0x9d, 0x01, 0x2a, size.width, 0, size.height, 0, 1, 2])
    return { type: 'VP8 ', data }
  }
  const frameChunk = { type: 'ANMF', data: Buffer.alloc(24) }
  test.each([
    ['no chunk', [], 'no picture data'],
    ['only a canvas', [webpCanvas(small)], 'no picture data'],
    [
      'a foreign first chunk',
      [{ type: 'JUNK', data: Buffer.alloc(2) }, vp8(small)],
      'begins with a chunk that is no picture',
    ],
    ['frames but no canvas', [vp8(small), frameChunk], 'no VP8X header'],
    ['two sizes', [webpCanvas(small), vp8({ width: 8, height: 16 })], 'header says 9×16, its picture data 8×16'],
    ['a wrong start code', [{ type: 'VP8 ', data: Buffer.alloc(12) }], 'a VP8 frame without dimensions at byte 12'],
    ['a short frame', [{ type: 'VP8 ', data: Buffer.from([0, 0, 0, 0x9d, 0x01, 0x2a, 9, 0]) }], 'a VP8 frame without'],
    ['almost no frame', [{ type: 'VP8 ', data: Buffer.from([0, 0]) }], 'a VP8 frame without'],
    ['a short lossless frame', [{ type: 'VP8L', data: Buffer.from([0x2f]) }], 'a VP8L frame without dimensions'],
    ['a short canvas', [{ type: 'VP8X', data: Buffer.alloc(4) }, vp8(small)], 'a VP8X header without dimensions'],
  ])('a WebP with %s is broken', (_name, chunks, reason) => {
    expect(provePicture(webp(chunks))).toMatchObject({
      kind: 'broken',
      format: 'webp',
      reason: expect.stringContaining(reason),
    })
  })

  test('a WebP chunk that reaches beyond the RIFF is broken', () => {
    const bytes = webp([vp8(small)])
    for (const length of [13, 5000]) {
      bytes.writeUInt32LE(length, 16)
      expect(provePicture(bytes)).toMatchObject({ kind: 'broken', reason: expect.stringContaining('beyond the end') })
    }
  })

  test('a GIF without a frame or with an unknown block is broken', () => {
    const bytes = gifOfSize(small)
    const noFrame = Buffer.concat([bytes.subarray(0, 19), Buffer.from([0x3b])])
    expect(provePicture(noFrame)).toMatchObject({ kind: 'broken', reason: 'damaged GIF: it has no picture data' })
    const unknown = Buffer.concat([bytes.subarray(0, 19), Buffer.from([0x99, 0, 0x3b])])
    expect(provePicture(unknown)).toMatchObject({ kind: 'broken', reason: 'damaged GIF: unknown block at byte 19' })
  })

  test.each([
    ['JPEG', jpegOfSize({ width: 0, height: 16 })],
    ['JPEG', jpegOfSize({ width: 9, height: 0 })],
    ['PNG', pngOfSize({ width: 0, height: 16 })],
    ['PNG', pngOfSize({ width: 9, height: 0 })],
    ['WebP', webp([vp8({ width: 0, height: 16 })])],
    ['GIF', gifOfSize({ width: 9, height: 0 })],
  ])('a %s without any width or height is broken', (label, bytes) => {
    const proof = provePicture(bytes)
    expect(proof).toMatchObject({
      kind: 'broken',
      reason: expect.stringContaining(`damaged ${label}: its dimensions are`),
    })
  })
})

describe('the pixel limit', () => {
  const bomb = { width: 60_000, height: 60_000 }
  test.each([
    ['JPEG', jpegOfSize(bomb)],
    ['PNG', pngOfSize(bomb)],
    ['WebP', webp([webpCanvas(bomb), { type: 'ANMF', data: Buffer.alloc(24) }])],
    ['GIF', gifOfSize(bomb)],
  ])('a small %s that announces gigabytes of pixels is refused with the numbers', (label, bytes) => {
    expect(provePicture(bytes)).toEqual({
      kind: 'unsupported',
      reason: `${label} of 60000×60000 pixels (3600 million); the limit is 100 million; save it smaller`,
    })
  })

  test('is exact', () => {
    expect(MAX_PIXELS).toBe(100_000_000)
    expect(provePicture(pngOfSize({ width: 10_000, height: 10_000 })).kind).toBe('whole')
    expect(provePicture(pngOfSize({ width: 10_001, height: 10_000 }))).toMatchObject({
      kind: 'unsupported',
      reason: expect.stringContaining('(101 million)'),
    })
    expect(provePicture(pngOfSize({ width: 0xffffffff, height: 0xffffffff })).kind).toBe('unsupported')
  })
})

describe('any bytes', () => {
  const heads = [
    '',
    '\xff\xd8\xff',
    '\x89PNG\r\n\x1a\n',
    'GIF89a',
    'RIFF\x20\0\0\0WEBPVP8X',
    '\0\0\0\x20ftypheic',
    '<svg',
    'II*\0',
  ]

  test('never make it throw', () => {
    const bytes = fc
      .tuple(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 400 }))
      .map(([head, rest]) => Buffer.concat([Buffer.from(head, 'latin1'), rest]))
    fc.assert(
      fc.property(bytes, (input) => {
        expect(['whole', 'broken', 'unsupported']).toContain(provePicture(input).kind)
      }),
      { numRuns: 3000 },
    )
  })

  test('written over a real picture never make it throw, nor give it impossible dimensions', () => {
    const damage = fc.record({
      name: fc.constantFrom(...NAMES),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      patch: fc.uint8Array({ minLength: 1, maxLength: 12 }),
      keep: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    fc.assert(
      fc.property(damage, ({ name, at, patch, keep }) => {
        const bytes = Buffer.from(fileNamed(name))
        bytes.set(patch.subarray(0, bytes.length), Math.floor(at * (bytes.length - patch.length)))
        const proof = provePicture(bytes.subarray(0, Math.ceil(keep * 2 * bytes.length)))
        if (proof.kind !== 'whole') return
        expect(proof.width * proof.height).toBeGreaterThan(0)
        expect(proof.width * proof.height).toBeLessThanOrEqual(MAX_PIXELS)
        expect(proof.orientation).toBeGreaterThanOrEqual(1)
        expect(proof.orientation).toBeLessThanOrEqual(8)
      }),
      { numRuns: 3000 },
    )
  })

  test('in the chunks of a PNG with right checksums never make it throw', () => {
    const type = fc.constantFrom('IHDR', 'IDAT', 'eXIf', 'acTL', 'IEND', '\xff\xff\xff\xff')
    const chunk = fc.record({ type, data: fc.uint8Array({ maxLength: 30 }).map((data) => Buffer.from(data)) })
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 6 }), (chunks) => {
        const kept = pngChunks(fileNamed('PNG')).slice(0, 1)
        expect(['whole', 'broken', 'unsupported']).toContain(provePicture(png([...kept, ...chunks])).kind)
      }),
      { numRuns: 1000 },
    )
  })
})
