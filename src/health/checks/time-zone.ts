import { type Check, healthy, unhealthy } from '../check.ts'

export interface ZoneFacts {
  /** TIMEZONE. */
  timeZone: string
  isDefault: boolean
  /** What Intl says of a zone whose summer time everybody knows: offsets in minutes, or null when it refuses. */
  newYork: { january: number; july: number } | null
  /** Whether Intl can format in `timeZone`. */
  isKnown: boolean
}

export const timeZone: Check<ZoneFacts> = {
  name: 'time-zone',
  title: 'Time zone',
  needs: 'settings',
  measure: ({ settings }) => ({
    timeZone: settings.timeZone,
    isDefault: settings.origins.timeZone === 'default',
    isKnown: offsetMinutes(settings.timeZone, new Date(0)) !== null,
    newYork: measureNewYork(),
  }),
  judge: (facts) => {
    const fix = 'Use a Node.js with full ICU, and install tzdata.'
    if (!facts.isKnown) return unhealthy(`there is no data for ${facts.timeZone}`, fix)
    const { january = 0, july = 0 } = facts.newYork ?? {}
    if (january !== -300 || july !== -240) return unhealthy('the time zone data of Node.js is missing or wrong', fix)
    return healthy(facts.isDefault ? `${facts.timeZone} (TIMEZONE is not set)` : facts.timeZone)
  },
}

function measureNewYork(): ZoneFacts['newYork'] {
  const january = offsetMinutes('America/New_York', new Date('2024-01-15T12:00:00Z'))
  const july = offsetMinutes('America/New_York', new Date('2024-07-15T12:00:00Z'))
  return january === null || july === null ? null : { january, july }
}

function offsetMinutes(timeZone: string, at: Date): number | null {
  try {
    const name = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' }).format(at)
    const [, sign = '+', hours = '0', minutes = '0'] = /GMT(?:([+-])(\d{2}):(\d{2}))?/.exec(name) ?? []
    return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
  } catch {
    return null // Intl refuses the zone: that is the finding.
  }
}
