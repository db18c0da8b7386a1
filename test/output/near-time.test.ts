import { expect, it } from 'vitest'
import { formatMoment, formatNear } from '../../src/output/near-time.ts'

const NOW = new Date('2026-12-30T23:30:00Z')

it.each([
  ['2026-12-30T23:45:00Z', 'today 00:45 (in 15 minutes)'],
  ['2026-12-30T22:45:00Z', 'yesterday 23:45 (45 minutes ago)'],
  ['2026-12-31T23:15:00Z', 'tomorrow 00:15 (in 23 hours)'],
  ['2026-12-31T22:00:00Z', 'today 23:00 (in 22 hours)'],
  ['2026-12-25T08:00:00Z', 'Fri, Dec 25 09:00 (5 days ago)'],
])('%s is %s', (at, said) => {
  // In Berlin it is half past midnight of the 31st.
  expect(formatNear(new Date(at), NOW, 'Europe/Berlin')).toBe(said)
})

it('names the year of another one', () => {
  expect(formatNear(new Date('2027-01-05T11:00:00Z'), NOW, 'UTC')).toBe('Tue, Jan 5 2027 11:00 (in 5 days)')
})

it('is said with the day, the zone and the distance in a sentence', () => {
  const at = new Date('2027-01-05T11:00:00Z')
  expect(formatMoment(at, NOW, 'Europe/Berlin')).toBe('Jan 5, 2027, 12:00 PM GMT+1 (in 5 days)')
})
