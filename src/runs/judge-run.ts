/** How a run is shown: what is stored as running may have died. */
export type RunState = 'running' | 'completed' | 'failed' | 'died'

/** Longer than any command but those that stay up. */
const LONGEST_HOURS = 24
const STAY_UP = ['bot', 'dashboard']

export interface RunFacts {
  status: 'running' | 'completed' | 'failed'
  serviceName: string
  startedAt: Date
  /** Null: it ran on another machine. */
  isAlive: boolean | null
  now: Date
}

export function judgeRun({ status, serviceName, startedAt, isAlive, now }: RunFacts): RunState {
  if (status !== 'running') return status
  if (isAlive !== null) return isAlive ? 'running' : 'died'
  const hours = (now.getTime() - startedAt.getTime()) / 3_600_000
  return hours > LONGEST_HOURS && !STAY_UP.includes(serviceName) ? 'died' : 'running'
}
