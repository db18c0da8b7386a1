import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decideNext, type NextFacts } from '../../src/publish/next.ts'

const NOW = new Date('2026-11-21T12:00:00Z')
const MINUTE = 60_000
const facts = (more: Partial<NextFacts> = {}): NextFacts => ({
  scheduledFor: NOW,
  retryCount: 0,
  maxRetries: 3,
  graceMinutes: 120,
  now: NOW,
  random: () => 0.5,
  canHandOver: false,
  mayBeLive: false,
  ...more,
})
const inMinutes = (minutes: number) => new Date(NOW.getTime() + minutes * MINUTE)
const retry = { kind: 'retry', reason: 'DNS' } as const
const flood = (retryAfterSeconds: number) =>
  ({ kind: 'flood', chatId: -1, retryAfterSeconds, reason: 'too many messages' }) as const

describe('what becomes of a story that did not reach the team', () => {
  it.each([
    [0, 5],
    [1, 10],
    [2, 20],
  ])('after %i earlier tries it waits %i minutes, doubling', (retryCount, minutes) => {
    expect(decideNext(retry, facts({ retryCount }))).toEqual({
      kind: 'retry',
      at: inMinutes(minutes),
      retryCount: retryCount + 1,
      reason: 'DNS',
    })
  })

  it('after the third repetition it fails with the last trouble', () => {
    expect(decideNext(retry, facts({ retryCount: 3 }))).toEqual({ kind: 'fail', reason: 'gave up after 4 tries: DNS' })
  })

  it('without repetitions it fails at once', () => {
    expect(decideNext(retry, facts({ maxRetries: 0 }))).toEqual({ kind: 'fail', reason: 'gave up after 1 tries: DNS' })
  })

  it('the next try may be as late as the grace allows, not later', () => {
    const scheduledFor = inMinutes(-115)
    expect(decideNext(retry, facts({ scheduledFor })).kind).toBe('retry')
    expect(decideNext(retry, facts({ scheduledFor: new Date(scheduledFor.getTime() - 1) }))).toEqual({
      kind: 'fail',
      reason: 'the next try would be more than 120 minutes late: DNS',
    })
  })

  it('a 429 waits exactly as long as Telegram says, and costs no try', () => {
    for (const retryCount of [0, 3]) {
      expect(decideNext(flood(7), facts({ retryCount }))).toEqual({
        kind: 'retry',
        at: new Date(NOW.getTime() + 7000),
        retryCount,
        reason: 'too many messages',
      })
    }
  })

  it('a 429 that outlasts the grace fails', () => {
    expect(decideNext(flood(3 * 3600), facts()).kind).toBe('fail')
  })

  it('what may have arrived is never tried again', () => {
    const end = { kind: 'unconfirmed', reason: 'cut', reconcile: false } as const
    expect(decideNext(end, facts({ scheduledFor: inMinutes(-999) }))).toEqual({ ...end, closure: null })
  })

  it('what can never work fails, also when the picture is at fault', () => {
    const end = { kind: 'failed', reason: 'no picture', mediaProblem: true } as const
    expect(decideNext(end, facts())).toEqual({ kind: 'fail', reason: 'no picture' })
  })

  it('a closed channel gives the story back untouched', () => {
    const end = { kind: 'blocked', what: 'telegram', reason: 'kicked', fix: 'add the bot' } as const
    expect(decideNext(end, facts({ retryCount: 3, scheduledFor: inMinutes(-999) }))).toEqual({
      kind: 'release',
      reason: 'kicked',
      closure: end,
    })
  })

  it.each([
    ['a refusal of this picture', { kind: 'failed', reason: 'ratio' }, 'ratio'],
    ['tries that are used up', retry, 'gave up after 4 tries: DNS'],
  ] as const)('what a person can still post goes to the team: %s', (_name, end, reason) => {
    expect(decideNext(end, facts({ retryCount: 3, canHandOver: true }))).toEqual({ kind: 'hand_over', reason })
  })

  it.each([
    ['a refusal', { kind: 'failed', reason: 'ratio' }],
    ['a picture that is broken now', { kind: 'failed', reason: 'cut off', mediaProblem: true }],
    ['tries that are used up', retry],
  ] as const)('what may be live is neither failed nor handed on after %s: somebody is asked', (_name, end) => {
    for (const canHandOver of [true, false]) {
      const next = decideNext(end, facts({ retryCount: 3, canHandOver, mayBeLive: true }))
      expect(next).toMatchObject({ kind: 'unconfirmed', reconcile: false })
    }
  })

  it('a picture that cannot be decoded is of no use to a person either', () => {
    const end = { kind: 'failed', reason: 'cut off', mediaProblem: true } as const
    expect(decideNext(end, facts({ canHandOver: true })).kind).toBe('fail')
  })

  it('what is only not ready goes on later and costs no try, but not beyond the grace', () => {
    const end = { kind: 'later', seconds: 60, reason: 'processing' } as const
    expect(decideNext(end, facts({ retryCount: 3 }))).toMatchObject({ kind: 'retry', at: inMinutes(1), retryCount: 3 })
    const late = facts({ scheduledFor: inMinutes(-120), canHandOver: true })
    expect(decideNext(end, late)).toEqual({
      kind: 'hand_over',
      reason: 'the next try would be more than 120 minutes late: processing',
    })
  })

  it('waits spread by a fifth, so that machines do not come back together', () => {
    const waitFor = (random: number) => {
      const next = decideNext(retry, facts({ random: () => random }))
      return next.kind === 'retry' ? (next.at.getTime() - NOW.getTime()) / MINUTE : Number.NaN
    }
    expect([waitFor(0), waitFor(0.5), waitFor(1)]).toEqual([4, 5, 6])
  })

  it('a retry always lies ahead, within the grace, and tries never exceed the maximum', () => {
    const anyFacts = fc.record({
      retryCount: fc.nat({ max: 12 }),
      maxRetries: fc.nat({ max: 10 }),
      graceMinutes: fc.integer({ min: 1, max: 10_080 }),
      minutesLate: fc.integer({ min: -10, max: 10_080 }),
      random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    })
    fc.assert(
      fc.property(anyFacts, fc.option(fc.integer({ min: 1, max: 90_000 })), (given, seconds) => {
        const { random, minutesLate, ...rest } = given
        const all = facts({ ...rest, random: () => random, scheduledFor: inMinutes(-minutesLate) })
        const next = decideNext(seconds === null ? retry : flood(seconds), all)
        if (next.kind === 'fail') return
        if (next.kind !== 'retry') throw new Error(`it became ${next.kind}`)
        expect(next.at.getTime()).toBeGreaterThan(NOW.getTime())
        expect(next.at.getTime()).toBeLessThanOrEqual(all.scheduledFor.getTime() + all.graceMinutes * MINUTE)
        expect(next.retryCount).toBeLessThanOrEqual(all.maxRetries)
      }),
    )
  })
})
