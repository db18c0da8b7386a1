import type { Evidence } from './evidence.ts'
import { judgeAlerts } from './judge-alerts.ts'
import { judgeLies, judgeLost, judgeReposts, judgeTimes, judgeTwice } from './judge-promises.ts'

const JUDGES = {
  twice: judgeTwice,
  lost: judgeLost,
  lies: judgeLies,
  times: judgeTimes,
  reposts: judgeReposts,
  alerts: judgeAlerts,
  violations: ({ fake }: Evidence) => fake.violations(),
}

/** What is wrong, by the promise that was broken; `{}`: all of them were kept. */
export function brokenPromises(evidence: Evidence): Record<string, string[]> {
  const judged = Object.entries(JUDGES).map(([promise, judge]) => [promise, judge(evidence)] as const)
  return Object.fromEntries(judged.filter(([, wrong]) => wrong.length > 0))
}
