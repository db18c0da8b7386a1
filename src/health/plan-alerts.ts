import type { AlertFacts } from '../alerts/alerts.ts'
import { AlertSubject } from '../alerts/subjects.ts'
import type { Examined } from './check.ts'

export interface AlertPlan {
  open: AlertFacts[]
  /** Subjects. */
  resolve: string[]
}

/**
 * What changes between the alerts that are open and what was found. Only a change is told: an open alert keeps its words,
 * and trouble that somebody else tells, or that another check explains, gets none of its own.
 */
export function planAlerts(examined: readonly Examined[], openSubjects: readonly string[]): AlertPlan {
  const plan: AlertPlan = { open: [], resolve: [] }
  for (const { check, verdict } of examined) {
    const subject = AlertSubject.health(check.name)
    const isOpen = openSubjects.includes(subject)
    if (verdict.status !== 'unhealthy') {
      if (isOpen) plan.resolve.push(subject)
    } else if (!isOpen && !isTold(check, examined, openSubjects)) {
      const { details, fix } = verdict
      const summary = `${check.title}: ${details}`
      plan.open.push({ subject, severity: 'critical', summary, ...(fix === null ? {} : { fix }) })
    }
  }
  return plan
}

function isTold({ told }: Examined['check'], examined: readonly Examined[], openSubjects: readonly string[]): boolean {
  if (told === 'elsewhere') return true
  const { alerts = [], checks = [] } = told ?? {}
  return (
    openSubjects.some((subject) => alerts.some((beginning) => subject.startsWith(beginning))) ||
    examined.some(({ check, verdict }) => verdict.status === 'unhealthy' && checks.includes(check.name))
  )
}
