import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseGraphJson } from '../../src/instagram/graph-json.ts'

const hasLongInteger = (text: string) => /\d{16}/.test(text.replaceAll(/"(?:\\.|[^"\\])*"/gs, '""'))

/** Characters that a tokenizer may stumble over, digits among them. */
const trickyText = fc.string({
  unit: fc.constantFrom('"', '\\', '1', '12345678901234567', '-', '.', 'e', '{', '}', ':', ',', ' ', '\n', 'é', '🎉'),
  maxLength: 12,
})
const anyJson = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    trickyText,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(trickyText, tie('value'), { maxKeys: 4 }),
  ),
})).value
const indent = fc.constantFrom(undefined, 2, '\t')

describe('parseGraphJson', () => {
  it('reads every document without long whole numbers as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.oneof(anyJson, fc.jsonValue()), indent, (value, space) => {
        const text = JSON.stringify(value, null, space)
        fc.pre(!hasLongInteger(text))
        expect(parseGraphJson(text)).toEqual(JSON.parse(text))
      }),
      { numRuns: 500 },
    )
  })

  it('keeps every digit of a long whole number, wherever it stands', () => {
    const id = fc.bigInt({ min: 10n ** 15n, max: 10n ** 25n })
    fc.assert(
      fc.property(id, fc.boolean(), trickyText, trickyText, indent, (number, isNegative, key, text, space) => {
        const digits = `${isNegative ? '-' : ''}${number}`
        const document = { [key]: text, a: [0, 'ID', { b: 'ID', c: [text] }], id: 'ID' }
        const json = JSON.stringify(document, null, space).replaceAll('"ID"', digits)
        const expected = { [key]: text, a: [0, digits, { b: digits, c: [text] }], id: digits }
        expect(parseGraphJson(json)).toEqual(expected)
      }),
    )
  })

  it('accepts exactly what JSON.parse accepts', () => {
    const parses = (parse: (text: string) => unknown, text: string) => {
      try {
        parse(text)
        return true
      } catch {
        return false
      }
    }
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '"a"',
      '1234567890123456',
      '01',
      '-',
      '1',
      ' ',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
        const text = parts.join('')
        expect(parses(parseGraphJson, text)).toBe(parses(JSON.parse, text))
      }),
      { numRuns: 3000 },
    )
  })

  it.each<[text: string, value: unknown]>([
    ['17841405793187219', '17841405793187219'],
    ['{"id":17841405793187219}', { id: '17841405793187219' }],
    ['{"id":"17841405793187219"}', { id: '17841405793187219' }],
    ['[999999999999999,1234567890123456]', [999999999999999, '1234567890123456']],
    ['{"a":"\\"17841405793187219","b":"\\\\"}', { a: '"17841405793187219', b: '\\' }],
    ['[1234567890123456.5,1234567890123456e2]', [1234567890123456.5, 123456789012345600]],
    ['{"17841405793187219":[-17841405793187219]}', { '17841405793187219': ['-17841405793187219'] }],
  ])('%s', (text, value) => {
    expect(parseGraphJson(text)).toEqual(value)
  })

  it.each(['', '{"id":178414057', '<html>', '{17841405793187219:1}', '01784140579318721', '--17841405793187219'])(
    'refuses %j',
    (text) => {
      expect(() => parseGraphJson(text)).toThrow(SyntaxError)
    },
  )

  it('reads a large answer', () => {
    const long = `"${'x\\"1234567890123456'.repeat(200_000)}"`
    expect(parseGraphJson(`[${long},17841405793187219]`)).toEqual([JSON.parse(long), '17841405793187219'])
  })
})
