import type { Part } from './manifest.ts'

export interface KnownBackup {
  name: string
  begunAt: Date
  parts: readonly Part[]
  /** What the last trial said; null: never tried. */
  isGood: boolean | null
}

export interface RetentionPlan {
  keep: { name: string; why: string }[]
  remove: { name: string; why: string }[]
}

const DAY_MS = 86_400_000

/**
 * Which backups are too old. Of every part the newest verified one stays, whatever its age; as long as none was verified, the
 * newest that is not known to be bad; else the newest.
 */
export function planRetention(
  backups: readonly KnownBackup[],
  { now, retentionDays }: { now: Date; retentionDays: number },
): RetentionPlan {
  const plan: RetentionPlan = { keep: [], remove: [] }
  const newestFirst = [...backups].sort((a, b) => b.begunAt.getTime() - a.begunAt.getTime())
  const spared = spareOnes(newestFirst)
  for (const { name, begunAt } of newestFirst) {
    const isOld = now.getTime() - begunAt.getTime() > retentionDays * DAY_MS
    const spare = spared.get(name)
    if (!isOld) plan.keep.push({ name, why: `not older than ${retentionDays} days` })
    else if (spare) plan.keep.push({ name, why: spare })
    else plan.remove.push({ name, why: `older than ${retentionDays} days` })
  }
  return plan
}

/** Names of those that stay at any age, with the reason. */
function spareOnes(newestFirst: readonly KnownBackup[]): Map<string, string> {
  const spared = new Map<string, string>()
  for (const part of new Set(newestFirst.flatMap(({ parts }) => parts))) {
    const having = newestFirst.filter(({ parts }) => parts.includes(part))
    const verified = having.find(({ isGood }) => isGood === true)
    const chosen = verified ?? having.find(({ isGood }) => isGood !== false) ?? having[0]
    if (chosen) spared.set(chosen.name, `the newest ${verified ? 'verified ' : ''}backup of the ${part}`)
  }
  return spared
}
