import { expect, test } from 'vitest'
import { cleanTags, isLink, type MetadataFiles, readMetadata } from '../../src/media/metadata.ts'
import { checkDirectory, checkSidecar } from '../../src/media/metadata-schema.ts'

function files(
  parts: Partial<{ directory: object; sidecars: Record<string, object>; invalid: string[] }>,
): MetadataFiles {
  return {
    directories: new Map(parts.directory ? [['stories/a', parts.directory]] : []),
    sidecars: new Map(Object.entries(parts.sidecars ?? {})),
    invalid: new Set(parts.invalid),
  }
}

const PATH = 'stories/a/mug__https-shop-com-mug.jpg'

test('a picture about which nothing is said has defaults', () => {
  expect(readMetadata('stories/a/plain.jpg', files({})).metadata).toEqual({
    title: null,
    linkUrl: null,
    caption: null,
    tags: [],
    requiresInteraction: false,
    customMetadata: null,
  })
})

test('a link in the file name asks for interaction', () => {
  const { metadata } = readMetadata(PATH, files({}))
  expect(metadata).toMatchObject({ linkUrl: 'https://shop.com/mug', requiresInteraction: true })
})

test('each field comes from the strongest source that has it', () => {
  const { metadata } = readMetadata(
    PATH,
    files({
      directory: {
        default_requires_interaction: false,
        default_tags: ['default'],
        items: [{ file_name: 'mug__https-shop-com-mug.jpg', title: 'entry', caption: 'entry', tags: ['entry'] }],
      },
      sidecars: {
        'stories/a/mug__https-shop-com-mug.json': { title: 'stem', caption: 'stem' },
        'stories/a/mug__https-shop-com-mug.jpg.json': { title: 'full name' },
      },
    }),
  )
  expect(metadata).toEqual({
    title: 'full name',
    caption: 'stem',
    tags: ['entry'],
    requiresInteraction: false,
    linkUrl: 'https://shop.com/mug',
    customMetadata: null,
  })
})

test('null in a stronger source is a deliberate "none"', () => {
  const { metadata } = readMetadata(PATH, files({ sidecars: { [`${PATH}.json`]: { link_url: null } } }))
  expect(metadata.linkUrl).toBeNull()
})

test('an entry matches a file whose accents are composed otherwise', () => {
  const directory = { items: [{ file_name: 'café.jpg'.normalize('NFC'), title: 'Café' }] }
  const { metadata } = readMetadata(`stories/a/${'café.jpg'.normalize('NFD')}`, files({ directory }))
  expect(metadata.title).toBe('Café')
})

test('a broken file of its folder makes what is said of a picture incomplete', () => {
  expect(readMetadata(PATH, files({ invalid: ['stories/a/metadata.json'] })).isIncomplete).toBe(true)
  expect(readMetadata(PATH, files({ invalid: ['stories/b/metadata.json'] })).isIncomplete).toBe(false)
})

test('tags lose blanks, empty ones and repetitions', () => {
  expect(cleanTags([' Sale ', '', 'sale', 'Sale'])).toEqual(['Sale', 'sale'])
})

test.each([
  ['https://shop.example/x', true],
  ['HTTP://shop.example', true],
  ['ftp://shop.example', false],
  ['shop.example', false],
  ['https://', false],
  ['javascript:alert(1)', false],
  ['https://a b.example', false],
  ['https://x.example/\n', false],
])('%j is a link: %s', (text, expected) => {
  expect(isLink(text)).toBe(expected)
})

test.each<[string, unknown, RegExp]>([
  ['an unknown key', { titel: 'x' }, /titel/],
  ['a wrong type', { tags: 'a,b' }, /tags: .*array/],
  ['a link without http', { link_url: 'shop.example' }, /link_url: must be a link/],
  ['a NUL character', { title: 'a\0b' }, /title: .*cannot be stored/],
  ['half an emoji', { custom_metadata: { note: ['\ud83d'] } }, /custom_metadata: .*cannot be stored/],
  ['a list instead of an object', [], /object/],
  ['a tag that is too long', { tags: ['x'.repeat(101)] }, /tags\[0\]/],
  ['endless nesting', { custom_metadata: JSON.parse(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`) }, /nested/],
])('a sidecar with %s is named as wrong', (_what, value, problem) => {
  expect(checkSidecar(value)).toEqual({ kind: 'wrong', problem: expect.stringMatching(problem) })
})

test('a wrong entry of metadata.json is named with its place', () => {
  const value = { items: [{ file_name: 'a.jpg' }, { file_name: 'b.jpg', requires_interaction: 'yes' }] }
  expect(checkDirectory(value)).toMatchObject({ problem: expect.stringMatching(/^items\[1\]\.requires_interaction: /) })
})
