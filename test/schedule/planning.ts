import { seededRandom } from '../../src/schedule/random.ts'
import { type PlanSlotsInput, planSlots, type Slot } from '../../src/schedule/slots.ts'

const HOUR = 60

/** A plan for Berlin, 09 to 21, three a day, no jitter, asked at noon of 20 November 2026; what a test is about overrides it. */
export function plan(overrides: Partial<PlanSlotsInput> = {}): Slot[] {
  return planSlots({
    now: new Date('2026-11-20T11:00:00Z'),
    timeZone: 'Europe/Berlin',
    days: 1,
    postsPerDay: 3,
    windowStartMinutes: 9 * HOUR,
    windowEndMinutes: 21 * HOUR,
    jitterMinutes: 0,
    random: seededRandom('test'),
    taken: [],
    ...overrides,
  })
}

/** `09` or `22:30` as minutes after midnight. */
function minutes(clock: string): number {
  const [hours = '0', rest = '0'] = clock.split(':')
  return Number(hours) * HOUR + Number(rest)
}

/** `22-02` as the two settings of a window. */
export function hours(window: string): { windowStartMinutes: number; windowEndMinutes: number } {
  const [start = '', end = ''] = window.split('-')
  return { windowStartMinutes: minutes(start), windowEndMinutes: minutes(end) }
}

/** `2026-11-20/1 2026-11-20 22:00`: name and wall clock of a slot. */
export function readable({ slot, at }: Slot, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' })
  return `${slot} ${parts.format(at)}`
}
