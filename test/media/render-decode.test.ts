import { expect, it } from 'vitest'
import { whyUndecodable } from '../../src/media/render-decode.ts'
import { renderPreview } from '../../src/media/render-preview.ts'
import { OriginalUnusable } from '../../src/publish/channels/channel.ts'
import { type Colour, distance, plain, seen } from './rendering.ts'

const MACHINE: [said: string, error: Error][] = [
  ['EMFILE', Object.assign(new Error('too many open files'), { code: 'EMFILE' })],
  ['vips_tracked: out of memory -- size == 285MB', new Error('vips_tracked: out of memory -- size == 285MB')],
  [
    'VipsJpeg: Insufficient memory (case 4)',
    new Error('VipsJpeg: Insufficient memory (case 4)\nVipsJpeg: out of order'),
  ],
  ['wbuffer_write: write failed', new Error('wbuffer_write: write failed\nunix error: No space left on device')],
]

it.each(MACHINE)('%s is the trouble of this machine, not of the picture', (said, error) => {
  expect(() => whyUndecodable(error)).toThrow(new OriginalUnusable(`the picture could not be rendered (${said})`))
})

it.each([
  'VipsJpeg: premature end of JPEG image',
  'Input buffer contains unsupported image format',
  'Input image exceeds pixel limit',
])('%s is the trouble of the picture', (said) => {
  expect(whyUndecodable(new Error(`${said}\nand more`))).toBe(`the picture cannot be decoded: ${said}`)
})

it('the card shows the colours of a 16-bit Display P3 picture, too', async () => {
  const orange: Colour = [200, 100, 50]
  const original = await plain(90, 160, orange).toColourspace('rgb16').withIccProfile('p3').png().toBuffer()
  const preview = await renderPreview(original)
  expect(preview.kind === 'ok' && distance((await seen(preview.bytes)).at(45, 80), orange)).toBeLessThan(4)
})
