import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  cardKeyboard,
  decodePress,
  encodePress,
  type InlineKeyboard,
  MAX_COPY_TEXT,
  NO_BUTTONS,
  questionKeyboard,
  VERBS,
} from '../../src/telegram/buttons.ts'
import { readKeyboard } from '../support/fake-telegram/keyboard.ts'
import { anyText } from './any-text.ts'

const ID = '3f2a9c1e-1111-4222-8333-0123456789ab'
const anyId = fc.uuid()
const anyPress = fc.record({ verb: fc.constantFrom(...VERBS), queueItemId: anyId })

const actionsOf = ({ inline_keyboard }: InlineKeyboard) =>
  inline_keyboard.flat().map((button) => Object.entries(button).filter(([key]) => key !== 'text'))

describe('callback_data', () => {
  it('says <verb>:<queue item id>', () => {
    expect(encodePress({ verb: 'posted', queueItemId: ID })).toBe(`posted:${ID}`)
  })

  it('comes back as what was encoded, within 64 bytes', () => {
    fc.assert(
      fc.property(anyPress, (press) => {
        const data = encodePress(press)
        expect(decodePress(data)).toEqual(press)
        expect(Buffer.byteLength(data)).toBeLessThanOrEqual(64)
        expect(data.split(':')).toHaveLength(2)
      }),
    )
  })

  it.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['no verb', `:${ID}`],
    ['no id', 'posted:'],
    ['no colon', `posted${ID}`],
    ['a verb of nobody', `delete:${ID}`],
    ['a verb in capitals', `POSTED:${ID}`],
    ['a name that every object has', `constructor:${ID}`],
    ['another colon before', `x:posted:${ID}`],
    ['another colon between', `posted::${ID}`],
    ['another colon behind', `posted:${ID}:`],
    ['something behind', `posted:${ID}x`],
    ['a line end behind', `posted:${ID}\n`],
    ['white space', ` posted:${ID}`],
    ['an id in capitals', `posted:${ID.toUpperCase()}`],
    ['a short id', `posted:${ID.slice(0, 8)}`],
    ['an id without dashes', `posted:${ID.replaceAll('-', '')}`],
    ['SQL', "posted:' or '1'='1"],
    ['the null that telegraf may send', 'null'],
    ['a very long text', `posted:${ID}`.repeat(10_000)],
  ])('%s means nothing', (_, data) => {
    expect(decodePress(data)).toBeNull()
  })

  it('garbage of any kind means nothing', () => {
    const piece = fc.oneof(anyText, fc.constantFrom(':', 'posted', 'skip', ID, ID.slice(1), '-'))
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 4 }), (pieces) => {
        const data = pieces.join('')
        const press = decodePress(data)
        if (press !== null) expect(encodePress(press)).toBe(data)
      }),
    )
  })
})

describe('the buttons of a card', () => {
  it('copy the link, then say what was done', () => {
    expect(cardKeyboard(ID, 'https://shop.example/mug')).toEqual({
      inline_keyboard: [
        [{ text: '📋 Copy Link', copy_text: { text: 'https://shop.example/mug' } }],
        [
          { text: '✅ Mark Posted', callback_data: `posted:${ID}` },
          { text: '⏭ Skip', callback_data: `skip:${ID}` },
        ],
      ],
    })
  })

  const link = (length: number) => `https://e.org/${'x'.repeat(length - 14)}`
  it.each([
    ['no link', null, false],
    ['an empty link', '', false],
    ['a blank link', ' \n', false],
    ['the longest link that a button can copy', link(MAX_COPY_TEXT), true],
    ['a longer one', link(MAX_COPY_TEXT + 1), false],
  ])('%s', (_, linkUrl, hasCopy) => {
    const rows = cardKeyboard(ID, linkUrl).inline_keyboard
    expect(rows.flat().some((button) => 'copy_text' in button)).toBe(hasCopy)
    expect(rows.flat().filter((button) => 'callback_data' in button)).toHaveLength(2)
    expect(rows.every((row) => row.length > 0)).toBe(true)
  })

  it('are accepted whatever the link, each with exactly one action', () => {
    fc.assert(
      fc.property(anyId, fc.oneof(anyText, fc.webUrl()), (queueItemId, linkUrl) => {
        const keyboard = cardKeyboard(queueItemId, linkUrl)
        const violations: string[] = []
        readKeyboard(keyboard, 'supergroup', violations)
        expect(violations).toEqual([])
        for (const actions of actionsOf(keyboard)) expect(actions).toHaveLength(1)
      }),
    )
  })
})

describe('the buttons of a question', () => {
  it('ask the admin whether the card arrived', () => {
    expect(questionKeyboard(ID)).toEqual({
      inline_keyboard: [
        [
          { text: '✅ It was sent', callback_data: `sent:${ID}` },
          { text: '🔁 Send again', callback_data: `again:${ID}` },
        ],
      ],
    })
    const violations: string[] = []
    readKeyboard(questionKeyboard(ID), 'private', violations)
    expect(violations).toEqual([])
  })
})

it('no buttons is said explicitly', () => {
  expect(NO_BUTTONS).toEqual({ inline_keyboard: [] })
})
