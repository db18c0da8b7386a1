import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HISTORY_STATUSES } from '../../src/db/schema.ts'
import { displayName, laterLock, lockFor } from '../../src/history/outcome.ts'

const AT = new Date('2026-03-28T12:00:00Z')
const TTL = { repostTtlDays: 30, skipTtlDays: 14 }

describe('lockFor', () => {
  it.each([
    ['posted', 'recent_post', '2026-04-27T12:00:00Z'],
    ['skipped', 'skip', '2026-04-11T12:00:00Z'],
    ['rejected', 'rejected', null],
  ] as const)('%s leaves a lock: %s until %s', (status, reason, until) => {
    expect(lockFor(status, AT, TTL)).toEqual({ reason, lockedUntil: until && new Date(until) })
  })

  it.each(['failed', 'missed', 'cancelled'] as const)('%s keeps nothing out of the library', (status) => {
    expect(lockFor(status, AT, TTL)).toBeNull()
  })

  it('counts elapsed days, whatever clocks do, and zero days end at once', () => {
    fc.assert(
      fc.property(fc.constantFrom(...HISTORY_STATUSES), fc.nat({ max: 3650 }), (status, days) => {
        const lock = lockFor(status, AT, { repostTtlDays: days, skipTtlDays: days })
        if (lock?.lockedUntil) expect(lock.lockedUntil.getTime() - AT.getTime()).toBe(days * 86_400_000)
      }),
    )
  })
})

describe('laterLock', () => {
  const early = new Date('2026-01-01')
  const late = new Date('2026-02-01')
  it.each([
    [early, late, late],
    [late, early, late],
    [null, late, null],
    [early, null, null],
    [null, null, null],
    [early, early, early],
  ])('%s and %s: %s', (one, other, expected) => {
    expect(laterLock(one, other)).toEqual(expected)
  })
})

describe('displayName', () => {
  it.each([
    ['the username', { telegramUsername: 'sarah', telegramFirstName: 'Sarah' }, '@sarah'],
    ['else the first name', { telegramUsername: null, telegramFirstName: ' Sarah ' }, 'Sarah'],
    ['else the number', { telegramUsername: null, telegramFirstName: null }, 'user 42'],
    ['not an empty username', { telegramUsername: '', telegramFirstName: 'Sarah' }, 'Sarah'],
    ['not a blank name', { telegramUsername: null, telegramFirstName: '  ' }, 'user 42'],
  ])('is %s', (_, names, expected) => {
    expect(displayName({ telegramUserId: 42, ...names })).toBe(expected)
  })
})
