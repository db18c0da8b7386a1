import { expect, test } from 'vitest'
import { parseLocalInstant } from '../../src/media/local-instant.ts'

test.each([
  ['2026-12-24', 'Europe/Berlin', '2026-12-23T23:00:00.000Z'],
  ['2026-12-24T18:30', 'America/New_York', '2026-12-24T23:30:00.000Z'],
  ['2026-12-24 18:30', 'UTC', '2026-12-24T18:30:00.000Z'],
  // Skipped hour: the first valid instant. Repeated hour: the first of both.
  ['2026-03-29T02:30', 'Europe/Berlin', '2026-03-29T01:00:00.000Z'],
  ['2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
  // Midnight does not exist there on this day.
  ['2026-04-24', 'Africa/Cairo', '2026-04-23T22:00:00.000Z'],
])('%s in %s is %s', async (text, timeZone, instant) => {
  expect((await parseLocalInstant(text, timeZone))?.toISOString()).toBe(instant)
})

test.each(['tomorrow', '2026-02-30', '2026-12-24T25:00', '24.12.2026', ''])('%j is no local time', async (text) => {
  expect(await parseLocalInstant(text, 'UTC')).toBeUndefined()
})
