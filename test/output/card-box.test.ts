import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawCard } from '../../src/output/card-box.ts'
import { cardKeyboard, NO_BUTTONS } from '../../src/telegram/buttons.ts'
import { escapeHtml } from '../../src/telegram/html.ts'
import { anyText } from '../telegram/any-text.ts'

const ID = '3f2a9c1e-1111-4222-8333-0123456789ab'

describe('drawCard', () => {
  it('draws picture, text and buttons as the team will see them', () => {
    const caption = '📸 STORY #<b>47</b>\n🔗 Link: <code>https://a.b/?x=1&amp;y=2</code>\n\nStatus: ⏳ PENDING'
    expect(drawCard(caption, cardKeyboard(ID, 'https://a.b/?x=1&y=2'), 'stories/memes/cat.jpg')).toBe(
      `┌──────────────────────────────────────────────
│ 🖼  stories/memes/cat.jpg
│
│ 📸 STORY #47
│ 🔗 Link: https://a.b/?x=1&y=2
│
│ Status: ⏳ PENDING
│
│ [ 📋 Copy Link ]
│ [ ✅ Mark Posted ]  [ ⏭ Skip ]
└──────────────────────────────────────────────`,
    )
  })

  it('shows any text of a caption as it is', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const drawn = drawCard(`<b>${escapeHtml(text)}</b>`, NO_BUTTONS, 'cat.jpg')
        const inside = drawn.split('\n').slice(3, -2)
        const expected = text.split('\n').map((line) => `│ ${line}`.trimEnd())
        expect(inside).toEqual(expected)
      }),
    )
  })

  it('a file name cannot break the frame or command the terminal', () => {
    const drawn = drawCard('x', NO_BUTTONS, 'a\u001b[2J\nb\u202egpj.jpg')
    expect(drawn.split('\n')[1]).toBe('│ 🖼  a [2J b gpj.jpg')
  })

  it('decodes each entity once', () => {
    expect(drawCard('&amp;lt;', NO_BUTTONS, 'x')).toContain('│ &lt;\n')
  })
})
