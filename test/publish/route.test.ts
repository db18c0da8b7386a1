import { expect, test } from 'vitest'
import { routeItem } from '../../src/publish/route.ts'

test.each([
  [false, false, 'telegram'],
  [false, true, 'telegram'],
  [true, false, 'instagram'],
  [true, true, 'telegram'],
])('automation %s, sticker %s: %s', (enableInstagramApi, requiresInteraction, channel) => {
  expect(routeItem({ enableInstagramApi, requiresInteraction })).toBe(channel)
})

test.each([
  ['what Instagram would not take stays with the team', { fallbackReason: 'aspect ratio' }],
  ['a delivery to the team that was begun is ended there', { telegramDocumentMessageId: 7 }],
  ['also when nobody knows the id of its original', { telegramDocumentMessageId: 0 }],
])('%s', (_name, begun) => {
  expect(routeItem({ enableInstagramApi: true, requiresInteraction: false, ...begun })).toBe('telegram')
})
