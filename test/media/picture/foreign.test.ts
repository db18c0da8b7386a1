import { describe, expect, test } from 'vitest'
import { provePicture } from '../../../src/media/picture/prove.ts'
import { isoMedia, pattern } from '../../support/pictures.ts'

const text = (value: string) => Buffer.from(value, 'latin1')
const binary = (start: string) => Buffer.concat([text(start), Buffer.from([0, 1, 2, 3, 0, 0, 0, 0, 200, 201, 202, 5])])

const FOREIGN: [name: string, bytes: Buffer, reason: string][] = [
  ['an empty file', Buffer.alloc(0), 'the file is empty'],
  ['reserved space', Buffer.alloc(5000), 'nothing but zero bytes'],
  ['an iPhone photo', isoMedia('heic', 'mif1', 'heic'), 'HEIC'],
  ['an HEIF of another brand', isoMedia('mif1', 'heix'), 'HEIC'],
  ['a HEIC burst', isoMedia('msf1', 'hevc'), 'HEIC'],
  ['an AVIF', isoMedia('avif', 'mif1', 'miaf'), 'AVIF'],
  ['an AVIF whose first brand is general', isoMedia('mif1', 'avif', 'miaf'), 'AVIF'],
  ['a Canon raw photo', isoMedia('crx ', 'isom'), 'CR3'],
  ['an iPhone video', isoMedia('qt  '), 'QuickTime video (MOV); only still pictures'],
  ['an old QuickTime video', binary('\0\0\0\x08wide'), 'QuickTime video (MOV)'],
  ['an MP4 video', isoMedia('isom', 'mp42'), 'MP4 video; only still pictures'],
  ['a TIFF', binary('II*\0'), 'TIFF'],
  ['a TIFF of the other byte order', binary('MM\0*'), 'TIFF'],
  ['a BMP', binary('BM\x36\x10\0\0'), 'BMP'],
  ['a Photoshop document', binary('8BPS\0\x01'), 'Photoshop document (PSD); save it as JPEG or PNG'],
  ['a JPEG XL', binary('\0\0\0\x0cJXL \r\n\x87\n'), 'JPEG XL'],
  ['a JPEG 2000', binary('\0\0\0\x0cjP  \r\n\x87\n'), 'JPEG 2000'],
  ['a WebM', binary('\x1aE\xdf\xa3'), 'WebM or MKV video'],
  ['an AVI', binary('RIFF\x40\0\0\0AVI LIST'), 'AVI video'],
  ['a sound in a RIFF', binary('RIFF\x40\0\0\0WAVEfmt '), 'not a picture'],
  ['an SVG', text('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'SVG'],
  ['an SVG with a prologue', text('<?xml version="1.0"?>\n<!-- made by hand -->\n<svg/>'), 'SVG'],
  ['a PDF', text('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n'), 'PDF'],
  ['a ZIP', binary('PK\x03\x04\x14'), 'ZIP archive'],
  ['a gzip', binary('\x1f\x8b\x08'), 'gzip archive'],
  ['a program', binary('\x7fELF\x02\x01'), 'program (ELF)'],
  ['a Windows program', binary('MZ\x90'), 'Windows program'],
  ['an error page', text('<!DOCTYPE html>\n<html><body>404</body></html>'), 'web page (HTML)'],
  ['an error page in capitals', text('\r\n <HTML><HEAD>'), 'web page (HTML)'],
  ['text', text('not really a picture\n'), 'text file'],
  ['text that begins with the letters of a BMP', text('BMW 320i, sold\n'), 'text file'],
  ['text in UTF-8, cut in a character', Buffer.from(`a${'ä'.repeat(700)}`), 'text file'],
  ['JSON', text('{"title": "x"}'), 'text file'],
  ['one byte', text('\xff'), 'not a picture'],
  ['random bytes', binary('\x9c\x03\xfe\x11'), 'not a picture: its first bytes belong to no known picture format'],
]

describe('a file of another kind', () => {
  test.each(FOREIGN)('%s is refused by its name', (_name, bytes, reason) => {
    expect(provePicture(bytes)).toEqual({ kind: 'unsupported', reason: expect.stringContaining(reason) })
  })

  test('HEIC says how to convert it and how to make the phone stop', () => {
    const proof = provePicture(isoMedia('heic', 'mif1'))
    expect(proof).toMatchObject({ reason: expect.stringContaining('heif-convert in.heic out.jpg') })
    expect(proof).toMatchObject({ reason: expect.stringContaining('Most Compatible') })
  })

  test('TIFF and AVIF from a real encoder are refused by name too', async () => {
    const size = { width: 8, height: 8 }
    const tiff = await pattern(size).tiff().toBuffer()
    expect(provePicture(tiff)).toMatchObject({ kind: 'unsupported', reason: expect.stringContaining('TIFF') })
    const avif = await pattern(size).avif({ effort: 0 }).toBuffer()
    expect(provePicture(avif)).toMatchObject({ kind: 'unsupported', reason: expect.stringContaining('AVIF') })
  })

  test('a lossless JPEG, which no viewer opens, is refused by its coding', async () => {
    const bytes = await pattern({ width: 8, height: 8 }).jpeg().toBuffer()
    const lossless = Buffer.from(bytes)
    lossless[lossless.indexOf(Buffer.from([0xff, 0xc0])) + 1] = 0xc3
    expect(provePicture(lossless)).toMatchObject({ kind: 'unsupported', reason: expect.stringContaining('0xC3') })
  })
})
