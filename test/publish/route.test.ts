import { expect, test } from 'vitest'
import { routeItem } from '../../src/publish/route.ts'

test.each([
  [false, false, 'telegram'],
  [false, true, 'telegram'],
  [true, false, 'instagram'],
  [true, true, 'telegram'],
])('automation %s, sticker %s: %s', (enableInstagramApi, requiresInteraction, channel) => {
  expect(routeItem({ enableInstagramApi, requiresInteraction }, ['telegram', 'instagram'])).toBe(channel)
})

test('a story goes to the team while this version cannot publish by itself, whatever the flag says', () => {
  expect(routeItem({ enableInstagramApi: true, requiresInteraction: false })).toBe('telegram')
})
