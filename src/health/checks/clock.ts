import { type Check, healthy, unhealthy, warning } from '../check.ts'
import { duration } from '../words.ts'

export interface ClockFacts {
  /** By how much the database's clock is ahead of ours; negative: behind. */
  skewSeconds: number
  /** How far the measuring may be off. */
  errorSeconds: number
}

const WARN_SECONDS = 30
const UNHEALTHY_SECONDS = 300
const FIX = 'Let both machines keep their time by NTP (timedatectl set-ntp true); the database decides what is due.'

export const clock: Check<ClockFacts> = {
  name: 'clock',
  title: 'Clock',
  needs: 'server',
  measure: ({ door }) => {
    if (door.kind === 'closed') throw new Error('there is no server whose clock could be read')
    const { skewSeconds, skewErrorSeconds } = door.server
    return { skewSeconds, errorSeconds: skewErrorSeconds }
  },
  judge: ({ skewSeconds, errorSeconds }) => {
    // What a slow line explains is no skew.
    const skew = Math.max(0, Math.abs(skewSeconds) - errorSeconds)
    const side = skewSeconds > 0 ? 'behind' : 'ahead of'
    const details = `this machine's clock is ${duration(skew)} ${side} the database's`
    if (skew > UNHEALTHY_SECONDS) return unhealthy(details, FIX)
    if (skew > WARN_SECONDS) return warning(details, FIX)
    return healthy(skew < 1 ? 'it agrees with that of the database' : details)
  },
}
