import { expect, test } from 'vitest'
import { didYouMean } from '../../src/setup/did-you-mean.ts'

const WORDS = ['TIMEZONE', 'POSTS_PER_DAY', 'DB_HOST', 'DB_PORT', 'posting_frequency', 'POSTING_HOURS_START']

test.each<[typed: string, meant: string | null, why: string]>([
  ['TIMEZOEN', 'TIMEZONE', 'two neighbours swapped'],
  ['timezon', 'TIMEZONE', 'a letter missing, in small letters'],
  ['POST_PER_DAY', 'POSTS_PER_DAY', 'a letter missing'],
  ['posts-per-day', 'POSTS_PER_DAY', 'other separators'],
  ['DB_HOTS', 'DB_HOST', 'the nearest of two that are near'],
  ['DB_PROT', 'DB_PORT', 'the nearest of two that are near'],
  ['frequency', 'posting_frequency', 'a part of it'],
  ['hours', 'POSTING_HOURS_START', 'a part of it'],
  ['banana', null, 'nothing like it'],
  ['x', null, 'a single letter says nothing'],
  ['', null, 'nothing'],
])('%s → %s: %s', (typed, meant) => {
  expect(didYouMean(typed, WORDS)).toBe(meant)
})
