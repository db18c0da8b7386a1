import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { layOutPlan, type PlanCell, type PlanDay, rowsOfDays } from '../../src/media/plan-layout.ts'
import {
  type Band,
  layOutContactSheet,
  MAX_SHEET_PICTURES,
  problemShapes,
  type Shape,
  type Sheet,
  type SheetItem,
} from '../../src/media/sheet-layout.ts'
import { escapeXml, fitText, textWidth, withoutEmoji } from '../../src/media/sheet-text.ts'

const STYLE = { size: 14 }

describe('text that fits', () => {
  it.each([
    ['one line', 'mug.jpg', 200, 2, ['mug.jpg']],
    ['nothing', ' \n\t ', 200, 2, []],
    ['between words', 'slow sunrise print', 80, 3, ['slow', 'sunrise', 'print']],
    [
      'behind what separates words in file names',
      'products/crane-mug_blue.jpg',
      100,
      3,
      ['products/', 'crane-mug_', 'blue.jpg'],
    ],
    ['a word that is longer than a line', 'xxxxxxxxxxxxxxxxxxxx', 80, 3, ['xxxxxxxx', 'xxxxxxxx', 'xxxx']],
    ['cut with …', 'slow sunrise print', 80, 2, ['slow', 'sunrise…']],
    ['control characters and turned text', 'a\u202eb\u0000c\nd', 200, 2, ['a b c d']],
  ])('%s', (_, text, width, lines, expected) => {
    expect(fitText(text, STYLE, { width, lines })).toEqual(expected)
  })

  it('never is wider or longer than it may be, loses nothing where there is room, and breaks no emoji', () => {
    const words = fc.array(
      fc.constantFrom('a', 'mug', 'e\u0301te', '👩🏽‍🚀', '日本語', '-', '_', '/', 'W'.repeat(9), ' '),
      {
        maxLength: 20,
      },
    )
    fc.assert(
      fc.property(words, fc.integer({ min: 30, max: 200 }), fc.integer({ min: 1, max: 4 }), (parts, width, lines) => {
        const text = parts.join('')
        const fitted = fitText(text, STYLE, { width, lines })
        expect(fitted.length).toBeLessThanOrEqual(lines)
        for (const line of fitted) expect(textWidth(line, STYLE)).toBeLessThanOrEqual(width)
        const squeezed = (value: string) => value.normalize('NFC').replace(/\s/g, '')
        const shown = squeezed(fitted.join(''))
        if (shown.endsWith('…')) expect(squeezed(text).startsWith(shown.slice(0, -1))).toBe(true)
        else expect(shown).toBe(squeezed(text))
        for (const line of fitted) expect(line.replaceAll('👩🏽‍🚀', '')).not.toMatch(/[\u200d\u{1f3fd}]/u)
      }),
    )
  })
})

describe('text in SVG', () => {
  it('is text, whatever it looks like', () => {
    expect(escapeXml(`<b>50 % & "more"</b> it's`)).toBe('&lt;b&gt;50 % &amp; &quot;more&quot;&lt;/b&gt; it&apos;s')
    expect(escapeXml(']]></text><image href="x"/>')).not.toMatch(/[<>]/)
    expect(escapeXml('a\u0000\u001b\ufffe\ud800b')).toMatch(/^a *b$/)
  })

  it.each([
    ['🎄 Christmas mug', 'Christmas mug'],
    ['Mug 👩🏽‍🚀 for 🇩🇪 astronauts ☕', 'Mug for astronauts'],
    ['❤️ love', 'love'],
    ['a frame 🖼 and a map 🗺️', 'a frame and a map'],
    ['Ⓐ © ™ ✓ 5 # × é 日本', 'Ⓐ © ™ ✓ 5 # × é 日本'],
  ])('without emoji: %s', (text, expected) => {
    expect(withoutEmoji(text)).toBe(expected)
  })
})

const texts = ({ shapes }: Band) => shapes.flatMap((shape) => (shape.kind === 'text' ? [shape.text] : []))
const allTexts = (sheet: Sheet) => sheet.bands.flatMap(texts)
const pictures = (sheet: Sheet) => sheet.bands.flatMap((band) => band.pictures)
const heightOf = (sheet: Sheet) => sheet.bands.reduce((sum, { height }) => sum + height, 0)

/** Everything is whole pixels inside its band, and no two pictures touch. */
function expectTidy(sheet: Sheet): void {
  for (const { height, shapes, pictures } of sheet.bands) {
    expect(Number.isInteger(height) && height > 0).toBe(true)
    for (const { x, y, width, height: tall } of pictures) {
      expect([x, y, width, tall].every(Number.isInteger)).toBe(true)
      expect(x >= 0 && y >= 0 && x + width <= sheet.width && y + tall <= height).toBe(true)
    }
    for (const [index, one] of pictures.entries()) {
      for (const other of pictures.slice(index + 1)) expect(one.x + one.width <= other.x).toBe(true)
    }
    for (const shape of shapes) expectInside(shape, sheet.width, height)
  }
}

function expectInside(shape: Shape, width: number, height: number): void {
  const right =
    shape.kind === 'rect' ? shape.x + shape.width : shape.x + textWidth(shape.text, shape) / (shape.isCentred ? 2 : 1)
  const bottom = shape.kind === 'rect' ? shape.y + shape.height : shape.y
  expect(shape.x >= 0 && right <= width, JSON.stringify(shape)).toBe(true)
  expect(shape.y >= 0 && bottom <= height, JSON.stringify(shape)).toBe(true)
}

const item = (index: number, values: Partial<SheetItem> = {}): SheetItem => ({
  path: `/library/${index}.jpg`,
  name: `memes/picture-${index}.jpg`,
  state: 'active',
  note: '',
  posted: ['never posted'],
  ...values,
})
const items = (count: number) => Array.from({ length: count }, (_, index) => item(index))
const HEAD = { title: 'Media library', subtitle: 'all of it' }

describe('a contact sheet', () => {
  it.each([1, 2, 12, 13, 60, 61, MAX_SHEET_PICTURES])(
    'of %i pictures is tidy, in order, and no thin strip',
    (count) => {
      const sheet = layOutContactSheet(HEAD, items(count))
      expectTidy(sheet)
      expect(pictures(sheet).map(({ path }) => path)).toEqual(items(count).map(({ path }) => path))
      expect(heightOf(sheet) / sheet.width).toBeLessThan(1.7)
      expect(heightOf(sheet) / sheet.width).toBeGreaterThan(0.6)
      // Its pixels are all in memory once, in 3 bytes each.
      expect(heightOf(sheet) * sheet.width * 3).toBeLessThan(40_000_000)
    },
  )

  it('says name, state and how often, below each picture', () => {
    const sheet = layOutContactSheet(HEAD, [
      item(1, {
        name: 'memes/cat.jpg',
        state: 'locked',
        note: 'manual',
        posted: ['posted 3×, 2 days ago', 'posted 3×'],
      }),
    ])
    expect(allTexts(sheet)).toEqual([
      'Media library',
      'all of it',
      'memes/cat.jpg',
      'locked · manual',
      'posted 3×, 2 days ago',
    ])
    const [picture] = pictures(sheet)
    for (const shape of sheet.bands[1]?.shapes ?? []) {
      if (shape.kind === 'text') expect(shape.y).toBeGreaterThan(picture?.height ?? Number.POSITIVE_INFINITY)
    }
  })

  it('says less where there is less room, instead of cutting it', () => {
    const posted = ['posted 12×, 20 days ago', 'posted 12×']
    const sheet = layOutContactSheet(
      HEAD,
      items(100).map((one) => ({ ...one, posted })),
    )
    expect(allTexts(sheet)).toContain('posted 12×')
  })

  it('is tidy whatever the names and the head say', () => {
    const long = fc.string({ maxLength: 300, unit: 'grapheme' })
    fc.assert(
      fc.property(long, long, fc.integer({ min: 1, max: 70 }), (name, title, count) => {
        expectTidy(
          layOutContactSheet(
            { title, subtitle: name },
            items(count).map((one) => ({ ...one, name })),
          ),
        )
      }),
      { numRuns: 30 },
    )
  })
})

const story = (index: number, values: Partial<PlanCell & { kind: 'story' }> = {}): PlanCell => ({
  kind: 'story',
  path: `/library/${index}.jpg`,
  time: '14:30',
  isAutomatic: false,
  title: `Story ${index}`,
  file: `memes/${index}.jpg`,
  note: '',
  ...values,
})
const free = (reason = 'no picture is free'): PlanCell => ({ kind: 'free', reason })
const day = (date: string, ...cells: PlanCell[]): PlanDay => ({ weekday: 'Sat', date, zone: 'GMT+1', cells })

describe('a plan', () => {
  it('has a row with a heading for every day, and its stories in order', () => {
    const sheet = layOutPlan(HEAD, [day('Nov 21', story(1), story(2)), day('Nov 22', story(3))])
    expectTidy(sheet)
    const [, first, second] = sheet.bands
    const heading = first?.shapes.find((shape) => shape.kind === 'text' && shape.text === 'Nov 21')
    if (heading?.kind !== 'text') throw new Error('no heading')
    expect(heading.x + textWidth(heading.text, heading)).toBeLessThan(first?.pictures[0]?.x ?? 0)
    expect(first?.pictures.map(({ path }) => path)).toEqual(['/library/1.jpg', '/library/2.jpg'])
    expect(second?.pictures.map(({ path }) => path)).toEqual(['/library/3.jpg'])
    expect(texts(first ?? { height: 0, shapes: [], pictures: [] }).slice(0, 3)).toEqual(['Sat', 'Nov 21', 'GMT+1'])
  })

  it('says time, channel, title, file and what is special right of each picture', () => {
    const cell = story(1, { time: '09:05', isAutomatic: true, note: 'with the team' })
    const sheet = layOutPlan(HEAD, [day('Nov 21', cell, story(2))])
    expect(allTexts(sheet).slice(5)).toEqual([
      '09:05',
      'Automatic',
      'Story 1',
      'memes/1.jpg',
      'with the team',
      '14:30',
      'By the team',
      'Story 2',
      'memes/2.jpg',
    ])
    const [picture, next] = pictures(sheet)
    const time = sheet.bands[1]?.shapes.find((shape) => shape.kind === 'text' && shape.text === '09:05')
    expect(time?.x).toBeGreaterThan((picture?.x ?? 0) + (picture?.width ?? 0))
    expect(time?.x).toBeLessThan(next?.x ?? 0)
  })

  it('names free slots: in a frame beside stories, in a line for a day of nothing else', () => {
    const mixed = layOutPlan(HEAD, [day('Nov 21', story(1), free())])
    expect(allTexts(mixed)).toEqual(expect.arrayContaining(['No story', 'no picture is free']))
    expect(mixed.bands[1]?.shapes.filter((shape) => shape.kind === 'rect' && shape.dashed)).toHaveLength(1)
    const empty = layOutPlan(HEAD, [day('Nov 21', free(), free()), day('Nov 22')])
    expect(allTexts(empty)).toEqual(expect.arrayContaining(['No story for 2 slots', 'Nothing planned']))
    expect(heightOf(empty)).toBeLessThan(heightOf(mixed))
    expectTidy(empty)
  })

  it('goes on in the next row with many stories a day, and makes a month smaller than a week', () => {
    const many = day('Nov 21', ...Array.from({ length: 15 }, (_, index) => story(index)))
    expect(rowsOfDays([many, day('Nov 22'), day('Nov 23', free())])).toBe(5)
    const sheet = layOutPlan(HEAD, [many])
    expectTidy(sheet)
    expect(sheet.bands.map((band) => band.pictures.length)).toEqual([0, 6, 6, 3, 0])
    expect(allTexts(sheet).filter((text) => text === 'Nov 21')).toHaveLength(1)
    const month = layOutPlan(
      HEAD,
      Array.from({ length: 31 }, () => day('Nov 21', story(1), story(2), story(3))),
    )
    expectTidy(month)
    expect(pictures(month)[0]?.height).toBeLessThan(pictures(sheet)[0]?.height ?? 0)
    // 60 rows are the most: a WebP has no more than 16383.
    expect((heightOf(month) / 31) * 60).toBeLessThan(16_383)
  })

  it('is tidy whatever it has to say', () => {
    const text = fc.string({ maxLength: 200, unit: 'grapheme' })
    const cell = fc.oneof(
      text.map((reason) => free(reason)),
      fc.tuple(text, text).map(([title, file]) => story(1, { title, file, note: title })),
    )
    fc.assert(
      fc.property(fc.array(fc.array(cell, { maxLength: 9 }), { minLength: 1, maxLength: 14 }), (days) => {
        expectTidy(
          layOutPlan(
            HEAD,
            days.map((cells) => day('Nov 21', ...cells)),
          ),
        )
      }),
      { numRuns: 30 },
    )
  })
})

it('what stands for a broken picture stays inside its box', () => {
  const sizes = fc.record({ width: fc.integer({ min: 60, max: 300 }), height: fc.integer({ min: 100, max: 500 }) })
  fc.assert(
    fc.property(fc.string({ maxLength: 200, unit: 'grapheme' }), sizes, (problem, box) => {
      for (const shape of problemShapes(problem, box)) expectInside(shape, box.width, box.height)
    }),
  )
})
