import { type Check, healthy, warning } from '../check.ts'
import type { QueueFacts } from '../queue-facts.ts'
import { counted, duration } from '../words.ts'

export interface TeamFacts {
  cards: QueueFacts['cards']
  /** TEAM_RESPONSE_HOURS: a card that nobody presses for so long is missed. */
  responseHours: number
}

export const team: Check<TeamFacts> = {
  name: 'team',
  title: 'Cards with the team',
  needs: 'database',
  measure: async (bench) => {
    const { cards } = await bench.queue()
    return { cards, responseHours: bench.settings.teamResponseHours }
  },
  judge: ({ cards: { count, oldestSeconds }, responseHours }) => {
    if (count === 0 || oldestSeconds === null) return healthy('none is waiting')
    const details = `${counted(count, 'card')} waiting, the oldest for ${duration(oldestSeconds)}`
    if (oldestSeconds <= (responseHours * 3600) / 2) return healthy(details)
    const fix = `Ask the team to press a button; after ${responseHours} hours it counts as missed.`
    return warning(details, fix)
  },
}
