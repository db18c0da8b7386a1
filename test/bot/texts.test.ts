import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type NextStory,
  type PastStory,
  renderPending,
  renderPosted,
  renderStats,
  type StatsFacts,
  type WaitingStory,
} from '../../src/bot/texts.ts'
import { HISTORY_STATUSES, QUEUE_STATUSES } from '../../src/db/schema.ts'
import { parseHtml } from '../support/fake-telegram/html.ts'
import { readText } from '../support/fake-telegram/text.ts'
import { anyText, anyTextOrNull } from '../telegram/any-text.ts'

const NOW = new Date('2026-11-21T12:00:00Z')
const CHAT = -1001234567890

const waiting: WaitingStory = {
  storyNumber: 12,
  title: 'Mug',
  fileName: 'mug.jpg',
  sentAt: new Date('2026-11-21T10:00:00Z'),
  chatId: CHAT,
  messageId: 77,
  status: 'awaiting_team',
}
const next: NextStory = {
  storyNumber: 13,
  title: null,
  fileName: 'cat.png',
  scheduledFor: new Date('2026-11-21T14:00:00Z'),
}
const past: PastStory = {
  storyNumber: 11,
  status: 'posted',
  by: '@sarah',
  at: new Date('2026-11-21T09:30:00Z'),
  sentAt: null,
  name: 'Mug',
}

describe('/pending', () => {
  it('lists what waits, with a link to each card, and what comes next', () => {
    const facts = { pause: null, waiting: [waiting], waitingTotal: 1, next: [next], nextTotal: 5 }
    expect(renderPending(facts, NOW, 'Europe/Berlin')).toBe(
      `<b>Waiting for the team: 1</b>
• <a href="https://t.me/c/1234567890/77">#12 Mug</a> – for 2 hours

<b>Next of 5 planned</b>
• #13 cat.png – Nov 21, 2026, 3:00 PM GMT+1`,
    )
  })

  it('says first that posting is paused, by whom and why', () => {
    const pause = { since: NOW, by: 'operator', reason: 'stock <b>taking' }
    const text = renderPending({ pause, waiting: [], waitingTotal: 0, next: [], nextTotal: 0 }, NOW, 'UTC')
    expect(text.split('\n')[0]).toMatch(/^⏸ Paused by operator since .*: stock &lt;b&gt;taking\. Nothing is sent\.$/)
  })

  it('says that nothing waits and that nothing is planned', () => {
    const text = renderPending({ pause: null, waiting: [], waitingTotal: 0, next: [], nextTotal: 0 }, NOW, 'UTC')
    expect(text).toContain('Nothing waits for the team')
    expect(text).toContain('create-schedule')
  })

  it('says of an unconfirmed story that nobody knows whether its card arrived', () => {
    const unsure = [
      { ...waiting, status: 'unconfirmed' as const },
      { ...waiting, sentAt: null },
    ]
    const text = renderPending({ pause: null, waiting: unsure, waitingTotal: 2, next: [], nextTotal: 0 }, NOW, 'UTC')
    expect(text.match(/unsure whether its card arrived/g)).toHaveLength(2)
  })

  it.each([
    ['a basic group, whose messages have no links', { chatId: -42 }],
    ['a private chat', { chatId: 42 }],
    ['a message whose id is unknown', { messageId: 0 }],
    ['a card that was never sent', { messageId: null, chatId: null }],
  ])('makes no link for %s', (_, more) => {
    const facts = { pause: null, waiting: [{ ...waiting, ...more }], waitingTotal: 1, next: [], nextTotal: 0 }
    expect(renderPending(facts, NOW, 'UTC')).toContain('• #12 Mug – for')
  })
})

describe('/posted', () => {
  it('lists what happened, by whom and when', () => {
    const missed: PastStory = { ...past, storyNumber: 10, status: 'missed', by: null, name: 'Cat <3' }
    expect(renderPosted([past, missed], 'Europe/Berlin')).toBe(
      `<b>Last stories</b>
✅ #11 Mug – posted by @sarah, Nov 21, 2026, 10:30 AM GMT+1
⌛ #10 Cat &lt;3 – missed, Nov 21, 2026, 10:30 AM GMT+1`,
    )
  })

  it('a story without a number has none, instead of "#null"', () => {
    expect(renderPosted([{ ...past, storyNumber: null }], 'UTC')).toContain('✅ Mug – posted')
  })

  it('a person without a visible name is left out', () => {
    expect(renderPosted([{ ...past, by: '\u200b' }], 'UTC')).toContain('Mug – posted, Nov')
  })

  it('says that there is nothing yet', () => {
    expect(renderPosted([], 'UTC')).toBe('Nothing has been posted yet.')
  })
})

describe('/stats', () => {
  it('counts by status and by person', () => {
    const facts: StatsFacts = {
      byStatus: [
        { status: 'posted', week: 5, month: 20 },
        { status: 'skipped', week: 0, month: 1 },
      ],
      people: [
        { name: '@sarah', month: 18 },
        { name: null, month: 2 },
      ],
      active: 40,
      fresh: 7,
    }
    expect(renderStats(facts)).toBe(
      `<b>Numbers</b>
✅ posted: 5 in 7 days, 20 in 30 days
⏭ skipped: 0 in 7 days, 1 in 30 days

👤 @sarah: 18 in 30 days
👤 Storyline: 2 in 30 days

🖼 40 pictures in the library, 7 never posted`,
    )
  })

  it('says that there is nothing yet', () => {
    expect(renderStats({ byStatus: [], people: [], active: 0, fresh: 0 })).toContain('Nothing has been posted yet.')
  })
})

describe('every reply, whatever the names in it', () => {
  const anyDate = fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true })
  const anyWaiting: fc.Arbitrary<WaitingStory> = fc.record({
    storyNumber: fc.nat(),
    title: anyTextOrNull,
    fileName: anyText,
    sentAt: fc.option(anyDate, { nil: null }),
    chatId: fc.option(fc.constantFrom(CHAT, -42, 42), { nil: null }),
    messageId: fc.option(fc.nat(), { nil: null }),
    status: fc.constantFrom(...QUEUE_STATUSES),
  })
  const anyNext: fc.Arbitrary<NextStory> = fc.record({
    storyNumber: fc.nat(),
    title: anyTextOrNull,
    fileName: anyText,
    scheduledFor: anyDate,
  })
  const anyPast: fc.Arbitrary<PastStory> = fc.record({
    storyNumber: fc.option(fc.nat(), { nil: null }),
    status: fc.constantFrom(...HISTORY_STATUSES),
    by: anyTextOrNull,
    at: anyDate,
    sentAt: fc.option(anyDate, { nil: null }),
    name: anyText,
  })

  function expectAccepted(html: string, lines: number): void {
    const violations: string[] = []
    const { text, entities } = readText({ text: html, parse_mode: 'HTML' }, violations)
    expect(violations).toEqual([])
    expect(entities.every(({ type }) => type === 'bold' || type === 'text_link')).toBe(true)
    // A name cannot add a line, and so cannot pretend to be another story.
    expect(text.split('\n').length).toBeLessThanOrEqual(lines)
  }

  it('/pending is accepted with 20 waiting and 3 next', () => {
    const facts = fc.tuple(fc.array(anyWaiting, { maxLength: 20 }), fc.array(anyNext, { maxLength: 3 }))
    fc.assert(
      fc.property(facts, ([waiting, next]) => {
        const counted = { pause: null, waiting, next, waitingTotal: waiting.length, nextTotal: next.length }
        expectAccepted(renderPending(counted, NOW, 'Asia/Kathmandu'), waiting.length + next.length + 3)
      }),
    )
  })

  it('/posted and /stats are accepted with 10 lines each', () => {
    fc.assert(
      fc.property(fc.array(anyPast, { maxLength: 10 }), (stories) => {
        const html = renderPosted(stories, 'UTC')
        expectAccepted(html, stories.length + 1)
        expect(parseHtml(html).text).not.toContain('#null')
        const people = stories.map(({ by }) => ({ name: by, month: 1 }))
        expectAccepted(renderStats({ byStatus: [], people, active: 1, fresh: 1 }), people.length + 5)
      }),
    )
  })
})
