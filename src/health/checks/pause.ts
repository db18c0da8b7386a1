import { describePause } from '../../publish/describe-pause.ts'
import { type Check, healthy, warning } from '../check.ts'
import type { WaitFacts } from '../explain-wait.ts'

export type PauseFacts = Pick<WaitFacts, 'paused' | 'timeZone'>

export const pause: Check<PauseFacts> = {
  name: 'pause',
  title: 'Pause',
  needs: 'database',
  measure: async (bench) => (await bench.queue()).wait,
  judge: ({ paused, timeZone }) =>
    paused
      ? warning(describePause(paused, timeZone), 'Run `storyline resume` when it may go on.')
      : healthy('posting is not paused'),
}
