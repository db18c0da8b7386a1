import { HOUR_MS, localInstant, MINUTE_MS, type Scenario } from './scenario.ts'

export type Zone = Pick<Scenario, 'timeZone' | 'firstDay' | 'postsPerDay' | 'opens' | 'closes' | 'pictures'>

/** An hour that comes twice and one that does not, half of one, and none: all three in whole years. */
export const ZONES: Zone[] = [
  {
    ...{ timeZone: 'America/New_York', firstDay: '2026-03-01', postsPerDay: 3, opens: '09:00', closes: '21:00' },
    pictures: 150,
  },
  // The window crosses midnight and the transition.
  {
    ...{ timeZone: 'Australia/Lord_Howe', firstDay: '2026-03-27', postsPerDay: 2, opens: '22:00', closes: '04:00' },
    pictures: 110,
  },
  // The whole day.
  {
    ...{ timeZone: 'Asia/Kolkata', firstDay: '2026-01-01', postsPerDay: 2, opens: '00:00', closes: '24:00' },
    pictures: 110,
  },
]

/** After so many days all trouble begins again. */
const ROUND_DAYS = 49

/** Every kind of trouble in the first 15 days, and again in every round. It begins and ends between a tick and the look after it. */
export function scenarioOf(zone: Zone, days: number, seed: string): Scenario {
  // Counted from the opening of the window, so that every zone has stories in it.
  const start = localInstant(`${zone.firstDay} ${zone.opens}`, zone.timeZone).getTime() + 6 * MINUTE_MS
  const rounds = Array.from({ length: Math.ceil(days / ROUND_DAYS) }, (_, round) => round)
  const span = (round: number, day: number, hour: number, hours: number) => {
    const ms = start + ((round * ROUND_DAYS + day) * 24 + hour) * HOUR_MS
    return { from: new Date(ms), to: new Date(ms + hours * HOUR_MS) }
  }
  return {
    ...zone,
    ...{ seed: `${seed} ${zone.timeZone}`, days },
    outages: rounds.flatMap((round) => [
      { kind: 'database' as const, ...span(round, 2, -1, 2) },
      { kind: 'telegram' as const, ...span(round, 4, -1, 6) },
      { kind: 'power' as const, ...span(round, 6, 2, 48) },
      { kind: 'removed' as const, ...span(round, 10, -1, 5) },
    ]),
    jumps: rounds.flatMap((round) => [
      { whose: 'machine' as const, ...span(round, 12, -8, 20), byHours: 3 },
      { whose: 'machine' as const, ...span(round, 13, -8, 20), byHours: -3 },
      { whose: 'host' as const, ...span(round, 14, 1, 5), byHours: round % 2 === 0 ? -3 : 3 },
    ]),
  }
}
