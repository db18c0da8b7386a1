import { describe, expect, it } from 'vitest'
import { parseCategoryMix } from '../src/category-mix.ts'

describe('CATEGORY_MIX', () => {
  it.each([
    ['memes=60,products=40', { memes: 60, products: 40 }],
    [' memes = 60 , products = 40 ', { memes: 60, products: 40 }],
    ['memes=100', { memes: 100 }],
    ['memes=100,ads=0', { memes: 100, ads: 0 }],
    ['a=33.3,b=33.3,c=33.3', { a: 33.4, b: 33.3, c: 33.3 }],
    ['a=20,b=80.1', { a: 20, b: 79.9 + 0.1 }],
    ['a=62.5,b=37.5', { a: 62.5, b: 37.5 }],
    ['two words=50,x=y=50', { 'two words': 50, 'x=y': 50 }],
  ])('%s is understood', (text, expected) => {
    const parsed = parseCategoryMix(text)
    expect(parsed.kind === 'ok' && Object.fromEntries(parsed.mix)).toEqual(expected)
  })

  it.each([
    ['', '"" is not of the form name=percent'],
    ['memes', '"memes" is not of the form name=percent'],
    ['memes=60,products=40,', '"" is not of the form name=percent'],
    ['=60,products=40', '"=60" names no category'],
    ['memes=60,memes=40', '"memes" appears twice'],
    ['memes=most,products=40', 'the share of "memes" is "most", not a number from 0 to 100'],
    ['memes=,products=40', 'the share of "memes" is "", not a number from 0 to 100'],
    ['memes=-10,products=110', 'the share of "memes" is "-10", not a number from 0 to 100'],
    ['memes=1e2', 'the share of "memes" is "1e2", not a number from 0 to 100'],
    ['a=33,b=33,c=33', 'the shares add up to 99, not to 100'],
    ['a=60,b=40.2', 'the shares add up to 100.2, not to 100'],
    ['a=0,b=0', 'the shares add up to 0, not to 100'],
  ])('%s is refused', (text, reason) => {
    expect(parseCategoryMix(text)).toEqual({ kind: 'error', reason })
  })
})
