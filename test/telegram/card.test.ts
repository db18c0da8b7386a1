import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HISTORY_STATUSES, type HistoryStatus } from '../../src/db/schema.ts'
import { type CardState, type CardStory, MAX_CAPTION, renderCard } from '../../src/telegram/card.ts'
import { cleanLine, cleanLink, cleanText } from '../../src/telegram/html.ts'
import { parseHtml } from '../support/fake-telegram/html.ts'
import { readCaption } from '../support/fake-telegram/text.ts'
import { anyText, anyTextOrNull } from './any-text.ts'

const ZONES = ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Chatham']

const story: CardStory = {
  queueItemId: '3f2a9c1e-0000-4000-8000-000000000001',
  storyNumber: 47,
  fileName: 'tshirt.jpg',
  title: '"Dank Meme" Tshirt',
  linkUrl: 'https://shop.com/products/tshirt',
  caption: null,
  tags: ['product', 'tshirt', 'newdrop'],
  scheduledFor: new Date('2026-01-03T19:30:00Z'),
}
const pending: CardState = { kind: 'pending' }
const settled = (status: HistoryStatus, more: Partial<Extract<CardState, { kind: 'settled' }>> = {}): CardState => ({
  kind: 'settled',
  status,
  by: null,
  at: new Date('2026-01-03T19:32:00Z'),
  sentAt: new Date('2026-01-03T19:30:00Z'),
  reason: null,
  ...more,
})
const textOf = (html: string) => parseHtml(html).text

const anyDate = fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true })
const anyStory: fc.Arbitrary<CardStory> = fc.record({
  queueItemId: fc.uuid(),
  storyNumber: fc.oneof(fc.integer({ min: 1, max: 9999 }), fc.constant(2_147_483_647)),
  fileName: anyText,
  title: anyTextOrNull,
  linkUrl: anyTextOrNull,
  caption: anyTextOrNull,
  tags: fc.array(anyText, { maxLength: 6 }),
  scheduledFor: anyDate,
})
const anyState: fc.Arbitrary<CardState> = fc.oneof(
  fc.constant(pending),
  fc.record({
    kind: fc.constant('settled' as const),
    status: fc.constantFrom(...HISTORY_STATUSES),
    by: anyTextOrNull,
    at: anyDate,
    sentAt: fc.option(anyDate, { nil: null }),
    reason: anyTextOrNull,
  }),
)
const anyCard = fc.tuple(anyStory, anyState, fc.constantFrom(...ZONES))

const holds = (check: (card: { html: string; text: string; story: CardStory; state: CardState }) => void) =>
  fc.assert(
    fc.property(anyCard, ([story, state, timeZone]) => {
      const html = renderCard(story, state, timeZone)
      check({ html, text: textOf(html), story, state })
    }),
    { numRuns: 400 },
  )

describe('what a card says', () => {
  it('a story that waits for the team', () => {
    expect(textOf(renderCard({ ...story, caption: 'New drop!\nOnly today' }, pending, 'America/New_York'))).toBe(
      `📸 STORY #47
─────────────────────
📌 Title: "Dank Meme" Tshirt
🔗 Link: https://shop.com/products/tshirt
🏷 Tags: product, tshirt, newdrop
💬 Caption: New drop!
Only today
🕒 Scheduled: Jan 3, 2026, 2:30 PM EST

👉 Save the file above, post it to Instagram, then press Mark Posted

Status: ⏳ PENDING
Queue ID: 3f2a9c1e`,
    )
  })

  it('a story that somebody posted', () => {
    expect(textOf(renderCard(story, settled('posted', { by: '@sarah' }), 'America/New_York'))).toBe(
      `📸 STORY #47
─────────────────────
📌 Title: "Dank Meme" Tshirt
🔗 Link: https://shop.com/products/tshirt
🏷 Tags: product, tshirt, newdrop
🕒 Scheduled: Jan 3, 2026, 2:30 PM EST

Status: ✅ POSTED
👤 Posted by: @sarah
🕒 Posted at: 2:32 PM EST
📊 Took: 2 minutes

Queue ID: 3f2a9c1e`,
    )
  })

  it('a story that somebody skipped, with the bare minimum', () => {
    const bare = { ...story, title: null, linkUrl: null, tags: [] }
    expect(textOf(renderCard(bare, settled('skipped', { by: 'Ana' }), 'Europe/Berlin'))).toBe(
      `📸 STORY #47
─────────────────────
📌 Title: tshirt.jpg
🕒 Scheduled: Jan 3, 2026, 8:30 PM GMT+1

Status: ⏭ SKIPPED
👤 Skipped by: Ana
🕒 Skipped at: 8:32 PM GMT+1
📊 Took: 2 minutes

Queue ID: 3f2a9c1e`,
    )
  })

  it('a story that nobody answered: no person, no duration, but the reason', () => {
    const state = settled('missed', { reason: 'nobody acted within 24 hours' })
    expect(textOf(renderCard({ ...story, tags: [] }, state, 'UTC'))).toBe(
      `📸 STORY #47
─────────────────────
📌 Title: "Dank Meme" Tshirt
🔗 Link: https://shop.com/products/tshirt
🕒 Scheduled: Jan 3, 2026, 7:30 PM UTC

Status: ⌛ MISSED
🕒 Missed at: 7:32 PM UTC
ℹ️ nobody acted within 24 hours

Queue ID: 3f2a9c1e`,
    )
  })

  it('the number is bold and the link is code, which a tap copies; nothing else is formatted', () => {
    const html = renderCard({ ...story, linkUrl: 'https://a.b/?x=1&y=<2>' }, pending, 'UTC')
    expect(html).toContain('<code>https://a.b/?x=1&amp;y=&lt;2&gt;</code>')
    const { text, entities } = parseHtml(html)
    expect(entities.map(({ type, offset, length }) => [type, text.slice(offset, offset + length)])).toEqual([
      ['bold', '47'],
      ['code', 'https://a.b/?x=1&y=<2>'],
    ])
  })

  it('what is blank is left out, not shown as an empty line', () => {
    const blank = { ...story, title: ' \n', fileName: '\u200b', linkUrl: '  ', caption: '\u0000', tags: ['', ' '] }
    const text = textOf(renderCard(blank, settled('posted', { by: '\u202e', reason: ' ' }), 'UTC'))
    expect(text).toBe(
      `📸 STORY #47
─────────────────────
📌 Title: Untitled
🕒 Scheduled: Jan 3, 2026, 7:30 PM UTC

Status: ✅ POSTED
🕒 Posted at: 7:32 PM UTC

Queue ID: 3f2a9c1e`,
    )
  })
})

describe('every card, whatever its texts', () => {
  it('is accepted by a strict parser, within the limit under both ways of counting', () => {
    holds(({ html }) => {
      const violations: string[] = []
      const { text } = readCaption({ caption: html, parse_mode: 'HTML' }, violations)
      expect(violations).toEqual([])
      expect(text.length).toBeLessThanOrEqual(MAX_CAPTION)
      expect([...text].length).toBeLessThanOrEqual(MAX_CAPTION)
      expect(html).not.toMatch(/\p{Surrogate}/u)
    })
  })

  it('begins with the story number and keeps status and queue id', () => {
    holds(({ text, story, state }) => {
      const lines = text.split('\n')
      expect(lines[0]).toBe(`📸 STORY #${story.storyNumber}`)
      expect(lines.at(-1)).toBe(`Queue ID: ${story.queueItemId.slice(0, 8)}`)
      const status = state.kind === 'settled' ? state.status.toUpperCase() : 'PENDING'
      expect(lines.some((line) => line.startsWith('Status: ') && line.endsWith(` ${status}`))).toBe(true)
      expect(text).toContain('\n🕒 Scheduled: ')
    })
  })

  it('never formats anything but the number and the link', () => {
    holds(({ html, story }) => {
      const types = parseHtml(html).entities.map(({ type }) => type)
      expect(types).toEqual(cleanLink(story.linkUrl ?? '') ? ['bold', 'code'] : ['bold'])
    })
  })

  it('shows each text literally, or its beginning when it had to be cut', () => {
    holds(({ text, story }) => {
      const title = cleanLine(story.title ?? '') || cleanLine(story.fileName) || 'Untitled'
      expect(isShown(text, '📌 Title: ', title)).toBe(true)
      expect(isShown(text, '🔗 Link: ', cleanLink(story.linkUrl ?? ''))).toBe(true)
      expect(isShown(text, '💬 Caption: ', cleanText(story.caption ?? ''))).toBe(true)
    })
  })

  it('is cut only as far as the limit asks for', () => {
    holds(({ text }) => {
      // A grapheme of up to 400 units may have to go as a whole.
      if (text.includes('…')) expect(text.length).toBeGreaterThan(MAX_CAPTION - 700)
    })
  })
})

/** After its label stands the value, or a beginning of it with `…`. */
function isShown(text: string, label: string, value: string): boolean {
  if (value === '') return !text.includes(`\n${label}`)
  const shown = text.slice(text.indexOf(`\n${label}`) + 1 + label.length)
  if (shown.startsWith(value)) return true
  // The value itself may hold `…`: try each.
  for (let at = shown.indexOf('…'); at !== -1; at = shown.indexOf('…', at + 1)) {
    if (value.startsWith(shown.slice(0, at))) return true
  }
  return false
}

describe('a card that is too long', () => {
  const long = { ...story, caption: 'c'.repeat(5000), tags: ['t'.repeat(500)], title: 'T'.repeat(500) }

  it('uses the whole limit', () => {
    expect(textOf(renderCard(long, pending, 'UTC'))).toHaveLength(MAX_CAPTION)
  })

  it('cuts the caption before the tags, the tags before the title, and the link last', () => {
    const lengths = (card: string) => {
      const at = (label: string) => /: (.*)/.exec(card.split('\n').find((line) => line.includes(label)) ?? '')?.[1]
      return [at('Caption'), at('Tags'), at('Title'), at('Link')].map((value) => value?.length ?? 0)
    }
    const link = (length: number) => `https://shop.example/${'x'.repeat(length)}`.slice(0, length)
    const cardWith = (chars: { caption: number; tags: number; title: number; link: number }) =>
      textOf(
        renderCard(
          {
            ...story,
            caption: 'c'.repeat(chars.caption),
            tags: ['t'.repeat(chars.tags)],
            title: 'T'.repeat(chars.title),
            linkUrl: link(chars.link),
          },
          pending,
          'UTC',
        ),
      )
    expect(lengths(cardWith({ caption: 700, tags: 100, title: 150, link: 200 }))).toEqual([
      expect.toSatisfy((cut: number) => cut < 700 && cut > 300),
      100,
      150,
      200,
    ])
    expect(lengths(cardWith({ caption: 700, tags: 400, title: 150, link: 256 }))).toEqual([
      40,
      expect.any(Number),
      150,
      256,
    ])
    expect(lengths(cardWith({ caption: 700, tags: 400, title: 900, link: 500 }))).toEqual([
      40,
      80,
      expect.any(Number),
      500,
    ])
  })

  it('a link that has no copy button stands whole in the text, up to about 500 characters', () => {
    const linkUrl = `https://shop.example/${'x'.repeat(479)}`
    expect(renderCard({ ...long, linkUrl }, pending, 'UTC')).toContain(`<code>${linkUrl}</code>`)
  })

  it('never halves an emoji, an accent or an entity', () => {
    for (let shift = 0; shift < 12; shift++) {
      const family = `${'x'.repeat(shift)}${'👨‍👩‍👧‍👦'.repeat(400)}`
      const text = textOf(renderCard({ ...story, caption: family }, pending, 'UTC'))
      expect(text).toMatch(/x*(👨‍👩‍👧‍👦)+…\n🕒 Scheduled/u)
      const amps = renderCard({ ...story, caption: '<&>'.repeat(2000) }, pending, 'UTC')
      expect(amps).toMatch(/(&lt;|&amp;|&gt;)…\n/)
    }
  })

  it('a settled card with long names and reasons keeps who, when and why', () => {
    const state = settled('failed', { by: 'Anna '.repeat(300), reason: 'because '.repeat(300) })
    const text = textOf(renderCard(long, state, 'Asia/Kathmandu'))
    expect(text).toMatch(/👤 Failed by: Anna Anna .*…/)
    expect(text).toMatch(/ℹ️ because because .*…/)
    expect(text.length).toBeLessThanOrEqual(MAX_CAPTION)
  })
})
