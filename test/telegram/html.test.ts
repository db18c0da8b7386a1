import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cleanLine, cleanLink, cleanText, cutText, escapeHtml } from '../../src/telegram/html.ts'
import { parseHtml } from '../support/fake-telegram/html.ts'
import { anyText } from './any-text.ts'

const graphemes = (text: string) =>
  [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)].map(({ segment }) => segment)

describe('escapeHtml', () => {
  it('escapes exactly the four characters that Telegram decodes again', () => {
    expect(escapeHtml(`<a href="x">&'_*</a>`)).toBe(`&lt;a href=&quot;x&quot;&gt;&amp;'_*&lt;/a&gt;`)
  })

  it('makes any text arrive as it is, without entities', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(parseHtml(escapeHtml(text))).toEqual({ text, entities: [] })
      }),
    )
  })

  it('makes any text safe between quotes of an attribute', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(parseHtml(`<a href="${escapeHtml(`https://e.org/${text}`)}">x</a>`).entities).toEqual([
          { type: 'text_link', offset: 0, length: 1, url: `https://e.org/${text}` },
        ])
      }),
    )
  })
})

describe('cleanText', () => {
  it.each([
    ['halves of surrogate pairs', 'a\ud83db', 'a b'],
    ['whole pairs stay', '😀', '😀'],
    ['control characters', 'a\u0000\u001b[1mb\u007f\u0085c', 'a  [1mb  c'],
    ['marks that turn the reading direction', 'photo\u202egnp.exe\u2066', 'photo gnp.exe'],
    ['line ends of every system', 'a\r\nb\rc\nd', 'a\nb\nc\nd'],
    ['decomposed letters', 'Cafe\u0301', 'Café'],
    ['white space around', ' \n\t a \n', 'a'],
    ['nothing but white space', ' \n\t\u00a0\u3000', ''],
    ['nothing that anybody could see', '\u200b\u200d\ufeff\u3164 \u2060', ''],
    ['joiners inside stay', '👩‍👧', '👩‍👧'],
  ])('%s', (_, given, expected) => {
    expect(cleanText(given)).toBe(expected)
  })

  it('never leaves what Telegram refuses, and cleaning twice changes nothing', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const clean = cleanText(text)
        expect(clean).not.toMatch(/\p{Surrogate}/u)
        expect(clean).not.toMatch(CONTROL)
        expect(cleanText(clean)).toBe(clean)
      }),
    )
  })
})

const CONTROL = /[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/u

describe('cleanLine', () => {
  it('is one line without double spaces', () => {
    expect(cleanLine('  a\n\n b \t c\u2028d ')).toBe('a b c d')
    fc.assert(
      fc.property(anyText, (text) => {
        expect(cleanLine(text)).not.toMatch(/[\n\r]|\s\s|^\s|\s$/)
      }),
    )
  })
})

describe('cleanLink', () => {
  it('keeps every character that belongs to a link', () => {
    const link = 'https://shop.example/cafe\u0301/%F0%9F%98%80?a=1&b=<2>#x"y\''
    expect(cleanLink(` ${link}\r\n`)).toBe(link)
  })

  it('drops what no link holds', () => {
    expect(cleanLink('https://shop.example/\u202eevil\u0000/a\n/b\ud800')).toBe('https://shop.example/evil/a/b')
  })
})

describe('cutText', () => {
  it.each([
    ['a text that fits stays', 'abcde', 5, 'abcde'],
    ['what was cut is shown', 'abcdef', 5, 'abcd…'],
    ['no white space before the dots', 'abc def', 5, 'abc…'],
    ['an emoji family stays whole', '👨‍👩‍👧‍👦👨‍👩‍👧‍👦', 13, '👨‍👩‍👧‍👦…'],
    ['or goes as a whole', '👨‍👩‍👧‍👦', 10, '…'],
    ['a flag is not halved', 'a🇩🇪🇫🇷', 7, 'a🇩🇪…'],
    ['an accent stays on its letter', 'e\u0301e\u0301e\u0301', 4, 'e\u0301…'],
    ['a surrogate pair is not halved', '😀😀', 2, '…'],
    ['nothing fits', 'abc', 1, '…'],
    ['no room at all', 'abc', 0, ''],
  ])('%s', (_, text, limit, expected) => {
    expect(cutText(text, limit)).toBe(expected)
  })

  it('never exceeds the limit and ends between graphemes of the original', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 300 }), (text, limit) => {
        const cut = cutText(text, limit)
        expect(cut.length).toBeLessThanOrEqual(limit)
        if (cut === text) return
        const kept = cut.slice(0, -1)
        let start = ''
        const starts = ['', ...graphemes(text).map((one) => (start += one))]
        expect(starts.some((start) => start.trimEnd() === kept.trimEnd())).toBe(true)
        // As much as fits: the next grapheme would not have.
        const next = starts.find((start) => start.trimEnd().length > kept.length) ?? text
        expect(next.length).toBeGreaterThan(limit - 1)
      }),
    )
  })

  it('is quick with a book', () => {
    const book = 'Word. '.repeat(1_000_000)
    expect(cutText(book, 100)).toHaveLength(100)
  })
})
