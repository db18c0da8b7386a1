import { type Check, healthy, unhealthy, warning } from '../check.ts'
import type { QueueFacts } from '../queue-facts.ts'
import { counted, duration } from '../words.ts'

const UNHEALTHY_SECONDS = 24 * 3600

/** Stories of which nobody knows whether they went out: they wait for a person, for ever. */
export const unconfirmed: Check<QueueFacts['unconfirmed']> = {
  name: 'unconfirmed',
  title: 'Unconfirmed',
  needs: 'database',
  told: 'elsewhere',
  measure: async (bench) => (await bench.queue()).unconfirmed,
  judge: ({ count, beingRead, oldestSeconds }) => {
    if (count === 0 || oldestSeconds === null) return healthy('none')
    const reading = beingRead > 0 ? ` (${beingRead} being read on Instagram)` : ''
    const details = `${counted(count, 'story', 'stories')}${reading}, the oldest for ${duration(oldestSeconds)}`
    const fix = 'Look whether it was sent, then press a button in the admin chat or run `storyline confirm`.'
    return oldestSeconds > UNHEALTHY_SECONDS ? unhealthy(details, fix) : warning(details, fix)
  },
}
