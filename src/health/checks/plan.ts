import { formatDateTime } from '../../output/time.ts'
import { type Check, healthy, warning } from '../check.ts'

export interface PlanFacts {
  next: { storyNumber: number; at: Date } | null
  timeZone: string
}

export const plan: Check<PlanFacts> = {
  name: 'plan',
  title: 'Next story',
  needs: 'database',
  measure: async (bench) => ({ next: (await bench.queue()).next, timeZone: bench.settings.timeZone }),
  judge: ({ next, timeZone }) =>
    next
      ? healthy(`#${next.storyNumber}, ${formatDateTime(next.at, timeZone)}`)
      : warning('nothing is planned', 'Run `storyline create-schedule`.'),
}
