import { describe, expect, it } from 'vitest'
import { QUEUE_STATUSES } from '../../src/db/schema.ts'
import { decideLate } from '../../src/publish/sweep.ts'

const NOW = new Date('2026-11-21T12:00:00Z')
const SETTINGS = { missedAfterMinutes: 120, teamResponseHours: 24 }
type Item = Parameters<typeof decideLate>[0]['item']

const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000)
const judge = (item: Partial<Item>, reopenedAt: Date | null = null) =>
  decideLate(
    { item: { scheduledFor: NOW, sentAt: null, lastError: null, ...item } as Item, now: NOW, reopenedAt },
    SETTINGS,
  )
const actor = { kind: 'storyline' }

describe('decideLate', () => {
  it.each([
    ['planned for later', 'pending', -60],
    ['due now', 'pending', 0],
    ['exactly as late as allowed', 'pending', 120],
    ['waiting for its next try', 'retrying', 119],
  ] as const)('a story %s stays', (_, status, minutes) => {
    expect(judge({ status, scheduledFor: minutesAgo(minutes) })).toBeNull()
  })

  it('a story that nobody sent in time is missed', () => {
    expect(judge({ status: 'pending', scheduledFor: minutesAgo(120.1) })).toEqual({
      status: 'missed',
      reason: 'more than 120 minutes late',
      actor,
    })
  })

  it('its reason names the trouble that kept it', () => {
    const outcome = judge({ status: 'pending', scheduledFor: minutesAgo(300), lastError: 'the bot was kicked' })
    expect(outcome?.reason).toBe('more than 120 minutes late; last trouble: the bot was kicked')
    expect(outcome?.status).toBe('missed')
  })

  it('a story that was tried in vain has failed, with the last error', () => {
    expect(judge({ status: 'retrying', scheduledFor: minutesAgo(121), lastError: 'no route' })).toEqual({
      status: 'failed',
      reason: 'more than 120 minutes late: no route',
      error: 'no route',
      actor,
    })
    expect(judge({ status: 'retrying', scheduledFor: minutesAgo(121) })?.error).toBe('unknown trouble')
  })

  it('a card is closed when nobody pressed in time, counted from when it was sent', () => {
    const card = { status: 'awaiting_team', scheduledFor: minutesAgo(9000) } as const
    expect(judge({ ...card, sentAt: minutesAgo(24 * 60) })).toBeNull()
    expect(judge({ ...card, sentAt: minutesAgo(24 * 60 + 1) })).toEqual({
      status: 'missed',
      reason: 'nobody acted within 24 hours',
      actor,
    })
  })

  it('a card that an undo gave back has its hours from then on', () => {
    const card = { status: 'awaiting_team', scheduledFor: minutesAgo(9000), sentAt: minutesAgo(9000) } as const
    expect(judge(card, minutesAgo(24 * 60))).toBeNull()
    expect(judge(card, minutesAgo(24 * 60 + 1))?.status).toBe('missed')
  })

  it('nor what was being published before and might be live', () => {
    for (const status of ['pending', 'retrying'] as const) {
      expect(judge({ status, scheduledFor: minutesAgo(99_999), instagramSends: 1 })).toBeNull()
    }
  })

  it('however late, what is being sent or may have arrived is never closed', () => {
    for (const status of ['processing', 'unconfirmed'] as const) {
      expect(judge({ status, scheduledFor: minutesAgo(99_999), sentAt: minutesAgo(99_999) })).toBeNull()
    }
  })

  it('knows every state', () => {
    for (const status of QUEUE_STATUSES) expect(() => judge({ status })).not.toThrow()
  })
})
