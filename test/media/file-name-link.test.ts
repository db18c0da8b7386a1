import { expect, test } from 'vitest'
import { linkInFileName } from '../../src/media/file-name-link.ts'

test.each([
  ['tshirt__https-shop-com-tshirt.jpg', 'https://shop.com/tshirt'],
  ['gift-card__https-shop-example-com-giftcard.jpg', 'https://shop.example.com/giftcard'],
  ['mug__https-papercrane-com-shop-mug.jpg', 'https://papercrane.com/shop/mug'],
  ['mug__http-shop-co-uk-mug.png', 'http://shop.co.uk/mug'],
  ['mug__https-shop-com-au-mug.png', 'https://shop.com.au/mug'],
  ['mug__https-shop-com-de-mug.png', 'https://shop.com/de/mug'],
  ['mug__https-papercrane-shop-mug.png', 'https://papercrane.shop/mug'],
  ['mug__https-papercrane-example-mug.png', 'https://papercrane.example/mug'],
  ['mug__https-bit-ly-3xYz.webp', 'https://bit.ly/3xYz'],
  ['mug__https-intranet-host-menu.webp', 'https://intranet.host/menu'],
  ['mug__https-www-shop-de-mug.webp', 'https://www.shop.de/mug'],
  ['mug__HTTPS-Shop-COM-Mug.JPG', 'https://shop.com/Mug'],
  ['a__b__https-shop-com.jpg', 'https://shop.com/'],
])('%s holds the link %s', (name, link) => {
  expect(linkInFileName(name)).toBe(link)
})

test.each([
  'tshirt.jpg',
  'tshirt__shop-com.jpg',
  'tshirt_https-shop-com.jpg',
  'x__https-.jpg',
  'x__https-shop.jpg',
  'x__ftp-shop-com.jpg',
])('%s holds no link', (name) => {
  expect(linkInFileName(name)).toBeUndefined()
})
