import fc from 'fast-check'

/** Texts that have broken cards elsewhere (lessons E1), and what a file system, a phone or a joker can produce. */
const NASTY = [
  '<b>bold</b>',
  '</b>',
  '<',
  '<br>',
  '3 < 4 > 2',
  '&amp;',
  '&lt;b&gt;',
  '&#60;',
  '&nbsp;&',
  '_*[`](~)#+-=|{}.!',
  '"quoted" \'single\'',
  '\u202egnp.tros\u202c',
  '\u2066isolate\u2069',
  '\u0000\u0007\u001b[31mred',
  'line\nbreak\r\nand\ttab',
  '\ud800',
  'half \udc00 pair',
  '👩‍👩‍👧‍👦',
  '🏳️‍🌈🇩🇪👍🏽',
  'e\u0301'.repeat(3),
  `z${'\u0335'.repeat(40)}`,
  '\u200b\u200d\ufeff',
  '   ',
  '\u3164',
  'ﷺ',
  '@None',
  '/start',
  'null',
] as const

const codeUnit = fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit))

/** Any sequence of UTF-16 units, nasty pieces mixed in; sometimes very long. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.array(fc.oneof(fc.constantFrom(...NASTY), codeUnit), { maxLength: 12 }).map(join) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 60 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.oneof(fc.constantFrom(...NASTY), fc.string({ maxLength: 9 })), fc.integer({ min: 1, max: 400 }))
      .map(([piece, times]) => piece.repeat(times).slice(0, 3000)),
  },
)

function join(pieces: readonly string[]): string {
  return pieces.join('')
}

export const anyTextOrNull = fc.option(anyText, { nil: null })
